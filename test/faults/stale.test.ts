import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inputReader } from '../../collector/src/ingest/stored-input.ts';
import { Committer } from '../../collector/src/lake/committer.ts';
import { foldScope, removeUnnamed } from '../../collector/src/lake/fold.ts';
import { rebuildScope } from '../../collector/src/lake/rebuild.ts';
import { FilesystemStore } from '../../collector/src/store/index.ts';
import type { ObjectStore } from '../../collector/src/store/object-store.ts';
import { checkScope } from '../support/invariants.ts';
import { ACCOUNT, HOUR, ingest, perform, SCOPE_ID, scopeNameOf, T0, type Task } from './tasks.ts';

const spotless = (hour: number): Task => ({
  do: 'ingest',
  accounts: [ACCOUNT],
  at: T0 + hour * HOUR,
  seed: 0,
  spotless: true,
});
const verdict = (hour: number): Task => ({
  do: 'verdict',
  account: ACCOUNT,
  at: T0 + hour * HOUR,
  nth: 3,
  reason: 'known',
});
const config = (settings: 'owners' | 'severities', hour: number): Task => ({
  do: 'config',
  settings,
  at: T0 + hour * HOUR,
});

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sightline-stale-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A long-running process: what it has read and written it remembers. */
function collector(store: ObjectStore = new FilesystemStore(folder)): Committer {
  return new Committer({ store, now: () => Date.now() });
}

async function teamsOf(committer: Committer): Promise<(string | null)[]> {
  const { state } = await committer.readBase(SCOPE_ID);
  const teams = [...state.findings.values()]
    .filter(({ service, scanner }) => service === 's3' && scanner === 'open')
    .map(({ team }) => team);
  return [...new Set(teams)];
}

async function check(committer: Committer, context: string): Promise<string[]> {
  return checkScope(committer, SCOPE_ID, inputReader(committer.store), context);
}

describe('a process that remembers an older state than there is', () => {
  it('takes a verdict on a finding that another process has brought since', async () => {
    const [one, other] = [collector(), collector()];
    await perform(one, spotless(0));
    await perform(other, ingest(1, 1));
    expect((await perform(one, verdict(2))).verdict).toBe(scopeNameOf(ACCOUNT));
    const { state } = await other.readBase(SCOPE_ID);
    expect([...state.findings.values()].filter((finding) => finding.verdict !== null)).toHaveLength(1);
    await check(other, 'a verdict on what was not known');
  });

  it('applies a configuration to the rows that another process has brought since', async () => {
    const [one, other] = [collector(), collector()];
    await perform(one, spotless(0));
    await perform(other, ingest(1, 1));
    await perform(one, config('owners', 2));
    expect(await teamsOf(other)).toEqual(['storage']);
    await check(other, 'a configuration on rows that were not known');
  });

  it('commits under the configuration that is in force, also where that changed no row when it was applied', async () => {
    const [one, other] = [collector(), collector()];
    await perform(one, spotless(0));
    await perform(other, config('owners', 1));
    await perform(one, ingest(2, 1));
    expect(await teamsOf(one)).toEqual(['storage']);
    await check(one, 'rows after a configuration');
  });

  it('sees a run that another has brought and folded away', async () => {
    const [one, other] = [collector(), collector()];
    await perform(one, ingest(0, 1));
    for (const hour of [1, 2, 3]) await perform(other, ingest(hour, hour));
    await foldScope(other, SCOPE_ID, 1);
    await removeUnnamed(other, SCOPE_ID, -HOUR);
    expect((await perform(one, ingest(2, 2))).runs[0]?.status).toBe('already');
    await perform(one, ingest(4, 4));
    expect(await check(one, 'after folding')).toHaveLength(5);
  });

  it('continues after a rebuild', async () => {
    const [one, other] = [collector(), collector()];
    await perform(one, ingest(0, 1));
    await rebuildScope(other, SCOPE_ID, inputReader(other.store));
    await perform(one, ingest(1, 2));
    const inputs = await check(one, 'after a rebuild');
    expect(inputs).toHaveLength(2);
    expect((await one.readHead(SCOPE_ID))?.generation).toBe(2);
  });
});

describe('a rebuild', () => {
  it('keeps a verdict on a finding of a scanner whose clock ran ahead, and a retirement', async () => {
    const one = collector();
    await perform(one, ingest(1, 1));
    await perform(one, verdict(0));
    await rebuildScope(one, SCOPE_ID, inputReader(one.store));
    const { state } = await one.readBase(SCOPE_ID);
    expect([...state.findings.values()].filter((finding) => finding.verdict !== null)).toHaveLength(1);
    await perform(one, { do: 'retire', account: ACCOUNT, at: T0 });
    await rebuildScope(one, SCOPE_ID, inputReader(one.store));
    expect((await one.readHead(SCOPE_ID))?.retired).toBe(true);
    expect(await check(one, 'rebuilt')).toHaveLength(3);
  });

  it('keeps every input, also one that does nothing in the order of time', async () => {
    const one = collector();
    await perform(one, ingest(0, 1));
    await perform(one, config('owners', 5));
    await perform(one, config('severities', 4));
    await perform(one, ingest(2, 2));
    const before = await check(one, 'before');
    await rebuildScope(one, SCOPE_ID, inputReader(one.store));
    expect(new Set(await check(one, 'rebuilt'))).toEqual(new Set(before));
  });
});

describe('two that fold the same commits', () => {
  it('use two names, so that removing what one left behind takes nothing from the other', async () => {
    const one = collector();
    for (const hour of [0, 1, 2]) await perform(one, ingest(hour, hour));
    // It dies after its segment was put: nothing names that.
    const dying = collector(new DyingStore(folder));
    await expect(foldScope(dying, SCOPE_ID, 1)).rejects.toThrow('gone');
    const left = await keysOf(one.store, 'segments/');
    await foldScope(one, SCOPE_ID, 1);
    expect(left).toHaveLength(1);
    expect(await keysOf(one.store, 'segments/')).toHaveLength(2);
    await removeUnnamed(one, SCOPE_ID, -HOUR);
    expect(await keysOf(one.store, 'segments/')).not.toEqual(left);
    expect(await check(one, 'after removing')).toHaveLength(3);
  });
});

class DyingStore extends FilesystemStore {
  override replace(): Promise<string> {
    return Promise.reject(new Error('gone'));
  }
}

async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}
