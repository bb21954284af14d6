import type { EpochMs } from '../findings/model.ts';
import type { Schedule } from './schedule.ts';
import {
  type MissedRecord,
  type RunRecord,
  type Running,
  type TaskState,
  withMissed,
  withRun,
} from './task-state.ts';
import { noChanges } from './counts.ts';

/** What a collector goes by when it looks at a task. Milliseconds. */
export interface Policy {
  readonly leaseMs: number;
  /** How far apart the clocks of two collectors may be: a lease is taken over only so long after its end. */
  readonly skewMs: number;
  /** A slot begun so often, each time by an owner that died, is given up. */
  readonly mostClaims: number;
  /** Without catch-up a slot may start so late: whoever was there is woken on time. */
  readonly graceMs: number;
}

export const DEFAULT_POLICY: Policy = {
  leaseMs: 5 * 60_000,
  skewMs: 30_000,
  mostClaims: 3,
  graceMs: 5 * 60_000,
};

export interface TaskPlan {
  /** null: by hand only. */
  readonly schedule: Schedule | null;
  /** Milliseconds after its slot that the task starts. */
  readonly offset: number;
  /** Whether the newest slot that passed while nobody was there is run late. */
  readonly catchUp: boolean;
}

export type Decision =
  /** Nothing to do before that moment. */
  | { readonly do: 'wait'; readonly until: EpochMs }
  /** Run the slot of `next.running`, if `next` could be written. */
  | { readonly do: 'claim'; readonly next: TaskState; readonly running: Running }
  /** Only write down what became of slots. */
  | { readonly do: 'settle'; readonly next: TaskState };

/** What is to be done with a task now. Pure: who wins is decided by the conditional write of `next`. */
export function decide(
  state: TaskState,
  plan: TaskPlan,
  now: EpochMs,
  owner: string,
  policy: Policy = DEFAULT_POLICY,
): Decision {
  const { running } = state;
  if (running !== null && now < running.until + policy.skewMs)
    return { do: 'wait', until: running.until + policy.skewMs };
  const due = dueSlot(state, plan, now);
  if (running !== null) return orphan(state, running, due, plan, now, owner, policy);
  if (due === null) return { do: 'wait', until: nextStart(plan, now) };
  return begin(state, due, plan, now, owner, policy);
}

/** Claims a run by hand, asked for at `slot`; null while somebody runs the task. */
export function claimByHand(
  state: TaskState,
  slot: EpochMs,
  now: EpochMs,
  owner: string,
  policy: Policy = DEFAULT_POLICY,
): TaskState | null {
  const { running } = state;
  if (running !== null && now < running.until + policy.skewMs) return null;
  const freed = running === null ? state : lost(state, running, now);
  return claimed(freed, { slot, trigger: 'hand', claims: 1 }, now, owner, policy).next;
}

function nextStart({ schedule, offset }: TaskPlan, now: EpochMs): EpochMs {
  return schedule === null ? Number.POSITIVE_INFINITY : schedule.next(now - offset) + offset;
}

/** The newest slot whose time to start has come and that is not settled; null where there is none. */
function dueSlot(state: TaskState, { schedule, offset }: TaskPlan, now: EpochMs): EpochMs | null {
  const slot = schedule?.latest(now - offset) ?? null;
  return slot === null || slot <= state.settled ? null : slot;
}

function begin(
  state: TaskState,
  slot: EpochMs,
  plan: TaskPlan,
  now: EpochMs,
  owner: string,
  policy: Policy,
): Decision {
  const first = plan.schedule?.next(state.settled) ?? slot;
  const reason = (state.runs[0]?.endedAt ?? 0) > first ? 'busy' : 'away';
  const skipped = passOver(state, slot, plan, reason);
  const late = now - (slot + plan.offset);
  if (!plan.catchUp && late > policy.graceMs) {
    const range: MissedRecord = { from: slot, to: slot, count: 1, reason };
    return { do: 'settle', next: { ...withMissed(skipped, range), settled: slot } };
  }
  return claimed(skipped, { slot, trigger: 'schedule', claims: 1 }, now, owner, policy);
}

/** Its owner did not come back: begun again, unless a newer slot is due or it was begun too often. */
function orphan(
  state: TaskState,
  running: Running,
  due: EpochMs | null,
  plan: TaskPlan,
  now: EpochMs,
  owner: string,
  policy: Policy,
): Decision {
  const { slot, trigger, claims } = running;
  if (trigger === 'hand' || claims >= policy.mostClaims)
    return { do: 'settle', next: lost(state, running, now) };
  if (due === null || due <= slot)
    return claimed(state, { slot, trigger, claims: claims + 1 }, now, owner, policy);
  const died: MissedRecord = { from: slot, to: slot, count: 1, reason: 'died' };
  const settled = { ...withMissed(state, died), running: null, settled: slot };
  return begin(settled, due, plan, now, owner, policy);
}

/** Slots between the last settled one and `slot` are missed for good. */
function passOver(
  state: TaskState,
  slot: EpochMs,
  { schedule }: TaskPlan,
  reason: MissedRecord['reason'],
): TaskState {
  const range = schedule?.between(state.settled, slot) ?? null;
  if (range === null) return state;
  return { ...withMissed(state, { ...range, reason }), settled: range.to };
}

function claimed(
  state: TaskState,
  run: Pick<Running, 'slot' | 'trigger' | 'claims'>,
  now: EpochMs,
  owner: string,
  policy: Policy,
): Extract<Decision, { do: 'claim' }> {
  const running: Running = { ...run, owner, since: now, until: now + policy.leaseMs };
  return { do: 'claim', next: { ...state, fence: state.fence + 1, running }, running };
}

/** A run that nobody will finish, as the failed one that it is. */
function lost(state: TaskState, running: Running, now: EpochMs): TaskState {
  const record: RunRecord = {
    slot: running.slot,
    trigger: running.trigger,
    owner: running.owner,
    startedAt: running.since,
    endedAt: now,
    attempts: running.claims,
    outcome: 'failed',
    reason: `the collector ${running.owner} did not come back`,
    exitCode: null,
    signal: null,
    stderr: '',
    scopes: [],
    ...noChanges(),
  };
  return withRun(state, record);
}
