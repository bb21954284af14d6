import type { EpochMs } from '../findings/model.ts';
import { decide, DEFAULT_POLICY } from './decide.ts';
import type { Leases } from './leases.ts';
import { type RunRecord, taskKey, type TaskName, type TaskState } from './task-state.ts';
import type { WorkerTask } from './worker.ts';

export type Standing = 'running' | 'ok' | 'partial' | 'failed' | 'late' | 'waiting' | 'damaged';

/** How a task stands, for people. */
export interface TaskStatus {
  readonly job: string;
  readonly target: string;
  /** The worst that is true: `late`: it should have begun; `waiting`: it never ran and is not due. */
  readonly standing: Standing;
  readonly reason: string | null;
  readonly last: RunRecord | null;
  readonly lastCompleteAt: EpochMs | null;
  readonly running: TaskState['running'];
  /** null: by hand only. */
  readonly nextAt: EpochMs | null;
  readonly missed: number;
  readonly lastMissed: TaskState['missed'][number] | null;
}

export function statusOf(tasks: readonly WorkerTask[], leases: Leases, now: EpochMs): TaskStatus[] {
  return tasks.map((task) => {
    const { job, target, plan } = task;
    const damage = leases.damaged.get(taskKey(task)) ?? null;
    const state = leases.get(task)?.state ?? null;
    const { schedule, offset } = plan;
    const next = schedule === null ? Number.POSITIVE_INFINITY : schedule.next(now - offset) + offset;
    const last = state?.runs[0] ?? null;
    const late = state === null ? null : lateness(state, task, now);
    return {
      job,
      target,
      standing: damage !== null ? 'damaged' : standingOf(state, late !== null, now),
      reason: damage ?? late ?? (last?.outcome === 'complete' ? null : (last?.reason ?? null)),
      last,
      lastCompleteAt: state?.runs.find(({ outcome }) => outcome === 'complete')?.endedAt ?? null,
      running: state?.running ?? null,
      nextAt: Number.isFinite(next) ? next : null,
      missed: state?.missedTotal ?? 0,
      lastMissed: state?.missed[0] ?? null,
    };
  });
}

/** What the bucket still knows of tasks that nobody is to run any more: of a job that was renamed, an account that is gone. */
export function goneTasks(tasks: readonly TaskName[], leases: Leases, now: EpochMs): TaskState[] {
  const there = new Set(tasks.map(taskKey));
  return leases.all().filter((state) => !there.has(taskKey(state)) && !isAlive(state, now));
}

function isAlive({ running }: TaskState, now: EpochMs): boolean {
  return running !== null && now < running.until + DEFAULT_POLICY.skewMs;
}

function standingOf(state: TaskState | null, late: boolean, now: EpochMs): Standing {
  if (state === null) return 'waiting';
  if (isAlive(state, now)) return 'running';
  if (late) return 'late';
  const last = state.runs[0];
  if (last === undefined) return 'waiting';
  return last.outcome === 'complete' ? 'ok' : last.outcome;
}

/** Why nobody has begun what is due; null where nothing is. */
function lateness(state: TaskState, { plan }: WorkerTask, now: EpochMs): string | null {
  const decision = decide(state, plan, now, '');
  if (decision.do === 'wait') return null;
  const { running } = state;
  if (running !== null) return `${running.owner} did not come back, nobody took over`;
  // Of several that were passed over, the first says how long nobody was there.
  const slot = plan.schedule?.next(state.settled) ?? now;
  if (now - (slot + plan.offset) <= DEFAULT_POLICY.graceMs) return null;
  return `due since ${new Date(slot).toISOString().slice(0, 16).replace('T', ' ')} UTC, no collector took it`;
}
