import { sql } from '../sql.ts';
import type { CheckRows } from './checks-grid.ts';
import type { QueryContext } from './context.ts';
import { GONE } from './scope-conditions.ts';

/** So many names are said; the number of all is. */
const NAMED = 5;

/**
 * Says which scopes are left out because nobody has looked at them for too long, at the end of the window or for a part of it.
 * A service that a scope's newer scans do not speak of any more is no such case, nor is a scope that was given up.
 */
export async function staleNotices(
  { run }: QueryContext,
  { from, where }: CheckRows,
  edges: readonly number[],
): Promise<string[]> {
  const [, first = 0] = edges;
  const last = edges.at(-1) ?? 0;
  const { rows } = await run(sql`
    with lapse as (
      select c.scope as scope, c.run_id, max(c.began) as began, max(c.ended) as ended
      from ${from} where ${where} and c.stale = true and c.ended < ${last} group by 1, 2),
    gap as (
      select l.scope, l.ended, min(r.t) as resumed
      from lapse l left join run r on r.scope = l.scope and r.t > l.began and r.t < ${last}
        and r.mode = 'snapshot' and r.outcome = 'complete' and not r.late
      group by 1, 2)
    select p.scope, max(case when p.resumed is null then 1 else 0 end)
    from gap p join scope s on s.scope = p.scope
    where (p.resumed is null or p.resumed > p.ended)
      and (p.resumed is null or p.resumed >= ${first})
      and ${GONE} >= ${first} and ${GONE} > p.ended
      and (p.resumed is not null or ${GONE} >= ${last})
    group by 1 order by 1`);
  const scopes = (now: number): string[] =>
    rows.filter((row) => row[1] === now).map(([scope]) => String(scope));
  const notice = (names: readonly string[], when: string, left: string): string[] => {
    if (names.length === 0) return [];
    const had = names.length === 1 ? '1 scope has' : `${names.length} scopes have`;
    const whose = names.length === 1 ? 'its' : 'their';
    return [
      `${had} had no complete scan for more than twice ${whose} interval${when}: ${whose} checks are left out${left} (${some(names)})`,
    ];
  };
  return [...notice(scopes(1), '', ''), ...notice(scopes(0), ' for a part of the time', ' there')];
}

function some(names: readonly string[]): string {
  const more = names.length - NAMED;
  return names.slice(0, NAMED).join(', ') + (more > 0 ? `, and ${more} more` : '');
}
