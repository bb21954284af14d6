import { parquetMetadata, parquetRead } from 'hyparquet';
import { type BasicType, parquetWriteBuffer } from 'hyparquet-writer';
import { SightlineError } from '../errors.ts';
import { PARQUET_CODEC, parquetCompressors, parquetDecompressors } from './compression.ts';

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

const PARQUET_TYPE: Record<ColumnType, BasicType> = {
  id: 'UUID',
  text: 'STRING',
  int: 'INT32',
  real: 'DOUBLE',
  time: 'TIMESTAMP',
  list: 'STRING',
  pairs: 'STRING',
};

const GROUP_ROWS = 100_000;

/** So few rows are mostly names of columns; compressing 60 of those columns one by one only costs time. */
const TINY_ROWS = 16;

/** A Parquet file of the columns; `meta` is kept beside them and read back with them. */
export function encodeTable(
  columns: readonly Column[],
  values: readonly Values[],
  meta: Readonly<Record<string, string>>,
): Buffer {
  const buffer = parquetWriteBuffer({
    columnData: columns.map((column, index) => ({
      name: column.name,
      data: toParquet(column.type, values[index] ?? []),
      type: PARQUET_TYPE[column.type],
      nullable: column.required !== true,
      offsetIndex: false,
      statistics: false,
    })),
    codec: (values[0]?.length ?? 0) <= TINY_ROWS ? 'UNCOMPRESSED' : PARQUET_CODEC,
    compressors: parquetCompressors,
    rowGroupSize: GROUP_ROWS,
    kvMetadata: Object.entries(meta).map(([key, value]) => ({ key, value })),
    createdBy: 'sightline',
  });
  return Buffer.from(buffer);
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

function toParquet(type: ColumnType, values: Values): Values {
  switch (type) {
    case 'id':
      return values.map((value) => (typeof value === 'string' ? Buffer.from(value, 'hex') : null));
    case 'time':
      return values.map((value) => (typeof value === 'number' ? new Date(value) : null));
    case 'list':
    case 'pairs': {
      const texts = new Map<unknown, string>();
      return values.map((value) => {
        let text = texts.get(value);
        if (text === undefined) {
          text = JSON.stringify(value);
          texts.set(value, text);
        }
        return text;
      });
    }
    case 'text':
    case 'int':
    case 'real':
      return values;
  }
}

function fromParquet(type: ColumnType, values: Values): Values {
  switch (type) {
    case 'id':
      return values.map((value) =>
        value instanceof Uint8Array
          ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')
          : typeof value === 'string'
            ? value.replaceAll('-', '')
            : null,
      );
    case 'time':
      return values.map((value) => (value instanceof Date ? value.getTime() : null));
    case 'list':
    case 'pairs': {
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
    case 'text':
    case 'int':
    case 'real':
      return values;
  }
}
