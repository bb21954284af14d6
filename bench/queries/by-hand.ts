import type { QueryResult, Value } from '../../collector/src/warehouse/query/result.ts';
import { type Sql, sql } from '../../collector/src/warehouse/sql.ts';
import { dashboard, DEFAULT_DAYS, type Panel } from './panel.ts';

type Rows = readonly (readonly Value[])[];

/** A panel, and the statement that somebody who knows the tables would write for just this question. */
export interface ByHand {
  readonly panel: Panel;
  readonly statement: (from: number, to: number) => Sql;
  /** A number that both must agree on, from the rows of the statement. */
  readonly sum: (rows: Rows) => number;
  /** The same from our answer. Default: all values of all series or rows, added up. */
  readonly ours?: (result: QueryResult) => number;
}

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** 1970 began on a Thursday. */
const MONDAY_MS = 4 * DAY_MS;

function mondayBefore(time: number): number {
  return Math.floor((time - MONDAY_MS) / WEEK_MS) * WEEK_MS + MONDAY_MS;
}

const add = dashboard('by hand');
const days = DEFAULT_DAYS;

export const BY_HAND: readonly ByHand[] = [
  {
    panel: add(
      'open by severity, by week',
      { type: 'trend', measures: ['open'], groupBy: ['severity'], interval: '1w' },
      { days },
    ),
    statement: (from, to) => {
      const first = mondayBefore(from);
      const weeks = Math.ceil((to - first) / WEEK_MS);
      return sql`
        with d as (
          select severity, least((t - ${first}) // ${WEEK_MS}, ${weeks - 1}) + (t >= ${to})::int as slot, -sum(d_open) as open
          from cube where t >= ${first} group by all)
        select severity, w.range as week, sum(open) filter (slot >= w.range) as open
        from d cross join range(1, ${weeks + 1}) w group by all order by all`;
    },
    sum: (rows) => added(rows, 2),
  },
  {
    panel: add(
      'accounts with the highest risk',
      { type: 'summary', measures: ['riskScore', 'open'], groupBy: ['account'], limit: 20 },
      { days },
    ),
    statement: (_from, to) => sql`
      select c.account, any_value(s.account_name), c.risk, c.open
      from (select account, -sum(d_risk) as risk, -sum(d_open) as open from cube where t >= ${to}
        group by account order by risk desc limit 20) c
      left join scope s using (account) group by all order by risk desc`,
    sum: (rows) => added(rows, 2, 3),
  },
  {
    panel: add(
      'new, reopened and fixed, by week',
      { type: 'trend', measures: ['new', 'reopened', 'fixed'], interval: '1w' },
      { days },
    ),
    statement: (from, to) => sql`
      select (t - ${mondayBefore(from)}) // ${WEEK_MS} as week, sum(n_new), sum(n_reopened), sum(n_fixed)
      from cube where t >= ${mondayBefore(from)} and t < ${to} group by week order by week`,
    sum: (rows) => added(rows, 1, 2, 3),
  },
  {
    panel: add(
      'top rules, with accounts and resources',
      { type: 'summary', measures: ['open', 'accounts', 'affectedResources'], groupBy: ['rule'], limit: 10 },
      { days },
    ),
    statement: (_from, to) => sql`
      select rule, count(*) as open, count(distinct account), count(distinct resource_key)
      from history where status = 'open' and began < ${to} and ended >= ${to}
      group by rule order by open desc, rule limit 10`,
    sum: (rows) => added(rows, 1, 2, 3),
  },
  {
    panel: add(
      'account × service',
      {
        type: 'summary',
        measures: ['open'],
        groupBy: ['account', 'service'],
        format: 'pivot',
        limit: 100,
      },
      { days },
    ),
    statement: (_from, to) => sql`
      with c as (select account, service, -sum(d_open) as open from cube where t >= ${to} group by all)
      select account, service, open from c
      where account in (select account from c group by account order by sum(open) desc limit 100)`,
    sum: (rows) => added(rows, 2),
  },
  {
    panel: add(
      'the newest findings',
      { type: 'findings', orderBy: 'firstSeen', direction: 'desc', limit: 100 },
      { days },
    ),
    statement: (_from, to) => sql`
      with h as (select fingerprint, scope, status, due_state, first_seen from history
        where status = 'open' and began < ${to} and ended >= ${to} order by first_seen desc limit 100),
      n as (select count(*) as total from history where status = 'open' and began < ${to} and ended >= ${to})
      select f.first_seen, f.fingerprint, f.severity, f.title, f.rule, f.account, f.region, f.service, f.resource, f.resource_name,
        f.team, f.environment, f.due_at, h.status, h.due_state, f.frameworks, f.labels, n.total
      from h join finding f using (fingerprint) cross join n order by f.first_seen desc`,
    sum: (rows) => added(rows, 0),
    ours: (result) => ofColumn(result, 'firstSeen'),
  },
  {
    panel: add(
      'overdue by team',
      { type: 'summary', measures: ['overdue', 'dueSoon'], groupBy: ['team'] },
      { days },
    ),
    statement: (_from, to) => sql`
      select team, -sum(d_overdue_unverified + d_overdue_confirmed) as overdue, -sum(d_due_soon)
      from cube where t >= ${to} group by team order by overdue desc`,
    sum: (rows) => added(rows, 1, 2),
  },
  {
    panel: add(
      'time to fix, by week',
      { type: 'trend', measures: ['mttrP50', 'mttrP90'], interval: '1w' },
      { days },
    ),
    statement: (from, to) => sql`
      select (ended - ${mondayBefore(from)}) // ${WEEK_MS} as week, quantile_cont(ended - clock_start, 0.5),
        quantile_cont(ended - clock_start, 0.9)
      from history where left_by = 'fixed' and ended >= ${mondayBefore(from)} and ended < ${to}
      group by week order by week`,
    sum: (rows) => added(rows, 1, 2),
  },
  {
    panel: add(
      'pass rate by cloud',
      { type: 'summary', measures: ['passRate'], groupBy: ['cloud'] },
      { days },
    ),
    statement: (_from, to) => sql`
      select cloud, 1 - sum(flagged) / sum(checked) from check_stat
      where preferred and began < ${to} and ended >= ${to} and flagged is not null and checked is not null
      group by cloud`,
    sum: (rows) => added(rows, 1),
  },
  {
    panel: add(
      'open by framework',
      { type: 'summary', measures: ['open', 'rules'], groupBy: ['framework'] },
      { days },
    ),
    statement: (_from, to) => sql`
      with h as (select frameworks, rule, count(*) as n from history
        where status = 'open' and began < ${to} and ended >= ${to} group by all)
      select s.framework, sum(h.n) as open, count(distinct h.rule)
      from h left join (select distinct frameworks, framework from framework_set) s using (frameworks)
      group by all order by open desc`,
    sum: (rows) => added(rows, 1, 2),
  },
];

function added(rows: Rows, ...columns: readonly number[]): number {
  return rows.reduce(
    (sum, row) => sum + columns.reduce((total, column) => total + Number(row[column] ?? 0), 0),
    0,
  );
}

/** Everything in an answer, added up. */
export function sumOf(result: QueryResult): number {
  const lines =
    result.kind === 'trend'
      ? result.series.map(({ values }) => values)
      : result.kind === 'summary'
        ? result.rows.map(({ values }) => values)
        : [];
  return lines.flat().reduce((sum: number, value) => sum + (value ?? 0), 0);
}

function ofColumn(result: QueryResult, name: string): number {
  if (result.kind !== 'findings') return Number.NaN;
  const place = result.columns.findIndex((column) => column.name === name);
  return added(result.rows, place);
}
