import type { Dimension } from '../dimensions.ts';
import { accountNameOf, type HistoryRow, scopeOf } from './finding-estate.ts';
import type { Measure } from '../measures.ts';

/** Every measure of findings by plain loops, as slow and as obvious as can be. */

/** Values that a row has of a dimension: [null] for none. */
export function valuesOf(row: HistoryRow, dimension: Dimension): readonly (string | null)[] {
  const some = (values: readonly string[]): readonly (string | null)[] =>
    values.length === 0 ? [null] : [...new Set(values)];
  if (dimension.startsWith('label:')) return [row.labels[dimension.slice(6)] ?? null];
  switch (dimension as string) {
    case 'accountName':
      return [accountNameOf(row.account)];
    case 'scope':
      return [scopeOf(row)];
    case 'framework':
      return some(row.frameworks.map((control) => control.split(':')[0] ?? ''));
    case 'control':
      return some(row.frameworks);
    case 'cve':
      return some(row.cve);
    case 'correlationKey':
      return [row.cve[0] ?? null];
    case 'fixable':
      return [String(row.fixedVersion !== null)];
    case 'locator':
      return [row.locator === '' ? null : row.locator];
    default:
      return [row[dimension as keyof HistoryRow] as string | null];
  }
}

const WEIGHT: Readonly<Record<string, number>> = { CRITICAL: 40, HIGH: 10, MEDIUM: 3, LOW: 1 };
const ENTERING: Readonly<Record<string, string>> = {
  new: 'new',
  onboarded: 'onboarded',
  ruleset: 'ruleset',
  reopened: 'reopened',
  expired: 'expired',
  restored: 'restored',
  movedIn: 'moved_in',
};
const LEAVING: Readonly<Record<string, string>> = {
  fixed: 'fixed',
  retired: 'retired',
  newlyAccepted: 'accepted',
  newlyFalsePositive: 'false_positive',
  muted: 'muted',
  movedOut: 'moved_out',
};
const STATUS: Readonly<Record<string, string>> = {
  open: 'open',
  accepted: 'accepted',
  falsePositives: 'false_positive',
  mutedOpen: 'muted',
};

export function slowly(
  measure: Measure,
  rows: readonly HistoryRow[],
  from: number,
  to: number,
): number | null {
  const at = rows.filter((row) => row.began < to && row.ended >= to);
  const open = at.filter((row) => row.status === 'open');
  const began = rows.filter((row) => row.began >= from && row.began < to);
  const ended = rows.filter((row) => row.ended >= from && row.ended < to);
  const fixed = ended.filter((row) => row.leftBy === 'fixed');
  const due = (state: string): number => open.filter((row) => row.dueState === state).length;
  const distinct = (of: (row: HistoryRow) => string): number => new Set(open.map(of)).size;
  const entering = ENTERING[measure];
  if (entering !== undefined) return began.filter((row) => row.enteredBy === entering).length;
  const leaving = LEAVING[measure];
  if (leaving !== undefined) return ended.filter((row) => row.leftBy === leaving).length;
  const status = STATUS[measure];
  if (status !== undefined) return at.filter((row) => row.status === status).length;
  const ages = open.map((row) => to - row.clockStart);
  const fixes = fixed.map((row) => row.ended - row.clockStart);
  switch (measure as string) {
    case 'findings':
      return at.length;
    case 'dueSoon':
      return due('soon');
    case 'overdue':
      return due('unverified') + due('confirmed');
    case 'overdueConfirmed':
      return due('confirmed');
    case 'overdueUnverified':
      return due('unverified');
    case 'riskScore':
      return open.reduce((sum, row) => sum + (WEIGHT[row.severity] ?? 0), 0);
    case 'age':
      return mean(ages);
    case 'ageP50':
      return percentile(ages, 0.5);
    case 'ageP90':
      return percentile(ages, 0.9);
    case 'accounts':
      return distinct((row) => JSON.stringify([row.cloud, row.account]));
    case 'affectedResources':
      return distinct((row) => JSON.stringify([row.cloud, row.account, row.resource]));
    case 'rules':
      return distinct((row) => row.rule);
    case 'sources':
      return distinct((row) => row.source);
    case 'slaCompliance': {
      const met = fixed.filter((row) => row.dueAt !== null && row.ended <= row.dueAt).length;
      const missed = began.filter((row) => row.becameOverdue).length;
      return met + missed === 0 ? null : met / (met + missed);
    }
    case 'mttr':
      return mean(fixes);
    case 'mttrP50':
      return percentile(fixes, 0.5);
    case 'mttrP90':
      return percentile(fixes, 0.9);
    case 'reopenRate':
      return fixed.length === 0
        ? null
        : began.filter((row) => row.enteredBy === 'reopened').length / fixed.length;
    default:
      throw new Error(`${measure} is not of findings`);
  }
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function percentile(values: readonly number[], q: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const place = q * (sorted.length - 1);
  const low = sorted[Math.floor(place)] ?? 0;
  return low + ((sorted[Math.ceil(place)] ?? 0) - low) * (place - Math.floor(place));
}

/** The rows of a group. */
export function rowsOf(
  rows: readonly HistoryRow[],
  dimensions: readonly Dimension[],
  group: readonly (string | null)[],
): HistoryRow[] {
  return rows.filter((row) =>
    dimensions.every((dimension, n) => valuesOf(row, dimension).includes(group[n] ?? null)),
  );
}
