import { QueryError } from '../engine.ts';
import type { Query } from '../query/request.ts';
import type { QueryResult, RowsResult, SummaryResult } from '../query/result.ts';
import { bucketsFrame } from './buckets.ts';
import type { FrameContext } from './context.ts';
import { flameFrame } from './flame.ts';
import type { FrameJson } from './frame.ts';
import { logsFrame } from './logs.ts';
import { pivotFrame } from './pivot.ts';
import { refuseForAlert, refuseFormat } from './refusals.ts';
import { annotationsFrame, rowsFrame } from './rows.ts';
import { refuseSqlForAlert, sqlAlertFrame } from './sql-alert.ts';
import { numericFrame, tableFrame } from './summary.ts';
import { timelineFrame } from './timeline.ts';
import { trendFrame } from './trend.ts';

export type { AnswerMeta, FrameContext } from './context.ts';
export { LOG_COLUMNS } from './logs.ts';
export { refuseForAlert, refuseFormat } from './refusals.ts';

/**
 * What a query found, as Grafana reads it: one frame.
 * @throws QueryError `invalid` where the query asks for a shape that its result can't have, or that can't be alerted on
 */
export function framesOf(query: Query, result: QueryResult, context: FrameContext): FrameJson[] {
  const refusal = (context.fromAlert ? refuseForAlert(query) : null) ?? refuseFormat(query);
  if (refusal !== null) throw new QueryError('invalid', refusal, 'Correct the query and send it again.');
  if (context.fromAlert && result.cut !== null && result.cut.total > result.cut.shown)
    throw new QueryError(
      'invalid',
      `the rule would see ${result.cut.shown} of ${result.cut.total} ${result.cut.what}, and those that it does not see would look resolved`,
      'Raise `limit`, filter, or group by fewer dimensions.',
    );
  return [frameFor(query, result, context)];
}

function frameFor(query: Query, result: QueryResult, context: FrameContext): FrameJson {
  if (query.type === 'trend' && result.kind === 'trend') return trendFrame(query, result, context);
  if (query.type === 'summary' && result.kind === 'buckets') return bucketsFrame(query, result, context);
  if (query.type === 'summary' && result.kind === 'summary') return summaryFrame(query, result, context);
  if (query.type === 'runs' && result.kind === 'timeline') return timelineFrame(query, result, context);
  if (query.type !== 'trend' && query.type !== 'summary' && 'columns' in result)
    return rowsFor(query, result, context);
  throw new TypeError(`a ${query.type} query can't have found ${result.kind}`);
}

function summaryFrame(
  query: Extract<Query, { type: 'summary' }>,
  result: SummaryResult,
  context: FrameContext,
): FrameJson {
  switch (query.format) {
    case 'numeric':
      return numericFrame(query, result, context);
    case 'pivot':
      return pivotFrame(query, result, context);
    case 'flame':
      return flameFrame(query, result, context);
    case 'table':
    case 'ageBuckets':
      return tableFrame(query, result, context);
  }
}

function rowsFor(
  query: Extract<Query, { type: 'findings' | 'events' | 'runs' | 'sql' }>,
  result: RowsResult,
  context: FrameContext,
): FrameJson {
  if (query.type === 'events' && query.format === 'logs') return logsFrame(query, result, context);
  if (query.type === 'events' && query.format === 'annotations')
    return annotationsFrame(query, result, context);
  if (query.type !== 'sql' || !context.fromAlert) return rowsFrame(query, result, context);
  const refusal = refuseSqlForAlert(result.columns);
  if (refusal !== null) throw new QueryError('invalid', refusal, 'Change the columns of the SELECT.');
  return sqlAlertFrame(query, result, context);
}
