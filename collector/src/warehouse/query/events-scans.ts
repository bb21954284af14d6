import { all, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import { type Cells, recordsOf } from './findings-records.ts';
import type { Filter, Range } from './request.ts';
import { SCOPE_COLUMNS, SCOPE_DIMENSIONS, scopeConditions } from './scope-conditions.ts';
import { visible } from './visible.ts';

/** Scans that failed or were partial, as events. */

const KNOWN: ReadonlySet<string> = new Set<string>(SCOPE_DIMENSIONS);

/** What of the filters scans know nothing of: where there is any, none of them is meant. */
export function unknownToScans(filters: readonly Filter[]): readonly string[] {
  return [...new Set(filters.map(({ field }) => field).filter((field) => !KNOWN.has(field)))];
}

export interface FailedScans {
  readonly rows: readonly Cells[];
  readonly total: number;
}

/** One row per run, newest first. */
export async function failedScans(
  { run, access, dialect }: QueryContext,
  { from, to }: Range,
  filters: readonly Filter[],
  limit: number,
): Promise<FailedScans> {
  const conditions = scopeConditions('scans', filters, SCOPE_COLUMNS, SCOPE_DIMENSIONS, dialect);
  const failed = sql`run r join scope s on s.scope = r.scope where ${all([
    visible(access, 's'),
    sql`r.outcome <> 'complete' and r.t >= ${from} and r.t < ${to}`,
    conditions,
  ])}`;
  const rows = recordsOf(
    await run(sql`
    select r.t, r.scope, r.source, r.cloud, r.account, s.account_name, s.team, s.environment, r.run_id, r.outcome, r.reason, r.notes,
      count(*) over () as total
    from ${failed} order by r.t desc, r.scope, r.seq limit ${limit}`),
  );
  return { rows, total: Number(rows[0]?.['total'] ?? 0) };
}

/**
 * Times in which the newest scan of a scope was not complete: from the first failure until the next complete run, or null where none
 * has come by the end of the range.
 */
export async function failedTimes(
  { run, access, dialect }: QueryContext,
  { from, to }: Range,
  filters: readonly Filter[],
  limit: number,
): Promise<FailedScans> {
  const conditions = scopeConditions('scans', filters, SCOPE_COLUMNS, SCOPE_DIMENSIONS, dialect);
  const rows = recordsOf(
    await run(sql`
    select min(x.t) as t, max(x.next) as next, x.scope, x.source, x.cloud, x.account, s.account_name, count(*) as scans,
      min(x.outcome) as outcome, max(x.reason) as reason, max(nullif(x.notes, '[]')) as notes, count(*) over () as total
    from (
      select r.scope, r.source, r.cloud, r.account, r.t, r.outcome, r.reason, r.notes,
        min(case when r.outcome = 'complete' then r.t end)
          over (partition by r.scope order by r.t, r.seq rows between 1 following and unbounded following) as next
      from run r where r.t < ${to} and r.scope in (
        select q.scope from run q where q.outcome <> 'complete' and q.t >= ${from} and q.t < ${to})) x
    join scope s on s.scope = x.scope
    where x.outcome <> 'complete' and x.t >= ${from} and ${all([visible(access, 's'), conditions])}
    group by x.scope, x.source, x.cloud, x.account, s.account_name, x.next
    order by 1 desc, x.scope limit ${limit}`),
  );
  return { rows, total: Number(rows[0]?.['total'] ?? 0) };
}
