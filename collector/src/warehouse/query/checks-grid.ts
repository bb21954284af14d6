import { all, EMPTY, ident, join, type Sql, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import { pastEdges } from './edge-slots.ts';
import { FORMULAS } from './formulas.ts';
import type { GridFunction, GridRequest } from './grid.ts';
import { gridOf } from './grid-groups.ts';
import type { Measure } from './measures.ts';
import { laidOut, type Lasting, piecesOf, places, type Rows } from './pieces.ts';
import type { Group } from './result.ts';
import {
  CHECK_COLUMNS,
  CHECK_DIMENSIONS,
  dimensionsOf,
  everyGroup,
  type Grouping,
  scopeConditions,
  someGroups,
} from './scope-conditions.ts';
import { endsOf } from './scope-relations.ts';
import { staleNotices } from './stale-checks.ts';
import { visible } from './visible.ts';

/** What is added up. Rates take only stats that say both: a source without `checked` must not lower them. */
const TERMS: Readonly<Record<string, Sql>> = {
  checked: sql`c.checked`,
  flagged: sql`c.flagged`,
  resources: sql`c.resources`,
  rated_checked: sql`case when c.flagged is not null then c.checked end`,
  rated_flagged: sql`case when c.checked is not null then c.flagged end`,
};

/**
 * Check stats at the end of each interval. The table itself carries them forward: they are valid until the scope's next
 * complete scan, or until they are stale. null where none are, and a notice that says which scopes are left out.
 */
export const checksGrid: GridFunction = async (context, request) => {
  const dimensions = dimensionsOf(nameOf(request), request.dimensions, CHECK_DIMENSIONS);
  const { relation, terms } = wantedOf(context, request);
  const edges = pastEdges(request.edges, context.now);
  const intervals = request.edges.length - 1;
  if (edges.length === 0) {
    const groups: Group[] = dimensions.length === 0 ? [[]] : [];
    const rows: Rows = { groups: groups.map(() => []), others: [], total: [] };
    const nothing = terms.map((term): [string, Rows] => [term, rows]);
    return gridOf(groups, new Map(nothing), intervals, groups.length, []);
  }
  const notices = await staleNotices(context, relation, edges);

  const every = everyGroup(dimensions, CHECK_COLUMNS);
  const few = request.top !== null && dimensions.length > 0;
  if (edges.length === 2 && !few) {
    const rows = await filled(context, relation, terms, every, edges);
    return gridOf(every.groups, rows, intervals, every.groups.length, notices);
  }
  const shown =
    dimensions.length === 0
      ? { groups: [[]], count: 1 }
      : await groupsOf(context, request, relation, every, edges);
  const some = someGroups(dimensions, CHECK_COLUMNS, shown.groups);
  const rows = await filled(context, relation, terms, some, edges);
  return gridOf(shown.groups, rows, intervals, shown.count, notices);
};

/** Which rows a query is about. */
export interface CheckRows {
  readonly from: Sql;
  /** Access, filters, preferred sources. */
  readonly where: Sql;
}

function wantedOf(
  { access, dialect }: QueryContext,
  request: GridRequest,
): { relation: CheckRows; terms: readonly string[] } {
  const { filters, dimensions, measures } = request;
  const asked = new Set<string>([...dimensions, ...filters.map(({ field }) => field)]);
  const bySource = asked.has('source') || asked.has('scope');
  return {
    terms: [...new Set(measures.flatMap((measure) => FORMULAS[measure].terms))],
    relation: {
      from: checksFrom(asked.has('accountName')),
      where: all([
        visible(access, 'c'),
        scopeConditions(nameOf(request), filters, CHECK_COLUMNS, CHECK_DIMENSIONS, dialect),
        // Two sources that look at the same account must not count twice.
        ...(bySource ? [] : [sql`c.preferred`]),
      ]),
    },
  };
}

/** @param named whether names of accounts are needed, which are the scope's */
export function checksFrom(named: boolean): Sql {
  return named ? sql`check_stat c left join scope s on s.scope = c.scope` : sql`check_stat c`;
}

function nameOf({ measures }: GridRequest): string {
  return measures.join(', ');
}

function lasting({ from, where }: CheckRows, terms: readonly string[]): Lasting {
  const sums = new Map(terms.map((term) => [term, TERMS[term] ?? sql`cast(null as bigint)`]));
  return { from, where, began: sql`c.began`, ended: sql`c.ended`, terms: sums };
}

async function filled(
  context: QueryContext,
  relation: CheckRows,
  terms: readonly string[],
  grouping: Grouping,
  edges: readonly number[],
): Promise<ReadonlyMap<string, Rows>> {
  const pieces = await piecesOf(context, lasting(relation, terms), grouping, edges);
  const { length } = grouping.groups;
  return new Map(terms.map((term, index) => [term, laidOut(pieces, index, length, edges.length - 1, null)]));
}

/** What groups are ranked by. */
const RANK: Partial<Readonly<Record<Measure, Sql>>> = {
  checked: sql`sum(r.checked)`,
  flagged: sql`sum(r.flagged)`,
  resources: sql`sum(r.resources)`,
  passRate: sql`1 - cast(sum(r.rated_flagged) as double) / nullif(sum(r.rated_checked), 0)`,
};

/** The groups seen in the window, the largest at its end first. Ranked by the engine: few of many come back. */
async function groupsOf(
  { run }: QueryContext,
  { top }: GridRequest,
  { from, where }: CheckRows,
  grouping: Grouping,
  edges: readonly number[],
): Promise<{ groups: readonly Group[]; count: number }> {
  const { columns, groups } = grouping;
  const { first, last } = endsOf(edges);
  const rank = top === null ? undefined : RANK[top.measure];
  const keys = columns.map((_, n) => ident(`k${n}`));
  // What ended before is not in the rank, but its group was seen.
  const atEnd = Object.entries(TERMS).map(
    ([term, value]) => sql`case when c.ended >= ${last} then ${value} end as ${ident(term)}`,
  );
  const { rows } = await run(sql`
    with r as (
      select ${join([...columns.map((column, n) => sql`${column} as ${ident(`k${n}`)}`), ...atEnd])}
      from ${from} where ${where} and c.began < ${last} and c.ended >= ${first})
    select ${join(keys)}, count(*) over (), ${rank ?? sql`0`} as rank
    from r group by ${places(keys.length)} order by rank desc nulls last, ${places(keys.length)}
    ${top === null || rank === undefined ? EMPTY : sql`limit ${top.limit}`}`);
  for (const row of rows) grouping.indexOf(row);
  return { groups, count: Number(rows[0]?.[keys.length] ?? 0) };
}
