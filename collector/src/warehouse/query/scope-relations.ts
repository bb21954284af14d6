import { SILENT_AFTER, SLACK } from '../../findings/cadence.ts';
import type { Dialect } from '../dialect.ts';
import { FOREVER } from '../schema.ts';
import { type Sql, sql } from '../sql.ts';
import type { Lasting } from './pieces.ts';
import { GONE } from './scope-conditions.ts';

/** What of scopes and runs lasts and passes. `scopes` are the conditions on `scope s`, `expected` those on `expected_scope e`. */

/** Scopes, from their first run until they are given up. */
export function scopesThere(scopes: Sql): Lasting {
  return {
    from: sql`scope s`,
    where: scopes,
    began: sql`s.first_run_at`,
    ended: GONE,
    terms: new Map([['scopes', sql`1`]]),
  };
}

/**
 * What is configured, until something of it reports. Whether something has is asked of all scopes: what a caller may not see
 * of his account has reported none the less.
 */
export function neverReported(expected: Sql): Lasting {
  return {
    from: sql`(
      select e.source, e.cloud, e.account, e.account_name, e.team, e.environment, min(s.first_run_at) as reported
      from expected_scope e left join scope s on s.account = e.account
        and (e.cloud is null or s.cloud = e.cloud) and (e.source is null or s.source = e.source)
      where ${expected} group by 1, 2, 3, 4, 5, 6) e`,
    where: sql`true`,
    began: sql`0`,
    ended: sql`coalesce(e.reported, ${FOREVER})`,
    terms: new Map([['expected_scopes', sql`1`]]),
  };
}

/** [edges[1], last edge] of a query: the ends of its intervals. */
export interface Ends {
  readonly first: number;
  readonly last: number;
}

export function endsOf(edges: readonly number[]): Ends {
  return { first: edges[1] ?? 0, last: edges.at(-1) ?? 0 };
}

/**
 * Runs that were not late, each until the next one: all, or the complete ones. Of those before the first end only the newest
 * of each scope is of interest, which spares sorting a history of years.
 */
function newest(complete: boolean, { first, last }: Ends): Sql {
  const which = complete ? sql`not r.late and r.outcome = 'complete'` : sql`not r.late`;
  return sql`(
    select r.scope, r.t, r.outcome, r.cells, r.known_cells,
      coalesce(lead(r.t) over (partition by r.scope order by r.t, r.seq), ${FOREVER}) as next
    from run r left join (
      select r.scope, max(r.t) as t from run r where ${which} and r.t < ${first} group by 1) b on b.scope = r.scope
    where ${which} and r.t < ${last} and r.t >= coalesce(b.t, 0)) r join scope s on s.scope = r.scope`;
}

/** Complete runs, as long as the scope is in time thanks to them. */
export function freshThanks(scopes: Sql, ends: Ends, dialect: Dialect): Lasting {
  const inTime = sql`r.t + ${dialect.floorDiv(sql`(s.every_ms * ${Math.round(SLACK * 100)})`, 100)}`;
  return completeUntil(inTime, 'fresh_scopes', scopes, ends);
}

/** Complete runs, as long as the scope is not silent thanks to them. */
export function heardThanks(scopes: Sql, ends: Ends): Lasting {
  return completeUntil(sql`r.t + s.every_ms * ${SILENT_AFTER}`, 'heard_scopes', scopes, ends);
}

function completeUntil(until: Sql, term: string, scopes: Sql, ends: Ends): Lasting {
  return {
    from: newest(true, ends),
    where: scopes,
    began: sql`r.t`,
    ended: sql`least(r.next, ${until}, ${GONE})`,
    terms: new Map([[term, sql`1`]]),
  };
}

/** Runs that failed or were partial, as long as they are the newest. */
export function failingSince(scopes: Sql, ends: Ends): Lasting {
  return {
    from: newest(false, ends),
    where: sql`${scopes} and r.outcome <> 'complete'`,
    began: sql`r.t`,
    ended: sql`least(r.next, ${GONE})`,
    terms: new Map([['failing_scopes', sql`1`]]),
  };
}

/** When each scope was last looked at as a whole; of several scopes, of the one that has waited longest. */
export function lastComplete(scopes: Sql, ends: Ends): Lasting {
  return {
    from: newest(true, ends),
    where: scopes,
    began: sql`r.t`,
    ended: sql`least(r.next, ${GONE})`,
    terms: new Map([['looked_at', sql`r.t`]]),
    combine: 'min',
  };
}

/** What of the cells that were known the newest run finished. A partial run may see some that nobody has known. */
export function lastCoverage(scopes: Sql, ends: Ends): Lasting {
  return {
    from: newest(false, ends),
    where: scopes,
    began: sql`r.t`,
    ended: sql`least(r.next, ${GONE})`,
    terms: new Map([
      ['cells_covered', sql`least(r.cells, r.known_cells)`],
      ['cells_known', sql`r.known_cells`],
    ]),
  };
}

/** All runs, late ones too. */
export function runsPassing(scopes: Sql): Lasting {
  return {
    from: sql`run r join scope s on s.scope = r.scope`,
    where: scopes,
    began: sql`r.t`,
    ended: null,
    terms: new Map([
      ['runs', sql`1`],
      ['failed_runs', sql`case when r.outcome <> 'complete' then 1 else 0 end`],
      ['run_time', sql`coalesce(r.duration_ms, 0)`],
      ['timed_runs', sql`case when r.duration_ms is not null then 1 else 0 end`],
    ]),
  };
}
