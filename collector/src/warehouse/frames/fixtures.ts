import { type Query, querySchema } from '../query/request.ts';
import type {
  BucketsResult,
  QueryResult,
  RowsResult,
  SummaryResult,
  TimelineResult,
  TrendResult,
} from '../query/result.ts';
import type { FrameContext } from './context.ts';

/** Queries as clients send them and what they find, for the tests of this folder. */

export const DAY = 86_400_000;
export const T0 = Date.UTC(2026, 10, 16);

export const CONTEXT: FrameContext = {
  fromAlert: false,
  meta: {
    version: 'v7',
    refreshedAt: T0,
    ageMs: 4_200,
    tookMs: 12.3456,
    cached: false,
    statements: ['select severity, sum(d_open) from cube where t >= $1 group by 1'],
  },
};

const COMMON = { notices: [], cut: null, statements: [] } as const;

export function queryOf<T extends Query['type']>(
  type: T,
  fields: Readonly<Record<string, unknown>> = {},
): Extract<Query, { type: T }> {
  const query = querySchema.parse({ type, refId: 'A', ...fields });
  if (!isOf(query, type)) throw new TypeError(type);
  return query;
}

function isOf<T extends Query['type']>(query: Query, type: T): query is Extract<Query, { type: T }> {
  return query.type === type;
}

export function trendOf(fields: Partial<TrendResult> = {}): TrendResult {
  return {
    kind: 'trend',
    dimensions: ['severity'],
    times: [T0, T0 + DAY, T0 + 2 * DAY],
    series: [
      { measure: 'open', group: ['CRITICAL'], period: 'current', values: [3, 0, 7] },
      { measure: 'open', group: null, period: 'current', values: [40, 41, null] },
    ],
    accountNames: new Map([['111122223333', 'prod-payments']]),
    ...COMMON,
    ...fields,
  };
}

export function summaryOf(fields: Partial<SummaryResult> = {}): SummaryResult {
  return {
    kind: 'summary',
    dimensions: ['account', 'severity'],
    measures: ['open'],
    rows: [
      { group: ['111122223333', 'CRITICAL'], values: [12], previous: null },
      { group: ['111122223333', 'LOW'], values: [5], previous: null },
      { group: ['444455556666', 'LOW'], values: [9], previous: null },
    ],
    total: { group: [], values: [26], previous: null },
    accountNames: new Map([['111122223333', 'prod-payments']]),
    ...COMMON,
    ...fields,
  };
}

export function bucketsOf(fields: Partial<BucketsResult> = {}): BucketsResult {
  return {
    kind: 'buckets',
    dimensions: ['severity'],
    buckets: [
      { min: 0, max: 7 },
      { min: 7, max: 14 },
      { min: 14, max: Number.POSITIVE_INFINITY },
    ],
    groups: [
      { group: ['CRITICAL'], counts: [4, 2, 0] },
      { group: ['LOW'], counts: [1, 0, 90] },
    ],
    ...COMMON,
    ...fields,
  };
}

export function findingsOf(fields: Partial<RowsResult> = {}): RowsResult {
  return {
    kind: 'findings',
    columns: [
      { name: 'firstSeen', label: 'First seen', kind: 'time' },
      { name: 'fingerprint', label: 'Fingerprint', kind: 'text' },
      { name: 'severity', label: 'Severity', kind: 'text' },
      { name: 'account', label: 'Account', kind: 'text' },
      {
        name: 'age',
        label: 'Age',
        kind: 'number',
        unit: 'milliseconds',
        description: 'Since it (re)opened.',
      },
      { name: 'verdictUntil', label: 'Accepted until', kind: 'time' },
      { name: 'fixable', label: 'Fixable', kind: 'boolean' },
      { name: 'labels', label: 'Labels', kind: 'json' },
    ],
    rows: [
      [
        T0 - 3 * DAY,
        '0f1e2d3c4b5a69788796a5b4c3d2e1f0',
        'CRITICAL',
        '111122223333',
        259_200_000.4,
        null,
        true,
        '{"owner":"pay"}',
      ],
      [T0, 'ffeeddccbbaa99887766554433221100', 'LOW', '444455556666', 0, Date.UTC(9999, 11, 31), null, null],
    ],
    total: 412_331,
    nextCursor: 'eyJhIjoxfQ',
    ...COMMON,
    ...fields,
  };
}

export function annotationsOf(): RowsResult {
  return {
    kind: 'events',
    columns: [
      { name: 'time', label: 'Time', kind: 'time' },
      { name: 'timeEnd', label: 'End', kind: 'time' },
      { name: 'title', label: 'Title', kind: 'text' },
      { name: 'text', label: 'Text', kind: 'text' },
      { name: 'tags', label: 'Tags', kind: 'text' },
    ],
    rows: [
      [T0, null, 'prod-payments', '12 new, 2 critical', 'drift,aws'],
      [T0 + DAY, T0 + 2 * DAY, 'prod-payments', 'scan failed: access denied', 'failed'],
    ],
    total: null,
    nextCursor: null,
    ...COMMON,
  };
}

