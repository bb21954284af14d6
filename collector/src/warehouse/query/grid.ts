import type { Dimension } from './dimensions.ts';
import type { Measure } from './measures.ts';
import type { Filter } from './request.ts';
import type { Group } from './result.ts';
import type { QueryContext } from './context.ts';

/**
 * What `trend` and `summary` are made from: additive terms by group and interval. Findings, check stats and scopes each
 * have a function that fills one; formulas.ts makes measures of terms, also of the terms of several groups added up.
 */
export interface Grid {
  readonly groups: readonly Group[];
  /** By term: for each group a value per interval. null: nothing is known (null + 1 = 1, null + null = null). */
  readonly terms: ReadonlyMap<string, readonly (readonly (number | null)[])[]>;
  /** By term, over the groups that are not in `groups`, per interval; of findings only terms that can be added up. */
  readonly others: ReadonlyMap<string, readonly (number | null)[]>;
  /** By term, over all groups, each finding once, per interval. */
  readonly totals: ReadonlyMap<string, readonly (number | null)[]>;
  /** Groups there are; more than `groups` where only the top was asked for. */
  readonly groupCount: number;
  readonly notices: readonly string[];
}

export interface GridRequest {
  readonly dimensions: readonly Dimension[];
  readonly filters: readonly Filter[];
  /** Of one subject. */
  readonly measures: readonly Measure[];
  /** Ends of the intervals: n + 1 times, ascending. Gauges are the state just before edges[i + 1], flows count [edges[i], edges[i + 1]). */
  readonly edges: readonly number[];
  /** Only the largest groups by this measure (in the last interval) are wanted: others may be left out of `groups`. */
  readonly top: { readonly measure: Measure; readonly limit: number } | null;
}

export type GridFunction = (context: QueryContext, request: GridRequest) => Promise<Grid>;
