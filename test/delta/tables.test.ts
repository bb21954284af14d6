import { afterAll, describe, expect, it, vi } from 'vitest';
import { fillDemo } from '../../collector/src/cli/demo-story.ts';
import { Committer } from '../../collector/src/lake/committer.ts';
import { compactTables } from '../../collector/src/lake/delta/compact.ts';
import { readDeltaTable, readDeltaTables } from '../../collector/src/lake/delta/read.ts';
import { TABLE_NAMES } from '../../collector/src/lake/delta/snapshot.ts';
import { readHeads } from '../../collector/src/lake/lake.ts';
import { SAMPLE_END } from '../../collector/src/sample/index.ts';
import { openStore } from '../../collector/src/store/index.ts';
import type { ObjectStore } from '../../collector/src/store/object-store.ts';
import { folderKind, type StoreKind, versitygwKind } from '../faults/stores.ts';
import { perform, type Task } from '../faults/tasks.ts';
import { duckRows } from './duck.ts';
import { comparable, expectedTables } from './expected.ts';
import { findDeltaReader, type Place, type Row } from './reader.ts';

vi.setConfig({ testTimeout: 120_000 });

const HOUR = 3_600_000;
const T0 = Date.UTC(2026, 0, 5, 3);
const ACCOUNTS = Array.from({ length: 12 }, (_, n) => String(111111111111 + n));
const [A = '', B = ''] = ACCOUNTS;

const found = findDeltaReader();
const kinds = [folderKind(), await versitygwKind()];
afterAll(async () => {
  await Promise.all(kinds.map((kind) => kind.stop()));
});

function reader() {
  if (typeof found === 'string') throw new Error(found);
  return found;
}

/** Where delta-rs finds a table of the store with that address. */
function placeOf(kind: StoreKind, url: string, table: string): Place {
  if (kind.server === null) return { url: `${url}/tables/${table}`, options: {} };
  const { AWS_ACCESS_KEY_ID: id = '', AWS_SECRET_ACCESS_KEY: secret = '' } = kind.server.env;
  return {
    url: `${url.replace(/\?.*$/, '')}/tables/${table}`,
    options: {
      AWS_ACCESS_KEY_ID: id,
      AWS_SECRET_ACCESS_KEY: secret,
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: kind.server.endpoint,
      AWS_ALLOW_HTTP: 'true',
    },
  };
}

/** All three tables, as an engine that is not ours reads them, hold exactly what heads, states and commits do. */
async function expectTables(
  committer: Committer,
  read: (table: (typeof TABLE_NAMES)[number]) => Promise<readonly Row[]>,
): Promise<void> {
  const expected = await expectedTables(committer);
  for (const table of TABLE_NAMES) {
    const rows = comparable(await read(table));
    const wanted = comparable(expected[table]);
    // The first few that differ say more than thousands.
    const differ = rows.findIndex((row, index) => row !== wanted[index]);
    if (differ >= 0) expect(rows.slice(differ, differ + 2), table).toEqual(wanted.slice(differ, differ + 2));
    expect(rows.length, table).toBe(wanted.length);
  }
}

async function duckReads(store: ObjectStore, table: (typeof TABLE_NAMES)[number]): Promise<Row[]> {
  const there = await readDeltaTable(store, table);
  return there === null ? [] : duckRows(store.description, there);
}

