import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { noChanges } from '../../collector/src/scanners/counts.ts';
import { jitterOf, Schedule } from '../../collector/src/scanners/schedule.ts';
import { decodeTask, type TaskState, taskKey } from '../../collector/src/scanners/task-state.ts';
import {
  type RunRequest,
  type RunResult,
  Worker,
  type WorkerTask,
} from '../../collector/src/scanners/worker.ts';
import { FilesystemStore } from '../../collector/src/store/filesystem.ts';
import type { ObjectStore } from '../../collector/src/store/object-store.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { randomFrom } from '../support/random.ts';
import { type Fate, MortalStore } from './mortal-store.ts';
import { SimClock } from './sim-clock.ts';

const START = Date.parse('2026-11-28T10:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** After the hour, nobody dies any more: what was left behind is taken over. */
const AFTERWARDS = 20 * MINUTE;

const JOBS = [
  { job: 'minutely', cron: '* * * * *', longestMs: 90_000, targets: ['a', 'b'] },
  { job: 'often', cron: '*/5 * * * *', longestMs: 7 * MINUTE, targets: ['a', 'b', 'c'] },
  { job: 'seldom', cron: '7,37 * * * *', longestMs: 3 * MINUTE, targets: ['a', 'b', 'c'] },
];

interface Task extends WorkerTask {
  readonly longestMs: number;
  readonly schedule: Schedule;
}

function tasks(): Task[] {
  return JOBS.flatMap(({ job, cron, longestMs, targets }) => {
    const schedule = new Schedule(cron, 'Europe/Berlin');
    return targets.map((target) => ({
      job,
      target,
      longestMs,
      schedule,
      plan: { schedule, offset: jitterOf(`${job}|${target}`, 20_000), catchUp: true },
      pools: [{ name: job, places: 2 }],
    }));
  });
}

/** Everything that was ever written about a slot, by task; two processes may hear of their writes in another order than they were made. */
class Ledger {
  readonly runs = new Map<string, TaskState['runs'][number][]>();
  readonly missed = new Map<string, TaskState['missed'][number][]>();

  note(key: string, body: Uint8Array): void {
    const after = decodeTask(body, key);
    const runs = this.runs.get(key) ?? [];
    const newRuns = after.runs.filter(
      (run) => !runs.some((old) => old.slot === run.slot && old.endedAt === run.endedAt),
    );
    const missed = this.missed.get(key) ?? [];
    const newMissed = after.missed.filter(({ from }) => !missed.some((old) => old.from === from));
    this.runs.set(key, [...runs, ...newRuns]);
    this.missed.set(key, [...missed, ...newMissed]);
  }
}

interface Told {
  readonly ledger: Ledger;
  readonly overlaps: string[];
  readonly deaths: number;
  readonly takeovers: number;
}

async function anHour(store: ObjectStore, seed: number): Promise<Told> {
  const random = randomFrom(seed);
  const time = new SimClock(START);
  const ledger = new Ledger();
  const overlaps: string[] = [];
  const working = new Map<string, string>();
  let deaths = 0;
  let takeovers = 0;
  const list = tasks();
  const calm = (): boolean => time.now > START + HOUR;

  const execute =
    (owner: string, fate: Fate, clock: ReturnType<SimClock['clock']>) =>
    async ({ task, running, signal, confirm }: RunRequest<Task>): Promise<RunResult> => {
      const key = taskKey(task);
      if (working.has(key)) overlaps.push(`${key}: ${working.get(key) ?? ''} and ${owner}`);
      working.set(key, owner);
      if (running.claims > 1) takeovers++;
      await clock.sleep(5_000 + random() * task.longestMs, signal);
      const ours = await confirm().catch(() => false);
      if (!fate.isDead()) working.delete(key);
      return {
        outcome: ours && !signal.aborted ? 'complete' : 'failed',
        reason: null,
        attempts: 1,
        exitCode: 0,
        signal: null,
        stderr: '',
        scopes: [],
        ...noChanges(),
      };
    };

  const ended: Promise<void>[] = [];
  const over = new AbortController();
  const life = async (name: string, skewMs: number): Promise<void> => {
    const director = time.clock();
    for (let number = 1; !over.signal.aborted; number++) {
      const owner = `${name}${number}`;
      let dead = false;
      const fate: Fate = {
        isDead: () => dead,
        fault: () => {
          const dice = random();
          return calm() || dice > 0.04 ? null : dice < 0.02 ? 'before' : 'after';
        },
      };
      const clock = time.clock(skewMs, fate.isDead);
      const worker = new Worker<Task>({
        store: new MortalStore(store, time, fate, (key, body) => ledger.note(key, body)),
        clock,
        owner,
        log: pino({ level: 'silent' }),
        places: 4,
        tasks: () => Promise.resolve(list),
        execute: execute(owner, fate, clock),
      });
      const running = worker.run(over.signal);
      const diesAt = time.now + random() * 10 * MINUTE;
      await director.sleep(diesAt - time.now, over.signal);
      if (calm()) {
        ended.push(running);
        return;
      }
      dead = true;
      deaths++;
      for (const [key, by] of working) if (by === owner) working.delete(key);
      await director.sleep(random() * 3 * MINUTE, over.signal);
    }
  };
  void life('first-', -8_000);
  void life('second-', 9_000);
  await time.pass(START + HOUR + AFTERWARDS);
  over.abort();
  let done = false;
  void Promise.all(ended).then(() => (done = true));
  await time.pass(START + 3 * HOUR, () => done);
  return { ledger, overlaps, deaths, takeovers };
}

/** What became of each slot of the hour: a run, missed, both (which must not be) or nothing (neither). */
function accountOf(ledger: Ledger, task: Task): Map<string, number> {
  const key = taskKey(task);
  const seen = new Map<string, number>();
  for (let slot = task.schedule.next(START + 15_000); slot <= START + HOUR; slot = task.schedule.next(slot)) {
    const runs = (ledger.runs.get(key) ?? []).filter((run) => run.slot === slot).length;
    const missed = (ledger.missed.get(key) ?? []).filter(({ from, to }) => from <= slot && slot <= to).length;
    const what =
      runs === 1 && missed === 0 ? 'run' : runs === 0 && missed === 1 ? 'missed' : `${runs}/${missed}`;
    seen.set(what, (seen.get(what) ?? 0) + 1);
  }
  return seen;
}

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folderStore(): FilesystemStore {
  const folder = mkdtempSync(path.join(tmpdir(), 'sightline-leases-'));
  folders.push(folder);
  return new FilesystemStore(folder);
}

/** `repeats`: what happens is the same every time. The answers of a disk come in an order of their own, and with them who dies when. */
const CASES: { name: string; seed: number; repeats: boolean; store: () => ObjectStore }[] = [
  { name: 'in a folder', seed: 1, repeats: false, store: folderStore },
  ...[2, 3, 4, 5, 6].map((seed) => ({
    name: `in memory, seed ${seed}`,
    seed,
    repeats: true,
    store: () => new MemoryStore(),
  })),
];

describe('two collectors on one bucket, killed at random, with a store that loses answers', () => {
  it.each(CASES)(
    'run every slot of an hour once or record it as missed ($name)',
    async ({ seed, repeats, store }) => {
      const told = await anHour(store(), seed);
      expect(told.overlaps).toEqual([]);
      expect(told.deaths).toBeGreaterThan(4);
      if (repeats) expect(told.takeovers).toBeGreaterThan(0);
      const total = new Map<string, number>();
      for (const task of tasks()) {
        for (const [what, n] of accountOf(told.ledger, task)) total.set(what, (total.get(what) ?? 0) + n);
      }
      expect([...total.keys()].sort()).toEqual(['missed', 'run']);
      // Of 169 slots most are run, in spite of it all.
      expect(total.get('run')).toBeGreaterThan(60);
    },
  );
});
