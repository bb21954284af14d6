import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parquetDecompressors } from '../compression.ts';
import { sha256 } from '../keys.ts';
import type { DeltaColumn } from './columns.ts';
import { DataFile } from './data-file.ts';

const COLUMNS: readonly DeltaColumn[] = [
  { name: 'text', type: 'text', bounds: true },
  { name: 'count', type: 'int', required: true, bounds: true },
  { name: 'share', type: 'real' },
  { name: 'late', type: 'flag' },
  { name: 'sure', type: 'flag', required: true },
  { name: 'at', type: 'time', bounds: true },
  { name: 'list', type: 'list' },
  { name: 'always', type: 'list', required: true },
  { name: 'pairs', type: 'pairs' },
];

const text = fc.string({ unit: 'binary', maxLength: 12 }).map((value) => value.toWellFormed());
const row = fc.record({
  text: fc.option(text),
  count: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  share: fc.option(fc.double({ noNaN: true })),
  late: fc.option(fc.boolean()),
  sure: fc.boolean(),
  at: fc.option(fc.integer({ min: 0, max: 4e12 })),
  list: fc.option(fc.array(text, { maxLength: 4 })),
  always: fc.array(fc.constantFrom('a', 'b', ''), { maxLength: 20 }),
  pairs: fc.option(
    fc
      .uniqueArray(fc.tuple(fc.constantFrom('x', 'y', 'ü', ''), text), { selector: ([key]) => key })
      .map((pairs): unknown => Object.fromEntries(pairs)),
  ),
});
type Row = Readonly<Record<string, unknown>>;

async function written(groups: readonly (readonly Row[])[]) {
  const file = new DataFile(COLUMNS, join(tmpdir(), 'never-made'));
  for (const rows of groups) {
    await file.addGroup(rows.length, (index, cells) => {
      COLUMNS.forEach(({ name }, column) => (cells[column] = rows[index]?.[name]));
    });
  }
  return file.finish();
}

function bytesOf(body: unknown): ArrayBuffer {
  if (!(body instanceof Uint8Array)) throw new Error('not in memory');
  return Uint8Array.from(body).buffer;
}

describe('a data file', () => {
  it('gives back what was put into it, row group by row group', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(row, { minLength: 1, maxLength: 40 }), { maxLength: 3 }),
        async (groups) => {
          const { body, size, rows } = await written(groups);
          const file = bytesOf(body);
          expect(size).toBe(file.byteLength);
          const read = await parquetReadObjects({ file, compressors: parquetDecompressors });
          const wanted = groups
            .flat()
            .map((given) => ({ ...given, at: given.at === null ? null : new Date(given.at) }));
          expect(rows).toBe(wanted.length);
          // -0 and an absent value are what Parquet makes of them.
          expect(JSON.stringify(read.map(plain))).toBe(JSON.stringify(wanted.map(plain)));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('says what lies in it, for the log and for readers of Parquet', async () => {
    const base = { share: null, late: null, sure: true, list: null, always: [], pairs: null };
    const { body, stats } = await written([
      [
        { ...base, text: 'm', count: 3, at: Date.UTC(2026, 0, 2) },
        { ...base, text: null, count: -1, at: null },
      ],
      [{ ...base, text: 'b', count: 2, at: Date.UTC(2026, 0, 1, 0, 0, 0, 7) }],
    ]);
    expect(JSON.parse(stats)).toEqual({
      numRecords: 3,
      minValues: { text: 'b', count: -1, at: '2026-01-01T00:00:00.007Z' },
      maxValues: { text: 'm', count: 3, at: '2026-01-02T00:00:00.000Z' },
      nullCount: { text: 1, count: 0, at: 1 },
    });
    const { row_groups } = parquetMetadata(bytesOf(body));
    const statistics = row_groups.map(({ columns }) => columns[0]?.meta_data?.statistics);
    expect(statistics).toMatchObject([
      { min_value: 'm', max_value: 'm', null_count: 1n },
      { min_value: 'b', max_value: 'b', null_count: 0n },
    ]);
  });

  it('gives no bounds of texts that engines order otherwise, or that are too long for a log', async () => {
    const base = { count: 1, sure: true, always: [] };
    for (const odd of ['\u{1f600}', '\ufffd', 'x'.repeat(300)]) {
      const { stats } = await written([[{ ...base, text: odd }], [{ ...base, text: 'b' }]]);
      expect(JSON.parse(stats)).toMatchObject({ minValues: { count: 1 }, nullCount: { text: 0 } });
      expect(JSON.parse(stats)).not.toHaveProperty('minValues.text');
    }
  });

  it('that grows large lies on the disk meanwhile, and is gone from there in the end', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sightline-data-file-'));
    try {
      const path = join(folder, 'data.parquet');
      const file = new DataFile([{ name: 'text', type: 'text' }], path);
      for (let group = 0; group < 5; group++) {
        const noise = randomBytes(3 << 20).toString('base64');
        await file.addGroup(1000, (row, cells) => (cells[0] = noise.slice(row * 4000, (row + 1) * 4000)));
      }
      const { body, size, digest } = await file.finish();
      expect(body).toEqual({ path, size });
      const bytes = await readFile(path);
      expect([bytes.length, sha256(bytes)]).toEqual([size, digest]);
      const read = await parquetReadObjects({
        file: Uint8Array.from(bytes).buffer,
        compressors: parquetDecompressors,
      });
      expect(read.length).toBe(5000);
      expect(new Set(read.map(({ text: cell }) => String(cell).length))).toEqual(new Set([4000]));
      await file.remove();
      expect(await readdir(folder)).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('refuses a row without what every row has', async () => {
    await expect(written([[{ count: 1, sure: true }]])).rejects.toThrow('a row has no always');
    await expect(written([[{ count: 1, always: [] }]])).rejects.toThrow('a row has no sure');
    await expect(written([[{ sure: true, always: [] }]])).rejects.toThrow('a row has no count');
  });
});

function plain(value: Row): unknown {
  return Object.fromEntries(
    COLUMNS.map(({ name }): [string, unknown] => {
      const cell = value[name];
      const pairs =
        typeof cell === 'object' && cell !== null && !Array.isArray(cell) && !(cell instanceof Date);
      return [name, pairs ? Object.entries(cell).sort() : (cell ?? null)];
    }),
  );
}
