import { setImmediate } from 'node:timers/promises';
import { type ColumnChunk, parquetMetadata, parquetRead, type SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { SightlineError } from '../errors.ts';
import { type ChunkColumn, writeColumnChunk } from './column-chunk.ts';
import { PARQUET_CODEC, parquetCompressors, parquetDecompressors } from './compression.ts';
import { Distinct } from './distinct.ts';
import { plainDoubles, plainIds, plainInts, plainJson, plainTexts, plainTimes } from './plain.ts';

/** What a column holds, in the collector's own terms. Lists and pairs are JSON text: their few distinct values go into the dictionary. */
export type ColumnType = 'id' | 'text' | 'int' | 'real' | 'time' | 'list' | 'pairs';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** No row lacks it. */
  readonly required?: boolean;
}

/** Values of one column by row: string, number, string[] or record; null where there is none. */
export type Values = unknown[];

const TEXT = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const;

const PARQUET: Record<
  ColumnType,
  { readonly element: Omit<SchemaElement, 'name'>; readonly plain: ChunkColumn['plain'] }
> = {
  id: {
    element: { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, logical_type: { type: 'UUID' } },
    plain: plainIds,
  },
  text: { element: TEXT, plain: plainTexts },
  int: { element: { type: 'INT32' }, plain: plainInts },
  real: { element: { type: 'DOUBLE' }, plain: plainDoubles },
  time: { element: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' }, plain: plainTimes },
  list: { element: TEXT, plain: plainJson },
  pairs: { element: TEXT, plain: plainJson },
};

const GROUP_ROWS = 50_000;

/** From here on a column takes milliseconds. */
const LARGE_ROWS = 5_000;

/** A Parquet file of the columns; `meta` is kept beside them and read back with them. */
export function encodeTable(
  columns: readonly Column[],
  values: readonly Values[],
  meta: Readonly<Record<string, string>>,
): Promise<Buffer> {
  return encodeRows(columns, values[0]?.length ?? 0, meta, (row, cells) => {
    for (let column = 0; column < columns.length; column++) cells[column] = values[column]?.[row];
  });
}

/**
 * The same, row by row: `fill` puts the values of a row into `cells`, one per column. An object is read once and whole
 * that way, which is several times faster than once per column where there are many. Of a large table it lets go of the
 * thread now and then, for what waits for the disk or the network.
 */
export async function encodeRows(
  columns: readonly Column[],
  rows: number,
  meta: Readonly<Record<string, string>>,
  fill: (row: number, cells: unknown[]) => void,
): Promise<Buffer> {
  const writer = new ByteWriter();
  const file = new ParquetWriter({
    writer,
    schema: schemaOf(columns),
    codec: PARQUET_CODEC,
    compressors: parquetCompressors,
    kvMetadata: Object.entries(meta).map(([key, value]) => ({ key, value })),
    createdBy: 'sightline',
  });
  const chunkColumns = columns.map(({ name, type, required }): ChunkColumn => {
    const { element, plain } = PARQUET[type];
    return { name, type: element.type ?? 'BYTE_ARRAY', required: required === true, plain };
  });
  const cells: unknown[] = new Array<unknown>(columns.length).fill(null);
  for (let first = 0; first < rows; first += GROUP_ROWS) {
    const count = Math.min(GROUP_ROWS, rows - first);
    const distinct = columns.map(() => new Distinct(count));
    for (let row = first; row < first + count; row++) {
      fill(row, cells);
      for (let column = 0; column < cells.length; column++) distinct[column]?.add(cells[column]);
    }
    const start = writer.offset;
    const chunks: ColumnChunk[] = [];
    for (const [index, column] of chunkColumns.entries()) {
      chunks.push(writeColumnChunk(writer, column, distinct[index] ?? new Distinct()));
      if (count > LARGE_ROWS) await setImmediate();
    }
    file.num_rows += BigInt(count);
    file.row_groups.push({
      columns: chunks,
      total_byte_size: chunks.reduce(
        (sum, chunk) => sum + (chunk.meta_data?.total_uncompressed_size ?? 0n),
        0n,
      ),
      num_rows: BigInt(count),
      total_compressed_size: BigInt(writer.offset - start),
    });
  }
  void file.finish();
  return Buffer.from(writer.getBuffer());
}

function schemaOf(columns: readonly Column[]): SchemaElement[] {
  const root: SchemaElement = { name: 'root', num_children: columns.length };
  const leaves = columns.map(({ name, type, required }): SchemaElement => ({
    name,
    ...PARQUET[type].element,
    repetition_type: required === true ? 'REQUIRED' : 'OPTIONAL',
  }));
  return [root, ...leaves];
}

export interface Table {
  readonly rows: number;
  readonly meta: Readonly<Record<string, string>>;
  /** One entry per asked column; a column that the file lacks is all null. */
  readonly values: readonly Values[];
}

/** @throws SightlineError `corrupt` when the bytes are not such a file */
export async function decodeTable(columns: readonly Column[], bytes: Buffer, name: string): Promise<Table> {
  try {
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    const metadata = parquetMetadata(file);
    const rows = Number(metadata.num_rows);
    const present = new Set(metadata.schema.slice(1).map((element) => element.name));
    const byName = new Map<string, Values>();
    const wanted = columns.filter((column) => present.has(column.name)).map((column) => column.name);
    await parquetRead({
      file,
      metadata,
      columns: wanted,
      compressors: parquetDecompressors,
      parsers: PARSERS,
      onChunk: ({ columnName, columnData, rowStart }) => {
        const values = byName.get(columnName) ?? new Array<unknown>(rows).fill(null);
        byName.set(columnName, values);
        for (let row = 0; row < columnData.length; row++) values[rowStart + row] = columnData[row] ?? null;
      },
    });
    return {
      rows,
      meta: Object.fromEntries(
        (metadata.key_value_metadata ?? []).map(({ key, value }) => [key, value ?? '']),
      ),
      values: columns.map((column) =>
        fromParquet(column.type, byName.get(column.name) ?? new Array<unknown>(rows).fill(null)),
      ),
    };
  } catch (error) {
    throw new SightlineError(
      'corrupt',
      `${name} is not a Parquet file as Sightline writes them`,
      'Something else changed the object. `sightline rebuild` makes it again from the inputs.',
      1,
      error,
    );
  }
}

function fromParquet(type: ColumnType, values: Values): Values {
  if (type !== 'list' && type !== 'pairs') return values;
  const parsed = new Map<unknown, unknown>();
  return values.map((value) => {
    let made = parsed.get(value);
    if (made === undefined) {
      made = typeof value === 'string' ? JSON.parse(value) : type === 'list' ? [] : {};
      parsed.set(value, made);
    }
    return made;
  });
}

/** Ids and times as they are inside the collector; by default the reader makes dashed UUIDs and Dates of them. */
const PARSERS = {
  uuidFromBytes: (bytes: Uint8Array | undefined): string | undefined =>
    bytes === undefined
      ? undefined
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex'),
  timestampFromMilliseconds: Number,
};
