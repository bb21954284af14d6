import type { ClosedCause, Finding, OpenedCause, ScannerState, VerdictKind } from './finding.ts';
import type { EpochMs, Fingerprint } from './model.ts';
import type { Severity } from './severity.ts';

export type EventKind =
  'opened' | 'reopened' | 'changed' | 'fixed' | 'retired' | 'verdict' | 'muted' | 'unmuted' | 'rekeyed';

/** Why: of openings and closings their cause, else what kind of input brought it. */
export type EventCause = OpenedCause | ClosedCause | 'scan' | 'verdict' | 'config' | 'identity';

/** A change of a finding, as a complete picture of it afterwards. */
export interface FindingEvent {
  readonly kind: EventKind;
  readonly cause: EventCause;
  /** The later of the input's time and the scope's last event: never runs backwards within a scope. */
  readonly at: EpochMs;
  readonly fingerprint: Fingerprint;
  /** `rekeyed` only: what the finding was called before. */
  readonly formerFingerprint: Fingerprint | null;
  readonly scanner: ScannerState;
  readonly openedCause: OpenedCause;
  readonly closedCause: ClosedCause | null;
  readonly verdict: VerdictKind | null;
  readonly verdictUntil: EpochMs | null;
  readonly mute: string | null;
  readonly muteUntil: EpochMs | null;
  readonly severity: Severity;
  readonly score: number;
  readonly cell: string;
  readonly region: string;
  readonly service: string;
  readonly class: string;
  readonly ruleId: string;
  readonly resourceType: string | null;
  readonly resourceId: string;
  readonly resourceName: string | null;
  readonly accountName: string | null;
  readonly team: string | null;
  readonly environment: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly frameworks: readonly string[];
  readonly firstSeen: EpochMs;
  readonly fixedAt: EpochMs | null;
  readonly reopenedAt: EpochMs | null;
  readonly reopenCount: number;
  readonly dueAt: EpochMs | null;
}

export function eventOf(
  finding: Finding,
  kind: EventKind,
  cause: EventCause,
  at: EpochMs,
  formerFingerprint: Fingerprint | null = null,
): FindingEvent {
  return {
    kind,
    cause,
    at,
    fingerprint: finding.fingerprint,
    formerFingerprint,
    scanner: finding.scanner,
    openedCause: finding.openedCause,
    closedCause: finding.closedCause,
    verdict: finding.verdict?.kind ?? null,
    verdictUntil: finding.verdict?.until ?? null,
    mute: finding.mute?.rule ?? null,
    muteUntil: finding.mute?.until ?? null,
    severity: finding.severity,
    score: finding.score,
    cell: finding.cell,
    region: finding.region,
    service: finding.service,
    class: finding.class,
    ruleId: finding.ruleId,
    resourceType: finding.resourceType,
    resourceId: finding.resourceId,
    resourceName: finding.resourceName,
    accountName: finding.accountName,
    team: finding.team,
    environment: finding.environment,
    labels: finding.labels,
    frameworks: finding.frameworks,
    firstSeen: finding.firstSeen,
    fixedAt: finding.fixedAt,
    reopenedAt: finding.reopenedAt,
    reopenCount: finding.reopenCount,
    dueAt: finding.dueAt,
  };
}
