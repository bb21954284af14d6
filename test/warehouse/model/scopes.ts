import { SILENT_AFTER, SLACK } from '../../../collector/src/findings/cadence.ts';
import type { RunRecord } from '../../../collector/src/lake/commit-file.ts';
import type { Measure } from '../../../collector/src/warehouse/query/measures.ts';
import { retirementsOf, scopeValues } from './checks.ts';
import type { Estate, ScopeFacts } from './estate.ts';
import { type Answer, type GroupKey, keyOf, mean, type Question } from './measures.ts';
import { passesValues, sees, type Sight } from './values.ts';

/** A scope that reports, or one that is expected and never did. */
interface Lane {
  readonly facts: ScopeFacts | null;
  readonly values: (field: string) => readonly string[];
}

export function scopeValue(estate: Estate, sight: Sight, question: Question): Answer {
  const flow = FLOWS.includes(question.measure);
  if (!flow && question.from >= estate.now) return { groups: new Map(), total: null, nothing: null };
  const asked = flow ? question : { ...question, to: Math.min(question.to, estate.now) };
  const lanes = [...reporting(estate, sight), ...missing(estate, sight, asked.to)].filter(({ values }) =>
    question.filters.every((filter) => passesValues(values(filter.field), filter)),
  );
  const groups = new Map<GroupKey, Lane[]>();
  for (const lane of lanes) {
    const key = keyOf(question.dimensions.map((dimension) => lane.values(dimension)[0] ?? null));
    groups.set(key, [...(groups.get(key) ?? []), lane]);
  }
  return {
    groups: new Map([...groups].map(([key, some]) => [key, value(asked, some)])),
    total: value(asked, lanes),
    nothing: value(asked, []),
  };
}

const FLOWS: readonly string[] = ['runs', 'failedRuns', 'runDuration'];

function reporting({ scopes }: Estate, sight: Sight): Lane[] {
  return scopes
    .filter((scope) => sees(sight, scope))
    .map((facts) => ({ facts, values: (field) => scopeValues(facts, field) }));
}

/** What is expected and of which nothing has reported before `time`, whoever may see that. */
function missing({ scopes, expected }: Estate, sight: Sight, time: number): Lane[] {
  return expected
    .filter(
      ({ source, cloud, account }) =>
        !scopes
          .filter((scope) => scope.account === account)
          .filter((scope) => source === null || scope.source === source)
          .filter((scope) => cloud === null || scope.cloud === cloud)
          .some((scope) => runsOf(scope).some(({ observedAt }) => observedAt < time)),
    )
    .filter((one) => sees(sight, { ...one, cloud: one.cloud ?? '' }))
    .map((one) => ({
      facts: null,
      values: (field) =>
        scopeValues({ ...one, source: one.source ?? '', cloud: one.cloud ?? '', scope: '' }, field).filter(
          (text) => text !== '',
        ),
    }));
}

const runsOf = ({ commits }: ScopeFacts): RunRecord[] =>
  commits.map(({ run }) => run).filter((run) => run !== null);

/** Has reported before `time`, and was not retired before it. */
function alive(facts: ScopeFacts, time: number): boolean {
  if (!runsOf(facts).some(({ observedAt }) => observedAt < time)) return false;
  if (!facts.retired) return true;
  const retired = retirementsOf(facts);
  return Math.max(...retired) >= time;
}

/** When the newest complete run before `time` looked; null where there is none. */
function newestComplete(facts: ScopeFacts, time: number): number | null {
  let newest: number | null = null;
  for (const run of runsOf(facts)) {
    if (run.outcome !== 'complete' || run.late || run.observedAt >= time) continue;
    newest = Math.max(newest ?? run.observedAt, run.observedAt);
  }
  return newest;
}

/** The newest run before `time`, in any outcome; late ones tell nothing new. */
function newestRun(facts: ScopeFacts, time: number): RunRecord | undefined {
  let newest: RunRecord | undefined;
  for (const run of runsOf(facts)) {
    if (run.late || run.observedAt >= time) continue;
    if (run.observedAt >= (newest?.observedAt ?? -Infinity)) newest = run;
  }
  return newest;
}

interface Seen extends Question {
  readonly lanes: readonly Lane[];
  /** Scopes that are there at `to`. */
  readonly living: readonly ScopeFacts[];
  /** In [from, to), also of scopes that are not there any more. */
  readonly runs: readonly RunRecord[];
}

function value(question: Question, lanes: readonly Lane[]): number | null {
  const { measure, from, to } = question;
  const all = lanes.map(({ facts }) => facts).filter((facts) => facts !== null);
  const living = all.filter((facts) => alive(facts, to));
  const runs = all.flatMap(runsOf).filter((run) => run.observedAt >= from && run.observedAt < to);
  const make = VALUES[measure];
  if (make === undefined) throw new Error(`${measure} is not about scopes`);
  return make({ ...question, lanes, living, runs });
}

const VALUES: Readonly<Partial<Record<Measure, (seen: Seen) => number | null>>> = {
  scopes: ({ living }) => living.length,
  expectedScopes: ({ living, lanes }) => living.length + lanes.filter(({ facts }) => facts === null).length,
  freshScopes: ({ living, to }) =>
    living.filter((facts) => {
      const newest = newestComplete(facts, to);
      return newest !== null && to - newest <= facts.everyMs * SLACK;
    }).length,
  silentScopes: ({ living, lanes, to }) =>
    lanes.filter(({ facts }) => facts === null).length +
    living.filter((facts) => {
      const newest = newestComplete(facts, to);
      return newest === null || to - newest > facts.everyMs * SILENT_AFTER;
    }).length,
  failingScopes: ({ living, to }) =>
    living.filter((facts) => (newestRun(facts, to)?.outcome ?? 'complete') !== 'complete').length,
  staleness({ living, to }) {
    const newest = living.map((facts) => newestComplete(facts, to)).filter((time) => time !== null);
    return newest.length === 0 ? null : to - Math.min(...newest);
  },
  coverage: ({ living, to }) => coverage(living, to),
  runs: ({ runs }) => runs.length,
  failedRuns: ({ runs }) => runs.filter(({ outcome }) => outcome !== 'complete').length,
  runDuration: ({ runs }) =>
    mean(runs.map(({ durationMs }) => durationMs).filter((duration) => duration !== null)),
};

/** Of the cells that complete snapshots had covered by then, the share that the newest run of each scope finished. */
function coverage(living: readonly ScopeFacts[], time: number): number | null {
  let finished = 0;
  let known = 0;
  for (const facts of living) {
    const runs = runsOf(facts).filter(({ observedAt }) => observedAt < time);
    const newest = newestRun(facts, time);
    if (newest === undefined) continue;
    const at = newest.observedAt;
    const cells = new Set(
      runs.filter(({ observedAt }) => observedAt <= at).flatMap(({ covered }) => covered),
    );
    cells.delete('*');
    finished += Math.min(newest.cells, cells.size);
    known += cells.size;
  }
  return known === 0 ? null : finished / known;
}
