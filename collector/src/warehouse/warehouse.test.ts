import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ingestReport } from '../ingest/ingest.ts';
import { Committer } from '../lake/committer.ts';
import { bufferInput } from '../sources/input/index.ts';
import { sampleReports } from '../sample/index.ts';
import { FilesystemStore } from '../store/index.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { FULL_ACCESS } from './access.ts';
import { type MirroredWarehouse, openWarehouse, type WarehouseOptions } from './warehouse.ts';
import { newestSnapshot } from './mirror/snapshot.ts';
import type { QueryResult } from './query/result.ts';

const END = Date.UTC(2026, 10, 20, 12);
const ACCOUNTS = ['111122223333', '444455556666'];
const DAY = 86_400_000;

let folder: string;
let store: FilesystemStore;
let logged: string[];
const opened: MirroredWarehouse[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sightline-warehouse-'));
  store = new FilesystemStore(path.join(folder, 'bucket'));
  logged = [];
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((warehouse) => warehouse.close()));
  await rm(folder, { recursive: true, force: true });
});

async function bring(week: number, accounts: readonly string[] = ACCOUNTS): Promise<void> {
  const committer = new Committer({ store, now: () => END });
  const reports = sampleReports({ end: END }).filter(
    (report) => report.source === 'prowler' && report.week === week && accounts.includes(report.account),
  );
  for (const report of reports) {
    const { path: name } = report;
    await ingestReport(committer, { name, input: bufferInput(name, report.content()) });
  }
}

async function open(
  options: Partial<WarehouseOptions> & { readonly from?: ObjectStore } = {},
): Promise<MirroredWarehouse> {
  const { from = store, ...rest } = options;
  const warehouse = await openWarehouse({
    committer: new Committer({ store: from, now: () => END }),
    folder: path.join(folder, 'mirror'),
    memoryMiB: 256,
    threads: 2,
    concurrency: 2,
    refreshMs: null,
    queryTimeoutMs: 60_000,
    maxRows: 1_000,
    sql: true,
    timezone: 'UTC',
    cadenceHours: {},
    log: pino({ level: 'info' }, { write: (line: string) => void logged.push(line) }),
    ...rest,
  });
  opened.push(warehouse);
  return warehouse;
}

async function openCount(warehouse: MirroredWarehouse, at = END): Promise<number | null> {
  const { results } = await warehouse.query(
    { from: at - 86_400_000, to: at, queries: [{ refId: 'A', type: 'summary', measures: ['open'] }] },
    FULL_ACCESS,
    {},
  );
  const answer = results.get('A');
  if (answer?.ok !== true || answer.result.kind !== 'summary') throw new Error(JSON.stringify(answer));
  return answer.result.total.values[0] ?? null;
}

async function ready(warehouse: MirroredWarehouse): Promise<MirroredWarehouse> {
  await warehouse.refresh();
  return warehouse;
}

async function closed(warehouse: MirroredWarehouse): Promise<void> {
  opened.splice(opened.indexOf(warehouse), 1);
  await warehouse.close();
}

const mirrorFile = async (): Promise<string> => {
  const name = (await readdir(path.join(folder, 'mirror'))).find((entry) => entry.endsWith('.duckdb'));
  return path.join(folder, 'mirror', name ?? '');
};

