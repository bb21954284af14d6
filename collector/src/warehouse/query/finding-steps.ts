import { all, ident, join, type Sql, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import { slotOf } from './edge-slots.ts';
import { isOneOf, needsLookup } from './finding-keys.ts';
import { called, columns, groupedBy, lookedUp, type Source, type Subject } from './finding-source.ts';
import { IS_OPEN } from './finding-terms.ts';
import type { Group } from './result.ts';

/** Terms that can't be added up, over time. */
export interface WholesRequest extends Subject {
  /** Ends of the intervals, as of a grid. */
  readonly edges: readonly number[];
  readonly groups: readonly Group[];
}

/** Names of the columns of steps, beside the keys. */
export const WHAT = ident('what');
export const SLOT = ident('slot');
export const STEP = ident('v0');

/** What is open all the time, which has one change each: that it ends behind the last interval. Or all else. Of history only. */
export type Part = 'lasting' | 'passing';

/**
 * By how much what is open changes, by group, something that findings have (`what`), and interval: a SELECT of keys `k0`, …, `what`,
 * `slot` and `v0`, without changes of 0. As in cells, what lasts until after the range is counted down behind the last interval. The
 * rows of the range are read once, however many intervals it has.
 */
export function stepsOf(
  context: QueryContext,
  source: Source,
  request: WholesRequest,
  what: Sql,
  part?: Part,
): Sql {
  const { groups, edges } = request;
  const lasts = sql`(h.began < ${edges[0] ?? 0} and h.ended >= ${edges.at(-1) ?? 0})`;
  const keys = columns('k', source.keys.length);
  const lookup = needsLookup(source.keys);
  const inner = source.keys.map((key) => key.inner);
  const where = all([source.where, ...(lookup ? [] : wanted(inner, groups))]);
  const rows =
    source.relation === 'cube'
      ? ofCube(context, source, request, { where, what })
      : part === 'lasting'
        ? ofLasting(source, edges, { where: all([where, lasts]), what })
        : ofHistory(context, source, request, {
            where: all([where, ...(part === 'passing' ? [sql`not ${lasts}`] : [])]),
            what,
          });
  const found = lookup ? lookedUp(source, rows, [WHAT, SLOT], 1) : rows;
  const shown = lookup ? wanted(keys, groups) : [];
  return sql`select * from (${found}) s where ${all([sql`v0 <> 0`, ...shown])}`;
}

function wanted(keys: readonly Sql[], groups: readonly Group[]): readonly Sql[] {
  return keys.length === 0 ? [] : [isOneOf(keys, groups)];
}

interface Wanted {
  readonly where: Sql;
  readonly what: Sql;
}

function ofLasting(source: Source, edges: readonly number[], { where, what }: Wanted): Sql {
  const inner = called(
    'k',
    source.keys.map((key) => key.inner),
  );
  return sql`select ${join([...inner, sql`${what} as what`, sql`${edges.length - 1} as slot`, sql`-count(*) as v0`])}
    from ${source.from} where ${where} and ${IS_OPEN}${groupedBy(inner.length + 2)}`;
}

function ofCube(
  { dialect }: QueryContext,
  source: Source,
  { edges }: WholesRequest,
  { where, what }: Wanted,
): Sql {
  const inner = called(
    'k',
    source.keys.map((key) => key.inner),
  );
  return sql`select ${join([...inner, sql`${what} as what`, sql`${slotOf(sql`c.t`, edges, dialect)} as slot`, sql`sum(c.d_open) as v0`])}
    from ${source.from} where ${where} and c.t >= ${edges[0] ?? 0}${groupedBy(inner.length + 2)}`;
}

/** First how many began and ended in the same intervals as one: few, of which each is two changes. */
function ofHistory(
  { dialect }: QueryContext,
  source: Source,
  { edges }: WholesRequest,
  { where, what }: Wanted,
): Sql {
  const [first = 0] = edges;
  const last = edges.at(-1) ?? 0;
  const inner = called(
    'k',
    source.keys.map((key) => key.inner),
  );
  const keys = columns('k', inner.length);
  const began = sql`case when h.began >= ${first} then ${slotOf(sql`h.began`, edges, dialect)} end`;
  const ended = slotOf(sql`h.ended`, edges, dialect);
  const spans = sql`select ${join([...inner, sql`${what} as what`, sql`${began} as since`, sql`${ended} as slot`, sql`count(*) as n`])}
    from ${source.from}
    where ${where} and ${IS_OPEN} and h.ended > h.began and h.began < ${last} and h.ended >= ${first}${groupedBy(inner.length + 3)}`;
  const named = (slot: Sql, step: Sql): Sql =>
    join([...keys, WHAT, sql`${slot} as slot`, sql`${step} as step`]);
  return sql`with spans as materialized (${spans})
    select ${join([...keys, WHAT, SLOT, sql`sum(step) as v0`])} from (
      select ${named(SLOT, sql`-n`)} from spans
      union all select ${named(sql`since`, sql`n`)} from spans where since is not null
    ) x${groupedBy(keys.length + 2)}`;
}
