import { CUBE_FLOWS, CUBE_GAUGES } from '../schema.ts';
import type { Dialect } from '../dialect.ts';
import { ident, type Sql, sql } from '../sql.ts';

/**
 * The terms of findings (formulas.ts), as what a row of `history h` adds to each. The cube has most of them added up, in columns of
 * the same names.
 */

/** Holds while the row lasts: counts at T where began < T <= ended. */
export interface Gauge {
  readonly kind: 'gauge';
  readonly when: Sql;
  readonly amount: Sql;
}

/** Passes when the row begins or ends. */
export interface Flow {
  readonly kind: 'flow';
  readonly at: 'began' | 'ended';
  readonly when: Sql;
  readonly amount: Sql;
}

/** Of many rows at once: of those that are open at a moment, or of those fixed in an interval. */
export interface Whole {
  readonly kind: 'whole';
  readonly of: 'open' | 'fixed';
  /** Columns: of rows that are the same in all of them one is counted; a percentile otherwise. */
  readonly distinct: readonly string[] | null;
  readonly q: number;
}

export type Term = Gauge | Flow | Whole;

const ONE = sql`1`;
const OPEN = sql`h.status = 'open'`;
const RISK = sql`(case h.severity when 'CRITICAL' then 40 when 'HIGH' then 10 when 'MEDIUM' then 3 when 'LOW' then 1 else 0 end)`;

const gauge = (when: Sql, amount = ONE): Gauge => ({ kind: 'gauge', when, amount });
const entering = (flow: string): Flow => ({
  kind: 'flow',
  at: 'began',
  when: sql`h.entered_by = ${flow}`,
  amount: ONE,
});
const leaving = (flow: string, amount = ONE): Flow => ({
  kind: 'flow',
  at: 'ended',
  when: sql`h.left_by = ${flow}`,
  amount,
});
const percentile = (of: Whole['of'], q: number): Whole => ({ kind: 'whole', of, distinct: null, q });
const distinct = (...columns: readonly string[]): Whole => ({
  kind: 'whole',
  of: 'open',
  distinct: columns,
  q: 0,
});

const TERMS: Readonly<Record<string, Term>> = {
  d_open: gauge(OPEN),
  d_accepted: gauge(sql`h.status = 'accepted'`),
  d_false_positive: gauge(sql`h.status = 'false_positive'`),
  d_muted: gauge(sql`h.status = 'muted'`),
  d_due_soon: gauge(sql`h.due_state = 'soon'`),
  d_overdue_unverified: gauge(sql`h.due_state = 'unverified'`),
  d_overdue_confirmed: gauge(sql`h.due_state = 'confirmed'`),
  d_risk: gauge(OPEN, RISK),
  d_clock: gauge(OPEN, sql`h.clock_start`),
  findings: gauge(sql`h.status <> 'rekeyed'`),
  n_new: entering('new'),
  n_onboarded: entering('onboarded'),
  n_ruleset: entering('ruleset'),
  n_reopened: entering('reopened'),
  n_expired: entering('expired'),
  n_restored: entering('restored'),
  n_moved_in: entering('moved_in'),
  n_fixed: leaving('fixed'),
  n_retired: leaving('retired'),
  n_accepted: leaving('accepted'),
  n_false_positive: leaving('false_positive'),
  n_muted: leaving('muted'),
  n_moved_out: leaving('moved_out'),
  n_sla_met: {
    kind: 'flow',
    at: 'ended',
    when: sql`(h.left_by = 'fixed' and h.ended <= h.due_at)`,
    amount: ONE,
  },
  n_sla_missed: { kind: 'flow', at: 'began', when: sql`h.became_overdue`, amount: ONE },
  fix_time: leaving('fixed', sql`(h.ended - h.clock_start)`),
  age_p50: percentile('open', 0.5),
  age_p90: percentile('open', 0.9),
  fix_p50: percentile('fixed', 0.5),
  fix_p90: percentile('fixed', 0.9),
  accounts: distinct('cloud', 'account'),
  resources_open: distinct('resource_key'),
  rules_open: distinct('rule'),
  sources_open: distinct('source'),
};

const IN_CUBE: ReadonlySet<string> = new Set([...CUBE_GAUGES, ...CUBE_FLOWS]);

/** @throws RangeError for a term that findings do not have */
export function termOf(name: string): Term {
  const term = TERMS[name];
  if (term === undefined) throw new RangeError(`findings have no term ${name}`);
  return term;
}

export function isInCube(name: string): boolean {
  return IN_CUBE.has(name);
}

/** Columns of things that the cube tells apart: it knows of each how many of its findings are open. */
const THINGS_IN_CUBE: ReadonlySet<string> = new Set(['source', 'cloud', 'account', 'rule']);

export function areInCube(distinct: readonly string[]): boolean {
  return distinct.every((column) => THINGS_IN_CUBE.has(column));
}

/** What there is where no row counts: none is a number, and a percentile of none is not. */
export function nothingOf(name: string): 0 | null {
  const term = termOf(name);
  return term.kind === 'whole' && term.distinct === null ? null : 0;
}

/** Whether only what is open, or was, makes a difference. */
export function isOfOpen(name: string): boolean {
  const term = termOf(name);
  return term.kind !== 'gauge' || !['d_accepted', 'd_false_positive', 'd_muted', 'findings'].includes(name);
}

/** Something that differs where one of the columns does. */
export function identityOf(columns: readonly Sql[], dialect: Dialect): Sql {
  const [only] = columns;
  return columns.length === 1 && only !== undefined ? only : dialect.identity(columns);
}

/** What a distinct term counts, in rows under this alias. */
export function thingOf(distinct: readonly string[], alias: string, dialect: Dialect): Sql {
  const columns = distinct.map((column) => ident(`${alias}.${column}`));
  return identityOf(columns, dialect);
}

/** A row that lasts at `at`. */
export function lastsAt(at: Sql | number): Sql {
  return sql`(h.began < ${at} and h.ended >= ${at})`;
}

/**
 * The value of a whole term over a group of rows.
 * @param counts which rows count; they are of the kind `of` already
 * @param at the moment, for ages
 */
export function wholeValue(term: Whole, counts: Sql, at: Sql | number, dialect: Dialect): Sql {
  if (term.distinct !== null)
    return sql`count(distinct case when ${counts} then ${thingOf(term.distinct, 'h', dialect)} end)`;
  const time = term.of === 'open' ? sql`(${at} - h.clock_start)` : sql`(h.ended - h.clock_start)`;
  return dialect.percentile(sql`(case when ${counts} then ${time} end)`, term.q);
}

export const IS_OPEN = OPEN;
export const IS_FIXED = sql`h.left_by = 'fixed'`;
