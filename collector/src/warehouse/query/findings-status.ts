import { type Sql, sql } from '../sql.ts';
import type { Filter } from './request.ts';

const PRESENT = sql`h.status in ('open', 'accepted', 'false_positive', 'muted')`;

/**
 * Which rows of `history h` are listed: all statuses where a filter chooses among them, else those that `listed` says. `rekeyed`
 * is no finding but a name that is not used any more.
 */
export function statusCondition(filters: readonly Filter[], listed: Sql = PRESENT): Sql {
  return filters.some(({ field }) => field === 'status') ? sql`h.status <> 'rekeyed'` : listed;
}
