import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIMENSIONS } from '../../collector/src/warehouse/query/dimensions.ts';
import { MEASURES } from '../../collector/src/warehouse/query/measures.ts';
import { OPERATORS } from '../../collector/src/warehouse/query/request.ts';
import { type Api, reportsOf, startApi } from './support.ts';

let api: Api;

beforeAll(async () => {
  api = await startApi();
  const [report] = reportsOf(1, ['111122223333']);
  await api.bring(Buffer.from(report?.content() ?? ''));
  await api.warehouse?.refresh();
});
afterAll(() => api.close());

const SEED = { seed: 20261121, numRuns: 150 };

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
const word = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.constantFrom<string>(...DIMENSIONS, ...MEASURES, ...OPERATORS, 'label:x', "label:'"),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const value = fc.oneof(
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
const filters = fc.oneof({ arbitrary: fc.constant([]), weight: 2 }, fc.array(filter, { maxLength: 2 }));
const moment = fc.oneof(
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
const range = fc.oneof({ arbitrary: sensible, weight: 3 }, fc.tuple(moment, moment));

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
const fitting = oneQuery.map(({ refId, type, format = 0, ...rest }) => {
  const formats = FORMATS[type] ?? [];
  const fields = Object.entries({ ...rest, format: formats[format % formats.length] });
  return {
    refId,
    type,
    ...Object.fromEntries(fields.filter(([name]) => FIELDS[type]?.includes(name) ?? true)),
  };
});

describe('whatever is asked', () => {
  it('a batch is answered or refused, and nothing of the server breaks', async () => {
    let answered = 0;
    await fc.assert(
      fc.asyncProperty(
        range,
        fc.array(fitting, { minLength: 1, maxLength: 2 }),
        async ([from, to], queries) => {
          const { status, body } = await api.post<{
            results?: Record<string, { status: number; error?: unknown }>;
          }>('/query', { from, to, queries });
          expect([200, 400]).toContain(status);
          for (const result of Object.values(body.results ?? {})) {
            if (result.status === 200) answered++;
            expect([200, 400, 403, 422], JSON.stringify(result.error)).toContain(result.status);
          }
        },
      ),
      SEED,
    );
    // Else only the first check of all would have been tried.
    expect(answered).toBeGreaterThan(15);
  });

  it('of the values of a dimension', async () => {
    const name = fc.oneof(fc.constantFrom<string>(...DIMENSIONS), word);
    const body = fc.record(
      { prefix: word, search: word, filters, limit: fc.integer(), from: moment },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(name, body, async (dimension, asked) => {
        fc.pre(!/^\.{0,2}$|\ud800/.test(dimension));
        const { status, text } = await api.post(`/dimensions/${encodeURIComponent(dimension)}/values`, asked);
        expect([200, 400], text).toContain(status);
      }),
      SEED,
    );
  });

  it('in a query string', async () => {
    const routes = [
      '/findings',
      '/dimensions/account/values',
      '/reports',
      '/status',
      '/findings/01234567',
      '/reports/latest',
    ];
    const key = fc.oneof(
      fc.constantFrom('filters', 'limit', 'cursor', 'from', 'to', 'asOf', 'prefix', 'orderBy'),
      word,
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...routes),
        fc.array(fc.tuple(key, value), { maxLength: 3 }),
        async (where, pairs) => {
          const search = new URLSearchParams(
            pairs.map(([name, given]) => [name, typeof given === 'string' ? given : JSON.stringify(given)]),
          );
          const { status, text } = await api.ask(`${where}?${search.toString()}`);
          expect([200, 400, 404], text).toContain(status);
        },
      ),
      SEED,
    );
  });

  it('to be decided', async () => {
    const body = fc.oneof(
      value,
      fc.record(
        { verdict: value, until: value, reason: value, fingerprints: fc.array(word) },
        { requiredKeys: [] },
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('/verdicts', '/findings/0123456789/verdicts'),
        body,
        async (where, asked) => {
          const { status, text } = await api.post(where, JSON.stringify(asked));
          expect([400, 404], text).toContain(status);
        },
      ),
      SEED,
    );
  });

  it('the server is as well as before', async () => {
    expect(api.logged.filter((line) => line.includes('"level":50'))).toEqual([]);
    expect((await api.ask('/status')).status).toBe(200);
  });
});