for (const kind of kinds) {
  describe.skipIf(kind.skip || typeof found === 'string')(`delta-rs reads from ${kind.name}`, () => {
    const opened = (url: string) => new Committer({ store: openStore(url), now: Date.now });

    it('the tables of the sample estate, which say what states and history say', async () => {
      const url = kind.url();
      const committer = opened(url);
      await fillDemo(
        committer.store,
        { seed: 7, weeks: 4, end: SAMPLE_END },
        { report: {}, cacheRows: 20_000 },
        () => undefined,
      );
      const done = await compactTables(committer);
      expect(done.map(({ table, changed, files }) => [table, changed, files])).toEqual(
        TABLE_NAMES.map((table) => [table, true, 1]),
      );
      await expectTables(committer, async (table) => (await reader().rows(placeOf(kind, url, table))).rows);
      const tables = await readDeltaTables(committer.store);
      for (const { scope, generation, seq, nonce } of await readHeads(committer)) {
        for (const table of TABLE_NAMES)
          expect(tables[table]?.scopes.get(scope)).toEqual({ generation, seq, nonce });
      }
    });

    it('old or new while they are replaced, never a mixture', async () => {
      const url = kind.url();
      const committer = opened(url);
      await perform(committer, { do: 'ingest', accounts: ACCOUNTS, at: T0, seed: 1 });
      const rows = new Map<string, number>();
      const compact = async () => {
        for (const { table, version, rows: count } of await compactTables(committer)) {
          rows.set(`${table} ${version}`, count);
        }
      };
      await compact();
      const watched = [
        { table: 'findings', stop: reader().watch(placeOf(kind, url, 'findings'), ['fingerprint']) },
        { table: 'events', stop: reader().watch(placeOf(kind, url, 'events'), ['scope', 'position']) },
      ];
      for (let hour = 1; hour <= 14; hour++) {
        await perform(committer, { do: 'ingest', accounts: [A, B], at: T0 + hour * HOUR, seed: hour + 1 });
        await compact();
      }
      for (const { table, stop } of watched) {
        const seen = await stop();
        expect(seen.length).toBeGreaterThan(3);
        for (const { version, rows: count, distinct } of seen) {
          expect(count).toBe(rows.get(`${table} ${version}`));
          expect(distinct).toBe(count);
        }
      }
      await expectTables(committer, async (table) => (await reader().rows(placeOf(kind, url, table))).rows);
    });
  });
}

describe('DuckDB reads the files that a table names', () => {
  const newest = (): { committer: Committer; store: ObjectStore } => {
    const store = openStore(kinds[0]?.url() ?? '');
    return { store, committer: new Committer({ store, now: Date.now }) };
  };

  it('and finds the sample estate', async () => {
    const { store, committer } = newest();
    await fillDemo(
      store,
      { seed: 3, weeks: 3, end: SAMPLE_END },
      { report: {}, cacheRows: 20_000 },
      () => undefined,
    );
    await compactTables(committer);
    await expectTables(committer, (table) => duckReads(store, table));
  });

  it('and finds everything that can happen to a scope, after each step', async () => {
    const { store, committer } = newest();
    const at = (hour: number) => T0 + hour * HOUR;
    const steps: readonly Task[] = [
      { do: 'ingest', accounts: ACCOUNTS, at: at(0), seed: 1 },
      { do: 'ingest', accounts: [A, B], at: at(1), seed: 2 },
      { do: 'verdict', account: A, at: at(2), nth: 2, reason: 'not ours, "really" – ✓' },
      { do: 'config', settings: 'owners', at: at(3) },
      { do: 'ingest', accounts: ACCOUNTS, at: at(4), seed: 3 },
      { do: 'fold', account: A, keep: 1 },
      { do: 'ingest', accounts: [A], at: at(5), seed: 4 },
      { do: 'config', settings: 'severities', at: at(6) },
      { do: 'retire', account: B, at: at(7) },
      { do: 'rebuild', account: A },
      { do: 'ingest', accounts: [A, B], at: at(8), seed: 5 },
      { do: 'fold', account: A, keep: 0 },
      { do: 'fold', account: B, keep: 0 },
      { do: 'rebuild', account: B },
    ];
    for (const step of steps) {
      await perform(committer, step);
      const changed = (await compactTables(committer)).map((done) => done.changed);
      expect(changed, JSON.stringify(step)).toEqual(TABLE_NAMES.map(() => step.do !== 'fold'));
      await expectTables(committer, (table) => duckReads(store, table));
    }
  });
});
