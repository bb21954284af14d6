import { EMPTY, ident, join, type Sql, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import { type Line, lineOf } from './finding-cells.ts';
import { groupOf, numberOr } from './finding-moments.ts';
import { columns, groupedBy, sourceOf } from './finding-source.ts';
import { stepsOf, WHAT, type WholesRequest } from './finding-steps.ts';
import { areInCube, thingOf } from './finding-terms.ts';

/** How many different things (accounts, rules, resources) have open findings, at the end of each interval. */

/** For each of the groups a number per interval. */
export async function thingsOf(
  context: QueryContext,
  request: WholesRequest,
  term: string,
  distinct: readonly string[],
): Promise<readonly Line[]> {
  const { dimensions, edges, groups } = request;
  const inCube = areInCube(distinct);
  const source = sourceOf(context, { ...request, terms: [inCube ? 'd_open' : term] });
  const thing = thingOf(distinct, source.relation === 'cube' ? 'c' : 'h', context.dialect);
  const width = dimensions.length;
  const statement =
    source.relation === 'cube'
      ? changesOf(stepsOf(context, source, request, thing), null, width)
      : changesOf(
          stepsOf(context, source, request, thing, 'passing'),
          stepsOf(context, source, request, thing, 'lasting'),
          width,
        );
  const { rows } = await context.run(statement);
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
 * closes.
 * @param lasting those of which a finding is open all the time, whatever comes and goes beside it: most, and they need no order
 */
function changesOf(steps: Sql, lasting: Sql | null, width: number): Sql {
  const keys = columns('k', width);
  const same = [...keys.map((key) => sql`l.${key} is not distinct from s.${key}`), sql`l.what = s.what`];
  const others =
    lasting === null ? sql`true` : sql`not exists (select 1 from lasting l where ${join(same, ' and ')})`;
  const keyed = (...further: readonly Sql[]): Sql => join([...keys, ...further]);
  const slot = ident('slot');
  return sql`with ${lasting === null ? EMPTY : sql`lasting as materialized (${lasting}),`}
    passing as (
      select ${keyed(slot)}, sum(v0) over w as later, lead(slot, 1, 0) over w as since
      from (select * from (${steps}) s where ${others}) p
      window w as (partition by ${keyed(WHAT)} order by slot desc)
    )
    select ${keyed(slot, sql`sum(step)`)} from (
      ${lasting === null ? EMPTY : sql`select ${keyed(slot, sql`-count(*) as step`)} from lasting${groupedBy(width + 1)} union all`}
      select ${keyed(slot, sql`-1 as step`)} from passing where later < 0
      union all select ${keyed(sql`since`, sql`1`)} from passing where later < 0
    ) c${groupedBy(width + 1)}`;
}
