import { FORMULAS } from './formulas.ts';
import type { Grid, GridRequest } from './grid.ts';
import type { Row, Rows } from './pieces.ts';
import type { Group } from './result.ts';

/** The largest groups by a measure in the last interval; those without a value last, equals by name. All of them where `top` is not about these terms. */
export function largest(
  groups: readonly Group[],
  terms: ReadonlyMap<string, Rows>,
  top: GridRequest['top'],
  at: number,
): readonly Group[] {
  if (top === null || groups.length <= top.limit) return groups;
  const formula = FORMULAS[top.measure];
  if (!formula.terms.every((term) => terms.has(term))) return groups;
  const ranked = groups.map((group, place) => ({
    group,
    value: formula.value((term) => terms.get(term)?.groups[place]?.at(-1) ?? null, at),
    name: JSON.stringify(group),
  }));
  ranked.sort((a, b) => {
    if (a.value !== b.value) return a.value === null ? 1 : b.value === null ? -1 : b.value - a.value;
    return a.name < b.name ? -1 : 1;
  });
  return ranked.slice(0, top.limit).map(({ group }) => group);
}

/** @param intervals of the grid; rows that are shorter end with intervals about which nothing can be known */
export function gridOf(
  groups: readonly Group[],
  terms: ReadonlyMap<string, Rows>,
  intervals: number,
  groupCount: number,
  notices: readonly string[],
): Grid {
  const padded = (row: Row): Row =>
    row.length === intervals ? row : [...row, ...new Array<null>(intervals - row.length).fill(null)];
  return {
    groups,
    terms: new Map([...terms].map(([term, rows]) => [term, rows.groups.map(padded)])),
    others: new Map([...terms].map(([term, rows]) => [term, padded(rows.others)])),
    totals: new Map([...terms].map(([term, rows]) => [term, padded(rows.total)])),
    groupCount,
    notices,
  };
}
