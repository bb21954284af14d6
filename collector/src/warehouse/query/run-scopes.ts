import { sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import type { RunsQuery } from './request.ts';
import type { RowsResult, Value } from './result.ts';
import { ACCOUNT_COLUMNS, column, errorText, rowsResult } from './run-columns.ts';
import { type Standing, standingAt, standings } from './scope-standing.ts';
import { visible } from './visible.ts';

const COLUMNS = [
  column('state', 'State', 'text', {
    description:
      'fresh, late (over its interval), failed, silent (no complete scan for more than twice its interval), never (configured, nothing came in).',
  }),
  column('scope', 'Scope', 'text'),
  ...ACCOUNT_COLUMNS,
  column('lastRun', 'Last run', 'time'),
  column('lastComplete', 'Last complete run', 'time'),
  column('age', 'Age', 'number', { unit: 'milliseconds', description: 'Since the last complete run.' }),
  column('every', 'Every', 'number', { unit: 'milliseconds', description: 'How often it scans.' }),
  column('everyKnown', 'Interval known', 'boolean', {
    description: 'Whether the interval is configured or learned; else it is taken to be a week.',
  }),
  column('outcome', 'Outcome', 'text', { description: 'Of the last run.' }),
  column('error', 'Error', 'text', { description: 'Why the last run was not complete.' }),
  column('open', 'Open', 'number', { unit: 'count', description: 'Open findings.' }),
  column('delta', 'Change', 'number', {
    unit: 'count',
    description: 'Findings that the last run opened, less those that it fixed.',
  }),
  column('coverage', 'Coverage', 'number', {
    unit: 'ratio',
    description: 'Share of the known services and regions that the last run finished.',
  }),
  column('duration', 'Duration', 'number', { unit: 'milliseconds' }),
];

/** Expected against actual scopes, those that need somebody first. */
export async function runScopes(context: QueryContext, query: RunsQuery): Promise<RowsResult> {
  const at = standingAt(context);
  const scopes = await standings(context, query, at);
  const open = await openByScope(context, at);
  const rows = scopes.slice(0, query.limit).map((scope) => rowOf(scope, at, open));
  return rowsResult(context, COLUMNS, rows, scopes.length);
}

async function openByScope({ run, access }: QueryContext, at: number): Promise<ReadonlyMap<string, number>> {
  const { rows } = await run(
    sql`select q.scope, -sum(q.d_open) from cube q where ${visible(access, 'q')} and q.t >= ${at} group by 1`,
  );
  return new Map(rows.map(([scope, open]) => [String(scope), Number(open)]));
}

function rowOf(scope: Standing, at: number, open: ReadonlyMap<string, number>): Value[] {
  const { lastRun, lastCompleteAt } = scope;
  const failed = lastRun !== null && lastRun.outcome !== 'complete';
  return [
    scope.state,
    scope.scope,
    scope.source,
    scope.cloud,
    scope.account,
    scope.accountName,
    scope.team,
    scope.environment,
    lastRun?.at ?? null,
    lastCompleteAt,
    lastCompleteAt === null ? null : at - lastCompleteAt,
    scope.everyMs,
    scope.everyKnown,
    lastRun?.outcome ?? null,
    failed ? errorText(lastRun.reason, lastRun.notes) : null,
    lastRun === null ? null : (open.get(scope.scope ?? '') ?? 0),
    lastRun?.delta ?? null,
    lastRun?.coverage ?? null,
    lastRun?.durationMs ?? null,
  ];
}
