import { describe, expect, it } from 'vitest';
import { SightlineError } from '../../collector/src/errors.ts';
import { Committer } from '../../collector/src/lake/committer.ts';
import { compactTables } from '../../collector/src/lake/delta/compact.ts';
import { readDeltaTable, readDeltaTables } from '../../collector/src/lake/delta/read.ts';
import { logKey, TABLE_NAMES, type TableName } from '../../collector/src/lake/delta/snapshot.ts';
import { type ETag, UnknownOutcomeError } from '../../collector/src/store/object-store.ts';
import { perform } from '../faults/tasks.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { expectTables, memoryRows } from './memory-rows.ts';

const HOUR = 3_600_000;
const DAY = 86_400_000;
const T0 = Date.UTC(2026, 0, 5, 3);
const ACCOUNTS = ['111111111111', '222222222222', '333333333333'];
const [A = '', B = ''] = ACCOUNTS;

/** A store that fails on demand: before or after what it was asked to do. */
class FaultyStore extends MemoryStore {
  beforeWrite: (key: string) => Promise<void> | void = () => undefined;
  afterWrite: (key: string) => void = () => undefined;

  override async put(key: string, body: Uint8Array): Promise<void> {
    await this.beforeWrite(key);
    await super.put(key, body);
    this.afterWrite(key);
  }

  override async replace(key: string, body: Uint8Array, expected: ETag | null): Promise<ETag> {
    await this.beforeWrite(key);
    const etag = await super.replace(key, body, expected);
    this.afterWrite(key);
    return etag;
  }

  override async remove(keys: readonly string[]): Promise<void> {
    if (keys.length > 0) await this.beforeWrite(keys.join());
    await super.remove(keys);
  }
}

const committerOf = (store: MemoryStore, now: () => number = () => T0 + DAY): Committer =>
  new Committer({ store, now });

async function estate(): Promise<{ store: FaultyStore; committer: Committer }> {
  const store = new FaultyStore();
  const committer = committerOf(store);
  await perform(committer, { do: 'ingest', accounts: ACCOUNTS, at: T0, seed: 1 });
  await compactTables(committer);
  await perform(committer, { do: 'ingest', accounts: [A, B], at: T0 + HOUR, seed: 2 });
  await perform(committer, { do: 'rebuild', account: B });
  return { store, committer };
}

const isLog = (key: string): boolean => key.includes('/_delta_log/0') && key.endsWith('.json');

describe('a compact', () => {
  it('that ends at any point leaves what was there before or what comes after, and the next one completes it', async () => {
    let moments = 0;
    for (let end = 1; ; end++) {
      const { store, committer } = await estate();
      const before = await readDeltaTables(store);
      let writes = 0;
      store.beforeWrite = () => {
        if (++writes >= end) throw new Error('the power went');
      };
      const ended = await compactTables(committer).then(
        () => false,
        () => true,
      );
      store.beforeWrite = () => undefined;
      const after = await readDeltaTables(store);
      for (const table of TABLE_NAMES) {
        const versions = [before[table]?.version ?? -1, (before[table]?.version ?? -1) + 1];
        expect(versions).toContain(after[table]?.version);
        if (after[table]?.version !== before[table]?.version) continue;
        expect(after[table]).toEqual(before[table]);
        for (const { key } of after[table]?.files ?? []) expect(store.objects.has(key), key).toBe(true);
      }
      await compactTables(committer);
      await expectTables(committer);
      if (!ended) break;
      moments++;
    }
    // For each table a file or two, and an entry.
    expect(moments).toBeGreaterThanOrEqual(6);
  });

  it('whose commit was lost on the way back knows its own entry', async () => {
    const { store, committer } = await estate();
    let lost = 0;
    store.afterWrite = (key) => {
      if (!isLog(key)) return;
      lost++;
      throw new UnknownOutcomeError(key, new Error('no answer'));
    };
    const done = await compactTables(committer);
    expect(lost).toBe(3);
    expect(done.map(({ version }) => version)).toEqual([1, 1, 1]);
    store.afterWrite = () => undefined;
    await expectTables(committer);
  });

  it('that another overtakes takes its files away again and finds nothing left to do', async () => {
    const { store, committer } = await estate();
    for (const table of TABLE_NAMES) {
      let overtaken = false;
      store.beforeWrite = async (key) => {
        if (overtaken || !isLog(key)) return;
        overtaken = true;
        await compactTables(committerOf(store), { tables: [table] });
      };
      const [done] = await compactTables(committer, { tables: [table] });
      expect(overtaken).toBe(true);
      expect(done).toMatchObject({ changed: false, version: 1 });
      const named = (await readDeltaTable(store, table))?.files.map(({ key }) => key) ?? [];
      const replaced = [...store.objects.keys()].filter(
        (key) => key.startsWith(`tables/${table}/`) && key.endsWith('.parquet') && !named.includes(key),
      );
      // Only what version 0 named.
      expect(replaced.length).toBeLessThanOrEqual(1);
    }
    store.beforeWrite = () => undefined;
    await expectTables(committer);
  });

  it('beside several others makes no row twice', async () => {
    const store = new MemoryStore();
    const committers = Array.from({ length: 4 }, () => committerOf(store));
    const [first] = committers;
    if (first === undefined) throw new Error('no committer');
    for (let hour = 0; hour < 6; hour++) {
      await perform(first, {
        do: 'ingest',
        accounts: hour % 2 === 0 ? ACCOUNTS : [A],
        at: T0 + hour * HOUR,
        seed: hour,
      });
      await Promise.all(committers.map((committer) => compactTables(committer)));
      await expectTables(first);
    }
    expect((await readDeltaTable(store, 'events'))?.version).toBe(5);
  });

  it('follows a scope whose head is gone', async () => {
    const { store, committer } = await estate();
    const head = [...store.objects.keys()].find((key) => key.startsWith('heads/') && key.includes(A));
    await store.remove([head ?? '']);
    await compactTables(committer);
    await expectTables(committer);
    expect((await readDeltaTable(store, 'events'))?.scopes.has(`prowler/aws/${A}`)).toBe(false);
  });
});

