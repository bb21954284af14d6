import { QueryError } from '../engine.ts';
import { all, ident, join, type Sql, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import { groupOf, numberOr } from './finding-moments.ts';
import { called, columns, groupedBy, lookedUp, sourceOf } from './finding-source.ts';
import { IS_OPEN, lastsAt } from './finding-terms.ts';
import type { Range, SummaryQuery } from './request.ts';
import type { BucketsResult } from './result.ts';

const DAY = 86_400_000;
/** Days. */
const BOUNDS = [0, 1, 7, 14, 30, 60, 90, 180, 365, Number.POSITIVE_INFINITY];
export const BUCKETS = BOUNDS.slice(0, -1).map((min, n) => ({
  min,
  max: BOUNDS[n + 1] ?? Number.POSITIVE_INFINITY,
}));

/** How old what is open at the range's end is, counted from when it (re)opened. */
export async function runAgeBuckets(
  context: QueryContext,
  query: SummaryQuery,
  { to }: Range,
): Promise<BucketsResult> {
  const { groupBy: dimensions, filters, measures, limit } = query;
  if (measures.some((measure) => measure !== 'open'))
    throw new QueryError(
      'invalid',
      `buckets of age count what is open, not ${measures.filter((measure) => measure !== 'open').join(', ')}`,
      'Ask for the measure open.',
    );
  // Ages are not in the cube.
  const source = sourceOf(context, { dimensions, filters, terms: ['findings'] });
  const inner = source.keys.map((key) => key.inner);
  const bucket = sql`${bucketOf(to)} as bucket`;
  const rows = sql`select ${join([...called('k', inner), bucket, sql`count(*) as v0`])} from ${source.from}
    where ${all([source.where, IS_OPEN, lastsAt(to)])}${groupedBy(inner.length + 1)}`;
  const keys = columns('k', dimensions.length);
  const counts = called(
    'v',
    BUCKETS.map((_, n) => sql`sum(case when bucket = ${n} then v0 else 0 end)`),
  );
  const values = columns('v', BUCKETS.length);
  const found = await context.run(sql`select ${join([...keys, ...values])}, count(*) over () from (
      select ${join([...keys, ...counts])} from (${lookedUp(source, rows, [ident('bucket')], 1)}) b${groupedBy(keys.length)}
    ) g order by ${join([sql`${join(values, ' + ')} desc`, ...keys])} limit ${limit}`);
  const width = dimensions.length;
  const total = numberOr(found.rows[0]?.at(-1), 0);
  return {
    kind: 'buckets',
    dimensions,
    buckets: BUCKETS,
    groups: found.rows.map((row) => ({
      group: groupOf(row, 0, width),
      counts: BUCKETS.map((_, n) => numberOr(row[width + n], 0)),
    })),
    notices: [],
    cut: total > found.rows.length ? { shown: found.rows.length, total, what: 'groups' } : null,
    statements: context.statements,
  };
}

/** Place of the bucket of a row's age at a time. */
function bucketOf(at: number): Sql {
  const places = BUCKETS.slice(0, -1).map(
    ({ max }, n) => sql`when h.clock_start > ${at - max * DAY} then ${n}`,
  );
  return sql`(case ${join(places, ' ')} else ${BUCKETS.length - 1} end)`;
}