export function logsOf(): RowsResult {
  return {
    kind: 'events',
    columns: [
      { name: 'timestamp', label: 'Time', kind: 'time' },
      { name: 'body', label: 'Line', kind: 'text' },
      { name: 'severity', label: 'Severity', kind: 'text' },
      { name: 'id', label: 'Id', kind: 'text' },
      { name: 'labels', label: 'Labels', kind: 'json' },
    ],
    rows: [
      [
        T0 + 1,
        'opened s3_public on bucket-x',
        'HIGH',
        'a-1',
        '{"account":"111122223333","team":null,"rule":"s3_public"}',
      ],
      [T0, 'shell in container', 'notice', 'a-2', 'no JSON'],
    ],
    total: 2,
    nextCursor: null,
    ...COMMON,
  };
}

export function sqlOf(fields: Partial<RowsResult> = {}): RowsResult {
  return {
    kind: 'sql',
    columns: [
      { name: 'team', label: 'team', kind: 'text' },
      { name: 'n', label: 'n', kind: 'number' },
    ],
    rows: [
      ['pay', 3],
      [null, 4],
    ],
    total: null,
    nextCursor: null,
    ...COMMON,
    ...fields,
  };
}

export function timelineOf(): TimelineResult {
  return {
    kind: 'timeline',
    times: [T0, T0 + DAY],
    lanes: [
      {
        name: 'prowler prod-payments',
        labels: { scope: 'prowler/aws/111122223333' },
        states: ['complete', 'failed'],
      },
      {
        name: 'nmap office',
        labels: { scope: 'nmap//198.51.100.0' },
        states: [null, 'complete'],
      },
    ],
    ...COMMON,
  };
}

export interface Example {
  readonly name: string;
  readonly query: Query;
  readonly result: QueryResult;
  readonly fromAlert?: boolean;
}

/** One of each format, and the corners. */
export const EXAMPLES: readonly Example[] = [
  {
    name: 'trend',
    query: queryOf('trend', { measures: ['open'], groupBy: ['severity'] }),
    result: trendOf(),
  },
  {
    name: 'trend of nothing',
    query: queryOf('trend', { measures: ['open'], groupBy: ['severity'] }),
    result: trendOf({ series: [] }),
  },
  {
    name: 'trend for an alert',
    query: queryOf('trend', { measures: ['open'] }),
    result: trendOf({
      dimensions: [],
      series: [{ measure: 'open', group: [], period: 'current', values: [1, 2, 3] }],
    }),
    fromAlert: true,
  },
  {
    name: 'table',
    query: queryOf('summary', { measures: ['open'], groupBy: ['account', 'severity'] }),
    result: summaryOf(),
  },
  {
    name: 'numeric for an alert',
    query: queryOf('summary', {
      measures: ['passRate'],
      groupBy: ['account', 'team'],
      format: 'numeric',
    }),
    result: summaryOf({
      dimensions: ['account', 'team'],
      measures: ['passRate'],
      rows: [
        { group: ['111122223333', 'pay'], values: [0.93], previous: null },
        { group: ['444455556666', null], values: [null], previous: null },
      ],
    }),
    fromAlert: true,
  },
  {
    name: 'numeric total for an alert',
    query: queryOf('summary', { measures: ['open'], format: 'numeric' }),
    result: summaryOf({ dimensions: [], rows: [] }),
    fromAlert: true,
  },
  {
    name: 'numeric of nothing for an alert',
    query: queryOf('summary', { measures: ['open'], groupBy: ['team'], format: 'numeric' }),
    result: summaryOf({ dimensions: ['team'], rows: [] }),
    fromAlert: true,
  },
  {
    name: 'pivot',
    query: queryOf('summary', { measures: ['open'], groupBy: ['account', 'severity'], format: 'pivot' }),
    result: summaryOf(),
  },
  {
    name: 'flame',
    query: queryOf('summary', { measures: ['open'], groupBy: ['account', 'severity'], format: 'flame' }),
    result: summaryOf(),
  },
  {
    name: 'age buckets',
    query: queryOf('summary', { measures: ['open'], groupBy: ['severity'], format: 'ageBuckets' }),
    result: bucketsOf(),
  },
  { name: 'findings', query: queryOf('findings'), result: findingsOf() },
  { name: 'no findings', query: queryOf('findings'), result: findingsOf({ rows: [], total: 0 }) },
  { name: 'annotations', query: queryOf('events', { format: 'annotations' }), result: annotationsOf() },
  { name: 'logs', query: queryOf('events', { format: 'logs' }), result: logsOf() },
  { name: 'timeline', query: queryOf('runs', { view: 'timeline' }), result: timelineOf() },
  { name: 'sql', query: queryOf('sql', { sql: 'select 1' }), result: sqlOf() },
  {
    name: 'sql for an alert',
    query: queryOf('sql', { sql: 'select 1' }),
    result: sqlOf(),
    fromAlert: true,
  },
];
