import type { SchemaElement } from 'hyparquet';

/** What a column of a table holds. Times are milliseconds here and microseconds, UTC, in the file. */
export type DeltaType = 'text' | 'int' | 'real' | 'flag' | 'time' | 'list' | 'pairs';

export interface DeltaColumn {
  readonly name: string;
  readonly type: DeltaType;
  /** No row lacks it. */
  readonly required?: boolean;
  /** Its smallest and largest value stand in the log and in the file, so that readers can pass over what they don't need. */
  readonly bounds?: boolean;
}

const NAMES: Record<Exclude<DeltaType, 'list' | 'pairs'>, string> = {
  text: 'string',
  int: 'integer',
  real: 'double',
  flag: 'boolean',
  time: 'timestamp',
};

/** The schema as Delta's log has it. */
export function schemaString(columns: readonly DeltaColumn[]): string {
  const fields = columns.map(({ name, type, required }) => ({
    name,
    type:
      type === 'list'
        ? { type: 'array', elementType: 'string', containsNull: false }
        : type === 'pairs'
          ? { type: 'map', keyType: 'string', valueType: 'string', valueContainsNull: false }
          : NAMES[type],
    nullable: required !== true,
    metadata: {},
  }));
  return JSON.stringify({ type: 'struct', fields });
}

const TEXT = { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } } as const;

const LEAVES: Record<Exclude<DeltaType, 'list' | 'pairs'>, Omit<SchemaElement, 'name'>> = {
  text: TEXT,
  int: { type: 'INT32' },
  real: { type: 'DOUBLE' },
  flag: { type: 'BOOLEAN' },
  time: {
    type: 'INT64',
    converted_type: 'TIMESTAMP_MICROS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
  },
};

/** The schema as Parquet has it. */
export function parquetSchema(columns: readonly DeltaColumn[]): SchemaElement[] {
  const root: SchemaElement = { name: 'root', num_children: columns.length };
  return [root, ...columns.flatMap(elementsOf)];
}

function elementsOf({ name, type, required }: DeltaColumn): SchemaElement[] {
  const repetition_type = required === true ? 'REQUIRED' : 'OPTIONAL';
  if (type === 'list') {
    return [
      { name, repetition_type, num_children: 1, converted_type: 'LIST', logical_type: { type: 'LIST' } },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', repetition_type: 'REQUIRED', ...TEXT },
    ];
  }
  if (type === 'pairs') {
    return [
      { name, repetition_type, num_children: 1, converted_type: 'MAP', logical_type: { type: 'MAP' } },
      { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 },
      { name: 'key', repetition_type: 'REQUIRED', ...TEXT },
      { name: 'value', repetition_type: 'REQUIRED', ...TEXT },
    ];
  }
  return [{ name, repetition_type, ...LEAVES[type] }];
}
