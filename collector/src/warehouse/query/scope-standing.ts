import { freshnessAt, type ScopeFreshness } from '../../findings/cadence.ts';
import type { RunOutcome } from '../../findings/model.ts';
import { all, type Sql, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import type { RunsQuery } from './request.ts';
import type { Value } from './result.ts';
import { COVERAGE, notesOf } from './run-columns.ts';
import {
  type Columns,
  EXPECTED_COLUMNS,
  GONE,
  SCOPE_COLUMNS,
  SCOPE_DIMENSIONS,
  scopeConditions,
} from './scope-conditions.ts';
import { neverReported } from './scope-relations.ts';
import { visible } from './visible.ts';

/** `never`: configured, and nothing has come in yet. */
export type ScopeState = ScopeFreshness | 'never';

/** Worst first. */
const STATES: readonly ScopeState[] = ['never', 'silent', 'failed', 'late', 'fresh'];

/** What is expected, against what there is. Of what never reported the configuration may name no source or cloud. */
export interface Standing {
  readonly state: ScopeState;
  readonly scope: string | null;
  readonly source: string | null;
  readonly cloud: string | null;
  readonly account: string;
  readonly accountName: string | null;
  readonly team: string | null;
  readonly environment: string | null;
  readonly everyMs: number | null;
  readonly everyKnown: boolean | null;
  readonly lastCompleteAt: number | null;
  readonly lastRun: LastRun | null;
}

export interface LastRun {
  readonly at: number;
  readonly outcome: RunOutcome;
  readonly reason: string | null;
  readonly notes: readonly string[];
  readonly delta: number | null;
  readonly coverage: number | null;
  readonly durationMs: number | null;
}

/** What is known of scopes at the end of the range: of later than now nothing is. */
export function standingAt({ range, now }: QueryContext): number {
  return Math.min(range.to, now);
}

/** Conditions of a query on `scope s`. */
export function scopesWanted({ access, dialect }: QueryContext, query: RunsQuery): Sql {
  return all([visible(access, 's'), conditions(query, SCOPE_COLUMNS, dialect)]);
}

function conditions({ filters, view }: RunsQuery, columns: Columns, dialect: QueryContext['dialect']): Sql {
  return scopeConditions(`runs as ${view}`, filters, columns, SCOPE_DIMENSIONS, dialect);
}

/** Every scope that is there or expected just before `at`: those that never reported first, then the worst, the oldest first. */
export async function standings(context: QueryContext, query: RunsQuery, at: number): Promise<Standing[]> {
  const reported = await reportedBy(context, scopesWanted(context, query), at);
  const expected = all([visible(context.access, 'e'), conditions(query, EXPECTED_COLUMNS, context.dialect)]);
  const never = await neverBy(context, expected, at);
  const waiting = (scope: Standing): number => scope.lastCompleteAt ?? scope.lastRun?.at ?? 0;
  return [...never, ...reported].sort(
    (a, b) =>
      STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
      waiting(a) - waiting(b) ||
      (nameOf(a) < nameOf(b) ? -1 : 1),
  );
}

/** The scope, or as much of it as the configuration says. */
export function nameOf({ scope, source, cloud, account }: Standing): string {
  return scope ?? [source ?? '*', cloud ?? '*', account].join('/');
}

async function reportedBy({ run }: QueryContext, scopes: Sql, at: number): Promise<Standing[]> {
  const { rows } = await run(sql`
    with newest as (
      select r.scope, max(r.t) as t, max(case when r.outcome = 'complete' then r.t end) as complete_at
      from run r where not r.late and r.t < ${at} group by 1),
    last as (
      select k.scope, k.complete_at, max(r.seq) as seq
      from newest k join run r on r.scope = k.scope and r.t = k.t and not r.late group by 1, 2)
    select s.scope, s.source, s.cloud, s.account, s.account_name, s.team, s.environment, s.every_ms, s.every_known,
      k.complete_at, r.t, r.outcome, r.reason, r.notes, r.opened + r.reopened - r.fixed, ${COVERAGE}, r.duration_ms
    from scope s join last k on k.scope = s.scope join run r on r.scope = k.scope and r.seq = k.seq
    where ${scopes} and s.first_run_at < ${at} and ${GONE} >= ${at}`);
  return rows.map((row) => {
    const [scope, source, cloud, account, accountName, team, environment, every, everyKnown, complete] = row;
    const [time, outcome, reason, notes, delta, coverage, duration] = row.slice(10);
    const lastRun: LastRun = {
      at: Number(time),
      outcome: outcomeOf(outcome),
      reason: text(reason),
      notes: notesOf(notes),
      delta: number(delta),
      coverage: number(coverage),
      durationMs: number(duration),
    };
    const lastCompleteAt = number(complete);
    return {
      state: freshnessAt(lastRun.outcome, lastCompleteAt ?? lastRun.at, Number(every), at),
      scope: text(scope),
      source: text(source),
      cloud: text(cloud),
      account: String(account),
      accountName: text(accountName),
      team: text(team),
      environment: text(environment),
      everyMs: number(every),
      everyKnown: everyKnown === true,
      lastCompleteAt,
      lastRun,
    };
  });
}

async function neverBy({ run }: QueryContext, expected: Sql, at: number): Promise<Standing[]> {
  const { scope, source, cloud, account, accountName, team, environment } = EXPECTED_COLUMNS;
  const { from, ended } = neverReported(expected);
  const { rows } = await run(sql`
    select ${scope}, ${source}, ${cloud}, ${account}, ${accountName}, ${team}, ${environment}
    from ${from} where ${ended ?? at} >= ${at}`);
  return rows.map((row) => ({
    state: 'never',
    scope: text(row[0]),
    source: text(row[1]),
    cloud: text(row[2]),
    account: String(row[3]),
    accountName: text(row[4]),
    team: text(row[5]),
    environment: text(row[6]),
    everyMs: null,
    everyKnown: null,
    lastCompleteAt: null,
    lastRun: null,
  }));
}

function outcomeOf(value: Value | undefined): RunOutcome {
  return value === 'complete' || value === 'partial' ? value : 'failed';
}

function text(value: Value | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function number(value: Value | undefined): number | null {
  return typeof value === 'number' ? value : null;
}
