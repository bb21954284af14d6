import { DEFAULT_EVERY_HOURS, freshnessAt, HOUR_MS, learnedCadence } from '../findings/cadence.ts';
import type { EpochMs } from '../findings/model.ts';
import type { Head } from '../lake/head.ts';
import type { ReportFreshness } from './schema.ts';

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
    state: freshnessAt(
      lastRun.outcome,
      lastComplete ?? lastRun.observedAt,
      (expected ?? DEFAULT_EVERY_HOURS) * HOUR_MS,
      now,
    ),
    open,
    delta: lastRun.opened - lastRun.closed,
    notes: [...(lastRun.reason === null ? [] : [lastRun.reason]), ...lastRun.notes],
  };
}

export function iso(at: EpochMs): string {
  return new Date(at).toISOString();
}
