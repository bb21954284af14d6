import type { EpochMs, RunOutcome } from './model.ts';

export const HOUR_MS = 3_600_000;

/** Scans start with jitter and take their time: so much over the cadence is still in time. */
export const SLACK = 1.1;
/** So many cadences without a complete run, and a scope is silent: what it says of its checks is stale. */
export const SILENT_AFTER = 2;
/** Where a source has not run often enough to have a cadence, a week is what most teams mean. */
export const DEFAULT_EVERY_HOURS = 168;

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

export type ScopeFreshness = 'fresh' | 'late' | 'failed' | 'silent';

/**
 * How a scope stands against its cadence.
 * @param outcome of its newest run
 * @param lookedAt when it was last looked at as a whole; where it never was, the time of its newest run
 */
export function freshnessAt(
  outcome: RunOutcome,
  lookedAt: EpochMs,
  everyMs: number,
  now: EpochMs,
): ScopeFreshness {
  const cadences = (now - lookedAt) / everyMs;
  if (cadences > SILENT_AFTER) return 'silent';
  if (outcome === 'failed') return 'failed';
  return cadences > SLACK ? 'late' : 'fresh';
}
