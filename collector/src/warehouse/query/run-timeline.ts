import { freshnessAt } from '../../findings/cadence.ts';
import type { RunOutcome } from '../../findings/model.ts';
import { isIn, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import type { RunsQuery } from './request.ts';
import type { TimelineResult } from './result.ts';
import { cutOf } from './run-columns.ts';
import { nameOf, scopesWanted, type Standing, standingAt, standings } from './scope-standing.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
const STEPS = [
  MINUTE_MS,
  5 * MINUTE_MS,
  15 * MINUTE_MS,
  HOUR_MS,
  3 * HOUR_MS,
  6 * HOUR_MS,
  12 * HOUR_MS,
  DAY_MS,
  2 * DAY_MS,
  WEEK_MS,
];
/** A screen shows no more, and 500 lanes of them are still a small answer. */
const MAX_STEPS = 150;

/** Worst last: a lane shows the worst of several runs of one step. */
const OUTCOMES: readonly RunOutcome[] = ['complete', 'partial', 'failed'];

/** What the runs of one step say. */
interface Step {
  readonly worst: RunOutcome;
  readonly last: RunOutcome;
  readonly lastAt: number;
  readonly completeAt: number | null;
}

/**
 * Outcomes over time, a lane per scope, those that need somebody first: the outcome of the runs of a step, then that of the
 * last run, then `silent` once there was no complete one for twice its interval.
 */
export async function runTimeline(context: QueryContext, query: RunsQuery): Promise<TimelineResult> {
  const at = standingAt(context);
  const all = await standings(context, query, at);
  const shown = all.slice(0, query.limit);
  const { from } = context.range;
  const step = stepOf(at - from);
  const start = Math.floor(from / step) * step;
  const times = Array.from(
    { length: Math.max(Math.ceil((at - start) / step), 0) },
    (_, n) => start + n * step,
  );
  const names =
    shown.length < all.length ? shown.flatMap(({ scope }) => (scope === null ? [] : [scope])) : null;
  const steps = await stepsOf(context, query, names, { start, step, at });
  return {
    kind: 'timeline',
    times,
    lanes: shown.map((scope) => ({
      name: nameOf(scope),
      labels: labelsOf(scope),
      states: statesOf(scope, steps.get(scope.scope ?? '') ?? new Map<number, Step>(), times, step, at),
    })),
    notices: [],
    cut: cutOf(shown.length, all.length, 'series'),
    statements: [...context.statements],
  };
}

function stepOf(length: number): number {
  const least = length / (MAX_STEPS - 1);
  return STEPS.find((step) => step >= least) ?? Math.ceil(least / WEEK_MS) * WEEK_MS;
}

/** By scope and place of the step; −1 for all that was before. A late run told nothing new. */
async function stepsOf(
  context: QueryContext,
  query: RunsQuery,
  names: readonly string[] | null,
  { start, step, at }: { start: number; step: number; at: number },
): Promise<ReadonlyMap<string, ReadonlyMap<number, Step>>> {
  const { dialect, run } = context;
  const rank = sql`case r.outcome when 'complete' then 0 when 'partial' then 1 else 2 end`;
  const place = dialect.floorDiv(sql`(r.t - ${start})`, step);
  const only = names === null ? sql`true` : isIn(sql`s.scope`, names);
  const { rows } = await run(sql`
    select r.scope, case when r.t < ${start} then -1 else ${place} end, max(${rank}),
      max(r.t * 4 + ${rank}), max(case when r.outcome = 'complete' then r.t end)
    from run r join scope s on s.scope = r.scope
    where ${scopesWanted(context, query)} and ${only} and not r.late and r.t < ${at} group by 1, 2`);
  const steps = new Map<string, Map<number, Step>>();
  for (const [scope, number, worst, last, completeAt] of rows) {
    const name = String(scope);
    const of = steps.get(name) ?? new Map<number, Step>();
    steps.set(name, of);
    of.set(Number(number), {
      worst: OUTCOMES[Number(worst)] ?? 'failed',
      last: OUTCOMES[Number(last) % 4] ?? 'failed',
      lastAt: Math.floor(Number(last) / 4),
      completeAt: typeof completeAt === 'number' ? completeAt : null,
    });
  }
  return steps;
}

function statesOf(
  { state, everyMs }: Standing,
  steps: ReadonlyMap<number, Step>,
  times: readonly number[],
  step: number,
  at: number,
): (string | null)[] {
  if (state === 'never' || everyMs === null) return times.map(() => state);
  const before = steps.get(-1);
  let last = before;
  let completeAt = before?.completeAt ?? null;
  return times.map((time, place) => {
    const now = steps.get(place);
    if (now !== undefined) {
      last = now;
      completeAt = now.completeAt ?? completeAt;
      return now.worst;
    }
    if (last === undefined) return null;
    const end = Math.min(time + step, at);
    const silent = freshnessAt(last.last, completeAt ?? last.lastAt, everyMs, end) === 'silent';
    return silent ? 'silent' : last.last;
  });
}

function labelsOf(scope: Standing): Record<string, string> {
  const { source, cloud, account, accountName } = scope;
  const labels = { scope: nameOf(scope), source, cloud, account, accountName };
  return Object.fromEntries(
    Object.entries(labels).filter((label): label is [string, string] => label[1] !== null),
  );
}
