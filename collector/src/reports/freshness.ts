import type { EpochMs } from '../findings/model.ts';
import type { Head } from '../lake/head.ts';
import type { ReportFreshness } from './schema.ts';

const HOUR_MS = 3_600_000;

/** Scans start with jitter and take their time: so much over the cadence is still in time. */
const SLACK = 1.1;
/** Where a source has not run often enough to have a cadence, a week is what most teams mean. */
const DEFAULT_EVERY_HOURS = 168;

/** Hours between runs: the median of what was seen, null until there were two complete runs. */
export function learnedCadence(completeRuns: readonly EpochMs[]): number | null {
  const gaps: number[] = [];
  for (let index = 1; index < completeRuns.length; index++) {
    const gap = (completeRuns[index] ?? 0) - (completeRuns[index - 1] ?? 0);
    if (gap > 0) gaps.push(gap);
  }
  const middle = gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)];
  return middle === undefined ? null : Math.max(1, Math.round(middle / HOUR_MS));
}

/** When a source last looked at an account, against how often it does. */
export function freshnessOf(
  head: Head,
  open: number,
  now: EpochMs,
  configuredHours: number | undefined,
): ReportFreshness | null {
  const { lastRun } = head;
  if (lastRun === null || head.retired) return null;
  const expected = configuredHours ?? learnedCadence(head.completeRuns);
  const lastComplete = head.lastComplete?.at ?? null;
  return {
    source: head.source,
    cloud: head.cloud,
    account: head.account,
    name: head.accountName,
    last_run_at: iso(lastRun.observedAt),
    last_complete_at: lastComplete === null ? null : iso(lastComplete),
    outcome: lastRun.outcome,
    expected_every_hours: expected,
    state: stateOf(lastRun.outcome, lastComplete ?? lastRun.observedAt, expected ?? DEFAULT_EVERY_HOURS, now),
    open,
    delta: lastRun.opened - lastRun.closed,
    notes: [...(lastRun.reason === null ? [] : [lastRun.reason]), ...lastRun.notes],
  };
}

function stateOf(
  outcome: ReportFreshness['outcome'],
  lookedAt: EpochMs,
  everyHours: number,
  now: EpochMs,
): ReportFreshness['state'] {
  const cadences = (now - lookedAt) / (everyHours * HOUR_MS);
  if (cadences > 2) return 'silent';
  if (outcome === 'failed') return 'failed';
  return cadences > SLACK ? 'late' : 'fresh';
}

export function iso(at: EpochMs): string {
  return new Date(at).toISOString();
}
