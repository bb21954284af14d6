import type { Scope } from '../../findings/model.ts';
import { join, type Sql, sql } from '../sql.ts';
import type { Rows } from './context.ts';
import type { Value } from './result.ts';

/** A row by the names of its columns. */
export type Cells = Readonly<Record<string, Value>>;

export function recordsOf({ columns, rows }: Rows): Cells[] {
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? null])));
}

export function textIn(cells: Cells | undefined, name: string): string | null {
  const value = cells?.[name] ?? null;
  return value === null ? null : String(value);
}

export function numberIn(cells: Cells | undefined, name: string): number | null {
  const value = cells?.[name] ?? null;
  return typeof value === 'number' ? value : null;
}

export function scopeIn(cells: Cells): Scope {
  return String(cells['scope'] ?? '');
}

/** Fingerprints as people see them, 32 hexadecimal digits, as a list of UUIDs. */
export function uuids(fingerprints: Iterable<string>): Sql {
  return join([...fingerprints].map((hex) => sql`cast(${dashed(hex)} as uuid)`));
}

/** Keys of framework_set and label_set, which are too long for a number, as texts. */
export function keyTexts(keys: Iterable<string>): Sql {
  return join([...keys].map((key) => sql`cast(${key} as ubigint)`));
}

function dashed(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