describe('what is not needed any more', () => {
  it('stays for seven days, then goes: replaced files, files of crashes, entries before a checkpoint', async () => {
    const store = new FaultyStore();
    let now = T0;
    store.afterWrite = () => (store.clock = now);
    const committer = committerOf(store, () => now);
    const folder = 'tables/findings/';
    const keys = () => [...store.objects.keys()].filter((key) => key.startsWith(folder)).sort();
    store.clock = now;
    await store.put(`${folder}group-000-left-by-a-crash.parquet`, Buffer.from('half'));
    let first: readonly string[] = [];
    for (let day = 0; day < 25; day++) {
      now = T0 + day * DAY;
      store.clock = now;
      await perform(committer, { do: 'ingest', accounts: ACCOUNTS, at: now, seed: day });
      await compactTables(committer);
      if (day === 0) first = (await readDeltaTable(store, 'findings'))?.files.map(({ key }) => key) ?? [];
      expect(keys().includes(first[0] ?? '')).toBe(day < 8);
      expect(keys().includes(`${folder}group-000-left-by-a-crash.parquet`)).toBe(day < 8);
    }
    await expectTables(committer);
    expect(
      keys().filter((key) => key.endsWith('.parquet') && !key.includes('_delta_log')).length,
    ).toBeLessThan(10);
    const log = keys().filter((key) => key.includes('_delta_log'));
    expect(log).not.toContain(logKey('findings', 9));
    expect(log).toContain(logKey('findings', 10));
    expect(log.filter((key) => key.includes('checkpoint.parquet')).length).toBe(2);
  });
});

describe('a log that something else changed', () => {
  const broken = async (
    table: TableName,
    key: string,
    change: (text: string) => string | null,
  ): Promise<unknown> => {
    const { store, committer } = await estate();
    await compactTables(committer);
    const there = store.objects.get(key);
    const text = there === undefined ? '' : change(there.body.toString());
    if (text === null) store.objects.delete(key);
    else await store.put(key, Buffer.from(text));
    const error: unknown = await readDeltaTable(store, table).catch((thrown: unknown) => thrown);
    const again: unknown = await compactTables(committer, { tables: [table] }).catch(
      (thrown: unknown) => thrown,
    );
    expect(again).toEqual(error);
    return error;
  };
  const first = logKey('events', 0);
  const last = logKey('events', 1);

  it.each([
    ['a flipped digit', last, (text: string) => text.replace('"size":', '"size":1')],
    ['a missing line', last, (text: string) => text.slice(text.indexOf('\n') + 1)],
    ['an entry cut short', last, (text: string) => text.slice(0, -20)],
    ['a missing entry', first, () => null],
    [
      'an entry of another program',
      logKey('events', 2),
      () => '{"commitInfo":{"timestamp":1,"operation":"VACUUM END"}}\n',
    ],
  ])('%s is an error that says what to do', async (_what, key, change) => {
    const error = await broken('events', key, change);
    expect(error).toBeInstanceOf(SightlineError);
    expect(error).toHaveProperty('code', 'corrupt');
    expect(error).toHaveProperty('hint', expect.stringContaining('Remove tables/events/'));
  });

  it('a damaged checkpoint is one too', async () => {
    const store = new MemoryStore();
    const committer = committerOf(store);
    for (let hour = 0; hour < 11; hour++) {
      await perform(committer, { do: 'ingest', accounts: [A], at: T0 + hour * HOUR, seed: hour });
      await compactTables(committer, { tables: ['events'] });
    }
    const key = [...store.objects.keys()].find((name) => name.endsWith('.checkpoint.parquet')) ?? '';
    const there = store.objects.get(key)?.body ?? Buffer.alloc(0);
    for (const at of [0, 4, 60, Math.floor(there.length / 2), there.length - 30]) {
      const body = Buffer.from(there);
      body[at] = (body[at] ?? 0) ^ 0x20;
      await store.put(key, body);
      const rows = await readDeltaTable(store, 'events').catch((error: unknown) => error);
      if (rows instanceof Error) expect(rows).toMatchObject({ code: 'corrupt' });
      else expect(rows).toMatchObject({ version: 10 });
    }
    await store.put(key, there);
    expect((await memoryRows(store, 'events')).length).toBe((await readDeltaTable(store, 'events'))?.rows);
  });

  it('is made again once it is removed', async () => {
    const { store, committer } = await estate();
    for (const key of [...store.objects.keys()])
      if (key.startsWith('tables/events/')) store.objects.delete(key);
    const [done] = await compactTables(committer, { tables: ['events'] });
    expect(done).toMatchObject({ version: 0, changed: true });
  });
});
