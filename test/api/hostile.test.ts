import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIMENSIONS } from '../../collector/src/warehouse/query/dimensions.ts';
import { filters, fitting, moment, range, value, word } from '../fuzz/query-shapes.ts';
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
