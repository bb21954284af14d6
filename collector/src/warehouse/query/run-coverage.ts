import { all, ident, join, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import { places } from './pieces.ts';
import type { RunsQuery } from './request.ts';
import type { RowsResult } from './result.ts';
import { ACCOUNT_COLUMNS, column, rowsResult } from './run-columns.ts';
import { CHECK_DIMENSIONS, CHECK_COLUMNS, GONE, scopeConditions } from './scope-conditions.ts';
import { standingAt } from './scope-standing.ts';
import { visible } from './visible.ts';

const COLUMNS = [
  ...ACCOUNT_COLUMNS,
  column('service', 'Service', 'text'),
  column('scope', 'Scope', 'text'),
  column('lastComplete', 'Last complete run', 'time', {
    description: 'The newest that speaks of the service.',
  }),
  column('age', 'Age', 'number', { unit: 'milliseconds' }),
  column('stale', 'Stale', 'boolean', {
    description: 'Older than twice the interval of its scope: check stats leave it out.',
  }),
  column('checked', 'Checked', 'number', { unit: 'count' }),
  column('flagged', 'Flagged', 'number', { unit: 'count' }),
  column('resources', 'Resources', 'number', { unit: 'count' }),
  column('passRate', 'Pass rate', 'number', { unit: 'ratio' }),
];

/**
 * Account × service, what was looked at longest ago first: the check stats in force, and where there are none the newest that
 * have gone stale. Of several sources the one that comes first, unless the query is about a source.
 */
export async function runCoverage(context: QueryContext, query: RunsQuery): Promise<RowsResult> {
  const at = standingAt(context);
  const { access, dialect } = context;
  const bySource = query.filters.some(({ field }) => field === 'source' || field === 'scope');
  const checks = sql`check_stat c join scope s on s.scope = c.scope`;
  const where = all([
    visible(access, 'c'),
    scopeConditions('runs as coverage', query.filters, CHECK_COLUMNS, CHECK_DIMENSIONS, dialect),
    ...(bySource ? [] : [sql`c.preferred`]),
    sql`c.began < ${at}`,
    sql`(c.ended >= ${at} or c.stale)`,
    sql`${GONE} >= ${at}`,
  ]);
  const key = (bySource ? ['scope', 'service'] : ['cloud', 'account', 'service']).map(ident);
  const same = all(key.map((column) => sql`k.${column} = c.${column}`));
  // What is in force ends later than anything that has gone stale. To look for the end first spares sorting whole rows.
  const { rows } = await context.run(sql`
    with k as (
      select ${join(key.map((column) => sql`c.${column}`))}, max(c.ended) as ended
      from ${checks} where ${where} group by ${places(key.length)})
    select c.source, c.cloud, c.account, s.account_name, s.team, s.environment, c.service, c.scope, r.t, ${at} - r.t,
      c.ended < ${at}, c.checked, c.flagged, c.resources,
      case when c.flagged is not null then 1 - cast(c.flagged as double) / nullif(c.checked, 0) end, count(*) over ()
    from ${checks} join k on ${same} and k.ended = c.ended join run r on r.scope = c.scope and r.run_id = c.run_id
    where ${where} order by r.t, c.cloud, c.account, c.service, c.scope limit ${query.limit}`);
  const total = Number(rows[0]?.[COLUMNS.length] ?? 0);
  return rowsResult(
    context,
    COLUMNS,
    rows.map((row) => row.slice(0, COLUMNS.length)),
    total,
  );
}
