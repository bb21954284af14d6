import type { Dimension } from '../../../collector/src/warehouse/query/dimensions.ts';
import type { Measure } from '../../../collector/src/warehouse/query/measures.ts';
import { MEASURE } from '../../../collector/src/warehouse/query/measures.ts';
import type { Filter } from '../../../collector/src/warehouse/query/request.ts';
import { checkValue } from './checks.ts';
import type { Estate } from './estate.ts';
import { type Entered, enteredBy, type Left, leftBy, slaMet, slaMissed } from './flows.ts';
import { type Change, justBefore, type Life, livesOf, type State } from './life.ts';
import { scopeValue } from './scopes.ts';
import { ALL, groupsOf, passes, seesState, type Sight } from './values.ts';

/** What one number is asked for: a measure over [from, to), or just before `to`. */
export interface Question {
  readonly measure: Measure;
  readonly dimensions: readonly Dimension[];
  readonly filters: readonly Filter[];
  readonly from: number;
  readonly to: number;
}

export type GroupKey = string;
export type Group = readonly (string | null)[];
export const keyOf = (group: Group): GroupKey => JSON.stringify(group);

/** Values by group; `total` counts each finding once. */
export interface Answer {
  readonly groups: ReadonlyMap<GroupKey, number | null>;
  readonly total: number | null;
  /** What a group has that nothing is in. */
  readonly nothing: number | null;
}

/** A change that counts, and the state whose group it counts in. */
interface Passing {
  readonly change: Change;
  readonly state: State;
}

const stateIn = ({ state }: Passing): State => state;

export class Model {
  readonly estate: Estate;
  readonly sight: Sight;
  readonly lives: readonly Life[];

  constructor(estate: Estate, sight: Sight = ALL, lives: readonly Life[] = estate.scopes.flatMap(livesOf)) {
    this.estate = estate;
    this.sight = sight;
    this.lives = lives;
  }

  seenBy(sight: Sight): Model {
    return new Model(this.estate, sight, this.lives);
  }

  /** What passes the filters just before `time`. */
  statesAt(time: number, filters: readonly Filter[]): State[] {
    const states: State[] = [];
    for (const life of this.lives) {
      const state = justBefore(life, time);
      if (state !== null && this.#wanted(state, filters)) states.push(state);
    }
    return states;
  }

  /** Changes in [from, to) of which `side` gives the state that is counted. */
  passing(
    from: number,
    to: number,
    filters: readonly Filter[],
    side: (change: Change) => State | null,
  ): Passing[] {
    const found: Passing[] = [];
    for (const life of this.lives) {
      for (const change of life.changes) {
        if (change.t < from || change.t >= to) continue;
        const state = side(change);
        if (state !== null && this.#wanted(state, filters)) found.push({ change, state });
      }
    }
    return found;
  }

  answer(question: Question): Answer {
    switch (MEASURE[question.measure].subject) {
      case 'findings':
        return this.#findings(question);
      case 'checks':
        return checkValue(this.estate, this.sight, question);
      case 'scopes':
        return scopeValue(this.estate, this.sight, question);
    }
  }

  /**
   * Groups of [from, to): those in which a finding was open or decided upon at some moment of it. Where findings in any status
   * are counted, any finding makes its group seen.
   */
  seen(question: Omit<Question, 'measure'>, closedToo: boolean): Set<GroupKey> {
    const { dimensions, filters, from, to } = question;
    const groups = new Set<GroupKey>();
    for (const { changes } of this.lives) {
      for (const [at, { t, after }] of changes.entries()) {
        const until = changes[at + 1]?.t ?? Number.POSITIVE_INFINITY;
        if (after === null || t >= to || until < from) continue;
        if (!closedToo && (after.status === 'fixed' || after.status === 'retired')) continue;
        if (!this.#wanted(after, filters)) continue;
        for (const group of groupsOf(after, dimensions, filters, this.sight)) groups.add(keyOf(group));
      }
    }
    return groups;
  }

  #wanted(state: State, filters: readonly Filter[]): boolean {
    return seesState(this.sight, state) && filters.every((filter) => passes(state, filter, this.sight));
  }

  #findings(question: Question): Answer {
    const { measure, to } = question;
    const gauge = GAUGES[measure];
    if (gauge !== undefined) {
      const states = this.statesAt(to, question.filters);
      const same = (state: State): State => state;
      return this.#grouped(states, same, question, (some) => gauge(some, to));
    }
    const count = (some: readonly Passing[]): number => some.length;
    const entered = FLOWS_IN[measure];
    if (entered !== undefined) {
      return this.#grouped(this.#entered(question, entered), stateIn, question, count);
    }
    const left = FLOWS_OUT[measure];
    if (left !== undefined) return this.#grouped(this.#left(question, left), stateIn, question, count);
    return this.#ratio(question);
  }

  #entered({ from, to, filters }: Question, flow: Entered): Passing[] {
    return this.passing(from, to, filters, (change) => (enteredBy(change) === flow ? change.after : null));
  }

