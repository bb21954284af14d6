import { parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { firstHead } from '../../collector/src/lake/advance.ts';
import { parquetDecompressors } from '../../collector/src/lake/compression.ts';
import { RowsWriter } from '../../collector/src/lake/delta/rows-writer.ts';
import { SCOPE_COLUMNS, type TableSpec } from '../../collector/src/lake/delta/spec.ts';
import type { Head } from '../../collector/src/lake/head.ts';
import { MemoryStore } from '../support/memory-store.ts';

const LIMITS = { groupRows: 10, fileRows: 25, fileBytes: 1 << 20 };

/** Numbers, in order. */
const SPEC: TableSpec<number> = {
  name: 'events',
  columns: [
    ...SCOPE_COLUMNS,
    { name: 'seq', type: 'int', required: true },
    { name: 'generation', type: 'int', required: true },
    { name: 'value', type: 'int', required: true, bounds: true },
  ],
  grows: true,
  countOf: () => 0,
  rowsOf: () => batches([]),
  compare: (a, b) => a - b,
  fill({ scope, source, cloud, account, generation }, value, cells) {
    [scope, source, cloud, account, 1, generation, value].forEach((cell, column) => (cells[column] = cell));
  },
};

async function* batches(given: readonly (readonly number[])[]): AsyncGenerator<readonly number[]> {
  await Promise.resolve();
  yield* given;
}

const headOf = (account: string): Head => ({
  ...firstHead({ scope: `s/c/${account}`, source: 's', cloud: 'c', account }, 1),
  seq: 4,
});

const down = (from: number, count: number) => Array.from({ length: count }, (_, n) => from - n);

describe('many rows', () => {
  it('lie in row groups and files of bounded size, and each file says what it has of each scope', async () => {
    const store = new MemoryStore();
    const writer = new RowsWriter(SPEC, store, () => 7, 3, LIMITS);
    await writer.addScope(headOf('a'), batches([down(3, 4)]));
    await writer.addScope(headOf('b'), batches([down(60, 33), down(20, 5), []]));
    await writer.addScope(headOf('none'), batches([]));
    await writer.addScope(headOf('c'), batches([down(9, 1), down(8, 1)]));
    const files = await writer.finish();
    expect(files.map(({ rows, group, modifiedAt }) => [rows, group, modifiedAt])).toEqual([
      [30, 3, 7],
      [14, 3, 7],
    ]);
    const shares = files.map(({ scopes }) => [...scopes].map(([scope, { rows, seq }]) => [scope, rows, seq]));
    expect(shares).toEqual([
      [
        ['s/c/a', 4, 4],
        ['s/c/b', 26, 4],
      ],
      [
        ['s/c/b', 12, 4],
        ['s/c/c', 2, 4],
      ],
    ]);
    const read: unknown[] = [];
    for (const { path } of files) {
      const body = (await store.get(`tables/events/${path}`))?.body ?? Buffer.alloc(0);
      const file = Uint8Array.from(body).buffer;
      const rows = await parquetReadObjects({ file, compressors: parquetDecompressors });
      read.push(...rows.map(({ account, value }) => `${String(account)}${String(value)}`));
    }
    const up = (of: readonly number[]) => [...of].sort((a, b) => a - b);
    // As many rows of a scope as lie in memory at a time are sorted.
    const expected = [
      ...up(down(3, 4)).map((value) => `a${value}`),
      ...up(down(60, 33)).map((value) => `b${value}`),
      ...up(down(20, 5)).map((value) => `b${value}`),
      'c8',
      'c9',
    ];
    expect(read).toEqual(expected);
  });

  it('that are given up leave nothing behind', async () => {
    const store = new MemoryStore();
    const writer = new RowsWriter(SPEC, store, () => 7, null, LIMITS);
    await writer.addScope(headOf('a'), batches([down(100, 64)]));
    expect(store.objects.size).toBe(2);
    await writer.abandon();
    expect(store.objects.size).toBe(0);
  });
});
