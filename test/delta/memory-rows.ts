import { parquetReadObjects } from 'hyparquet';
import { expect } from 'vitest';
import { parquetDecompressors } from '../../collector/src/lake/compression.ts';
import type { Committer } from '../../collector/src/lake/committer.ts';
import { readDeltaTable } from '../../collector/src/lake/delta/read.ts';
import { TABLE_NAMES, type TableName } from '../../collector/src/lake/delta/snapshot.ts';
import { sha256 } from '../../collector/src/lake/keys.ts';
import type { ObjectStore } from '../../collector/src/store/object-store.ts';
import { comparable, expectedTables } from './expected.ts';
import type { Row } from './reader.ts';

/** The rows of a table's newest version, whatever store it lies in; each file is what the log says of it. */
export async function memoryRows(store: ObjectStore, name: TableName): Promise<Row[]> {
  const table = await readDeltaTable(store, name);
  const rows: Row[] = [];
  for (const { key, size, digest, rows: count, scopes } of table?.files ?? []) {
    const body = (await store.get(key))?.body ?? Buffer.alloc(0);
    expect([body.length, sha256(body)]).toEqual([size, digest]);
    const file = Uint8Array.from(body).buffer;
    const read = await parquetReadObjects({ file, compressors: parquetDecompressors });
    expect(read.length).toBe(count);
    for (const [scope, share] of scopes) {
      const own = read.filter((row) => row['scope'] === scope);
      expect(own.length).toBe(share.rows);
      expect(
        own.every((row) => row['generation'] === share.generation && Number(row['seq']) <= share.seq),
      ).toBe(true);
    }
    if (name !== 'checks') expectOrder(read);
    for (const row of read) rows.push(Object.fromEntries(Object.entries(row).map(withNumber)));
  }
  return rows;
}

/** Of small estates, where all rows of a file fit into one row group. */
function expectOrder(rows: readonly Row[]): void {
  const places = rows.map((row) =>
    ['account', 'cloud', 'scope', 'service', 'rule_id'].map((column) => String(row[column])).join('\0'),
  );
  expect(places).toEqual([...places].sort());
}

function withNumber([name, value]: [string, unknown]): [string, unknown] {
  return [name, value instanceof Date ? value.getTime() : value];
}

/** The tables hold exactly what heads, states and commits do. */
export async function expectTables(committer: Committer): Promise<void> {
  const expected = await expectedTables(committer);
  for (const table of TABLE_NAMES) {
    const rows = comparable(await memoryRows(committer.store, table));
    const wanted = comparable(expected[table]);
    const differ = rows.findIndex((row, index) => row !== wanted[index]);
    if (differ >= 0) expect(rows.slice(differ, differ + 2), table).toEqual(wanted.slice(differ, differ + 2));
    expect(rows.length, table).toBe(wanted.length);
  }
}
