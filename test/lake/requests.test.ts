import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Committer } from '../../collector/src/lake/committer.ts';
import { type CountingStore, countingStore, FilesystemStore } from '../../collector/src/store/index.ts';
import { perform, type Task } from '../faults/tasks.ts';

const HOUR = 3_600_000;
const T0 = Date.UTC(2026, 0, 5, 3);
const ACCOUNT = '111111111111';
const ingest = (hour: number, seed: number): Task => ({
  do: 'ingest',
  accounts: [ACCOUNT],
  at: T0 + hour * HOUR,
  seed,
});

let folder: string;
let store: CountingStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sightline-requests-'));
  store = countingStore(new FilesystemStore(folder));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A process that has read which configuration is in force: once in its life, two requests where one was ever applied. */
async function started(): Promise<Committer> {
  const committer = new Committer({ store, now: () => Date.now() });
  await committer.configs.current();
  return committer;
}

async function requestsOf(committer: Committer, task: Task): Promise<Record<string, number>> {
  store.reset();
  await perform(committer, task);
  return Object.fromEntries(Object.entries(store.counts).filter(([, count]) => count > 0));
}

describe.each(['no configuration', 'a configuration'])('what a run asks of the store, under %s', (which) => {
  beforeEach(async () => {
    if (which === 'a configuration') {
      await perform(await started(), { do: 'config', settings: 'owners', at: T0 - HOUR });
    }
  });

  it('is 4 requests where the process knows the scope: report, state, commit, head', async () => {
    const committer = await started();
    await perform(committer, ingest(0, 1));
    expect(await requestsOf(committer, ingest(1, 2))).toEqual({ put: 3, replace: 1 });
  });

  it('is 6 where it does not: it reads head and state too', async () => {
    await perform(await started(), ingest(0, 1));
    expect(await requestsOf(await started(), ingest(1, 2))).toEqual({ get: 2, put: 3, replace: 1 });
  });

  it('is no state where nothing has changed', async () => {
    const committer = await started();
    await perform(committer, ingest(0, 1));
    expect(await requestsOf(committer, ingest(1, 1))).toEqual({ put: 2, replace: 1 });
    expect(await requestsOf(await started(), ingest(2, 1))).toEqual({ get: 2, put: 2, replace: 1 });
  });

  it('is 6 for a new scope, which looks once more for the configuration in force', async () => {
    expect(await requestsOf(await started(), ingest(0, 1))).toEqual({ get: 2, put: 3, replace: 1 });
  });

  it('is none for a run that the process knows to be there, and one look at the head otherwise', async () => {
    const committer = await started();
    await perform(committer, ingest(0, 1));
    expect(await requestsOf(committer, ingest(0, 1))).toEqual({});
    expect(await requestsOf(await started(), ingest(0, 1))).toEqual({ get: 1 });
  });
});
