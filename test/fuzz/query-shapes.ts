import * as fc from 'fast-check';
import { DIMENSIONS } from '../../collector/src/warehouse/query/dimensions.ts';
import { MEASURES } from '../../collector/src/warehouse/query/measures.ts';
import { OPERATORS } from '../../collector/src/warehouse/query/request.ts';

/** What a client would hardly mean, made of words that mean something. */
const HOSTILE = [
  "'; drop table finding; --",
  '$1',
  '%',
  '\u0000',
  '\ud800',
  '../..',
  '__proto__',
  '(((((',
  '.*',
  '',
  '9'.repeat(40),
];
export const word = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.constantFrom<string>(...DIMENSIONS, ...MEASURES, ...OPERATORS, 'label:x', "label:'"),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
export const value = fc.oneof(
  word,
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(word, { maxLength: 3 }),
);
const filter = fc.record({
  field: fc.oneof(fc.constantFrom<string>(...DIMENSIONS, 'search', 'fingerprint', 'score', 'dueState'), word),
  operator: fc.constantFrom<string>(...OPERATORS),
  values: fc.array(word, { maxLength: 3 }),
});
export const filters = fc.oneof(
  { arbitrary: fc.constant([]), weight: 2 },
  fc.array(filter, { maxLength: 2 }),
);
export const moment = fc.oneof(
  fc.integer({ min: 0 }),
  fc.constant(Date.now()),
  fc.constant(8_640_000_000_000_000),
  fc.constant('2026-01-01T00:00:00Z'),
);
const oneQuery = fc.record(
  {
    refId: fc.constantFrom('A', 'B', ''),
    type: fc.constantFrom('trend', 'summary', 'findings', 'events', 'runs', 'sql', 'x'),
    measures: fc.array(fc.constantFrom<string>(...MEASURES), { minLength: 1, maxLength: 3 }),
    groupBy: fc.array(fc.constantFrom<string>(...DIMENSIONS, 'label:team'), { maxLength: 3 }),
    filters,
    interval: fc.constantFrom('auto', '1m', '1h', '1d', '1w', '1M', '999999M'),
    maxDataPoints: fc.oneof(fc.integer({ min: -1, max: 2_000_000 }), fc.constant(43_200)),
    format: fc.nat(20),
    view: fc.constantFrom('scopes', 'runs', 'timeline', 'coverage'),
    compare: fc.constantFrom('none', 'previous', 'change'),
    asOf: moment,
    cursor: word,
    orderBy: fc.constantFrom('open', 'severity', 'x'),
    sql: word,
    limit: fc.integer({ min: 0, max: 5_500 }),
  },
  { requiredKeys: ['refId', 'type', 'measures', 'sql'] },
);

const DAY = 86_400_000;
const sensible = fc
  .integer({ min: 1, max: 400 })
  .map((days) => [Date.now() - days * DAY, Date.now()] as const);
export const range = fc.oneof({ arbitrary: sensible, weight: 3 }, fc.tuple(moment, moment));

/** The fields that a query type takes; with all of them at once each would be refused for the first. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  trend: ['measures', 'groupBy', 'filters', 'interval', 'maxDataPoints', 'compare', 'asOf'],
  summary: ['measures', 'groupBy', 'filters', 'format', 'compare', 'asOf', 'orderBy'],
  findings: ['filters', 'format', 'asOf', 'cursor', 'limit'],
  events: ['filters', 'format', 'asOf', 'limit'],
  runs: ['filters', 'view', 'asOf', 'limit'],
  sql: ['sql', 'limit'],
};
const FORMATS: Readonly<Record<string, readonly string[]>> = {
  summary: ['table', 'numeric', 'pivot', 'ageBuckets', 'flame'],
  findings: ['table', 'byRule'],
  events: ['table', 'annotations', 'logs'],
};
export const fitting = oneQuery.map(({ refId, type, format = 0, ...rest }) => {
  const formats = FORMATS[type] ?? [];
  const fields = Object.entries({ ...rest, format: formats[format % formats.length] });
  return {
    refId,
    type,
    ...Object.fromEntries(fields.filter(([name]) => FIELDS[type]?.includes(name) ?? true)),
  };
});
