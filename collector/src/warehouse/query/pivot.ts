import type { SummaryRow } from './result.ts';

/** More columns than that are no table that anyone reads. */
const MAX_COLUMNS = 100;

type Cell = SummaryRow & { readonly group: readonly (string | null)[] };

/**
 * The cells of a matrix that has the largest `limit` values of the first dimension as rows, each whole, and the largest of the second as
 * columns.
 */
export function pivoted(cells: readonly Cell[], limit: number): readonly Cell[] {
  const rows = largest(cells, 0, limit);
  const columns = largest(cells, 1, MAX_COLUMNS);
  return cells.filter(({ group }) => rows.has(group[0] ?? null) && columns.has(group[1] ?? null));
}

/** By the sum of the first measure; equals in the order in which they come. */
function largest(cells: readonly Cell[], dimension: number, limit: number): ReadonlySet<string | null> {
  const sizes = new Map<string | null, number>();
  for (const { group, values } of cells) {
    const value = group[dimension] ?? null;
    sizes.set(value, (sizes.get(value) ?? 0) + (values[0] ?? 0));
  }
  const sorted = [...sizes].sort(([, a], [, b]) => b - a);
  return new Set(sorted.slice(0, limit).map(([value]) => value));
}
