import { type Sql, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import type { Column, ColumnKind, Cut, RowsResult, Value } from './result.ts';

/** What the views of runs have in common. */

export function column(
  name: string,
  label: string,
  kind: ColumnKind,
  more: Pick<Column, 'unit' | 'description'> = {},
): Column {
  return { name, label, kind, ...more };
}

export const ACCOUNT_COLUMNS: readonly Column[] = [
  column('source', 'Source', 'text'),
  column('cloud', 'Cloud', 'text'),
  column('account', 'Account', 'text'),
  column('accountName', 'Account name', 'text'),
  column('team', 'Team', 'text'),
  column('environment', 'Environment', 'text'),
];

/** Of `run r`: the share of the known cells that it finished; null where none is known. */
export const COVERAGE: Sql = sql`cast(least(r.cells, r.known_cells) as double) / nullif(r.known_cells, 0)`;

/** The notes of a run, which are JSON in the table. */
export function notesOf(value: Value | undefined): string[] {
  if (typeof value !== 'string') return [];
  try {
    const notes: unknown = JSON.parse(value);
    return Array.isArray(notes) ? notes.map(String) : [value];
  } catch {
    return [value];
  }
}

/** Reason and notes as one text; null where there are none. The reason often is the first note. */
export function errorText(reason: string | null, notes: readonly string[]): string | null {
  const texts = [...new Set([...(reason === null ? [] : [reason]), ...notes])].filter((text) => text !== '');
  return texts.length === 0 ? null : texts.join('; ');
}

export function cutOf(shown: number, total: number, what: string): Cut | null {
  return total > shown ? { shown, total, what } : null;
}

export function rowsResult(
  { statements }: QueryContext,
  columns: readonly Column[],
  rows: readonly (readonly Value[])[],
  total: number,
): RowsResult {
  const cut = cutOf(rows.length, total, 'rows');
  return {
    kind: 'runs',
    columns,
    rows,
    total,
    cut,
    nextCursor: null,
    notices: [],
    statements: [...statements],
  };
}
