import type { Dialect } from '../dialect.ts';
import { type Sql, sql } from '../sql.ts';

/** Which interval a moment falls into, in a way that costs one division per row. */
export interface Slots {
  /** First a raster: cheap on many rows. null from the last edge on; what is before the first edge is in the first slot. */
  of(time: Sql): Sql;
  /** Then, on the few rows that are left, interval or raster: whichever there are fewer of. */
  coarse(slot: Sql): Sql;
  /** Place of the interval [edges[i], edges[i + 1]) of what `coarse` gives. */
  interval(value: number): number;
}

/** A finer raster would leave as many rows as there were. */
const MAX_SLOTS = 50_000;

/**
 * Calendar intervals are uneven (months, a clock set forward), yet their borders lie on a common raster of hours or days:
 * rows are sorted into that, and their sums into the intervals.
 * @param edges ascending, at least two
 */
export function slotsOf(edges: readonly number[], dialect: Dialect): Slots {
  const first = edges[0] ?? 0;
  const last = edges.at(-1) ?? 0;
  const inner = edges.slice(1, -1);
  const same = (value: Sql): Sql => value;
  const before = (time: Sql, slot: Sql): Sql => sql`case when ${time} < ${last} then ${slot} end`;
  const raster = inner.reduce((step, edge) => commonDivisor(step, edge - first), 0);
  if (raster === 0) return { of: (time) => before(time, sql`0`), coarse: same, interval: () => 0 };

  const slots = (last - first) / raster;
  if (slots > MAX_SLOTS) {
    return { of: (time) => before(time, search(time, inner)), coarse: same, interval: (place) => place };
  }
  const of = (time: Sql): Sql => {
    const slot = dialect.floorDiv(sql`(${time} - ${first})`, raster);
    return before(time, sql`case when ${time} < ${first} then 0 else ${slot} end`);
  };
  if (slots <= 2 * edges.length) {
    return { of, coarse: same, interval: (slot) => placeOf(edges, first + slot * raster) };
  }
  const borders = inner.map((edge) => (edge - first) / raster);
  return {
    of,
    coarse: (slot) => sql`case when ${slot} is not null then ${search(slot, borders)} end`,
    interval: (place) => place,
  };
}

/** How many of `borders` are not above the value: a binary search, written out. */
function search(value: Sql, borders: readonly number[], offset = 0): Sql {
  const middle = borders.length >> 1;
  const border = borders[middle];
  if (border === undefined) return sql`${offset}`;
  const below = search(value, borders.slice(0, middle), offset);
  const above = search(value, borders.slice(middle + 1), offset + middle + 1);
  return sql`case when ${value} < ${border} then ${below} else ${above} end`;
}

function placeOf(edges: readonly number[], time: number): number {
  let low = 0;
  let high = edges.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((edges[middle] ?? 0) <= time) low = middle;
    else high = middle - 1;
  }
  return low;
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

/**
 * The edges up to now: what scanners will find is not known in advance, so gauges of an interval that has begun are those
 * of now, and there are none for intervals that have not. Empty where none has.
 */
export function pastEdges(edges: readonly number[], now: number): number[] {
  const begun = edges.slice(0, -1).filter((edge) => edge < now).length;
  return begun === 0 ? [] : edges.slice(0, begun + 1).map((edge) => Math.min(edge, now));
}
