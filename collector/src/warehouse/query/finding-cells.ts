import { all, EMPTY, ident, join, type Sql, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import { isOneOf } from './finding-keys.ts';
import { groupOf, numberOr } from './finding-moments.ts';
import { rankOf } from './finding-rank.ts';
import { slotOf } from './edge-slots.ts';
import {
  called,
  columns,
  groupedBy,
  lookedUp,
  type Source,
  sourceOf,
  type Subject,
} from './finding-source.ts';
import { termOf } from './finding-terms.ts';
import type { Measure } from './measures.ts';
import type { Group } from './result.ts';

/**
 * Terms of findings that can be added up, by group and interval. Changes are summed by the interval they fall into; a gauge is then
 * what all later changes take away again.
 */

export interface CellsRequest extends Subject {
  readonly edges: readonly number[];
  readonly wanted: Wanted;
}

/** Which groups come back by themselves; all others are added up. */
export type Wanted =
  | { readonly kind: 'all' }
  | { readonly kind: 'top'; readonly measure: Measure; readonly limit: number }
  | { readonly kind: 'these'; readonly groups: readonly Group[] };

/** A value per interval. */
export type Line = readonly number[];

export interface Cells {
  readonly groups: readonly Group[];
  /** By term, for each group. */
  readonly values: ReadonlyMap<string, readonly Line[]>;
  /** By term, over the groups that are not in `groups`. */
  readonly others: ReadonlyMap<string, Line>;
  readonly groupCount: number;
}

export async function cellsOf(context: QueryContext, request: CellsRequest): Promise<Cells> {
  const { dimensions, terms, edges, wanted } = request;
  const source = sourceOf(context, request);
  const width = dimensions.length;
  const { rows } = await context.run(statementOf(context, source, request));
  const places = new Map<number, number>();
  const groups: Group[] = [];
  // Known groups have a place even where nothing of them is left to read.
  if (wanted.kind === 'these') groups.push(...wanted.groups);
  else if (width === 0) groups.push([]);
  const known = new Map(groups.map((group, place) => [JSON.stringify(group), place]));
  let groupCount = groups.length;
  for (const row of rows) {
    const [rank, count] = row;
    groupCount = Math.max(groupCount, numberOr(count, 0));
    if (typeof rank !== 'number' || places.has(rank)) continue;
    const group = groupOf(row, 3, width);
    const name = JSON.stringify(group);
    const place = known.get(name) ?? groups.push(group) - 1;
    known.set(name, place);
    places.set(rank, place);
  }
  const intervals = edges.length - 1;
  const sums = terms.map(() =>
    Array.from({ length: groups.length + 1 }, () => new Float64Array(intervals + 1)),
  );
  for (const row of rows) {
    const place = (typeof row[0] === 'number' ? places.get(row[0]) : undefined) ?? groups.length;
    const slot = numberOr(row[2], 0);
    for (const [n, lines] of sums.entries()) {
      const line = lines[place];
      if (line !== undefined) line[slot] = (line[slot] ?? 0) + numberOr(row[3 + width + n], 0);
    }
  }
  const lines = new Map(terms.map((term, n) => [term, (sums[n] ?? []).map((line) => lineOf(term, line))]));
  const ranked = [...places.entries()].sort(([a], [b]) => a - b).map(([, place]) => place);
  const order = wanted.kind === 'these' || width === 0 ? groups.map((_, place) => place) : ranked;
  return {
    groups: order.flatMap((place) => groups.slice(place, place + 1)),
    values: new Map(
      [...lines].map(([term, all]) => [term, order.flatMap((place) => all.slice(place, place + 1))]),
    ),
    others: new Map([...lines].map(([term, all]) => [term, all.at(-1) ?? []])),
    groupCount,
  };
}

/** From changes to what is: flows are what they are, a gauge is the opposite of all that changes later. */
export function lineOf(term: string, changes: Float64Array): Line {
  if (termOf(term).kind === 'flow') return Array.from(changes.subarray(0, -1));
  const line = new Array<number>(changes.length - 1);
  let sum = 0;
  for (let slot = changes.length - 1; slot > 0; slot--) {
    sum -= changes[slot] ?? 0;
    // Not −0, which is another number in JSON's eyes but not in anyone else's.
    line[slot - 1] = sum === 0 ? 0 : sum;
  }
  return line;
}

/** Rows of (rank or null for the others, how many groups there are at least, interval, keys, sums). */
function statementOf(context: QueryContext, source: Source, request: CellsRequest): Sql {
  const { dimensions, terms, wanted } = request;
  const keys = columns('k', dimensions.length);
  const values = columns('v', terms.length);
  const cells =
    source.relation === 'cube' ? cubeCells(context, source, request) : historyCells(context, source, request);
  const sums = values.map((value) => sql`sum(c.${value})`);
  if (keys.length === 0) return sql`select 1, 1, c.slot, ${join(sums)} from (${cells}) c group by c.slot`;
  const limit = wanted.kind === 'top' ? wanted.limit : Number.MAX_SAFE_INTEGER;
  const same = keys.map((key) => sql`c.${key} is not distinct from r.${key}`);
  const shown = sql`case when r.place <= ${limit} and r.shown then r.place end`;
  const names = keys.map((key) => sql`min(r.${key})`);
  return sql`with cells as (${cells}),
    ranked as (
      select ${join(keys)}, row_number() over (order by ${rankOfGroup(request)} desc nulls last, ${join(keys)}) as place,
        ${wanted.kind === 'these' ? isOneOf(keys, wanted.groups) : sql`true`} as shown
      from cells${groupedBy(keys.length)}${seen(context, source, request)}
    )
    select ${shown}, max(r.place), c.slot, ${join([...names, ...sums])}
    from cells c join ranked r on ${all(same)} group by 1, 3`;
}

/** Gauges at the end, flows over the whole range. */
function rankOfGroup({ terms, edges, wanted }: CellsRequest): Sql {
  if (wanted.kind !== 'top') return sql`null`;
  const last = edges.length - 1;
  return rankOf(wanted.measure, (name) => {
    const value = ident(`v${terms.indexOf(name)}`);
    return termOf(name).kind === 'flow'
      ? sql`sum(case when slot < ${last} then ${value} else 0 end)`
      : sql`-sum(case when slot = ${last} then ${value} else 0 end)`;
  });
}

/** See the same in finding-moments.ts. */
function seen({ now }: QueryContext, source: Source, { edges }: CellsRequest): Sql {
  if (source.relation !== 'cube' || (edges.at(-1) ?? 0) >= now) return EMPTY;
  const last = edges.length - 1;
  return sql` having count(case when slot < ${last} then 1 end) > 0 or sum(case when slot = ${last} then there else 0 end) <> 0`;
}

const SLOT = ident('slot');

function cubeCells({ dialect }: QueryContext, source: Source, { terms, edges }: CellsRequest): Sql {
  const inner = source.keys.map((key) => key.inner);
  const sums = called(
    'v',
    [
      ...terms.map((term) => ident(`c.${term}`)),
      sql`(c.d_open + c.d_accepted + c.d_false_positive + c.d_muted)`,
    ].map((value) => sql`sum(${value})`),
  );
  const slot = sql`${slotOf(sql`c.t`, edges, dialect)} as slot`;
  const rows = sql`select ${join([...called('k', inner), slot, ...sums])} from ${source.from}
    where ${source.where} and c.t >= ${edges[0] ?? 0}${groupedBy(inner.length + 1)}`;
  const there = ident(`v${terms.length}`);
  return sql`select *, ${there} as there from (${lookedUp(source, rows, [SLOT], sums.length)})`;
}

/** What ends at its end, and what begins in the range at its beginning. */
function historyCells(context: QueryContext, source: Source, request: CellsRequest): Sql {
  const parts = (['ended', 'began'] as const).flatMap((at) => historyPart(context, source, request, at));
  return lookedUp(source, join(parts, ' union all '), [SLOT], request.terms.length);
}

function historyPart(
  { dialect }: QueryContext,
  source: Source,
  { terms, edges, dimensions }: CellsRequest,
  at: 'began' | 'ended',
): readonly Sql[] {
  const [first = 0] = edges;
  const last = edges.at(-1) ?? 0;
  const counted = terms.map((name) => {
    const term = termOf(name);
    if (term.kind === 'whole' || (term.kind === 'flow' && term.at !== at)) return null;
    const sum = sql`sum(case when ${term.when} then ${term.amount} else 0 end)`;
    return term.kind === 'gauge' && at === 'ended' ? sql`-${sum}` : sum;
  });
  // Where groups are asked for, those that only are there count too.
  const needed = counted.some((sum) => sum !== null) || (dimensions.length > 0 && at === 'ended');
  if (!needed) return [];
  const inner = source.keys.map((key) => key.inner);
  const sums = called(
    'v',
    counted.map((sum) => sum ?? sql`0`),
  );
  const slot = sql`${slotOf(ident(`h.${at}`), edges, dialect)} as slot`;
  const within =
    at === 'ended'
      ? sql`h.ended >= ${first} and h.began < ${last}`
      : sql`h.began >= ${first} and h.began < ${last}`;
  return [
    sql`select ${join([...called('k', inner), slot, ...sums])} from ${source.from}
      where ${source.where} and ${source.rows} and ${within}${groupedBy(inner.length + 1)}`,
  ];
}
