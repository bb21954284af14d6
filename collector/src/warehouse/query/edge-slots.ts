import type { Dialect } from '../dialect.ts';
import { type Sql, sql } from '../sql.ts';

/**
 * The interval into which a time at or after the first edge falls, counted from 0; their number for what is at or after the
 * last edge. Calendar intervals are uneven only here and there (months, a clock set forward), so a few divisions do.
 * @param edges ascending, at least two
 */
export function slotOf(time: Sql, edges: readonly number[], dialect: Dialect): Sql {
  const stretches = stretchesOf(edges);
  const last = edges.at(-1) ?? 0;
  return sql`(case when ${time} >= ${last} then ${edges.length - 1} else ${within(time, stretches, dialect)} end)`;
}

/** Intervals of one length that follow each other. */
interface Stretch {
  readonly start: number;
  readonly length: number;
  readonly place: number;
}

function stretchesOf(edges: readonly number[]): readonly Stretch[] {
  const stretches: Stretch[] = [];
  for (let place = 0; place + 1 < edges.length; place++) {
    const start = edges[place] ?? 0;
    const length = (edges[place + 1] ?? 0) - start;
    // The range ends before its last interval does: as nothing of it is later, it may be taken for a whole one.
    const isLast = place + 2 === edges.length;
    const before = stretches.at(-1);
    if (before === undefined || (isLast ? length > before.length : length !== before.length))
      stretches.push({ start, length, place });
  }
  return stretches;
}

/** A binary search, written out: the depth of the expression is the logarithm of the stretches. */
function within(time: Sql, stretches: readonly Stretch[], dialect: Dialect): Sql {
  const [only] = stretches;
  const half = stretches.length >> 1;
  const middle = stretches[half];
  if (only === undefined || middle === undefined) return sql`0`;
  if (stretches.length === 1)
    return sql`${dialect.floorDiv(sql`(${time} - ${only.start})`, only.length)} + ${only.place}`;
  const before = within(time, stretches.slice(0, half), dialect);
  const after = within(time, stretches.slice(half), dialect);
  return sql`(case when ${time} < ${middle.start} then ${before} else ${after} end)`;
}

/**
 * The edges up to now: what scanners will find is not known in advance, so gauges of an interval that has begun are those
 * of now, and there are none for intervals that have not. Empty where none has.
 */
export function pastEdges(edges: readonly number[], now: number): number[] {
  const begun = edges.slice(0, -1).filter((edge) => edge < now).length;
  return begun === 0 ? [] : edges.slice(0, begun + 1).map((edge) => Math.min(edge, now));
}
