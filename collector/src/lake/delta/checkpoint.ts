import { parquetMetadata, parquetReadObjects, type SchemaElement } from 'hyparquet';
import { ByteWriter, parquetWrite } from 'hyparquet-writer';
import { z } from 'zod';
import { PARQUET_CODEC, parquetCompressors, parquetDecompressors } from '../compression.ts';
import { type Action, actionSchema, checkOf, corruptTable } from './actions.ts';
import type { TableName } from './snapshot.ts';

const TEXT = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const;
const optional = (name: string, rest: Omit<SchemaElement, 'name'>): SchemaElement => ({
  name,
  repetition_type: 'OPTIONAL',
  ...rest,
});
const text = (name: string) => optional(name, TEXT);
const long = (name: string) => optional(name, { type: 'INT64' });
const int = (name: string) => optional(name, { type: 'INT32' });
const flag = (name: string) => optional(name, { type: 'BOOLEAN' });
const struct = (name: string, fields: readonly SchemaElement[][]): SchemaElement[] => [
  optional(name, { num_children: fields.length }),
  ...fields.flat(),
];
const pairs = (name: string): SchemaElement[] => [
  optional(name, { num_children: 1, converted_type: 'MAP' }),
  { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 },
  { name: 'key', repetition_type: 'REQUIRED', ...TEXT },
  optional('value', TEXT),
];
const list = (name: string): SchemaElement[] => [
  optional(name, { num_children: 1, converted_type: 'LIST' }),
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  optional('element', TEXT),
];

/** Of the protocol: one struct column per kind of action, of which a row has one. */
const SCHEMA: SchemaElement[] = [
  { name: 'root', num_children: 5 },
  ...struct('txn', [[text('appId')], [long('version')]]),
  ...struct('add', [
    [text('path')],
    pairs('partitionValues'),
    [long('size')],
    [long('modificationTime')],
    [flag('dataChange')],
    [text('stats')],
    pairs('tags'),
  ]),
  ...struct('remove', [[text('path')], [long('deletionTimestamp')], [flag('dataChange')], [long('size')]]),
  ...struct('metaData', [
    [text('id')],
    [text('name')],
    struct('format', [[text('provider')], pairs('options')]),
    [text('schemaString')],
    list('partitionColumns'),
    [long('createdTime')],
    pairs('configuration'),
  ]),
  ...struct('protocol', [[int('minReaderVersion')], [int('minWriterVersion')]]),
];

const KINDS = ['txn', 'add', 'remove', 'metaData', 'protocol'] as const;

/** A checkpoint: a Parquet file of all that counts at a version. */
export function encodeCheckpoint(actions: readonly Action[]): Buffer {
  const writer = new ByteWriter();
  void parquetWrite({
    writer,
    schema: SCHEMA,
    codec: PARQUET_CODEC,
    compressors: parquetCompressors,
    createdBy: 'sightline',
    kvMetadata: [{ key: 'sightline.check', value: checkOf(canonical(actions)) }],
    columnData: KINDS.map((kind) => ({
      name: kind,
      statistics: false,
      data: actions.map((action) => {
        const found = Object.entries(action).find(([name]) => name === kind);
        return found === undefined ? null : withLongs(kind, found[1]);
      }),
    })),
  });
  return Buffer.from(writer.getBytes());
}

/** @throws SightlineError `corrupt` */
export async function decodeCheckpoint(bytes: Buffer, key: string, table: TableName): Promise<Action[]> {
  try {
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    const metadata = parquetMetadata(file);
    const rows = await parquetReadObjects({ file, metadata, compressors: parquetDecompressors });
    const actions = rows.map((row) => actionSchema.parse(plain(row)));
    const check = metadata.key_value_metadata?.find((pair) => pair.key === 'sightline.check')?.value;
    if (check === checkOf(canonical(actions))) return actions;
  } catch (error) {
    throw corruptTable(table, `${key} is no checkpoint as Sightline writes them`, error);
  }
  throw corruptTable(table, `${key} is not what Sightline wrote there`);
}

/** The same text for the same actions, whatever order their fields and pairs came in. */
function canonical(actions: readonly Action[]): string {
  return JSON.stringify(actions, (_name, value: unknown) =>
    isRecord(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value,
  );
}

const LONGS = new Set(['size', 'modificationTime', 'deletionTimestamp', 'createdTime']);

function withLongs(kind: string, value: unknown): unknown {
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      LONGS.has(name) && typeof field === 'number'
        ? BigInt(field)
        : isRecord(field)
          ? mapOf(kind, name, field)
          : field,
    ]),
  );
}

/** Parquet's writer takes a map as pairs of `key` and `value`. */
function mapOf(kind: string, name: string, field: Readonly<Record<string, unknown>>): unknown {
  if (kind === 'metaData' && name === 'format') return { ...field, options: [] };
  return Object.entries(field).map(([key, value]) => ({ key, value }));
}

/** Without what a row has not, and numbers for longs: none here is beyond what a number holds. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return z.number().int().parse(Number(value));
  if (Array.isArray(value)) return value.map(plain);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, field]) =>
      field === null || field === undefined ? [] : [[name, plain(field)]],
    ),
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
