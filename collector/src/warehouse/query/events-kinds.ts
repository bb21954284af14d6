import { all, any, isIn, type Sql, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import { conditionsFor } from './filters.ts';
import type { EventsQuery, Filter, Range } from './request.ts';
import { visible } from './visible.ts';

export type EventKind = NonNullable<EventsQuery['kinds']>[number];

/**
 * What a row of `history h` is to people: the flow by which the finding became open, as the measures count it, else what was decided
 * or happened. null: nothing that anybody has to be told (a due date comes near).
 */
export const KIND: Sql = sql`(case
  when h.entered_by in ('new', 'onboarded', 'ruleset', 'reopened', 'expired', 'restored') then h.entered_by
  when h.became_overdue then 'overdue'
  when h.status = 'rekeyed' then null
  when h.kind in ('fixed', 'retired', 'reopened') then h.kind
  when h.kind in ('opened', 'verdict', 'muted', 'expired') and h.status in ('accepted', 'muted') then h.status
  when h.kind in ('opened', 'verdict') and h.status = 'false_positive' then 'falsePositive'
  when h.is_event then 'changed' end)`;

const TOLD = sql`(h.is_event or h.entered_by is not null or h.became_overdue or h.kind = 'expired')`;

/** Opened, or opened again, because something changed, and critical. */
const CRITICAL_DRIFT = sql`(h.severity = 'CRITICAL' and h.cause = 'drift' and h.entered_by in ('new', 'reopened'))`;

/**
 * Events of findings in the range, as rows of `history h`; an event that another of the same moment replaced is none.
 * @param kinds null for critical drift only
 */
export function eventRows(
  { access, dialect }: QueryContext,
  { from, to }: Range,
  filters: readonly Filter[],
  kinds: readonly EventKind[] | null,
): Sql {
  const told = kinds === null ? CRITICAL_DRIFT : wanted(kinds);
  return sql`history h where ${all([
    visible(access, 'h'),
    sql`h.began >= ${from} and h.began < ${to} and h.ended > h.began`,
    ...conditionsFor({ relation: 'history', alias: 'h' }, filters, dialect, access),
    told,
  ])}`;
}

/** What costs little to look at comes first: of most rows the kind need not be worked out. */
function wanted(kinds: readonly EventKind[]): Sql {
  const cheap: Sql[] = [];
  const flows = kinds.filter((kind) => FLOWS.has(kind));
  const others = kinds.filter((kind) => !FLOWS.has(kind) && kind !== 'overdue');
  if (flows.length > 0) cheap.push(isIn(sql`h.entered_by`, flows));
  if (flows.includes('reopened')) cheap.push(sql`h.kind = 'reopened'`);
  if (kinds.includes('overdue')) cheap.push(sql`h.became_overdue`);
  if (others.length > 0) cheap.push(TOLD);
  return all([any(cheap), isIn(KIND, kinds)]);
}

const FLOWS: ReadonlySet<EventKind> = new Set([
  'new',
  'onboarded',
  'ruleset',
  'reopened',
  'expired',
  'restored',
]);
