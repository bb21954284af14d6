import { all, EMPTY, ident, join, type Sql, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import { lineOf } from './finding-cells.ts';
import { isOneOf } from './finding-keys.ts';
import { groupOf, numberOr } from './finding-moments.ts';
import { slotOf } from './finding-slots.ts';
import { called, columns, groupedBy, joined, type Source, sourceOf, type Subject } from './finding-source.ts';
import {
  identityOf,
  IS_FIXED,
  IS_OPEN,
  lastsAt,
  nothingOf,
  termOf,
  type Whole,
  wholeValue,
} from './finding-terms.ts';
import type { Group } from './result.ts';

/** Terms that can't be added up, by interval: each in a statement of its own. */

export interface WholesRequest extends Subject {
  readonly edges: readonly number[];
  readonly groups: readonly Group[];
}

type Line = readonly (number | null)[];

/** By term, for each of the groups a value per interval. */
export async function wholesOf(
  context: QueryContext,
  request: WholesRequest,
): Promise<ReadonlyMap<string, readonly Line[]>> {
  const found = new Map<string, readonly Line[]>();
  for (const terms of statementsFor(request.terms)) {
    const rows = await linesOf(context, { ...request, terms });
    for (const [term, lines] of rows) found.set(term, lines);
  }
  return found;
}

/** Percentiles of the same rows come from one statement. */
function statementsFor(terms: readonly string[]): readonly (readonly string[])[] {
  const alike = new Map<string, string[]>();
  for (const name of terms) {
    const term = wholeTerm(name);
    const like = term.distinct === null ? term.of : name;
    alike.set(like, [...(alike.get(like) ?? []), name]);
  }
  return [...alike.values()];
}

function wholeTerm(name: string): Whole {
  const term = termOf(name);
  if (term.kind !== 'whole') throw new RangeError(`${name} can be added up`);
  return term;
}

async function linesOf(
  context: QueryContext,
  request: WholesRequest,
): Promise<readonly (readonly [string, readonly Line[]])[]> {
  const { dimensions, terms, edges, groups } = request;
  const wholes = terms.map(wholeTerm);
  const [first] = wholes;
  if (first === undefined || groups.length === 0) return terms.map((term) => [term, []]);
  const source = sourceOf(context, request);
  const { rows } = await context.run(statementOf(context, source, request, wholes, first));
  const width = dimensions.length;
  const places = new Map(groups.map((group, place) => [JSON.stringify(group), place]));
  return terms.map((name, n) => {
    const { distinct } = wholeTerm(name);
    const lines = groups.map(() => new Array<number | null>(edges.length).fill(nothingOf(name)));
    for (const row of rows) {
      const line = lines[places.get(JSON.stringify(groupOf(row, 0, width))) ?? -1];
      if (line !== undefined) line[numberOr(row[width], 0)] = numberOr(row[width + 1 + n], null);
    }
    const laidOut = (line: readonly (number | null)[]): Line =>
      distinct === null
        ? line.slice(0, -1)
        : lineOf(
            name,
            Float64Array.from(line, (value) => value ?? 0),
          );
    return [name, lines.map(laidOut)] as const;
  });
}

function statementOf(
  context: QueryContext,
  source: Source,
  request: WholesRequest,
  wholes: readonly Whole[],
  first: Whole,
): Sql {
  if (first.distinct !== null) return distinctChanges(context, source, request, first.distinct);
  return first.of === 'fixed'
    ? ofFixed(context, source, request, wholes)
    : ofOpen(context, source, request, wholes);
}

/** What all of the statements read: the rows of the groups. */
function rowsOf(
  source: Source,
  { groups }: WholesRequest,
): { from: Sql; where: Sql; values: readonly Sql[] } {
  const { from, values } = joined(source);
  const ofGroups = values.length === 0 ? [] : [isOneOf(values, groups)];
  return { from, values, where: all([source.where, ...ofGroups]) };
}

function ofFixed(
  { dialect }: QueryContext,
  source: Source,
  request: WholesRequest,
  wholes: readonly Whole[],
): Sql {
  const { edges } = request;
  const { from, where, values } = rowsOf(source, request);
  const slot = slotOf(ident('h.ended'), edges, dialect);
  return sql`select ${join([...values, slot, ...wholes.map((term) => wholeValue(term, sql`true`, 0, dialect))])} from ${from}
    where ${where} and ${IS_FIXED} and h.ended >= ${edges[0] ?? 0} and h.ended < ${edges.at(-1) ?? 0}${groupedBy(values.length + 1)}`;
}

/** A finding that stays open is in many intervals: each of them is looked at by itself. */
function ofOpen(
  { dialect }: QueryContext,
  source: Source,
  request: WholesRequest,
  wholes: readonly Whole[],
): Sql {
  const { from, where, values } = rowsOf(source, request);
  const moments = request.edges.slice(1).map((at, slot) => sql`(${slot}, ${at})`);
  return sql`select ${join([...values, ident('e.slot'), ...wholes.map((term) => wholeValue(term, sql`true`, ident('e.moment'), dialect))])}
    from ${from} join (values ${join(moments)}) as e(slot, moment) on ${lastsAt(ident('e.moment'))}
    where ${where} and ${IS_OPEN}${groupedBy(values.length + 1)}`;
}

/**
 * By how much the number of distinct things changes: a thing is there from where the first of its findings opens to where the last
 * of them closes. In the shape of cells: counted down at its end, up at its beginning.
 */
function distinctChanges(
  { dialect }: QueryContext,
  source: Source,
  request: WholesRequest,
  things: readonly Sql[],
): Sql {
  const { edges } = request;
  const [first = 0] = edges;
  const last = edges.at(-1) ?? 0;
  const { from, where, values } = rowsOf(source, request);
  const keys = columns('k', values.length);
  const thing = sql`${identityOf(things, dialect)} as thing`;
  const part = (at: 'began' | 'ended'): Sql => sql`
    select ${join([...called('k', values), thing, sql`${slotOf(ident(`h.${at}`), edges, dialect)} as slot`])},
      count(*) * ${at === 'began' ? 1 : -1} as step
    from ${from} where ${where} and ${IS_OPEN} and h.began < ${last} and h.${ident(at)} >= ${first}${groupedBy(values.length + 2)}`;
  const grouped = join([...keys, ident('thing'), ident('slot')]);
  const things_ = join([...keys, ident('thing')]);
  const keyed = join([...keys, EMPTY]);
  return sql`with steps as (
      select ${grouped}, sum(step) as step from (${part('ended')} union all ${part('began')}) s
      group by ${grouped} having sum(step) <> 0
    ), open as (
      select ${keyed}slot, sum(step) over w as later, lead(slot, 1, 0) over w as since
      from steps window w as (partition by ${things_} order by slot desc)
    )
    select ${keyed}slot, sum(step) from (
      select ${keyed}slot, -1 as step from open where later < 0
      union all select ${keyed}since as slot, 1 as step from open where later < 0
    ) c${groupedBy(keys.length + 1)}`;
}
