import type { EpochMs } from '../findings/model.ts';
import type { Digest } from '../outputs/chat/digest.ts';
import { addChanges, noChanges } from './counts.ts';
import type { RunRecord, TaskState } from './task-state.ts';

/** What is older is no news, also to a collector that was just started. */
const NEWS_MS = 24 * 3_600_000;
const MOST_PROBLEMS = 10;

/** The slots of a job that are through in all its tasks, and which somebody has to be told of; oldest first. */
export function finishedSlots(states: readonly TaskState[], now: EpochMs): EpochMs[] {
  const slots = new Set<EpochMs>();
  for (const { runs } of states) {
    for (const { slot, trigger, endedAt } of runs)
      if (trigger === 'schedule' && now - endedAt < NEWS_MS) slots.add(slot);
  }
  const isThrough = (slot: EpochMs): boolean =>
    states.every(({ settled, running }) => settled >= slot && running?.slot !== slot);
  return [...slots].filter(isThrough).sort((a, b) => a - b);
}

/** What a job did in one slot, over all its tasks. */
export function digestOf(job: string, slot: EpochMs, states: readonly TaskState[]): Digest | null {
  const done = states.flatMap((state) => {
    const run = state.runs.find((one) => one.slot === slot);
    return run === undefined ? [] : [{ target: state.target, run }];
  });
  if (done.length === 0) return null;
  const runs = done.map(({ run }) => run);
  const withOutcome = (outcome: RunRecord['outcome']): number =>
    runs.filter((run) => run.outcome === outcome).length;
  const bad = done.filter(({ run }) => run.outcome !== 'complete');
  return {
    job,
    slot,
    startedAt: Math.min(...runs.map(({ startedAt }) => startedAt)),
    endedAt: Math.max(...runs.map(({ endedAt }) => endedAt)),
    complete: withOutcome('complete'),
    partial: withOutcome('partial'),
    failed: withOutcome('failed'),
    // A slot that a task did not run, though others did.
    missed: states.filter(({ missed }) => missed.some(({ from, to }) => from <= slot && slot <= to)).length,
    problems: bad
      .sort((a, b) => (a.run.outcome === b.run.outcome ? 0 : a.run.outcome === 'failed' ? -1 : 1))
      .slice(0, MOST_PROBLEMS)
      .map(({ target, run }) => ({ target, outcome: run.outcome, reason: run.reason ?? 'unknown' })),
    ...runs.reduce((sum, run) => addChanges(sum, run), noChanges()),
  };
}
