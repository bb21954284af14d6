import type { Statistics } from 'hyparquet';
import type { Distinct } from '../distinct.ts';
import type { DeltaColumn } from './columns.ts';

/** Smallest and largest value of a column, as far as both are known, and how many rows have none. */
export interface Bounds {
  readonly least: string | number | null;
  readonly most: string | number | null;
  readonly nulls: number;
  /** False where values could not be compared: then `least` and `most` say nothing. */
  readonly known: boolean;
}

export const NO_BOUNDS: Bounds = { least: null, most: null, nulls: 0, known: true };

/** Longer texts are not worth a place in the log. */
const MAX_TEXT = 256;

/** UTF-8 orders these otherwise than JavaScript does. */
const BEYOND = /[\ud800-\uffff]/;

export function boundsOf({ values, rows }: Distinct): Bounds {
  let least: string | number | null = null;
  let most: string | number | null = null;
  for (const value of values) {
    if (value === null) continue;
    if (typeof value !== 'string' && typeof value !== 'number') return unknown(values, rows);
    if (typeof value === 'string' && (value.length > MAX_TEXT || BEYOND.test(value)))
      return unknown(values, rows);
    if (least === null || value < least) least = value;
    if (most === null || value > most) most = value;
  }
  return { least, most, nulls: nullsOf(values, rows), known: true };
}

function unknown(values: readonly unknown[], rows: Int32Array): Bounds {
  return { least: null, most: null, nulls: nullsOf(values, rows), known: false };
}

function nullsOf(values: readonly unknown[], rows: Int32Array): number {
  const place = values.indexOf(null);
  return place < 0 ? 0 : rows.reduce((count, row) => count + (row === place ? 1 : 0), 0);
}

export function joinBounds(a: Bounds, b: Bounds): Bounds {
  const nulls = a.nulls + b.nulls;
  if (!a.known || !b.known) return { least: null, most: null, nulls, known: false };
  if (a.least === null || a.most === null) return { ...b, nulls };
  if (b.least === null || b.most === null) return { ...a, nulls };
  return {
    least: b.least < a.least ? b.least : a.least,
    most: b.most > a.most ? b.most : a.most,
    nulls,
    known: true,
  };
}

/** As a Parquet file has them. */
export function parquetStatistics(column: DeltaColumn, bounds: Bounds): Statistics {
  const null_count = BigInt(bounds.nulls);
  if (bounds.least === null || bounds.most === null) return { null_count };
  const value = (given: string | number) => (column.type === 'time' ? BigInt(given) * 1000n : given);
  return { null_count, min_value: value(bounds.least), max_value: value(bounds.most) };
}

/** As Delta's log has them: JSON text. */
export function deltaStats(
  rows: number,
  columns: readonly DeltaColumn[],
  bounds: ReadonlyMap<string, Bounds>,
): string {
  const minValues: Record<string, unknown> = {};
  const maxValues: Record<string, unknown> = {};
  const nullCount: Record<string, number> = {};
  for (const { name, type } of columns) {
    const found = bounds.get(name);
    if (found === undefined) continue;
    nullCount[name] = found.nulls;
    if (found.least === null || found.most === null) continue;
    const value = (given: string | number) =>
      type === 'time' && typeof given === 'number' ? new Date(given).toISOString() : given;
    minValues[name] = value(found.least);
    maxValues[name] = value(found.most);
  }
  return JSON.stringify({ numRecords: rows, minValues, maxValues, nullCount });
}
