import type { Dialect } from '../dialect.ts';
import { all, EMPTY, ident, join, type Sql, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import type { Dimension } from './dimensions.ts';
import { conditionsFor, knows } from './filters.ts';
import { historyPlace, type Key, keysOf, lookups } from './finding-keys.ts';
import { IS_FIXED, IS_OPEN, isInCube, isOfOpen, termOf } from './finding-terms.ts';
import type { Filter } from './request.ts';
import { places } from './pieces.ts';
import { visible } from './visible.ts';

/** What a query about findings reads: the cube where it holds all that is asked for, else the history. */
export interface Source {
  readonly relation: 'cube' | 'history';
  readonly from: Sql;
  /** Filters and access. */
  readonly where: Sql;
  readonly keys: readonly Key[];
  /** Of history: rows that any of the terms is about. */
  readonly rows: Sql;
}

export interface Subject {
  readonly dimensions: readonly Dimension[];
  readonly filters: readonly Filter[];
  readonly terms: readonly string[];
}

/**
 * A group is seen where something is in it that was not closed, be it open or decided upon: the cube knows of no other. Where
 * findings in any status are counted, any makes it seen.
 */
const NOT_CLOSED = sql`h.status in ('open', 'accepted', 'false_positive', 'muted')`;

export function sourceOf({ access, dialect }: QueryContext, subject: Subject): Source {
  const { dimensions, filters } = subject;
  if (fitsCube(subject, dialect)) {
    const place = { relation: 'cube', alias: 'c' } as const;
    return {
      relation: 'cube',
      from: sql`cube c`,
      where: all([visible(access, 'c'), ...conditionsFor(place, filters, dialect, access)]),
      keys: keysOf(place, dimensions, filters, dialect),
      rows: sql`true`,
    };
  }
  const { place, from } = historyPlace(dimensions, access);
  return {
    relation: 'history',
    from,
    where: all([
      visible(access, 'h'),
      ...conditionsFor({ relation: 'history', alias: 'h' }, filters, dialect, access),
    ]),
    keys: keysOf(place, dimensions, filters, dialect),
    rows: sql`h.ended > h.began and ${rowsFor(subject)}`,
  };
}

function fitsCube({ dimensions, filters, terms }: Subject, dialect: Dialect): boolean {
  return (
    terms.every(isInCube) &&
    dimensions.every((dimension) => knows('cube', dimension, dialect)) &&
    filters.every(({ field }) => knows('cube', field, dialect))
  );
}

function rowsFor({ dimensions, terms }: Subject): Sql {
  const wholes = terms.map(termOf).filter((term) => term.kind === 'whole');
  // Groups of which nothing was fixed are those of `withUnfixed`.
  if (wholes.length === terms.length && wholes.every((term) => term.of === 'fixed')) return IS_FIXED;
  if (terms.includes('findings')) return sql`h.status <> 'rekeyed'`;
  return dimensions.length === 0 && terms.every(isOfOpen) ? IS_OPEN : NOT_CLOSED;
}

/** The rows with what is looked up of them beside: for what can't be added up. */
export function joined(source: Source): { readonly from: Sql; readonly values: readonly Sql[] } {
  const { joins, values } = lookups(source.keys, ({ inner }) => inner);
  return { from: sql`${source.from}${joins}`, values };
}

/** `k0`, `k1`, …: what keys and values are called within a statement. */
export function columns(prefix: 'k' | 'v', count: number): readonly Sql[] {
  return Array.from({ length: count }, (_, n) => ident(`${prefix}${n}`));
}

/** `x as k0`, `y as k1`, …; `n`: how many are open at the end of each period. */
export function called(prefix: 'k' | 'v' | 'n', values: readonly Sql[]): readonly Sql[] {
  return values.map((value, n) => sql`${value} as ${ident(`${prefix}${n}`)}`);
}

/** Groups by the first columns, by their places: an expression with parameters is never the same twice. */
export function groupedBy(count: number): Sql {
  return count === 0 ? EMPTY : sql` group by ${places(count)}`;
}

/**
 * Sums by keys (`k0`, …) and further columns, with what is looked up of the keys put in their place: few rows are left by then.
 * @param inner a SELECT of keys as they are in the rows, further columns, and sums `v0`, …
 */
export function lookedUp(source: Source, inner: Sql, further: readonly Sql[], sums: number): Sql {
  const { joins, values } = lookups(source.keys, (_, n) => ident(`x.k${n}`));
  const keys = called('k', values);
  const added = called(
    'v',
    columns('v', sums).map((value) => sql`sum(${value})`),
  );
  return sql`select ${join([...keys, ...further, ...added])} from (${inner}) x${joins}${groupedBy(keys.length + further.length)}`;
}
