import { z } from 'zod';
import { DIMENSIONS, FILTER_FIELDS, isDimension, isFilterField } from './dimensions.ts';
import { MEASURES } from './measures.ts';

/** What `POST /api/v1/query` takes. The OpenAPI document is made from these schemas. */

const MAX_TEXT = 500;
export const MAX_QUERIES = 50;
export const MAX_FILTERS = 50;
export const MAX_FILTER_VALUES = 1_000;
export const MAX_MEASURES = 20;
export const MAX_GROUP_BY = 6;

const time = z
  .union([z.number().int().min(0).max(8_640_000_000_000_000), z.iso.datetime({ offset: true })])
  .meta({
    description: 'Milliseconds since the epoch, or a timestamp with its offset (2026-11-20T00:00:00Z).',
  });

const dimension = z
  .string()
  .max(MAX_TEXT)
  .refine(isDimension, {
    error: (issue) =>
      `${JSON.stringify(issue.input)} is no dimension: use one of ${DIMENSIONS.join(', ')}, or label:<name>`,
  })
  .meta({ description: `One of ${DIMENSIONS.join(', ')}, or \`label:<name>\`.` });

const filterField = z
  .string()
  .max(MAX_TEXT)
  .refine(isFilterField, {
    error: (issue) =>
      `${JSON.stringify(issue.input)} can't be filtered by: use a dimension, or one of ${FILTER_FIELDS.join(', ')}`,
  })
  .meta({ description: `A dimension, or one of ${FILTER_FIELDS.join(', ')}.` });

export const OPERATORS = ['=', '!=', 'in', 'notIn', '=~', '!~', '>', '<'] as const;
export type Operator = (typeof OPERATORS)[number];

/**
 * `=~` and `!~` take RE2 expressions that match as a whole. `>` and `<` compare severities by weight, numbers as numbers,
 * other values as text. `""` stands for "has none".
 * Of openedOn, dueOn and endsOn `-14d` is the day 14 days before the range's end, `7d` the one 7 days after.
 */
const filter = z.strictObject({
  field: filterField,
  operator: z.enum(OPERATORS),
  values: z
    .array(z.string().max(MAX_TEXT))
    .min(1)
    .max(MAX_FILTER_VALUES)
    .meta({ description: '`in` and `notIn` take several, all others one.' }),
});
export type Filter = z.infer<typeof filter>;

const refId = z.string().min(1).max(100).meta({ description: 'What the answer is called in `results`.' });
const filters = z.array(filter).max(MAX_FILTERS).default([]).meta({ description: 'All of them must hold.' });
const groupBy = z.array(dimension).max(MAX_GROUP_BY).default([]);
const measures = z.array(z.enum(MEASURES)).min(1).max(MAX_MEASURES);
const asOf = time
  .optional()
  .meta({ description: 'Answers as things stood then: the end of the range. Texts are those of today.' });
const common = { refId, filters, asOf };

export const INTERVAL = /^(auto|[1-9]\d{0,5}(m|h|d|w|M))$/;

export const trendQuery = z.strictObject({
  type: z.literal('trend'),
  ...common,
  measures,
  groupBy,
  interval: z
    .string()
    .regex(INTERVAL, 'an interval is auto, or a number and m, h, d, w or M: 1h, 1d, 1w, 1M')
    .default('auto')
    .meta({
      description:
        '`auto`, or minutes (`15m`), hours, calendar days, weeks (from Monday) or months in the time zone.',
    }),
  maxDataPoints: z.number().int().min(1).max(1_000_000).optional(),
  intervalMs: z.number().min(0).optional(),
  limit: z
    .number()
    .int()
    .min(1)
    .max(200)
    .default(10)
    .meta({ description: 'Groups that get a series of their own; the largest.' }),
  other: z
    .boolean()
    .default(true)
    .meta({ description: 'Whether all further groups are added up as `other`.' }),
  compare: z
    .enum(['none', 'previous'])
    .default('none')
    .meta({ description: '`previous` adds the same measures of the period before, shifted onto this one.' }),
});

