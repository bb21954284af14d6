import { QueryError } from '../engine.ts';
import { join, type Sql, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import { groupOf, numberOr } from './finding-moments.ts';
import { columns, groupedBy, type Source, sourceOf } from './finding-source.ts';
import { SLOT, STEP, stepsOf, WHAT, type WholesRequest } from './finding-steps.ts';
import { Ranks } from './ranks.ts';

/** Percentiles of the age of what is open, at the end of each interval. */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Exact where there are few enough clocks, else as fine as will do. */
const STEPS: readonly { readonly length: number; readonly name: string }[] = [
  { length: HOUR, name: 'an hour' },
  { length: DAY, name: 'a day' },
  { length: 7 * DAY, name: 'a week' },
];
/** Changes of clocks, over all groups and intervals: what is quickly read and sorted into ranks. */
const ENOUGH = 40_000;
const MAX_CHANGES = 100_000;

type Line = readonly (number | null)[];

export interface Ages {
  /** By quantile, for each of the groups an age per interval; null where nothing is open. */
  readonly lines: readonly (readonly Line[])[];
  readonly notices: readonly string[];
}

/** One step of a group's clocks. */
interface Change {
  readonly clock: number;
  readonly slot: number;
  readonly step: number;
}

/** @throws QueryError where even clocks in weeks are too many */
export async function agesOf(
  context: QueryContext,
  request: WholesRequest,
  quantiles: readonly number[],
): Promise<Ages> {
  const { dimensions, edges, groups } = request;
  // The cube has only sums of clocks.
  const source = sourceOf(context, { ...request, terms: ['findings'] });
  const { rows } = await context.run(statementOf(context, source, request), { maxRows: MAX_CHANGES });
  if (rows.length > MAX_CHANGES)
    throw new QueryError(
      'resources',
      `the ages of ${groups.length} groups in ${edges.length - 1} intervals are more than ${MAX_CHANGES.toLocaleString('en')} changes`,
      'Ask for fewer groups, a longer interval or a shorter range, or for the mean: age.',
    );
  const width = dimensions.length;
  const places = new Map(groups.map((group, place) => [JSON.stringify(group), place]));
  const changes = groups.map((): Change[] => []);
  for (const row of rows) {
    const place = places.get(JSON.stringify(groupOf(row, 0, width)));
    if (place === undefined) continue;
    const [clock = 0, slot = 0, , step = 0] = row.slice(width).map((value) => numberOr(value, 0));
    changes[place]?.push({ clock, slot, step });
  }
  const ages = changes.map((own) => overTime(own, edges, quantiles));
  const precision = STEPS.find(({ length }) => length === rows[0]?.[width + 2]);
  return {
    lines: quantiles.map((_, n) => ages.map((own) => own[n] ?? [])),
    notices:
      precision === undefined
        ? []
        : [
            `there are too many different ages to tell them apart: over time they are known to ${precision.name}`,
          ],
  };
}

/** Rows of (keys, clock, interval, how long a step of the clock is, change). Rounded clocks stand in the middle of their step. */
function statementOf(context: QueryContext, source: Source, request: WholesRequest): Sql {
  const { dialect } = context;
  const keys = columns('k', source.keys.length);
  const steps = stepsOf(context, source, request, sql`h.clock_start`);
  const coarse = (length: number): Sql => dialect.floorDiv(WHAT, length);
  const counts = STEPS.slice(0, -1).map(
    ({ length }) => sql`(count(distinct ${dialect.identity([...keys, coarse(length), SLOT])}) <= ${ENOUGH})`,
  );
  const fits = join(
    [
      sql`when count(*) <= ${ENOUGH} then 1`,
      ...counts.map((enough, n) => sql`when ${enough} then ${STEPS[n]?.length ?? 1}`),
    ],
    ' ',
  );
  const rounded = STEPS.map(
    ({ length }) => sql`when ${length} then ${coarse(length)} * ${length} + ${length / 2}`,
  );
  return sql`with steps as materialized (${steps}),
    precision as (select case ${fits} else ${STEPS.at(-1)?.length ?? 1} end as length from steps)
    select ${join([...keys, sql`case p.length ${join(rounded, ' ')} else what end as clock`, SLOT, sql`p.length`, sql`sum(${STEP})`])}
    from steps cross join precision p${groupedBy(keys.length + 3)}`;
}

/** Backwards from the range's end, where all that lasts longer is: what a moment has is what all later changes take away again. */
function overTime(
  changes: readonly Change[],
  edges: readonly number[],
  quantiles: readonly number[],
): readonly Line[] {
  const clocks = [...new Set(changes.map(({ clock }) => clock))].sort((a, b) => a - b);
  const places = new Map(clocks.map((clock, place) => [clock, place]));
  const bySlot = Map.groupBy(changes, ({ slot }) => slot);
  const ranks = new Ranks(clocks.length);
  const intervals = edges.length - 1;
  const lines = quantiles.map(() => new Array<number | null>(intervals).fill(null));
  for (let slot = intervals; slot > 0; slot--) {
    for (const { clock, step } of bySlot.get(slot) ?? []) ranks.add(places.get(clock) ?? 0, -step);
    const at = edges[slot] ?? 0;
    for (const [n, q] of quantiles.entries()) {
      const line = lines[n];
      // The youngest has the latest clock.
      if (line !== undefined && ranks.total > 0)
        line[slot - 1] = Math.max(at - percentile(ranks, clocks, 1 - q), 0);
    }
  }
  return lines;
}

/** Between the two that the rank falls between, as the engine has it. */
function percentile(ranks: Ranks, values: readonly number[], q: number): number {
  const rank = q * (ranks.total - 1);
  const below = Math.floor(rank);
  const low = values[ranks.at(below)] ?? 0;
  const high = rank === below ? low : (values[ranks.at(below + 1)] ?? 0);
  return low + (high - low) * (rank - below);
}
