import type { CheckStats } from '../findings/model.ts';
import type { Severity } from '../findings/severity.ts';
import type { ReportSeverities } from './schema.ts';

/** Small sums of which the report is made. */

export type SeverityNumbers = { -readonly [K in keyof ReportSeverities]: number };

export function noSeverities(): SeverityNumbers {
  return { critical: 0, high: 0, medium: 0, low: 0, informational: 0 };
}

const NAME: Record<Severity, keyof ReportSeverities> = {
  CRITICAL: 'critical',
  HIGH: 'high',
  MEDIUM: 'medium',
  LOW: 'low',
  INFORMATIONAL: 'informational',
};

export function addSeverity(to: SeverityNumbers, severity: Severity, n: number): void {
  to[NAME[severity]] += n;
}

export function addSeverities(to: SeverityNumbers, more: ReportSeverities): void {
  to.critical += more.critical;
  to.high += more.high;
  to.medium += more.medium;
  to.low += more.low;
  to.informational += more.informational;
}

/** Weight of one open finding in the risk score: each severity weighs as much as several of the one below. */
const WEIGHT: ReportSeverities = { critical: 40, high: 10, medium: 3, low: 1, informational: 0 };

export function riskScore(severities: ReportSeverities): number {
  return (
    severities.critical * WEIGHT.critical +
    severities.high * WEIGHT.high +
    severities.medium * WEIGHT.medium +
    severities.low * WEIGHT.low
  );
}

export interface CheckNumbers {
  checked_items: number | null;
  flagged_items: number | null;
  resources_count: number | null;
}

export function noChecks(): CheckNumbers {
  return { checked_items: null, flagged_items: null, resources_count: null };
}

export function checkNumbers(stats: CheckStats): CheckNumbers {
  return { checked_items: stats.checked, flagged_items: stats.flagged, resources_count: stats.resources };
}

/** Over accounts, never over sources: two scanners that look at one bucket do not make two buckets. */
export function addChecks(to: CheckNumbers, more: CheckNumbers): void {
  to.checked_items = addKnown(to.checked_items, more.checked_items);
  to.flagged_items = addKnown(to.flagged_items, more.flagged_items);
  to.resources_count = addKnown(to.resources_count, more.resources_count);
}

function addKnown(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : a + b;
}
