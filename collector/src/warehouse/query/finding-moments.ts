import { all, any, EMPTY, ident, join, type Sql, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import { UNBOUNDED } from './dimensions.ts';
import { isOneOf, lookups, needsLookup } from './finding-keys.ts';
import { rankOf } from './finding-rank.ts';
import {
  called,
  columns,
  groupedBy,
  joined,
  lookedUp,
  type Source,
  sourceOf,
  type Subject,
} from './finding-source.ts';
import {
  areInCube,
  IS_FIXED,
  IS_OPEN,
  isOfOpen,
  lastsAt,
  nothingOf,
  termOf,
  thingOf,
  wholeValue,
} from './finding-terms.ts';
import type { Measure } from './measures.ts';
import type { Group, Value } from './result.ts';

/** Terms of findings by group for one period, or for it and the one before in the same pass. */

export interface Period {
  readonly from: number;
  readonly to: number;
}

export type Order =
  | { readonly by: 'measure'; readonly measure: Measure }
  /** From a to z; severities from the worst. */
  | { readonly by: 'dimension'; readonly index: number };

export interface MomentsRequest extends Subject {
  /** The current one first. */
  readonly periods: readonly Period[];
  readonly order: Order;
  /** The first groups so many come back. */
  readonly limit: number;
  /** Of the groups that differ in the last dimension only so many, the largest by a measure; null for all. */
  readonly perGroup: PerGroup | null;
  /** Only these are read at all. */
  readonly only?: readonly Group[];
}

export interface PerGroup {
  readonly measure: Measure;
  readonly count: number;
}

/** By period, then by term. */
export type Values = readonly ReadonlyMap<string, number | null>[];

export interface Moments {
  readonly groups: readonly { readonly group: Group; readonly values: Values }[];
  /** All groups added up, also those beyond the limit; null of what can't be added up. A finding in two groups is in it twice. */
  readonly sums: Values;
  /** Without those that `perGroup` leaves out. */
  readonly groupCount: number;
  /** Whether there is more than `groups`. */
  readonly cut: boolean;
}

export async function momentsOf(context: QueryContext, request: MomentsRequest): Promise<Moments> {
  const { dimensions, terms, periods } = request;
  const source = sourceOf(context, areThings(request) ? { ...request, terms: ['d_open'] } : request);
  const { rows } = await context.run(statementOf(context, source, request));
  const width = dimensions.length;
  const valuesOf = (row: readonly Value[]): Values =>
    periods.map((_, period) => {
      const start = 3 + width + period * terms.length;
      return new Map(terms.map((term, n) => [term, numberOr(row[start + n], nothingOf(term))]));
    });
  const [last] = rows.filter(([part]) => part === 2);
  const shown = rows
    .filter(([part]) => part === 1)
    .sort((a, b) => Number(a[1]) - Number(b[1]))
    .map((row) => ({ group: groupOf(row, 3, width), values: valuesOf(row) }));
  return {
    groups: shown,
    sums: valuesOf(last ?? []),
    groupCount: numberOr(last?.[1], 0),
    cut: numberOr(last?.[2], 0) > shown.length,
  };
}

export function numberOr<T>(value: Value | undefined, otherwise: T): number | T {
  return typeof value === 'number' ? value : otherwise;
}

export function groupOf(row: readonly Value[], start: number, width: number): Group {
  return row.slice(start, start + width).map((value) => (value === null ? null : String(value)));
}

/** Rows of part 1 are groups (place, nothing, keys, values), the one of part 2 is all of them added up (how many may be shown, how many there are, …). */
function statementOf(context: QueryContext, source: Source, request: MomentsRequest): Sql {
  const { dimensions, terms, periods, limit } = request;
  const width = dimensions.length;
  const count = terms.length * periods.length;
  const keys = columns('k', width);
  const values = columns('v', count);
  const order = orderOf(request);
  const sums = values.map((value, n) =>
    termOf(terms[n % terms.length] ?? '').kind === 'whole' && width > 0 ? sql`null` : sql`sum(${value})`,
  );
  const nothing = keys.map(() => sql`null`);
  const kept = keptOf(request);
  const may = kept === null ? sql`count(*)` : sql`(select count(*) from kept)`;
  return sql`with g as (${groupsOf(context, source, request)}),
    ${kept === null ? EMPTY : sql`kept as (${kept}),`}
    top as (select ${join([...keys, ...values])} from ${ident(kept === null ? 'g' : 'kept')} order by ${order} limit ${limit})
    select 1, row_number() over (order by ${order}), null, ${join([...keys, ...values])} from top
    union all select 2, ${may}, count(*), ${join([...nothing, ...sums])} from g`;
}

/** The largest of each group, of equals the first by name. */
function keptOf({ dimensions, terms, perGroup }: MomentsRequest): Sql | null {
  if (perGroup === null) return null;
  const keys = columns('k', dimensions.length);
  const rank = rankOf(perGroup.measure, (term) => ident(`v${terms.indexOf(term)}`));
  const last = join(keys.slice(-1).map((key) => sql`${key} nulls last`));
  return sql`select * from (
    select *, row_number() over (partition by ${join(keys.slice(0, -1))} order by ${rank} desc nulls last, ${last}) as nth from g
  ) n where nth <= ${perGroup.count}`;
}

function orderOf({ dimensions, order, terms }: MomentsRequest): Sql {
  const keys = columns('k', dimensions.length);
  if (order.by === 'measure') {
    const rank = rankOf(order.measure, (term) => ident(`v${terms.indexOf(term)}`));
    return join([sql`${rank} desc nulls last`, ...keys.map((key) => sql`${key} nulls last`)]);
  }
  // One row needs no order.
  if (keys.length === 0) return sql`1`;
  const first = ident(`k${order.index}`);
  const by =
    dimensions[order.index] === 'severity'
      ? sql`case ${first} when 'CRITICAL' then 0 when 'HIGH' then 1 when 'MEDIUM' then 2 when 'LOW' then 3 else 4 end`
      : first;
  return join([sql`${by} nulls last`, ...keys.map((key) => sql`${key} nulls last`)]);
}

/** Whether all that is asked for is how many of something there are that the cube tells apart, of groups that are known. */
export function areThings({ terms: [term = '', ...others], dimensions, only }: MomentsRequest): boolean {
  if (others.length > 0 || term === '' || (only === undefined && dimensions.length > 0)) return false;
  const found = termOf(term);
  return found.kind === 'whole' && found.distinct !== null && areInCube(found.distinct);
}

/** Things with open findings by group: few rows, as the cube has all findings of a thing in one. */
function thingsOf({ dialect }: QueryContext, source: Source, { terms, periods, only }: MomentsRequest): Sql {
  const term = termOf(terms[0] ?? '');
  const columns = term.kind === 'whole' ? (term.distinct ?? []) : [];
  const inner = called(
    'k',
    source.keys.map((key) => key.inner),
  );
  const open = called(
    'n',
    periods.map(({ to }) => sql`-sum(case when c.t >= ${to} then c.d_open else 0 end)`),
  );
  const first = Math.min(...periods.map(({ to }) => to));
  const rows = sql`select ${join([...inner, sql`${thingOf(columns, 'c', dialect)} as what`, ...open])} from ${source.from}
    where ${source.where} and c.t >= ${first}${groupedBy(inner.length + 1)}`;
  const { joins, values } = lookups(source.keys, (_, n) => ident(`x.k${n}`));
  const counts = called(
    'v',
    periods.map((_, n) => sql`count(distinct case when ${ident(`x.n${n}`)} > 0 then x.what end)`),
  );
  const ofGroups = only === undefined ? sql`true` : isOneOf(values, only);
  return sql`select ${join([...called('k', values), ...counts])} from (${rows}) x${joins} where ${ofGroups}${groupedBy(values.length)}`;
}

function groupsOf(context: QueryContext, source: Source, request: MomentsRequest): Sql {
  const { terms, periods } = request;
  if (source.relation === 'cube' && areThings(request)) return thingsOf(context, source, request);
  const sums = called(
    'v',
    periods.flatMap((period) => terms.map((term) => sumOf(context, source, term, period))),
  );
  const ofGroups = request.only === undefined ? sql`true` : isOneOf(joined(source).values, request.only);
  const where = sql`where ${source.where} and ${windowOf(source, request)} and ${ofGroups}`;
  const wholes = terms.some((term) => termOf(term).kind === 'whole');
  if (!needsLookup(source.keys) || wholes || request.only !== undefined) {
    const { from, values } = joined(source);
    return sql`select ${join([...called('k', values), ...sums])} from ${from} ${where}${groupedBy(values.length)}${seen(context, source, request)}`;
  }
  const inner = source.keys.map((key) => key.inner);
  const rows = sql`select ${join([...called('k', inner), ...sums])} from ${source.from} ${where}${groupedBy(inner.length)}${seen(context, source, request)}`;
  return lookedUp(source, rows, [], sums.length);
}

function windowOf(source: Source, { dimensions, terms, periods, only }: MomentsRequest): Sql {
  const from = Math.min(...periods.map((period) => period.from));
  const to = Math.max(...periods.map((period) => period.to));
  if (source.relation === 'cube') return sql`c.t >= ${from}`;
  if ((dimensions.length === 0 || only !== undefined) && terms.every(isOfMoment)) {
    // No group is looked for: what lasts at none of the moments makes no difference.
    const ends = periods.map((period) => period.to);
    const rows = terms.every(isOfOpen) ? IS_OPEN : source.rows;
    return all([rows, sql`h.began < ${to}`, sql`h.ended >= ${Math.min(...ends)}`, any(ends.map(lastsAt))]);
  }
  // Nobody looks for a resource that has nothing: only where groups are few are those of the window wanted that have none now.
  const now =
    periods.length === 1 &&
    dimensions.some((dimension) => UNBOUNDED.has(dimension)) &&
    terms.every((term) => isOfMoment(term));
  const rows = now && terms.every(isOfOpen) ? IS_OPEN : source.rows;
  return all([rows, sql`h.began < ${to}`, sql`h.ended >= ${now ? to : from}`]);
}

function isOfMoment(name: string): boolean {
  const term = termOf(name);
  return term.kind === 'gauge' || (term.kind === 'whole' && term.of === 'open');
}

/** The cube also has what came after the period, which is no group of it. */
function seen({ now }: QueryContext, source: Source, { periods, dimensions }: MomentsRequest): Sql {
  const to = Math.max(...periods.map((period) => period.to));
  if (source.relation !== 'cube' || to >= now || dimensions.length === 0) return EMPTY;
  return sql` having count(case when c.t < ${to} then 1 end) > 0
    or sum(case when c.t >= ${to} then c.d_open + c.d_accepted + c.d_false_positive + c.d_muted else 0 end) <> 0`;
}

function sumOf({ dialect }: QueryContext, source: Source, name: string, { from, to }: Period): Sql {
  const term = termOf(name);
  if (source.relation === 'cube') {
    const column = ident(`c.${name}`);
    return term.kind === 'gauge'
      ? sql`-sum(case when c.t >= ${to} then ${column} else 0 end)`
      : sql`sum(case when c.t >= ${from} and c.t < ${to} then ${column} else 0 end)`;
  }
  switch (term.kind) {
    case 'gauge':
      return sql`sum(case when ${all([term.when, lastsAt(to)])} then ${term.amount} else 0 end)`;
    case 'flow': {
      const time = ident(`h.${term.at}`);
      const passes = all([term.when, sql`${time} >= ${from}`, sql`${time} < ${to}`]);
      return sql`sum(case when ${passes} then ${term.amount} else 0 end)`;
    }
    case 'whole': {
      const counts =
        term.of === 'open'
          ? all([IS_OPEN, lastsAt(to)])
          : all([IS_FIXED, sql`h.ended >= ${from}`, sql`h.ended < ${to}`]);
      return wholeValue(term, counts, to, dialect);
    }
  }
}
