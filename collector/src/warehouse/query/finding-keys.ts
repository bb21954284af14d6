import { type Access, isBound } from '../access.ts';
import type { Dialect } from '../dialect.ts';
import { all, any, EMPTY, ident, join, type Sql, sql } from '../sql.ts';
import type { Dimension } from './dimensions.ts';
import { type Field, fieldOf, type Place } from './fields.ts';
import type { Filter } from './request.ts';
import type { Group } from './result.ts';
import { testOf, textCondition } from './text.ts';
import { visible } from './visible.ts';

/** What rows are grouped by. Some values are not in the row itself but looked up by a key of it, and may then be several. */

export interface Key {
  /** In the row. */
  readonly inner: Sql;
  /** A relation of (key, value), to be joined by `inner`; null where `inner` is the value. */
  readonly rows: Sql | null;
  /** Another key's lookup that has the value beside its own, as (key, framework, value). */
  readonly beside: number | null;
}

/** The keys of dimensions in a relation that knows all of them. */
export function keysOf(
  place: Place,
  dimensions: readonly Dimension[],
  filters: readonly Filter[],
  dialect: Dialect,
): readonly Key[] {
  const control = dimensions.indexOf('control');
  return dimensions.map((dimension) => {
    const field = fieldOf(place, dimension, dialect);
    if (field === null) throw new RangeError(`${place.relation} has no ${dimension}`);
    const beside = dimension === 'framework' && control >= 0 ? control : null;
    return { ...keyOf(field, dimension, filters, dialect), beside };
  });
}

function keyOf(
  field: Field,
  dimension: Dimension,
  filters: readonly Filter[],
  dialect: Dialect,
): Omit<Key, 'beside'> {
  switch (field.kind) {
    case 'text':
    case 'severity':
    case 'number':
      return { inner: field.column, rows: null };
    case 'ofScope':
      return {
        inner: field.scope,
        rows: sql`(select sc.scope as key, ${ident(`sc.${field.column}`)} as value from scope sc)`,
      };
    case 'set':
      return { inner: field.key, rows: setRows(field.rows, dimension, filters, dialect) };
    case 'uuid':
    case 'search':
    case 'ofFinding':
      throw new RangeError(`${dimension} is no dimension of this relation`);
  }
}

/** Of the several values of a finding those that a filter on the same field lets through: who asks for one framework wants no group of another. */
function setRows(rows: Sql, dimension: Dimension, filters: readonly Filter[], dialect: Dialect): Sql {
  const let_through = (field: string, column: Sql): Sql[] =>
    filters
      .filter((filter) => filter.field === field)
      .map((filter) => textCondition(column, false, testOf(filter), dialect));
  if (dimension !== 'framework' && dimension !== 'control')
    return sql`(select r.key, r.value from ${rows} r where ${all(let_through(dimension, sql`r.value`))})`;
  const fits = all([...let_through('framework', sql`framework`), ...let_through('control', sql`control`)]);
  return dimension === 'framework'
    ? sql`(select distinct frameworks as key, framework as value from framework_set where ${fits})`
    : sql`(select distinct frameworks as key, framework, control as value from framework_set where ${fits})`;
}

export function needsLookup(keys: readonly Key[]): boolean {
  return keys.some(({ rows }) => rows !== null);
}

/** Joins of the lookups, on keys that are called `inner(n)`, and the values that come of them. */
export function lookups(
  keys: readonly Key[],
  inner: (key: Key, n: number) => Sql,
): { readonly joins: Sql; readonly values: readonly Sql[] } {
  const joins = keys.map((key, n) =>
    key.rows === null || key.beside !== null
      ? EMPTY
      : sql` left join ${key.rows} ${ident(`j${n}`)} on ${ident(`j${n}.key`)} = ${inner(key, n)}`,
  );
  const values = keys.map((key, n) => {
    if (key.beside !== null) return ident(`j${key.beside}.framework`);
    return key.rows === null ? inner(key, n) : ident(`j${n}.value`);
  });
  return { joins: join(joins, ''), values };
}

/** Where a finding has something of a dimension: the others need not be read to know that they do not. */
const HAS: Readonly<Partial<Record<Dimension, { readonly column: string; readonly has: Sql }>>> = {
  correlationKey: { column: 'correlation_key', has: sql`correlation_key is not null` },
  cve: { column: 'cve', has: sql`cve <> '[]'` },
  package: { column: 'package', has: sql`package is not null` },
  // To have no fixed version is a value as well.
  fixable: { column: 'fixed_version', has: sql`true` },
  locator: { column: 'locator', has: sql`locator <> ''` },
};

/** `history h`, with what is wanted of the finding as `f` where dimensions need it: null where it has none of that, or is out of sight. */
export function historyPlace(
  dimensions: readonly Dimension[],
  access: Access,
): {
  readonly place: Place;
  readonly from: Sql;
} {
  const place: Place = { relation: 'history', alias: 'h' };
  const wanted = dimensions.flatMap((dimension) => HAS[dimension] ?? []);
  if (wanted.length === 0) return { place, from: sql`history h` };
  if (!isBound(access) && dimensions.every((dimension) => dimension === 'fixable' || !(dimension in HAS)))
    return { place: { ...place, seesAll: true }, from: sql`history h` };
  const names = join([sql`fingerprint`, ...wanted.map(({ column }) => ident(column))]);
  const those = sql`(select ${names} from finding fi where ${visible(access, 'fi')} and ${any(wanted.map(({ has }) => has))})`;
  return {
    place: { ...place, finding: 'f' },
    from: sql`history h left join ${those} f on f.fingerprint = h.fingerprint`,
  };
}

/** Whether the keys are those of one of the groups. */
export function isOneOf(keys: readonly Sql[], groups: readonly Group[]): Sql {
  const [only] = keys;
  if (keys.length === 1 && only !== undefined) {
    const values = groups.map(([value]) => value ?? null);
    const named = values.filter((value) => value !== null);
    const conditions = named.length === 0 ? [] : [sql`${only} in (${join(named)})`];
    return any(values.includes(null) ? [...conditions, sql`${only} is null`] : conditions);
  }
  return any(
    groups.map((group) =>
      all(
        keys.map((key, n) => {
          const value = group[n] ?? null;
          return value === null ? sql`${key} is null` : sql`${key} = ${value}`;
        }),
      ),
    ),
  );
}
