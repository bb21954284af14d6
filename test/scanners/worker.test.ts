import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { StoreError } from '../../collector/src/errors.ts';
import { noChanges } from '../../collector/src/scanners/counts.ts';
import { Schedule } from '../../collector/src/scanners/schedule.ts';
import { decodeTask, type TaskState, taskKey } from '../../collector/src/scanners/task-state.ts';
import { type RunResult, Worker, type WorkerTask } from '../../collector/src/scanners/worker.ts';
import { UnknownOutcomeError } from '../../collector/src/store/object-store.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { SimClock } from './sim-clock.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-11-28T10:00:00Z') + 30_000;
/** The first slot after START. */
const SLOT = Date.parse('2026-11-28T11:00:00Z');

/** A store that may be away, or lose its answers. */
class MoodyStore extends MemoryStore {
  away = false;
  noList = false;
  /** Writes are done and their answers lost, and so is what is asked about them. */
  silent = false;
  #deaf = false;

  override async get(key: string) {
    if (this.#deaf || this.away) {
      this.#deaf = false;
      throw new StoreError('no answer', 'on demand');
    }
    return super.get(key);
  }

  override async *list(prefix: string) {
    if (this.away || this.noList) throw new StoreError('no answer', 'on demand');
    yield* super.list(prefix);
  }

  override async replace(...write: Parameters<MemoryStore['replace']>) {
    if (this.away) throw new StoreError('no answer', 'on demand');
    const etag = await super.replace(...write);
    if (!this.silent) return etag;
    this.silent = false;
    this.#deaf = true;
    throw new UnknownOutcomeError(write[0], new Error('on demand'));
  }
}

interface Bench {
  readonly time: SimClock;
  readonly store: MoodyStore;
  readonly worker: Worker<WorkerTask>;
  /** Runs as they began, and those that were told to end. */
  readonly begun: string[];
  readonly ended: string[];
  readonly stateOf: (target: string) => Promise<TaskState>;
}

interface BenchOptions {
  readonly targets?: readonly string[];
  readonly longMs?: (target: string) => number;
  readonly places?: number;
  readonly catchUp?: boolean;
}

const DONE: RunResult = {
  ...{ outcome: 'complete', reason: null, attempts: 1, exitCode: 0, signal: null, stderr: '', scopes: [] },
  ...noChanges(),
};

function bench({
  targets = ['a'],
  longMs = () => 30 * MINUTE,
  places = 4,
  catchUp = true,
}: BenchOptions): Bench {
  const time = new SimClock(START);
  const store = new MoodyStore();
  const clock = time.clock();
  const schedule = new Schedule('0 * * * *', 'UTC');
  const list = targets.map((target) => ({
    ...{ job: 'hourly', target, plan: { schedule, offset: 0, catchUp } },
    pools: [],
  }));
  const begun: string[] = [];
  const ended: string[] = [];
  const worker = new Worker<WorkerTask>({
    ...{ store, clock, owner: 'me', log: pino({ level: 'silent' }), places },
    tasks: () => Promise.resolve(list),
    execute: async ({ task, signal }) => {
      begun.push(task.target);
      await clock.sleep(longMs(task.target), signal);
      if (signal.aborted) ended.push(task.target);
      return signal.aborted ? { ...DONE, outcome: 'failed', reason: 'ended' } : DONE;
    },
  });
  const stateOf = async (target: string): Promise<TaskState> => {
    const key = taskKey({ job: 'hourly', target });
    const stored = await store.get(key);
    if (stored === undefined) throw new Error(`there is no ${key}`);
    return decodeTask(stored.body, key);
  };
  return { time, store, worker, begun, ended, stateOf };
}

/** Lets the worker work until `at`, and ends it. */
async function until(
  at: number,
  { time, worker }: Bench,
  during: (() => Promise<void>)[] = [],
): Promise<void> {
  const stop = new AbortController();
  let done = false;
  void worker.run(stop.signal).then(() => (done = true));
  for (const step of during) await step();
  await time.pass(at);
  stop.abort();
  await time.pass(at + 60 * MINUTE, () => done);
  expect(done).toBe(true);
}

describe('a worker', () => {
  it('does not begin its own run a second time when the store was away for longer than its lease', async () => {
    const it = bench({});
    await until(SLOT + 50 * MINUTE, it, [
      () => it.time.pass(SLOT + MINUTE),
      async () => {
        it.store.away = true;
        await it.time.pass(SLOT + 12 * MINUTE);
        it.store.away = false;
      },
    ]);
    expect(it.begun).toEqual(['a']);
    expect(it.ended).toEqual([]);
    expect((await it.stateOf('a')).runs).toMatchObject([{ slot: SLOT, outcome: 'complete' }]);
  });

  it('keeps a run whose lease was renewed by a write that nobody answered for', async () => {
    const it = bench({});
    await until(SLOT + 50 * MINUTE, it, [
      () => it.time.pass(SLOT + MINUTE),
      () => {
        it.store.silent = true;
        return Promise.resolve();
      },
    ]);
    expect(it.ended).toEqual([]);
    expect(it.begun).toEqual(['a']);
    expect((await it.stateOf('a')).runs).toMatchObject([{ slot: SLOT, outcome: 'complete' }]);
  });

  it('misses no slot for want of a place, also where nothing is caught up', async () => {
    const targets = ['a', 'b', 'c'];
    const it = bench({ targets, longMs: () => 10 * MINUTE, places: 1, catchUp: false });
    await until(SLOT + 40 * MINUTE, it);
    expect([...it.begun].sort()).toEqual(targets);
    for (const target of targets)
      expect(await it.stateOf(target)).toMatchObject({ settled: SLOT, missedTotal: 0 });
  });

  it('begins the schedule of a damaged task anew when somebody has removed it', async () => {
    const it = bench({ longMs: () => MINUTE });
    const key = taskKey({ job: 'hourly', target: 'a' });
    await it.store.put(key, Buffer.from('damaged'));
    await until(SLOT + 70 * MINUTE, it, [
      () => it.time.pass(SLOT + MINUTE),
      () => {
        expect(it.begun).toEqual([]);
        expect([...it.worker.leases.damaged.keys()]).toEqual([key]);
        return it.store.remove([key]);
      },
    ]);
    expect(it.begun).toEqual(['a']);
    expect(it.worker.leases.damaged.size).toBe(0);
  });

  it('brings to an end what it began, whether the store is away then or not', async () => {
    const it = bench({ targets: ['a', 'b'], longMs: (target) => (target === 'a' ? 10 : 30) * MINUTE });
    for (const target of ['a', 'b']) await it.worker.leases.ensure({ job: 'hourly', target }, START);
    it.time.now = SLOT;
    let problem: unknown;
    void it.worker.runDue(new AbortController().signal).catch((error: unknown) => (problem = error));
    await it.time.pass(SLOT + 5 * MINUTE);
    expect([...it.begun].sort()).toEqual(['a', 'b']);
    // The first has been written down, the look at what else is due meets a store that does not answer.
    it.store.noList = true;
    await it.time.pass(SLOT + 20 * MINUTE);
    expect((await it.stateOf('a')).runs).toMatchObject([{ outcome: 'complete' }]);
    expect(problem).toBeUndefined();
    await it.time.pass(SLOT + 40 * MINUTE);
    expect((await it.stateOf('b')).runs).toMatchObject([{ outcome: 'complete' }]);
    expect(problem).toBeInstanceOf(StoreError);
  });
});
