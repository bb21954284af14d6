import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { parquetDecompressors } from './compression.ts';
import { type Column, decodeTable, encodeTable, type Values } from './table.ts';

const COLUMNS: readonly Column[] = [
  { name: 'id', type: 'id', required: true },
  { name: 'text', type: 'text' },
  { name: 'count', type: 'int', required: true },
  { name: 'share', type: 'real' },
  { name: 'at', type: 'time' },
  { name: 'list', type: 'list', required: true },
  { name: 'pairs', type: 'pairs', required: true },
];

/** `distinct` different texts over the rows, every seventh missing. */
function tableOf(rows: number, distinct: number): Values[] {
  const by = (make: (row: number) => unknown): Values => Array.from({ length: rows }, (_, row) => make(row));
  return [
    by((row) => row.toString(16).padStart(32, '0')),
    by((row) => (row % 7 === 3 ? null : `Grüße 🙂 ${row % distinct}`)),
    by((row) => (row % 2 === 0 ? -2_147_483_648 : 2_147_483_647)),
    by((row) => (row % 3 === 0 ? null : row / 3)),
    by((row) => (row % 5 === 0 ? null : 1_795_143_600_123 + row)),
    by((row) => (row % 2 === 0 ? [] : ['CIS 1.4:2.1.1', `${row % distinct}`])),
    by((row) => (row % 4 === 0 ? {} : { team: `t${row % 3}` })),
  ];
}

describe('a table', () => {
  it.each([
    ['one row', 1, 1],
    ['rows of a few values', 1000, 5],
    ['rows that all differ', 1000, 1000],
    ['more rows than a group, most of which differ', 60_000, 60_000],
    ['more rows than a group, of few values', 60_000, 300],
  ])('comes back as it was: %s', async (_title, rows, distinct) => {
    const values = tableOf(rows, distinct);
    const table = await decodeTable(COLUMNS, await encodeTable(COLUMNS, values, { scope: 's' }), 'a table');
    expect(table.rows).toBe(rows);
    expect(table.meta).toEqual({ scope: 's' });
    expect(table.values).toEqual(values);
  });

  it('may be empty', async () => {
    const none = COLUMNS.map(() => []);
    const table = await decodeTable(COLUMNS, await encodeTable(COLUMNS, none, {}), 'a table');
    expect(table.rows).toBe(0);
  });

  it('keeps a column in which no row has a value', async () => {
    const values = tableOf(20, 3).map((column, index) => (index === 1 ? column.map(() => null) : column));
    const bytes = await encodeTable(COLUMNS, values, {});
    expect((await decodeTable(COLUMNS, bytes, 'a table')).values[1]).toEqual(values[1]);
    const file = new Uint8Array(bytes).buffer;
    expect(parquetMetadata(file).schema.map(({ name }) => name)).toEqual([
      'root',
      ...COLUMNS.map(({ name }) => name),
    ]);
  });

  it('is read by others with its types', async () => {
    const file = new Uint8Array(await encodeTable(COLUMNS, tableOf(8, 8), {})).buffer;
    const rows = await parquetReadObjects({ file, compressors: parquetDecompressors });
    expect(rows[1]).toEqual({
      id: '00000000-0000-0000-0000-000000000001',
      text: 'Grüße 🙂 1',
      count: 2_147_483_647,
      share: 1 / 3,
      at: new Date(1_795_143_600_124),
      list: '["CIS 1.4:2.1.1","1"]',
      pairs: '{"team":"t1"}',
    });
    expect(rows[3]?.['text']).toBeNull();
  });

  it('refuses a row without a required value, and an id that is none', async () => {
    const without = tableOf(20, 3).map((column, index) => (index === 2 ? column.with(4, null) : column));
    await expect(encodeTable(COLUMNS, without, {})).rejects.toThrow('a row has no count');
    const odd = tableOf(20, 3).map((column, index) => (index === 0 ? column.with(4, 'abc') : column));
    await expect(encodeTable(COLUMNS, odd, {})).rejects.toThrow('32 hexadecimal digits');
  });
});
