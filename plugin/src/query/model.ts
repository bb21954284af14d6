import type { DataQuery } from '@grafana/schema';

/**
 * A saved query: Grafana's own fields, and beside them those of the query API under their own names, so that a panel, an
 * alert rule and a request by curl read alike. The backend takes Grafana's fields off, names `queryType` `type`, adds the
 * range, and sends the rest as it is.
 *
 * @see docs/api.md
 */
export type SightlineQuery = TrendQuery | SummaryQuery | FindingsQuery | EventsQuery | RunsQuery | SqlQuery;

export type QueryType = SightlineQuery['queryType'];

/** What this plugin writes. A saved query with a higher one comes from a newer plugin and is refused, never guessed at. */
export const MODEL_VERSION = 1;

interface Base extends DataQuery {
  version: number;
  /** Added when asked, never saved: whose midnight days begin at. An IANA name. */
  timezone?: string;
}

interface Filtered extends Base {
  filters?: Filter[];
  /** A moment, as the API takes it (2026-11-20T00:00:00Z): answers as things stood then. */
  asOf?: string;
}

export interface TrendQuery extends Filtered {
  queryType: 'trend';
  measures: string[];
  groupBy?: string[];
  /** `auto`, or a number and m, h, d, w or M. */
  interval?: string;
  limit?: number;
  other?: boolean;
  compare?: 'none' | 'previous';
}

export interface SummaryQuery extends Filtered {
  queryType: 'summary';
  measures: string[];
  groupBy?: string[];
  format?: 'table' | 'numeric' | 'pivot' | 'ageBuckets' | 'flame';
  compare?: 'none' | 'previous' | 'change';
  orderBy?: string;
  limit?: number;
  perGroup?: number;
  other?: boolean;
}

export interface FindingsQuery extends Filtered {
  queryType: 'findings';
  format?: 'table' | 'byRule';
  orderBy?: 'severity' | 'firstSeen' | 'lastSeen' | 'dueAt' | 'resource' | 'rule' | 'account' | 'age';
  direction?: 'asc' | 'desc';
  limit?: number;
}

export interface EventsQuery extends Filtered {
  queryType: 'events';
  /** None: all kinds. */
  kinds?: string[];
  format?: 'table' | 'annotations' | 'logs';
  limit?: number;
}

export interface RunsQuery extends Filtered {
  queryType: 'runs';
  view?: 'scopes' | 'runs' | 'timeline' | 'coverage';
  limit?: number;
}

export interface SqlQuery extends Base {
  queryType: 'sql';
  sql: string;
  limit?: number;
}

export type FilterOperator = '=' | '!=' | 'in' | 'notIn' | '=~' | '!~' | '>' | '<';

export interface Filter {
  field: string;
  operator: FilterOperator;
  /** `in` and `notIn` take several, all others one. `""` stands for "has none". */
  values: string[];
}