export const SUMMARY_FORMATS = ['table', 'numeric', 'pivot', 'ageBuckets', 'flame'] as const;
export const summaryQuery = z.strictObject({
  type: z.literal('summary'),
  ...common,
  measures,
  groupBy,
  format: z.enum(SUMMARY_FORMATS).default('table').meta({
    description:
      '`numeric`: for alert rules, one measure. `pivot`: rows by the first dimension, columns by the second. `ageBuckets`: a histogram of the age of what is open. `flame`: a flame graph, level by dimension.',
  }),
  compare: z
    .enum(['none', 'previous', 'change'])
    .default('none')
    .meta({ description: '`previous` adds the value of the period before, `change` the difference to it.' }),
  orderBy: z.string().max(MAX_TEXT).optional().meta({
    description:
      'A measure or dimension of the query; measures from large to small. Default: the first measure.',
  }),
  limit: z.number().int().min(1).max(10_000).default(100),
  perGroup: z.number().int().min(1).max(20).optional().meta({
    description:
      'Of each group of all dimensions but the last only so many rows, the largest by the first measure: the worst rule of each account.',
  }),
  other: z.boolean().default(false),
});

export const FINDING_ORDERS = [
  'severity',
  'firstSeen',
  'lastSeen',
  'dueAt',
  'resource',
  'rule',
  'account',
  'age',
] as const;
export const findingsQuery = z.strictObject({
  type: z.literal('findings'),
  ...common,
  orderBy: z.enum(FINDING_ORDERS).default('severity'),
  direction: z
    .enum(['asc', 'desc'])
    .optional()
    .meta({ description: 'Default: worst, oldest or first in the alphabet first.' }),
  limit: z.number().int().min(1).max(5_000).default(500),
  cursor: z.string().max(2_000).optional().meta({ description: '`nextCursor` of the page before.' }),
  format: z
    .enum(['table', 'byRule'])
    .default('table')
    .meta({ description: '`byRule`: one row per rule, with how many resources of how many fail it.' }),
});

export const EVENT_KINDS = [
  'new',
  'onboarded',
  'ruleset',
  'reopened',
  'changed',
  'fixed',
  'retired',
  'accepted',
  'falsePositive',
  'muted',
  'restored',
  'expired',
  'overdue',
  'failedScan',
] as const;
export const eventsQuery = z.strictObject({
  type: z.literal('events'),
  ...common,
  kinds: z
    .array(z.enum(EVENT_KINDS))
    .max(EVENT_KINDS.length)
    .optional()
    .meta({ description: 'Default: all.' }),
  format: z.enum(['table', 'annotations', 'logs']).default('table').meta({
    description: '`annotations`: one per run and account, at most 100, and failed scans as regions.',
  }),
  limit: z.number().int().min(1).max(5_000).default(500),
});

export const RUN_VIEWS = ['scopes', 'runs', 'timeline', 'coverage'] as const;
export const runsQuery = z.strictObject({
  type: z.literal('runs'),
  ...common,
  view: z.enum(RUN_VIEWS).default('scopes').meta({
    description:
      '`scopes`: expected against actual, with age and state. `runs`: one row per run. `timeline`: outcomes over time, for a state timeline. `coverage`: account × service.',
  }),
  limit: z.number().int().min(1).max(5_000).default(500),
});

export const sqlQuery = z.strictObject({
  type: z.literal('sql'),
  refId,
  sql: z.string().min(1).max(20_000).meta({
    description: 'One SELECT. `$__from`, `$__to` (milliseconds) and `$__timeFilter(column)` are replaced.',
  }),
  limit: z.number().int().min(1).max(50_000).default(5_000),
});

export const querySchema = z.discriminatedUnion('type', [
  trendQuery,
  summaryQuery,
  findingsQuery,
  eventsQuery,
  runsQuery,
  sqlQuery,
]);
export type Query = z.infer<typeof querySchema>;
export type TrendQuery = z.infer<typeof trendQuery>;
export type SummaryQuery = z.infer<typeof summaryQuery>;
export type FindingsQuery = z.infer<typeof findingsQuery>;
export type EventsQuery = z.infer<typeof eventsQuery>;
export type RunsQuery = z.infer<typeof runsQuery>;
export type SqlQuery = z.infer<typeof sqlQuery>;

/** The frame around the queries; each query is checked by itself, so that a bad one does not fail the others. */
export const batchSchema = z.strictObject({
  from: time,
  to: time,
  timezone: z.string().min(1).max(100).optional().meta({
    description:
      'IANA name, for calendar days, weeks and months; default: the configured one (alert rules never name any).',
  }),
  queries: z.array(z.unknown()).min(1).max(MAX_QUERIES),
});

/** Range and time zone of a batch, checked. */
export interface Range {
  /** Milliseconds; the range is [from, to). */
  readonly from: number;
  readonly to: number;
  readonly timezone: string;
}

export function timeOf(value: number | string): number {
  return typeof value === 'number' ? value : Date.parse(value);
}
