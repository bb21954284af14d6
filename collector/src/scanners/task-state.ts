import { z } from 'zod';
import { StoreError } from '../errors.ts';
import type { EpochMs } from '../findings/model.ts';
import { sha256 } from '../lake/keys.ts';

/** What the bucket knows of a task: the object `leases/<job>/<target>.json`, changed by conditional writes only. */

/** A job on one of its targets: the unit that is scheduled, leased and recorded. */
export interface TaskName {
  readonly job: string;
  /** `aws/123456789012`, a web address, an image; `-` where a job has one task only. */
  readonly target: string;
}

const bySeverity = z.strictObject({
  INFORMATIONAL: z.number(),
  LOW: z.number(),
  MEDIUM: z.number(),
  HIGH: z.number(),
  CRITICAL: z.number(),
});

const runRecord = z.strictObject({
  slot: z.number().meta({ description: 'Which one it was for; of a run by hand, when it was asked for.' }),
  trigger: z.enum(['schedule', 'hand']),
  owner: z.string(),
  startedAt: z.number(),
  endedAt: z.number(),
  /** Of the scanner: a second one is a repetition after a failure. */
  attempts: z.number(),
  outcome: z.enum(['complete', 'partial', 'failed']),
  reason: z.string().nullable().meta({
    description:
      'Why it is not complete; of a complete one, what the scanner could not look at all the same.',
  }),
  exitCode: z.number().nullable(),
  signal: z.string().nullable(),
  /** The end of what the scanner wrote to standard error; '' of a complete run. */
  stderr: z.string(),
  scopes: z.array(z.string()),
  fresh: bySeverity.meta({ description: 'Opened by drift, or reopened.' }),
  fixed: bySeverity,
  /** Opened because nobody had looked there, or not for that, before. */
  onboarded: z.number(),
});
export type RunRecord = z.infer<typeof runRecord>;

const missedRecord = z.strictObject({
  from: z.number(),
  to: z.number(),
  count: z.number(),
  reason: z.enum(['away', 'busy', 'died']),
});
/**
 * Slots that were not run: `away`: nobody was there in time; `busy`: the run before took too long; `died`: whoever ran it did not
 * come back, and a newer slot was due.
 */
export type MissedRecord = z.infer<typeof missedRecord>;

const running = z.strictObject({
  slot: z.number(),
  trigger: z.enum(['schedule', 'hand']),
  owner: z.string(),
  since: z.number(),
  /** The lease's end, by the owner's clock. */
  until: z.number(),
  /** How often this slot was begun: more than once after an owner died. */
  claims: z.number(),
});
export type Running = z.infer<typeof running>;

const taskState = z.strictObject({
  format: z.literal(1),
  job: z.string(),
  target: z.string(),
  /** Of this version: tells whether a write without an answer was ours. */
  nonce: z.string(),
  /** Raised with each claim. */
  fence: z.number(),
  /** Every slot up to here was run, was missed, or was before the task came to be. */
  settled: z.number(),
  running: running.nullable(),
  /** Newest first. */
  runs: z.array(runRecord),
  missed: z.array(missedRecord),
  missedTotal: z.number(),
  /** Where the next run goes on from: of jobs that ask only for what is new. */
  cursor: z.unknown().optional(),
});
export type TaskState = z.infer<typeof taskState>;

const KEPT_RUNS = 20;
const KEPT_MISSED = 20;

export const LEASES = 'leases/';

const keys = new WeakMap<TaskName, string>();

/** Looked up for every task in every round: made once per task. */
export function taskKey(task: TaskName): string {
  const known = keys.get(task);
  if (known !== undefined) return known;
  const key = keyOf(task);
  keys.set(task, key);
  return key;
}

function keyOf({ job, target }: TaskName): string {
  const slug = target
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
  return `${LEASES}${job}/${slug === '' ? 'task' : slug}-${sha256(target).slice(0, 12)}.json`;
}

export function newTask({ job, target }: TaskName, now: EpochMs, nonce: string): TaskState {
  return {
    format: 1,
    job,
    target,
    nonce,
    fence: 0,
    settled: now,
    running: null,
    runs: [],
    missed: [],
    missedTotal: 0,
  };
}

export function encodeTask(state: TaskState): Buffer {
  return Buffer.from(JSON.stringify(state));
}

/** @throws StoreError `corrupt` */
export function decodeTask(body: Uint8Array, key: string): TaskState {
  try {
    return taskState.parse(JSON.parse(Buffer.from(body).toString('utf8')));
  } catch (error) {
    throw new StoreError(
      `${key} is not what a collector of this version writes`,
      'Remove it to begin this schedule anew; its findings are kept elsewhere.',
      'corrupt',
      error,
    );
  }
}

export function withMissed(state: TaskState, missed: MissedRecord | null): TaskState {
  if (missed === null) return state;
  return {
    ...state,
    missed: [missed, ...state.missed].slice(0, KEPT_MISSED),
    missedTotal: state.missedTotal + missed.count,
  };
}

/** The run under way is over; of a scheduled one its slot is settled. */
export function withRun(state: TaskState, record: RunRecord): TaskState {
  const settled = record.trigger === 'schedule' ? Math.max(state.settled, record.slot) : state.settled;
  // What a scanner complained of is only worth its room while somebody may still act on it.
  const older = state.runs.map((run) => (run.stderr === '' ? run : { ...run, stderr: '' }));
  return { ...state, settled, running: null, runs: [record, ...older].slice(0, KEPT_RUNS) };
}
