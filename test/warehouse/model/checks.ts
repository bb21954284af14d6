import type { CheckStats } from '../../../collector/src/findings/model.ts';
import type { Measure } from '../../../collector/src/warehouse/query/measures.ts';
import type { RunRecord } from '../../../collector/src/lake/commit-file.ts';
import type { Estate, ScopeFacts } from './estate.ts';
import { type Answer, type GroupKey, keyOf, type Question } from './measures.ts';
import { passesValues, sees, type Sight } from './values.ts';

/** What is valid just before a time: the stats of one service, by one scope. */
export interface Valid {
  readonly scope: ScopeFacts;
  readonly service: string;
  readonly stats: CheckStats;
}

/** Of the snapshots that speak of a service the newest counts, until it is twice as old as the scope may be, or the scope is given up. */
export function validAt(scope: ScopeFacts, time: number): Valid[] {
  const newest = new Map<string, { run: RunRecord; stats: CheckStats }>();
  for (const run of completeSnapshots(scope)) {
    if (run.observedAt >= time) continue;
    for (const [service, stats] of Object.entries(run.checks)) {
      const old = newest.get(service);
      if (old === undefined || old.run.observedAt <= run.observedAt) newest.set(service, { run, stats });
    }
  }
  return [...newest]
    .filter(([, { run }]) => time <= run.observedAt + 2 * scope.everyMs)
    .filter(([, { run }]) => !retirementsOf(scope).some((t) => t > run.observedAt && t < time))
    .map(([service, { stats }]) => ({ scope, service, stats }));
}

export function retirementsOf({ commits }: ScopeFacts): number[] {
  return commits.flatMap(({ input }) => (input.kind === 'retire' ? [input.at] : []));
}

function completeSnapshots({ commits }: ScopeFacts): RunRecord[] {
  return commits
    .map(({ run }) => run)
    .filter((run) => run !== null)
    .filter((run) => run.mode === 'snapshot' && run.outcome === 'complete' && !run.late);
}

const RANK: readonly string[] = ['scoutsuite', 'prowler'];

function comesFirst(a: string, b: string): boolean {
  const [x, y] = [RANK.indexOf(a), RANK.indexOf(b)];
  if (x >= 0 && y >= 0) return x < y;
  if (x >= 0 || y >= 0) return x >= 0;
  return a < b;
}

/** Without those that another source speaks of too, and before them. */
function preferred(all: readonly Valid[]): Valid[] {
  return all.filter(
    (own) => !all.some((other) => samePlace(own, other) && comesFirst(other.scope.source, own.scope.source)),
  );
}

function samePlace(a: Valid, b: Valid): boolean {
  return a.scope.cloud === b.scope.cloud && a.scope.account === b.scope.account && a.service === b.service;
}

export function checkValue(estate: Estate, sight: Sight, question: Question): Answer {
  const { measure, dimensions, filters, from } = question;
  if (from >= estate.now) return { groups: new Map(), total: null, nothing: null };
  const to = Math.min(question.to, estate.now);
  const named = [...dimensions, ...filters.map(({ field }) => field)];
  // A scope is of one source: who asks by scope does not add up sources.
  const bySource = named.includes('source') || named.includes('scope');
  const valid = estate.scopes.flatMap((scope) => validAt(scope, to));
  // Which source comes first is a matter of the account, whoever looks.
  const counted = (bySource ? valid : preferred(valid))
    .filter(({ scope }) => sees(sight, scope))
    .filter((one) => filters.every((filter) => passesValues(valueOf(one, filter.field), filter)));
  const groups = new Map<GroupKey, Valid[]>();
  for (const one of counted) {
    const key = keyOf(dimensions.map((dimension) => valueOf(one, dimension)[0] ?? null));
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const value = VALUES[measure];
  if (value === undefined) throw new Error(`${measure} is not about checks`);
  return {
    groups: new Map([...groups].map(([key, some]) => [key, value(some)])),
    total: value(counted),
    nothing: null,
  };
}

const known = (name: keyof CheckStats) => (some: readonly Valid[]) =>
  sum(some.map(({ stats }) => stats[name]));

const VALUES: Readonly<Partial<Record<Measure, (some: readonly Valid[]) => number | null>>> = {
  checked: known('checked'),
  flagged: known('flagged'),
  resources: known('resources'),
  passRate(some) {
    const rated = some.filter(({ stats }) => stats.checked !== null && stats.flagged !== null);
    const checked = known('checked')(rated);
    const flagged = known('flagged')(rated);
    return checked === null || flagged === null || checked === 0 ? null : 1 - flagged / checked;
  },
};

/** The sum of what is known; null where nothing is. */
function sum(numbers: readonly (number | null)[]): number | null {
  let total: number | null = null;
  for (const number of numbers) if (number !== null) total = (total ?? 0) + number;
  return total;
}

function valueOf({ scope, service }: Valid, field: string): readonly string[] {
  if (field === 'service') return [service];
  return scopeValues(scope, field);
}

/** What a scope is grouped and filtered by. */
export function scopeValues(
  scope: Omit<ScopeFacts, 'commits' | 'today' | 'retired' | 'everyMs'>,
  field: string,
): string[] {
  const one = (value: string | null): string[] => (value === null ? [] : [value]);
  switch (field) {
    case 'cloud':
    case 'account':
    case 'source':
    case 'scope':
    case 'team':
    case 'environment':
    case 'accountName':
      return one(scope[field]);
    default:
      throw new Error(`${field} is no dimension of scopes`);
  }
}
