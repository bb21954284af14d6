import { join, type Sql, sql } from './sql.ts';

/** Where engines differ in how they write things. Queries use these and otherwise only what all of them understand. */
export interface Dialect {
  readonly name: 'duckdb' | 'trino';
  readonly placeholder: (n: number) => string;
  /** Whole multiples of `step` in `value`, both integers, rounded down. */
  floorDiv(value: Sql, step: number): Sql;
  /** Whether the whole of a text matches an RE2 expression. */
  matches(text: Sql, pattern: string): Sql;
  /** Whether `part` is in `text`, in any case. */
  contains(text: Sql, part: string): Sql;
  /** The day in UTC of milliseconds since the epoch: `2026-11-20`. */
  day(ms: Sql): Sql;
  /** Continuous percentile of a group, q in 0–1, ignoring nulls. */
  percentile(value: Sql, q: number): Sql;
  /** A whole number as text of a UUID and back. */
  uuidText(value: Sql): Sql;
  /** Something that differs where one of several values does: quicker to compare than their texts. */
  identity(values: readonly Sql[]): Sql;
  /** The texts of JSON lists as rows (key, value): `key` is the list. `lists` is a relation of them, in one column `list`. */
  textsOf(lists: Sql): Sql;
}

export const DUCKDB: Dialect = {
  name: 'duckdb',
  placeholder: (n) => `$${n}`,
  floorDiv: (value, step) => sql`(${value} // ${step})`,
  matches: (text, pattern) => sql`regexp_full_match(${text}, ${pattern})`,
  contains: (text, part) => sql`contains(lower(${text}), ${part.toLowerCase()})`,
  day: (ms) => sql`cast(cast(epoch_ms(${ms}) as date) as varchar)`,
  percentile: (value, q) => sql`quantile_cont(${value}, ${q})`,
  uuidText: (value) => sql`replace(cast(${value} as varchar), '-', '')`,
  identity: (values) => sql`hash(${join(values)})`,
  textsOf: (lists) =>
    sql`(select distinct l.list as key, unnest(from_json(l.list, '["VARCHAR"]')) as value from ${lists} l)`,
};
