import type { Access } from '../../collector/src/warehouse/access.ts';
import { FULL_ACCESS } from '../../collector/src/warehouse/access.ts';
import {
  DIMENSIONS,
  type Dimension,
  type FilterField,
  UNBOUNDED,
} from '../../collector/src/warehouse/query/dimensions.ts';
import {
  MEASURE,
  type Measure,
  MEASURES,
  type MeasureSubject,
} from '../../collector/src/warehouse/query/measures.ts';
import type { Filter, Operator } from '../../collector/src/warehouse/query/request.ts';
import type { Random } from '../support/random.ts';
import { ALL, valuesOf } from './model/values.ts';
import type { Model } from './model/measures.ts';
import { pick } from './pick.ts';

/** One question to the warehouse, as a caller asks it, and who asks. */
export interface Case {
  readonly type: 'trend' | 'summary';
  readonly measures: readonly Measure[];
  readonly groupBy: readonly Dimension[];
  readonly filters: readonly Filter[];
  readonly from: number;
  readonly to: number;
  readonly asOf: number | null;
  readonly timezone: string;
  readonly interval: string;
  readonly limit: number;
  readonly compare: boolean;
  readonly accounts: readonly string[] | null;
  readonly teams: readonly string[] | null;
}

const MANY = 60;
const STEP = 10_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const SCOPE_DIMENSIONS = [
  'cloud',
  'account',
  'accountName',
  'source',
  'scope',
  'team',
  'environment',
] as const;
const GROUPS: Readonly<Record<MeasureSubject, readonly Dimension[]>> = {
  findings: [...DIMENSIONS, 'label:owner', 'label:cost'],
  checks: [...SCOPE_DIMENSIONS, 'service'],
  scopes: SCOPE_DIMENSIONS,
};
const FILTERED: readonly FilterField[] = [
  ...GROUPS.findings,
  'search',
  'fingerprint',
  'score',
  'dueState',
  'openedCause',
  'verdict',
  'mute',
];
const TIMEZONES = ['UTC', 'UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu'];
/** Interval, and the longest range for which it is asked here: the model is slow. */
const INTERVALS: readonly (readonly [string, number])[] = [
  ['auto', 40 * DAY],
  ['1h', 2 * DAY],
  ['17m', DAY / 2],
  ['6h', 8 * DAY],
  ['1d', 40 * DAY],
  ['5d', 90 * DAY],
  ['1w', 90 * DAY],
  ['2w', 90 * DAY],
  ['1M', 120 * DAY],
];

export function randomCase(random: Random, model: Model): Case {
  const subject = pick(random, ['findings', 'findings', 'findings', 'findings', 'checks', 'scopes'] as const);
  const ofSubject = MEASURES.filter((measure) => MEASURE[measure].subject === subject);
  const measures = some(random, ofSubject, 1 + Math.floor(random() * 4));
  const type = pick(random, ['trend', 'summary'] as const);
  // A trend has no series by what there may be a million of.
  const groups = GROUPS[subject].filter((dimension) => type === 'summary' || !UNBOUNDED.has(dimension));
  const groupBy = some(random, groups, pick(random, [0, 1, 1, 1, 2, 3]));
  const fields = some(
    random,
    subject === 'findings' ? FILTERED : GROUPS[subject],
    pick(random, [0, 0, 1, 1, 2]),
  );
  const [interval, longest] = pick(random, INTERVALS);
  const to = moment(random, model);
  const from = to - pick(random, [1, HOUR, 3 * DAY, Math.floor(random() * longest), longest]);
  return {
    type,
    measures,
    groupBy,
    filters: fields.map((field) => randomFilter(random, model, field)),
    ...inSteps(Math.max(0, from, to - longest), to, model.estate.now),
    asOf: random() < 0.2 ? moment(random, model) : null,
    timezone: pick(random, TIMEZONES),
    interval,
    limit: pick(random, [1, 3, MANY, MANY, MANY]),
    compare: random() < 0.3,
    accounts: random() < 0.8 ? null : pick(random, [['111111111111'], ['aws/222222222222', 'nowhere']]),
    teams: random() < 0.85 ? null : pick(random, [['payments'], ['platform', 'web']]),
  };
}

/** Long ranges that end now are widened to whole ten seconds by the warehouse, so that panels share answers: here they are so already. */
function inSteps(from: number, to: number, now: number): { from: number; to: number } {
  if (Math.abs(to - now) > MINUTE) return { from, to };
  return { from: Math.floor(from / STEP) * STEP, to: Math.ceil(to / STEP) * STEP };
}

/** Most often when something happens, or a millisecond beside it; sometimes some midnight, or long after it all. */
function moment(random: Random, model: Model): number {
  const changes = pick(random, model.lives).changes;
  const at = pick(random, changes).t;
  const day = Math.floor(at / DAY) * DAY;
  return pick(random, [at, at, at + 1, at - 1, day, day + DAY, model.estate.now, at + 20 * DAY]);
}

