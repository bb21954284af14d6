import { ident, join, type Sql, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import { type Line, lineOf } from './finding-cells.ts';
import { groupOf, numberOr } from './finding-moments.ts';
import { columns, groupedBy, sourceOf } from './finding-source.ts';
import { stepsOf, WHAT, type WholesRequest } from './finding-steps.ts';
import { thingOf } from './finding-terms.ts';

/** How many different things (accounts, rules, resources) have open findings, at the end of each interval. */

/** What the cube tells apart. */
const IN_CUBE: ReadonlySet<string> = new Set(['source', 'cloud', 'account', 'rule']);

/** For each of the groups a number per interval. */
export async function thingsOf(
  context: QueryContext,
  request: WholesRequest,
  term: string,
  distinct: readonly string[],
): Promise<readonly Line[]> {
  const { dimensions, edges, groups } = request;
  const inCube = distinct.every((column) => IN_CUBE.has(column));
  const source = sourceOf(context, { ...request, terms: [inCube ? 'd_open' : term] });
  const thing = thingOf(distinct, source.relation === 'cube' ? 'c' : 'h', context.dialect);
  const steps = stepsOf(context, source, request, thing);
  const width = dimensions.length;
  const { rows } = await context.run(changesOf(steps, width));
  const places = new Map(groups.map((group, place) => [JSON.stringify(group), place]));
  const changes = groups.map(() => new Float64Array(edges.length));
  for (const row of rows) {
    const line = changes[places.get(JSON.stringify(groupOf(row, 0, width))) ?? -1];
    const slot = numberOr(row[width], 0);
    if (line !== undefined) line[slot] = (line[slot] ?? 0) + numberOr(row[width + 1], 0);
  }
  return changes.map((line) => lineOf(term, line));
}

/**
 * By how much the number of things changes: a thing is there from where the first of its findings opens to where the last of them
 * closes. Most have one change, that they end: only the others have to be put in order.
 */
function changesOf(steps: Sql, width: number): Sql {
  const keys = columns('k', width);
  const things = join([...keys, WHAT]);
  const keyed = (...further: readonly Sql[]): Sql => join([...keys, ...further]);
  const same = join([...keys.map((key) => sql`m.${key} is not distinct from s.${key}`), sql`m.what = s.what`], ' and ');
  const slot = ident('slot');
  return sql`with steps as materialized (${steps}),
    things as materialized (
      select ${things}, count(*) as n, max(slot) as slot from steps${groupedBy(width + 1)}
    ), lasting as (
      select ${join([...keys.map((key) => sql`s.${key}`), sql`s.slot`])},
        sum(s.v0) over w as later, lead(s.slot, 1, 0) over w as since
      from steps s join things m on ${same} and m.n > 1
      window w as (partition by ${join([...keys.map((key) => sql`s.${key}`), sql`s.what`])} order by s.slot desc)
    )
    select ${keyed(slot, sql`sum(step)`)} from (
      select ${keyed(slot, sql`-1 as step`)} from things where n = 1
      union all select ${keyed(slot, sql`-1`)} from lasting where later < 0
      union all select ${keyed(sql`since`, sql`1`)} from lasting where later < 0
    ) c${groupedBy(width + 1)}`;
}