  #left({ from, to, filters }: Question, flow: Left): Passing[] {
    return this.passing(from, to, filters, (change) => (leftBy(change) === flow ? change.before : null));
  }

  #ratio(question: Question): Answer {
    switch (question.measure as string) {
      case 'mttr':
        return this.#timeToFix(question, mean);
      case 'mttrP50':
        return this.#timeToFix(question, (times) => percentile(times, 0.5));
      case 'mttrP90':
        return this.#timeToFix(question, (times) => percentile(times, 0.9));
      case 'reopenRate': {
        const back = this.#entered(question, 'reopened');
        const fixed = this.#left(question, 'fixed');
        return this.#share(question, back, fixed, (one, other) => (other === 0 ? null : one / other));
      }
      case 'slaCompliance': {
        const { from, to, filters } = question;
        const met = this.passing(from, to, filters, (change) => (slaMet(change) ? change.before : null));
        const missed = this.passing(from, to, filters, (change) => (slaMissed(change) ? change.after : null));
        return this.#share(question, met, missed, (one, other) =>
          one + other === 0 ? null : one / (one + other),
        );
      }
      default:
        throw new Error(`the model does not know ${question.measure}`);
    }
  }

  #timeToFix(question: Question, value: (times: readonly number[]) => number | null): Answer {
    const fixed = this.#left(question, 'fixed');
    return this.#grouped(fixed, stateIn, question, (some) =>
      value(some.map(({ change, state }) => change.t - state.clockStart)),
    );
  }

  /** What is made of how many there are of both kinds. */
  #share(
    question: Question,
    ones: readonly Passing[],
    others: readonly Passing[],
    value: (ones: number, others: number) => number | null,
  ): Answer {
    const both = [
      ...ones.map((passing) => ({ ...passing, isOne: true })),
      ...others.map((passing) => ({ ...passing, isOne: false })),
    ];
    return this.#grouped(both, stateIn, question, (some) => {
      const count = some.filter(({ isOne }) => isOne).length;
      return value(count, some.length - count);
    });
  }

  #grouped<T>(
    things: readonly T[],
    stateOf: (thing: T) => State,
    { dimensions, filters }: Question,
    value: (things: readonly T[]) => number | null,
  ): Answer {
    const groups = new Map<GroupKey, T[]>();
    for (const thing of things) {
      for (const group of groupsOf(stateOf(thing), dimensions, filters, this.sight)) {
        const key = keyOf(group);
        const list = groups.get(key) ?? [];
        list.push(thing);
        groups.set(key, list);
      }
    }
    return {
      groups: new Map([...groups].map(([key, list]) => [key, value(list)])),
      total: value(things),
      nothing: value([]),
    };
  }
}

type Gauge = (states: readonly State[], at: number) => number | null;

const RISK: Readonly<Record<string, number>> = {
  CRITICAL: 40,
  HIGH: 10,
  MEDIUM: 3,
  LOW: 1,
  INFORMATIONAL: 0,
};

const opened = (states: readonly State[]): State[] => states.filter(({ status }) => status === 'open');
const having = (wanted: string): Gauge => {
  return (states) => states.filter(({ status }) => status === wanted).length;
};
const due = (...wanted: readonly string[]): Gauge => {
  return (states) => states.filter(({ dueState }) => wanted.includes(dueState)).length;
};
const distinct = (name: (state: State) => string): Gauge => {
  return (states) => new Set(opened(states).map(name)).size;
};
const agesOf = (states: readonly State[], at: number): number[] =>
  opened(states).map(({ clockStart }) => at - clockStart);

const GAUGES: Readonly<Partial<Record<Measure, Gauge>>> = {
  open: having('open'),
  findings: (states) => states.length,
  accepted: having('accepted'),
  falsePositives: having('false_positive'),
  mutedOpen: having('muted'),
  dueSoon: due('soon'),
  overdue: due('unverified', 'confirmed'),
  overdueConfirmed: due('confirmed'),
  overdueUnverified: due('unverified'),
  riskScore: (states) => opened(states).reduce((sum, { event }) => sum + (RISK[event.severity] ?? NaN), 0),
  age: (states, at) => mean(agesOf(states, at)),
  ageP50: (states, at) => percentile(agesOf(states, at), 0.5),
  ageP90: (states, at) => percentile(agesOf(states, at), 0.9),
  accounts: distinct(({ scope }) => JSON.stringify([scope.cloud, scope.account])),
  affectedResources: distinct(({ scope, event }) =>
    JSON.stringify([scope.cloud, scope.account, event.resourceId]),
  ),
  rules: distinct(({ event }) => event.ruleId),
  sources: distinct(({ scope }) => scope.source),
};

const FLOWS_IN: Readonly<Partial<Record<Measure, Entered>>> = {
  new: 'new',
  onboarded: 'onboarded',
  ruleset: 'ruleset',
  reopened: 'reopened',
  expired: 'expired',
  restored: 'restored',
  movedIn: 'movedIn',
};
const FLOWS_OUT: Readonly<Partial<Record<Measure, Left>>> = {
  fixed: 'fixed',
  retired: 'retired',
  newlyAccepted: 'newlyAccepted',
  newlyFalsePositive: 'newlyFalsePositive',
  muted: 'muted',
  movedOut: 'movedOut',
};

export function mean(numbers: readonly number[]): number | null {
  if (numbers.length === 0) return null;
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

/** Continuous: between the two values that the rank falls between. */
export function percentile(numbers: readonly number[], q: number): number | null {
  const sorted = [...numbers].sort((a, b) => a - b);
  const rank = q * (sorted.length - 1);
  const low = sorted[Math.floor(rank)];
  const high = sorted[Math.ceil(rank)];
  if (low === undefined || high === undefined) return null;
  return low + (high - low) * (rank - Math.floor(rank));
}
