import { QueryError } from '../engine.ts';
import { namesOfAccounts } from './account-names.ts';
import { runAgeBuckets } from './age-buckets.ts';
import { subjectsOf } from './answer.ts';
import type { QueryContext } from './context.ts';
import { checkFilters } from './filters.ts';
import type { Order, Period } from './finding-moments.ts';
import { findingRows } from './finding-rows.ts';
import { gridRows } from './grid-rows.ts';
import { pivoted } from './pivot.ts';
import type { Range, SummaryQuery } from './request.ts';
import type { BucketsResult, SummaryResult, SummaryRow } from './result.ts';
import { previousOf, rangeOf } from './time.ts';

/** Far more than fits a screen; a matrix of more is cut. */
const MAX_CELLS = 50_000;

/** What is behind a summary, wherever it comes from. */
export interface SummaryRows {
  readonly rows: readonly (SummaryRow & { readonly group: readonly (string | null)[] })[];
  /** Everything beyond `rows`. */
  readonly other: SummaryRow | null;
  readonly total: SummaryRow;
  readonly groupCount: number;
  readonly notices: readonly string[];
}

export interface SummaryRequest {
  readonly query: SummaryQuery;
  /** The current one, and the one before where it is compared. */
  readonly periods: readonly Period[];
  readonly order: Order;
  readonly limit: number;
  /** Of each group of all dimensions but the last only so many, the largest by the first measure; null for all. */
  readonly perGroup: number | null;
}

/** @throws QueryError */
export async function runSummary(
  context: QueryContext,
  query: SummaryQuery,
): Promise<SummaryResult | BucketsResult> {
  await checkFilters(context, query.filters);
  const range = rangeOf(query, context.range);
  if (query.format === 'ageBuckets') return runAgeBuckets(context, query, range);
  const { groupBy: dimensions, measures } = query;
  if (query.format === 'pivot' && dimensions.length > 1) return runPivot(context, query, range);
  const found = await rowsOf(context, query, range, query.limit);
  const { rows } = found;
  const withOther = query.other && found.other !== null;
  return {
    kind: 'summary',
    dimensions,
    measures,
    rows: withOther ? [...rows, found.other] : rows,
    total: found.total,
    accountNames: await namesOfAccounts(context, query.groupBy, rows),
    notices: found.notices,
    cut:
      found.groupCount > rows.length ? { shown: rows.length, total: found.groupCount, what: 'groups' } : null,
    statements: context.statements,
  };
}

function rowsOf(
  context: QueryContext,
  query: SummaryQuery,
  range: Range,
  limit: number,
): Promise<SummaryRows> {
  const request: SummaryRequest = {
    query,
    periods: query.compare === 'none' ? [range] : [range, previousOf(range)],
    order: orderOf(query),
    limit,
    perGroup: query.groupBy.length > 1 ? (query.perGroup ?? null) : null,
  };
  const [subject, ...others] = subjectsOf(query.measures);
  return subject === 'findings' && others.length === 0
    ? findingRows(context, request)
    : gridRows(context, request);
}

/** First the rows of the matrix, then the cells of those: so each row is whole, however many there are. */
async function runPivot(context: QueryContext, query: SummaryQuery, range: Range): Promise<SummaryResult> {
  const { groupBy, measures } = query;
  const [first] = groupBy;
  if (first === undefined) throw new RangeError('a matrix has two dimensions');
  const heads = await rowsOf(context, { ...query, groupBy: [first], orderBy: undefined }, range, query.limit);
  const isCut = heads.groupCount > heads.rows.length;
  const those = heads.rows.map(({ group }) => group[0] ?? '');
  const filters = isCut
    ? [...query.filters, { field: first, operator: 'in' as const, values: those }]
    : query.filters;
  const found = await rowsOf(context, { ...query, filters }, range, MAX_CELLS);
  if (found.groupCount > found.rows.length)
    throw new QueryError(
      'invalid',
      `the matrix has ${found.groupCount} cells, and ${MAX_CELLS} are the most`,
      'Filter, lower `limit`, or put the dimension with more values first.',
    );
  const rows = pivoted(found.rows, query.limit);
  return {
    kind: 'summary',
    dimensions: groupBy,
    measures,
    rows,
    total: heads.total,
    accountNames: await namesOfAccounts(context, query.groupBy, rows),
    notices: [...new Set([...heads.notices, ...found.notices])],
    cut: isCut ? { shown: heads.rows.length, total: heads.groupCount, what: 'rows' } : null,
    statements: context.statements,
  };
}

function orderOf({ orderBy, measures, groupBy }: SummaryQuery): Order {
  const [first = 'open'] = measures;
  if (orderBy === undefined) return { by: 'measure', measure: first };
  const measure = measures.find((each) => each === orderBy);
  if (measure !== undefined) return { by: 'measure', measure };
  const index = groupBy.findIndex((dimension) => dimension === orderBy);
  if (index >= 0) return { by: 'dimension', index };
  throw new QueryError(
    'invalid',
    `orderBy is ${JSON.stringify(orderBy)}, which is no measure or dimension of the query`,
    `Use one of ${[...measures, ...groupBy].join(', ')}.`,
  );
}
