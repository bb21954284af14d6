import { FOREVER } from '../schema.ts';
import type { Dialect } from '../dialect.ts';
import { QueryError } from '../engine.ts';
import { all, EMPTY, ident, join, type Sql, sql } from '../sql.ts';
import type { Filter } from './request.ts';
import type { Group, Value } from './result.ts';
import { testOf, textCondition } from './text.ts';

/** Dimensions of scopes and their runs. What is configured and never reported has them too. */
export const SCOPE_DIMENSIONS = [
  'cloud',
  'account',
  'accountName',
  'source',
  'scope',
  'team',
  'environment',
] as const;
/** Dimensions of check stats. */
export const CHECK_DIMENSIONS = [...SCOPE_DIMENSIONS, 'service'] as const;
export type ScopeDimension = (typeof CHECK_DIMENSIONS)[number];

/** Where the dimensions are, in a relation under its usual alias. */
export type Columns = Readonly<Record<ScopeDimension, Sql>>;

const NO_SERVICE = sql`cast(null as varchar)`;

/** `scope s` */
export const SCOPE_COLUMNS: Columns = {
  cloud: sql`s.cloud`,
  account: sql`s.account`,
  accountName: sql`s.account_name`,
  source: sql`s.source`,
  scope: sql`s.scope`,
  team: sql`s.team`,
  environment: sql`s.environment`,
  service: NO_SERVICE,
};

/** `check_stat c`, with `scope s` beside it where names of accounts are asked for. */
export const CHECK_COLUMNS: Columns = {
  cloud: sql`c.cloud`,
  account: sql`c.account`,
  accountName: sql`s.account_name`,
  source: sql`c.source`,
  scope: sql`c.scope`,
  team: sql`c.team`,
  environment: sql`c.environment`,
  service: sql`c.service`,
};

const encoded = (part: Sql): Sql => sql`replace(replace(${part}, '%', '%25'), '/', '%2F')`;

/** `expected_scope e`. Its scope has a name where the configuration names source and cloud. */
export const EXPECTED_COLUMNS: Columns = {
  cloud: sql`e.cloud`,
  account: sql`e.account`,
  accountName: sql`e.account_name`,
  source: sql`e.source`,
  scope: sql`case when e.source is not null and e.cloud is not null then concat(${encoded(sql`e.source`)}, '/', ${encoded(sql`e.cloud`)}, '/', ${encoded(sql`e.account`)}) end`,
  team: sql`e.team`,
  environment: sql`e.environment`,
  service: NO_SERVICE,
};

/** When `scope s` was given up; FOREVER where it was not. */
export const GONE = sql`case when s.retired then coalesce(s.retired_at, s.last_run_at, 0) else ${FOREVER} end`;

/**
 * @param what the measures or the view, for people
 * @throws QueryError where one of the names is none of `known`
 */
export function dimensionsOf(
  what: string,
  names: readonly string[],
  known: readonly ScopeDimension[],
): ScopeDimension[] {
  return names.map((name) => known.find((each) => each === name) ?? unknown(what, 'grouped', name, known));
}

/** All of the filters. @throws QueryError where a field is none of `known`, or an operator has the wrong number of values */
export function scopeConditions(
  what: string,
  filters: readonly Filter[],
  columns: Columns,
  known: readonly ScopeDimension[],
  dialect: Dialect,
): Sql {
  return all(
    filters.map((filter) => {
      const field = known.find((each) => each === filter.field);
      const column = columns[field ?? unknown(what, 'filtered', filter.field, known)];
      return textCondition(column, true, testOf(filter), dialect);
    }),
  );
}

function unknown(what: string, verb: string, name: string, known: readonly string[]): never {
  throw new QueryError(
    'invalid',
    `${what} can't be ${verb} by ${name}`,
    `Use ${known.join(', ')}, or ask for them in a query of their own.`,
  );
}

/** How rows of a statement say which group they belong to. */
export interface Grouping {
  /** To select and to group by, first in the row. */
  readonly columns: readonly Sql[];
  readonly join: Sql;
  readonly groups: Group[];
  /** Place in `groups`; −1 for none of the wanted ones. */
  indexOf(row: readonly Value[]): number;
}

/** Every group, as it comes. */
export function everyGroup(dimensions: readonly ScopeDimension[], columns: Columns): Grouping {
  const groups: Group[] = dimensions.length === 0 ? [[]] : [];
  const places = new Map(groups.map((_, place) => ['', place]));
  return {
    columns: dimensions.map((name) => columns[name]),
    join: EMPTY,
    groups,
    indexOf: (row) => {
      const group = row.slice(0, dimensions.length).map((value) => (value === null ? null : String(value)));
      const key = group.map((value) => (value === null ? '-' : `${value.length}:${value}`)).join('');
      const known = places.get(key);
      if (known !== undefined) return known;
      places.set(key, groups.length);
      return groups.push(group) - 1;
    },
  };
}

/** Some groups, all others in one heap: so that few rows come back however many groups there are. */
export function someGroups(
  dimensions: readonly ScopeDimension[],
  columns: Columns,
  groups: readonly Group[],
): Grouping {
  const indexOf = ([place]: readonly Value[]): number => (typeof place === 'number' ? place : -1);
  if (dimensions.length === 0) return { columns: [sql`0`], join: EMPTY, groups: [[]], indexOf };
  if (groups.length === 0) return { columns: [sql`-1`], join: EMPTY, groups: [], indexOf };
  const names = dimensions.map((_, index) => ident(`g.d${index}`));
  const rows = groups.map((group, place) => sql`(${join([...group, place])})`);
  const on = dimensions.map(
    (name, index) => sql`${columns[name]} is not distinct from ${names[index] ?? EMPTY}`,
  );
  const header = join([...dimensions.map((_, index) => ident(`d${index}`)), sql`n`]);
  return {
    columns: [sql`g.n`],
    join: sql`left join (values ${join(rows)}) as g(${header}) on ${all(on)}`,
    groups: [...groups],
    indexOf,
  };
}