function randomFilter(random: Random, model: Model, field: FilterField): Filter {
  const operator = pick(random, OPERATORS_OF[field] ?? ALL_OPERATORS);
  const several = operator === 'in' || operator === 'notIn';
  const one = (): string => {
    const text = randomValue(random, model, field);
    return operator === '=~' || operator === '!~' ? pattern(random, text) : text;
  };
  return { field, operator, values: several ? [one(), one(), one()] : [one()] };
}

const ALL_OPERATORS: readonly Operator[] = ['=', '!=', 'in', 'notIn', '=~', '!~', '>', '<'];
const OPERATORS_OF: Readonly<Partial<Record<FilterField, readonly Operator[]>>> = {
  search: ['=', '!='],
  score: ['=', '!=', 'in', '>', '<'],
  fingerprint: ['=', '!=', 'in', 'notIn', '=~'],
};

function randomValue(random: Random, model: Model, field: FilterField): string {
  if (field === 'search') return pick(random, ['s3_', 'Rule of 1', 'EC2-a', 'nothing like it']);
  const states = model.statesAt(moment(random, model), []);
  const values = states.length === 0 ? [] : valuesOf(pick(random, states), field, ALL);
  const known = values.length > 0 && (random() < 0.9 || isClosed(field)) ? pick(random, values) : null;
  if (known !== null) return known;
  if (field === 'severity') return 'HIGH';
  if (field === 'score') return '80';
  if (field === 'fingerprint') return 'f'.repeat(32);
  return pick(random, ['', '', 'nothing']);
}

/** Only some values are taken at all. */
const isClosed = (field: FilterField): boolean => ['severity', 'score', 'fingerprint'].includes(field);

function pattern(random: Random, text: string): string {
  const escaped = text.replace(/[^A-Za-z0-9]/g, '.');
  return pick(random, [
    escaped,
    `${escaped.slice(0, 2)}.*`,
    `.*${escaped.slice(-1)}`,
    `${escaped}|x`,
    '.+',
    '',
  ]);
}

/** Some of them, in an order of their own. */
function some<T>(random: Random, values: readonly T[], count: number): T[] {
  const left = [...values];
  const chosen: T[] = [];
  while (chosen.length < count && left.length > 0) {
    chosen.push(...left.splice(Math.floor(random() * left.length), 1));
  }
  return chosen;
}

export function accessOf({ accounts, teams }: Case): Access {
  return { ...FULL_ACCESS, subject: 'token:test', accounts, teams };
}

export function bodyOf(asked: Case): object {
  const { type, measures, groupBy, filters, interval, limit, compare, asOf } = asked;
  const common = { refId: 'A', type, measures, groupBy, filters, limit, ...(asOf === null ? {} : { asOf }) };
  const query =
    type === 'trend'
      ? { ...common, interval, other: true, compare: compare ? 'previous' : 'none' }
      : { ...common, other: true, compare: compare ? 'previous' : 'none' };
  return { from: asked.from, to: asked.to, timezone: asked.timezone, queries: [query] };
}

/** Cases that are a little simpler: where one of them fails too, it says more. */
export function simpler(asked: Case): Case[] {
  const without = <T>(values: readonly T[]): T[][] => values.map((_, at) => values.toSpliced(at, 1));
  return [
    ...(asked.measures.length > 1
      ? asked.measures.map((measure) => ({ ...asked, measures: [measure] }))
      : []),
    ...(asked.compare ? [{ ...asked, compare: false }] : []),
    ...(asked.asOf === null ? [] : [{ ...asked, asOf: null }]),
    ...(asked.accounts === null ? [] : [{ ...asked, accounts: null }]),
    ...(asked.teams === null ? [] : [{ ...asked, teams: null }]),
    ...without(asked.filters).map((filters) => ({ ...asked, filters })),
    ...without(asked.groupBy).map((groupBy) => ({ ...asked, groupBy })),
    ...(asked.limit === MANY ? [] : [{ ...asked, limit: MANY }]),
    ...(asked.type === 'trend' ? [{ ...asked, type: 'summary' as const }] : []),
    ...(asked.type === 'trend' && asked.timezone !== 'UTC' ? [{ ...asked, timezone: 'UTC' }] : []),
    ...(asked.type === 'trend' && asked.interval !== '1d' ? [{ ...asked, interval: '1d' }] : []),
    ...(asked.from < asked.to - DAY ? [{ ...asked, from: asked.to - DAY }] : []),
    ...(asked.from < asked.to - 1 ? [{ ...asked, from: asked.to - 1 }] : []),
  ];
}