describe('a warehouse', () => {
  it('follows the bucket, and answers from its file at once when it starts again', async () => {
    await bring(1);
    const first = await ready(await open());
    const before = await openCount(first);
    expect(before).toBeGreaterThan(100);
    await bring(2);
    await first.refresh();
    const after = await openCount(first);
    expect(after).not.toBe(before);
    const { version } = first.status();
    await closed(first);

    const away: ObjectStore = Object.assign(Object.create(store) as FilesystemStore, {
      list: () => {
        throw new Error('the bucket is away');
      },
    });
    const second = await open({ from: away });
    await second.refresh().catch(() => undefined);
    expect(second.status()).toMatchObject({ state: 'ready', version, problem: 'the bucket is away' });
    expect(await openCount(second)).toBe(after);
  });

  it('is made again where its file is gone, damaged, or of another version', async () => {
    await bring(1);
    const first = await ready(await open());
    const count = await openCount(first);
    await closed(first);
    const file = await mirrorFile();

    await writeFile(
      file,
      Buffer.concat([Buffer.from('not a database'), (await readFile(file)).subarray(14)]),
    );
    const damaged = await ready(await open());
    expect(await openCount(damaged)).toBe(count);
    expect(logged.join('')).toContain('can not be read');
    await closed(damaged);

    await rm(file);
    const gone = await ready(await open());
    expect(await openCount(gone)).toBe(count);
  });

  it('takes no file that another server uses', async () => {
    await ready(await open());
    const engine = new URL('./engine.ts', import.meta.url).href;
    const script = `const { Engine } = await import(${JSON.stringify(engine)});
      await Engine.open({ file: process.argv[1], staging: process.argv[2], memoryMiB: 64, threads: 1, concurrency: 1 });`;
    const args = ['--input-type=module', '-e', script, await mirrorFile(), path.join(folder, 'other')];
    await expect(promisify(execFile)(process.execPath, args)).rejects.toThrow('another process uses');
  });

  it('is saved to the bucket whole, and taken from there by the next server', async () => {
    await bring(1);
    const first = await ready(await open());
    const count = await openCount(first);
    await first.save();
    await closed(first);
    await rm(path.join(folder, 'mirror'), { recursive: true });

    const second = await ready(await open());
    expect(logged.join('')).toContain('taken from the bucket');
    expect(await openCount(second)).toBe(count);
    await closed(second);
    await rm(path.join(folder, 'mirror'), { recursive: true });

    const [saved = ''] = (await readdir(path.join(folder, 'bucket/tables/warehouse'))).filter((name) =>
      name.endsWith('.zst'),
    );
    const object = path.join(folder, 'bucket/tables/warehouse', saved);
    const bytes = await readFile(object);
    await writeFile(object, bytes.subarray(0, bytes.length >> 1));
    const third = await ready(await open());
    expect(await openCount(third)).toBe(count);
    expect(await newestSnapshot(store, 'another layout')).toBeNull();
  });

  it('keeps what it has of a scope whose objects are damaged, and goes on with the others', async () => {
    await bring(1);
    const warehouse = await ready(await open());
    const before = await openCount(warehouse);
    await bring(2);
    const head =
      (await readdir(path.join(folder, 'bucket/state'))).find((name) => name.includes('111122223333')) ?? '';
    const states = await readdir(path.join(folder, 'bucket/state', head));
    const newest = states.sort().at(-1) ?? '';
    const object = path.join(folder, 'bucket/state', head, newest);
    const bytes = await readFile(object);
    await writeFile(object, bytes.subarray(0, 100));
    await warehouse.refresh();
    expect(warehouse.status().problem).toContain('prowler/aws/111122223333 could not be read');
    const half = await openCount(warehouse);
    await writeFile(object, bytes);
    await warehouse.refresh();
    expect(warehouse.status().problem).toBeNull();
    expect(new Set([before, half, await openCount(warehouse)]).size).toBe(3);
  });

  it('takes an empty listing for a mistake, and not for an estate without findings', async () => {
    await bring(1);
    const warehouse = await ready(await open());
    const count = await openCount(warehouse);
    await rm(path.join(folder, 'bucket'), { recursive: true });
    await expect(warehouse.refresh()).rejects.toThrow('lists no scope at all');
    expect(await openCount(warehouse)).toBe(count);
  });

  it('does not answer before it has something to answer from', async () => {
    await bring(1);
    const warehouse = await open();
    if (warehouse.status().state === 'warming')
      await expect(openCount(warehouse)).rejects.toThrow('is being filled');
    await warehouse.refresh();
    expect(await openCount(warehouse)).toBeGreaterThan(100);
  });

  it('answers the same question on the same state once', async () => {
    await bring(1);
    const warehouse = await ready(await open());
    const ask = async (): Promise<boolean> => {
      const body = {
        from: END - 1e9,
        to: END - 1e8,
        queries: [{ refId: 'A', type: 'trend', measures: ['open'] }],
      };
      const answer = (await warehouse.query(body, FULL_ACCESS, {})).results.get('A');
      if (answer?.ok !== true) throw new Error(JSON.stringify(answer));
      return answer.cached;
    };
    expect(await ask()).toBe(false);
    expect(await ask()).toBe(true);
    await bring(2);
    await warehouse.refresh();
    expect(await ask()).toBe(false);
  });

  it('answers anew what ends in the future as time goes on, also while the bucket stays as it is', async () => {
    await bring(1);
    let now = END;
    const committer = new Committer({ store, now: () => now });
    const warehouse = await ready(await open({ committer }));
    const ask = async (): Promise<{ cached: boolean; staleness: number | null | undefined }> => {
      const body = {
        from: END - 7 * 86_400_000,
        to: END + 7 * 86_400_000,
        queries: [{ refId: 'A', type: 'summary', measures: ['staleness'] }],
      };
      const answer = (await warehouse.query(body, FULL_ACCESS, {})).results.get('A');
      if (answer?.ok !== true || answer.result.kind !== 'summary') throw new Error(JSON.stringify(answer));
      return { cached: answer.cached, staleness: answer.result.total.values[0] };
    };
    const { staleness = null } = await ask();
    expect(await ask()).toEqual({ cached: true, staleness });
    now += 5 * 86_400_000;
    expect(await ask()).toEqual({ cached: false, staleness: (staleness ?? 0) + 5 * 86_400_000 });
  });

  it('counts days from the end of the first page on all pages, also past midnight', async () => {
    await bring(1);
    const warehouse = await ready(await open());
    const ask = async (to: number, query: object): Promise<QueryResult> => {
      const body = { from: END - 90 * DAY, to, queries: [{ refId: 'A', ...query }] };
      const answer = (await warehouse.query(body, FULL_ACCESS, {})).results.get('A');
      if (answer?.ok !== true) throw new Error(JSON.stringify(answer));
      return answer.result;
    };
    const days = await ask(END, { type: 'summary', measures: ['open'], groupBy: ['openedOn'] });
    if (days.kind !== 'summary') throw new Error('no summary');
    const opened = Date.parse(days.rows[0]?.group?.[0] ?? '');
    const ago = Math.floor(END / DAY) - Math.floor(opened / DAY);
    const filters = [{ field: 'openedOn', operator: '=', values: [`-${ago}d`] }];
    const page = { type: 'findings', limit: 10, filters };
    const first = await ask(END, page);
    if (first.kind !== 'findings' || first.nextCursor === null) throw new Error('no next page');
    const second = await ask(END + DAY, { ...page, cursor: first.nextCursor });
    if (second.kind !== 'findings') throw new Error('no findings');
    expect(second.rows).toHaveLength(10);
    expect(second.total).toBe(first.total);
  });

  it('says what was run for a query that fails', async () => {
    await bring(1);
    const warehouse = await ready(await open());
    const text = 'select nonsense from finding where last_seen < $__to';
    const body = { from: 0, to: END, queries: [{ refId: 'A', type: 'sql', sql: text }] };
    const answer = (await warehouse.query(body, FULL_ACCESS, {})).results.get('A');
    expect(answer).toMatchObject({
      ok: false,
      error: { status: 400, executed: text.replace('$__to', String(END)) },
    });
  });
});
