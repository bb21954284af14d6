import { checksGrid } from './checks-grid.ts';
import { findingsGrid } from './findings-grid.ts';
import { FORMULAS, plus } from './formulas.ts';
import type { Grid, GridFunction } from './grid.ts';
import { MEASURE, type Measure, type MeasureSubject } from './measures.ts';
import type { Group } from './result.ts';
import { scopesGrid } from './scopes-grid.ts';

/** What trend and summary have in common: from terms to measures, from several grids to one. */

export type Line = readonly (number | null)[];
/** By term. */
export type Lines = ReadonlyMap<string, Line>;

export const GRIDS: Readonly<Record<MeasureSubject, GridFunction>> = {
  findings: findingsGrid,
  checks: checksGrid,
  scopes: scopesGrid,
};

export function subjectsOf(measures: readonly Measure[]): readonly MeasureSubject[] {
  return [...new Set(measures.map((measure) => MEASURE[measure].subject))];
}

export function ofSubject(measures: readonly Measure[], subject: MeasureSubject): readonly Measure[] {
  return measures.filter((measure) => MEASURE[measure].subject === subject);
}

/** A measure per interval. */
export function measured(
  measure: Measure,
  lines: Lines,
  edges: readonly number[],
): readonly (number | null)[] {
  const formula = FORMULAS[measure];
  return edges.slice(1).map((end, at) => formula.value((term) => lines.get(term)?.[at] ?? null, end));
}

/** Terms of one group of a grid. */
export function linesOf(grid: Grid, place: number): Lines {
  return new Map([...grid.terms].map(([term, groups]) => [term, groups[place] ?? []]));
}

export function nameOf(group: Group): string {
  return JSON.stringify(group);
}

/** Terms of each of the groups; where a grid does not know one, those of nothing: 0 of what is counted, null of what is not known. */
export function linesByName(grid: Grid): ReadonlyMap<string, Lines> {
  return new Map(grid.groups.map((group, place) => [nameOf(group), linesOf(grid, place)]));
}

/** Added up, term by term; terms that can't be added up are left out. */
export function sumOf(parts: readonly Lines[], intervals: number): Lines {
  const sums = new Map<string, Line>();
  for (const part of parts)
    for (const [term, line] of part) {
      const sum = sums.get(term);
      sums.set(
        term,
        Array.from({ length: intervals }, (_, at) => plus(sum?.[at] ?? null, line[at] ?? null)),
      );
    }
  return sums;
}

/** What is in none of the shown groups; null where nothing is known of any. */
export function othersOf(grid: Grid, shown: ReadonlySet<string>, intervals: number): Lines {
  const beyond = [...linesByName(grid)].filter(([name]) => !shown.has(name)).map(([, lines]) => lines);
  return sumOf([grid.others, ...beyond], intervals);
}

/**
 * Terms of a group that the grid of the subject does not have: it has no findings, scopes or runs, which are 0; of its check stats,
 * and of gauges of what only scans tell, after now, nobody knows.
 */
export function nothingOf(measure: Measure, edges: readonly number[], now: number): Lines {
  const { subject, kind } = MEASURE[measure];
  const { terms, additive } = FORMULAS[measure];
  if (subject === 'checks' || !additive) return new Map();
  const foreseen = subject === 'findings' || kind !== 'gauge';
  const line = edges.slice(0, -1).map((start) => (foreseen || start < now ? 0 : null));
  return new Map(terms.map((term) => [term, line]));
}

export function noticesOf(grids: readonly Grid[]): readonly string[] {
  return [...new Set(grids.flatMap(({ notices }) => notices))];
}
