import type { Severity } from '../findings/severity.ts';

export type BySeverity = Readonly<Record<Severity, number>>;

/** What runs changed, for people. */
export interface Changes {
  /** Opened by drift, or reopened. */
  readonly fresh: BySeverity;
  readonly fixed: BySeverity;
  /** Opened because nobody had looked there, or not for that, before. */
  readonly onboarded: number;
}

export function none(): BySeverity {
  return { INFORMATIONAL: 0, LOW: 0, MEDIUM: 0, HIGH: 0, CRITICAL: 0 };
}

export function noChanges(): Changes {
  return { fresh: none(), fixed: none(), onboarded: 0 };
}

export function addSeverities(a: BySeverity, b: BySeverity): BySeverity {
  return {
    INFORMATIONAL: a.INFORMATIONAL + b.INFORMATIONAL,
    LOW: a.LOW + b.LOW,
    MEDIUM: a.MEDIUM + b.MEDIUM,
    HIGH: a.HIGH + b.HIGH,
    CRITICAL: a.CRITICAL + b.CRITICAL,
  };
}

export function addChanges(a: Changes, b: Changes): Changes {
  return {
    fresh: addSeverities(a.fresh, b.fresh),
    fixed: addSeverities(a.fixed, b.fixed),
    onboarded: a.onboarded + b.onboarded,
  };
}
