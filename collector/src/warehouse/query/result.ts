import type { Dimension } from './dimensions.ts';
import type { Measure, Unit } from './measures.ts';

/** What queries find, before anything is shaped for Grafana. */

export type Value = string | number | boolean | null;

/** How much was there and how much of it is shown, where that differs. */
export interface Cut {
  readonly shown: number;
  readonly total: number;
  /** `series`, `rows`, `groups`, `events`. */
  readonly what: string;
}

interface Common {
  /** Sentences for people: what is missing or stale. */
  readonly notices: readonly string[];
  readonly cut: Cut | null;
  /** The statements that were run, in order, as text with placeholders. */
  readonly statements: readonly string[];
}

/** Values of a group's dimensions, in the order of `dimensions`. null: has none. */
export type Group = readonly (string | null)[];

export interface Series {
  readonly measure: Measure;
  /** null: everything beyond the shown groups (`other`), added up. */
  readonly group: Group | null;
  /** `previous`: of the period before, shifted onto this one. */
  readonly period: 'current' | 'previous';
  /** One per interval; null where there is no value (no data, stale, nothing to divide by). */
  readonly values: readonly (number | null)[];
}

export interface TrendResult extends Common {
  readonly kind: 'trend';
  readonly dimensions: readonly Dimension[];
  /** Start of each interval, milliseconds. */
  readonly times: readonly number[];
  /** Largest group first, `other` last; measures in the order of the query within a group. */
  readonly series: readonly Series[];
  /** Names of accounts, by id, where `account` is among the dimensions. */
  readonly accountNames: ReadonlyMap<string, string>;
}

export interface SummaryRow {
  /** null: `other`. */
  readonly group: Group | null;
  /** By measure, in the order of the query. */
  readonly values: readonly (number | null)[];
  /** Of the period before; null where no comparison was asked for. */
  readonly previous: readonly (number | null)[] | null;
}

export interface SummaryResult extends Common {
  readonly kind: 'summary';
  readonly dimensions: readonly Dimension[];
  readonly measures: readonly Measure[];
  readonly rows: readonly SummaryRow[];
  /** Over everything, each finding once. */
  readonly total: SummaryRow;
  /** Names of accounts, by id, where `account` is among the dimensions. */
  readonly accountNames: ReadonlyMap<string, string>;
}

/** Ages of what is open, in days: count of [min, max). */
export interface BucketsResult extends Common {
  readonly kind: 'buckets';
  readonly dimensions: readonly Dimension[];
  readonly buckets: readonly { readonly min: number; readonly max: number }[];
  readonly groups: readonly { readonly group: Group; readonly counts: readonly number[] }[];
}

export type ColumnKind = 'time' | 'text' | 'number' | 'boolean' | 'json';

export interface Column {
  /** Stable, for programs and transformations: `firstSeen`. */
  readonly name: string;
  /** For people: `First seen`. */
  readonly label: string;
  readonly kind: ColumnKind;
  readonly unit?: Unit;
  readonly description?: string;
}

/** Rows of findings, events, runs, SQL. */
export interface RowsResult extends Common {
  readonly kind: 'findings' | 'events' | 'runs' | 'sql';
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Value[])[];
  /** All that match, also beyond the limit; null where nobody counted. */
  readonly total: number | null;
  readonly nextCursor: string | null;
}

/** State of each scope over time: one column of texts per scope. */
export interface TimelineResult extends Common {
  readonly kind: 'timeline';
  readonly times: readonly number[];
  readonly lanes: readonly {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly states: readonly (string | null)[];
  }[];
}

export type QueryResult = TrendResult | SummaryResult | BucketsResult | RowsResult | TimelineResult;
