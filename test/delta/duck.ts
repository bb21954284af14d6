import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { join } from 'node:path';
import { z } from 'zod';
import type { DeltaTable } from '../../collector/src/lake/delta/read.ts';
import type { Row } from './reader.ts';

/** All rows of a table that lies in a folder: DuckDB reads the files that its newest version names. */
export async function duckRows(root: string, table: DeltaTable): Promise<Row[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const files = table.files.map(({ key }) => `'${join(root, key)}'`).join(', ');
    const from = `read_parquet([${files}])`;
    const columns = await described(connection, from);
    const list = columns.map(({ name, type }) => `${selected(name, type)} as "${name}"`).join(', ');
    const reader = await connection.runAndReadAll(`select ${list} from ${from}`);
    return reader.getRowObjectsJS().map((row) =>
      Object.fromEntries(
        columns.map(({ name, type }): [string, unknown] => {
          const value: unknown = row[name];
          if (typeof value === 'bigint') return [name, Number(value)];
          return [name, isNested(type) && typeof value === 'string' ? JSON.parse(value) : value];
        }),
      ),
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const descriptionSchema = z.object({ column_name: z.string(), column_type: z.string() });

interface Column {
  readonly name: string;
  readonly type: string;
}

async function described(connection: DuckDBConnection, from: string): Promise<Column[]> {
  const reader = await connection.runAndReadAll(`describe select * from ${from}`);
  return reader
    .getRowObjectsJS()
    .map((row) => descriptionSchema.parse(row))
    .map(({ column_name: name, column_type: type }) => ({ name, type }));
}

function selected(name: string, type: string): string {
  if (type.startsWith('TIMESTAMP')) return `epoch_ms("${name}")`;
  return isNested(type) ? `to_json("${name}")` : `"${name}"`;
}

function isNested(type: string): boolean {
  return type.endsWith('[]') || type.startsWith('MAP');
}
