import type { Dialect } from '../dialect.ts';
import { join, Sql, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import { slotOf } from './edge-slots.ts';
import type { Grouping } from './scope-conditions.ts';

/** What is valid in [began, ended), at a moment T where began < T <= ended; or what passes at `began`, where `ended` is null. */
export interface Lasting {
  readonly from: Sql;
  readonly where: Sql;
  readonly began: Sql;
  readonly ended: Sql | null;
  /** What is added up (or of which the smallest is taken), by term; null where nothing is known. */
  readonly terms: ReadonlyMap<string, Sql>;
  readonly combine?: 'min';
}

/** What counts in the intervals from `from` up to, and not including, `to`. */
export interface Piece {
  /** Place of the group, −1 for one of those that are not shown. */
  readonly place: number;
  readonly from: number;
  readonly to: number;
  /** In the order of the terms. */
  readonly values: readonly (number | null)[];
}

/** Reads what lasts as pieces, all that begin and end in the same intervals as one: few rows, however many the table has. */
export async function piecesOf(
  { run, dialect }: QueryContext,
  lasting: Lasting,
  grouping: Grouping,
  edges: readonly number[],
): Promise<Piece[]> {
  const intervals = edges.length - 1;
  const { began, ended, terms } = lasting;
  // Of one interval nothing begins or ends: it is there or it is not.
  const slot = (time: Sql | null): Sql =>
    time === null || intervals === 1 ? NOTHING : slotIn(time, edges, dialect);
  const sums = [...terms.values()].map((value) => aggregate(lasting, value));
  const columns = [...grouping.columns, slot(began), slot(ended)];
  const { rows } = await run(
    sql`select ${join([...columns, ...sums])} ${rowsOf(lasting, grouping, edges)} group by ${places(columns.length)}`,
  );
  const width = grouping.columns.length;
  const interval = (value: unknown, otherwise: number): number =>
    typeof value === 'number' ? value : otherwise;
  return rows.map((row) => {
    const from = interval(row[width], 0);
    return {
      place: grouping.indexOf(row),
      from,
      to: ended === null ? from + 1 : interval(row[width + 1], intervals),
      values: row.slice(width + 2).map((value) => (typeof value === 'number' ? value : null)),
    };
  });
}

const NOTHING = sql`cast(null as bigint)`;

/** What was there before the range does not begin in it. */
function slotIn(time: Sql, edges: readonly number[], dialect: Dialect): Sql {
  return sql`case when ${time} < ${edges[0] ?? 0} then 0 else ${slotOf(time, edges, dialect)} end`;
}

function rowsOf({ from, where, began, ended }: Lasting, grouping: Grouping, edges: readonly number[]): Sql {
  const [start = 0, first = 0] = edges;
  const since = ended === null ? sql`${began} >= ${start}` : sql`${ended} >= ${first}`;
  return sql`from ${from} ${grouping.join} where ${where} and ${began} < ${edges.at(-1) ?? 0} and ${since}`;
}

function aggregate({ combine }: Lasting, value: Sql): Sql {
  return combine === 'min' ? sql`min(${value})` : sql`sum(${value})`;
}

/** `1, 2, 3`: columns to group by, by their places, as an expression with parameters is never the same twice. */
export function places(count: number): Sql {
  return new Sql([Array.from({ length: count }, (_, n) => String(n + 1)).join(', ')], []);
}

export type Row = readonly (number | null)[];

/** Rows of a grid under construction: one per group, one of those that are not shown, and one of all. */
export interface Rows {
  readonly groups: readonly Row[];
  readonly others: Row;
  readonly total: Row;
}

/**
 * Lays out one term.
 * @param nothing where no piece counts
 */
export function laidOut(
  pieces: readonly Piece[],
  term: number,
  groups: number,
  intervals: number,
  nothing: 0 | null,
): Rows {
  const width = intervals + 1;
  // The last rows are the others and the total. Sums and counts of what is known, as changes from one interval to the next.
  const others = groups;
  const total = groups + 1;
  const sums = new Float64Array((groups + 2) * width);
  const known = new Int32Array((groups + 2) * width);
  const change = (row: number, at: number, by: number, sign: 1 | -1): void => {
    const index = row * width + at;
    sums[index] = (sums[index] ?? 0) + sign * by;
    known[index] = (known[index] ?? 0) + sign;
  };
  for (const { place, from, to, values } of pieces) {
    const value = values[term] ?? null;
    if (value === null || from >= to) continue;
    for (const row of [place < 0 ? others : place, total]) {
      change(row, from, value, 1);
      change(row, to, value, -1);
    }
  }
  const rows = Array.from({ length: groups + 2 }, (_, row) => {
    let sum = 0;
    let count = 0;
    return Array.from({ length: intervals }, (_unused, at) => {
      sum += sums[row * width + at] ?? 0;
      count += known[row * width + at] ?? 0;
      return count > 0 ? sum : nothing;
    });
  });
  return { groups: rows.slice(0, groups), others: rows[others] ?? [], total: rows[total] ?? [] };
}

/** Lays out the smallest value of what counts in each interval. */
export function smallest(pieces: readonly Piece[], groups: number, intervals: number): Rows {
  const rows = Array.from({ length: groups + 2 }, () => new Array<number | null>(intervals).fill(null));
  const others = groups;
  const total = groups + 1;
  for (const { place, from, to, values } of pieces) {
    const [value = null] = values;
    if (value === null) continue;
    for (const row of [rows[place < 0 ? others : place], rows[total]]) {
      if (row === undefined) continue;
      for (let at = from; at < to; at++) row[at] = Math.min(row[at] ?? value, value);
    }
  }
  return { groups: rows.slice(0, groups), others: rows[others] ?? [], total: rows[total] ?? [] };
}
