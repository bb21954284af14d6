import { PassThrough } from 'node:stream';
import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { MemoryStore } from '../../../test/support/memory-store.ts';
import { realClock } from '../scanners/clock.ts';
import { failed, Worker, type WorkerTask, type WorkView } from '../scanners/worker.ts';
import { labelOf, runProgress } from './run-progress.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** A terminal, and what was drawn on it. */
function terminal(interactive = true) {
  const stderr = Object.assign(new PassThrough(), { isTTY: interactive, columns: 200 });
  let drawn = '';
  stderr.on('data', (chunk: Buffer) => (drawn += chunk.toString()));
  const context = { interactive, stderr, stdout: new PassThrough(), now: () => 130_000 };
  return { context, drawn: () => drawn };
}

const task = (target: string): WorkerTask => ({
  ...{ job: 'nightly', target },
  plan: { schedule: null, offset: 0, catchUp: true },
  pools: [],
});
const work: WorkView = {
  ...{ done: 2, waiting: 1 },
  running: [
    { task: task('aws/1'), since: 0 },
    { task: task('aws/2'), since: 90_000 },
  ],
};

describe('the progress of runs', () => {
  it('tells how many of how many are done, which one is at work for longest, and since when', () => {
    vi.useFakeTimers();
    const { context, drawn } = terminal();
    const progress = runProgress(context, false);
    progress.onWork(work);
    vi.advanceTimersByTime(1_200);
    expect(drawn()).toContain('2 of 5  2:10 +1 nightly aws/1');
    progress.onWork({ done: 5, waiting: 1, running: [] });
    vi.advanceTimersByTime(200);
    expect(drawn()).toContain('5 of 6');
    progress.stop();
    progress.stop();
    const before = drawn();
    progress.onWork(work);
    vi.advanceTimersByTime(5_000);
    expect(drawn()).toBe(before);
  });

  it('is nothing in a pipe, and beside JSON', () => {
    vi.useFakeTimers();
    for (const [interactive, json] of [
      [false, false],
      [true, true],
    ] as const) {
      const { context, drawn } = terminal(interactive);
      const progress = runProgress(context, json);
      progress.onWork(work);
      vi.advanceTimersByTime(2_000);
      progress.stop();
      expect(drawn()).toBe('');
    }
  });

  it('shows no control characters of a target', () => {
    const evil: WorkView = { ...work, running: [{ task: task('\u001b[2Jx'), since: 0 }] };
    expect(labelOf(evil, 1_000)).not.toContain('\u001b');
  });
});

it('a worker says of each run when it begins and ends, and how many still wait for a place', async () => {
  const seen: string[] = [];
  const worker = new Worker<WorkerTask>({
    ...{ store: new MemoryStore(), clock: realClock, owner: 'me', log: pino({ level: 'silent' }), places: 1 },
    tasks: () => Promise.resolve([]),
    execute: () => Promise.resolve(failed('it is only a test')),
    onChange: ({ done, waiting, running }) => seen.push(`${done} ${running.length} ${waiting}`),
  });
  await worker.runByHand([task('a'), task('b'), task('c')], new AbortController().signal);
  expect(seen).toEqual(['0 1 2', '1 0 1', '1 1 1', '2 0 0', '2 1 0', '3 0 0']);
});
