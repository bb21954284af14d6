import { all, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import type { RunsQuery } from './request.ts';
import type { RowsResult, TimelineResult } from './result.ts';
import { ACCOUNT_COLUMNS, column, COVERAGE, errorText, notesOf, rowsResult } from './run-columns.ts';
import { runCoverage } from './run-coverage.ts';
import { runScopes } from './run-scopes.ts';
import { runTimeline } from './run-timeline.ts';
import { SCOPE_COLUMNS, SCOPE_DIMENSIONS, scopeConditions } from './scope-conditions.ts';
import { rangeOf } from './time.ts';
import { visible } from './visible.ts';

/** The health of scans. @throws QueryError where a filter is about something that scopes do not have */
export function runRuns(context: QueryContext, query: RunsQuery): Promise<RowsResult | TimelineResult> {
  const at = { ...context, range: rangeOf(query, context.range) };
  switch (query.view) {
    case 'scopes':
      return runScopes(at, query);
    case 'runs':
      return everyRun(at, query);
    case 'timeline':
      return runTimeline(at, query);
    case 'coverage':
      return runCoverage(at, query);
  }
}

const COLUMNS = [
  column('time', 'Time', 'time'),
  column('scope', 'Scope', 'text'),
  ...ACCOUNT_COLUMNS,
  column('outcome', 'Outcome', 'text'),
  column('reason', 'Reason', 'text', { description: 'Why the run was not taken as complete.' }),
  column('notes', 'Notes', 'text', { description: 'What the scanner says went wrong.' }),
  column('mode', 'Mode', 'text'),
  column('late', 'Late', 'boolean', {
    description: 'Older than what was known when it came: it changed nothing.',
  }),
  column('observed', 'Observed', 'number', { unit: 'count', description: 'Failing checks in the report.' }),
  column('passed', 'Passed', 'number', { unit: 'count' }),
  column('suppressed', 'Suppressed', 'number', { unit: 'count', description: 'Muted in the report itself.' }),
  column('opened', 'Opened', 'number', { unit: 'count' }),
  column('reopened', 'Reopened', 'number', { unit: 'count' }),
  column('fixed', 'Fixed', 'number', { unit: 'count' }),
  column('changed', 'Changed', 'number', { unit: 'count' }),
  column('coverage', 'Coverage', 'number', {
    unit: 'ratio',
    description: 'Share of the known services and regions that the run finished.',
  }),
  column('rules', 'Rules', 'number', { unit: 'count', description: 'Rules that were evaluated.' }),
  column('rulesExpected', 'Rules expected', 'number', {
    unit: 'count',
    description: 'Rules of the complete run before it.',
  }),
  column('duration', 'Duration', 'number', { unit: 'milliseconds' }),
  column('sourceVersion', 'Version', 'text', { description: 'Of the scanner.' }),
  column('report', 'Report', 'text', { description: 'Name of the file that came in.' }),
  column('runId', 'Run', 'text'),
];

/** One row per run, newest first. */
async function everyRun(context: QueryContext, query: RunsQuery): Promise<RowsResult> {
  const { from, to } = context.range;
  const conditions = scopeConditions('runs', query.filters, SCOPE_COLUMNS, SCOPE_DIMENSIONS, context.dialect);
  const rows = sql`from run r join scope s on s.scope = r.scope
    where ${all([visible(context.access, 's'), conditions])} and r.t >= ${from} and r.t < ${to}`;
  const counted = await context.run(sql`select count(*) ${rows}`);
  const found = await context.run(sql`
    select r.t, r.scope, r.source, r.cloud, r.account, s.account_name, s.team, s.environment, r.outcome, r.reason, r.notes,
      r.mode, r.late, r.observed, r.passed, r.suppressed, r.opened, r.reopened, r.fixed, r.changed, ${COVERAGE},
      r.rules, r.rules_expected, r.duration_ms, r.source_version, r.raw_name, r.run_id
    ${rows} order by r.t desc, r.scope, r.seq desc limit ${query.limit}`);
  const notes = COLUMNS.findIndex(({ name }) => name === 'notes');
  const shown = found.rows.map((row) => row.with(notes, errorText(null, notesOf(row[notes]))));
  return rowsResult(context, COLUMNS, shown, Number(counted.rows[0]?.[0] ?? 0));
}
