import type { DataQueryRequest } from '@grafana/data';
import { describe, expect, it } from 'vitest';
import { CatalogCache } from '../api/catalog-cache';
import { CATALOG, variablesOf } from '../testing/samples';
import type { SightlineQuery } from './model';
import { prepare, withMessages, zoneOf } from './prepare';

const LISTS: Readonly<Record<string, unknown>> = {
  measures: CATALOG,
  dimensions: CATALOG,
  status: { warehouse: { sql: false } },
};
const cacheOf = (get: (path: string) => Promise<unknown>): CatalogCache =>
  new CatalogCache({ get, post: () => Promise.resolve(null) });
const cache = cacheOf((path) => Promise.resolve(LISTS[path]));

const open: SightlineQuery = { refId: 'A', version: 1, queryType: 'summary', measures: ['open'] };
const runs: SightlineQuery = { refId: 'B', version: 1, queryType: 'runs' };

const requestOf = (targets: SightlineQuery[], more: object = {}): DataQueryRequest<SightlineQuery> =>
  ({ targets, scopedVars: {}, timezone: 'utc', ...more }) as DataQueryRequest<SightlineQuery>;

describe('a request', () => {
  it('is sent with the time zone, since Grafana tells its backend none', async () => {
    const { targets } = await prepare(
      requestOf([open], { timezone: 'Europe/Berlin' }),
      cache,
      variablesOf({}),
    );
    expect(targets).toEqual([{ ...open, filters: undefined, asOf: undefined, timezone: 'Europe/Berlin' }]);
    expect(zoneOf('utc')).toBe('UTC');
    expect(zoneOf('browser')).toBe(new Intl.DateTimeFormat().resolvedOptions().timeZone);
  });

  it('has an error for each query that can’t run, and asks the others', async () => {
    const account = { field: 'account', operator: '=' as const, values: ['$account'] };
    const { targets, errors } = await prepare(
      requestOf([
        open,
        { ...open, refId: 'B', filters: [account] },
        { ...open, refId: 'C', version: 7 },
        { ...open, refId: 'D', measures: [] },
        { ...open, refId: 'E', measures: [], hide: true },
      ]),
      cache,
      variablesOf({ account: { value: [] } }),
    );
    expect(targets.map(({ refId }) => refId)).toEqual(['A']);
    expect(errors.map(({ refId, message }) => [refId, message?.slice(0, 30)])).toEqual([
      ['B', 'Nothing is chosen of the varia'],
      ['C', 'This query was saved by a newe'],
      ['D', 'Choose at least one measure, f'],
    ]);
    const shown = withMessages({ data: [] }, errors, new Map());
    expect(shown.errors).toHaveLength(3);
  });

  it('applies filters of the dashboard where they fit, and says where not', async () => {
    const filters = [
      { key: 'severity', operator: '=', value: 'LOW' },
      { key: 'account', operator: '=', value: '1' },
    ];
    const { targets, notices } = await prepare(requestOf([open, runs], { filters }), cache, variablesOf({}));
    expect(targets.map((query) => 'filters' in query && query.filters?.map(({ field }) => field))).toEqual([
      ['severity', 'account'],
      ['account'],
    ]);
    const frame = {
      refId: 'B',
      length: 0,
      fields: [],
      meta: { notices: [{ severity: 'info' as const, text: 'old' }] },
    };
    const { data } = withMessages({ data: [frame] }, [], notices);
    expect(data[0]).toMatchObject({
      meta: {
        notices: [{ text: 'old' }, { text: 'Not filtered by severity: this query knows nothing of it.' }],
      },
    });
  });

  it('passes on every filter where the lists can’t be had: the API refuses what it can’t do', async () => {
    const broken = cacheOf(() => Promise.reject(new Error('down')));
    const filters = [{ key: 'severity', operator: '=', value: 'LOW' }];
    const { targets } = await prepare(requestOf([runs], { filters }), broken, variablesOf({}));
    expect(targets[0]).toMatchObject({ filters: [{ field: 'severity' }] });
  });
});

describe('the lists of the API', () => {
  it('are asked for once, again after minutes, and at once after a failure', async () => {
    let [now, asked, fails] = [0, 0, true];
    const kept = new CatalogCache(
      {
        get: (path) => {
          asked++;
          return fails ? Promise.reject(new Error('down')) : Promise.resolve(LISTS[path]);
        },
        post: () => Promise.resolve(null),
      },
      () => now,
    );
    await expect(kept.load()).rejects.toThrow('down');
    fails = false;
    await Promise.all([kept.load(), kept.load()]);
    expect(asked).toBe(6);
    now = 6 * 60_000;
    await kept.load();
    expect(asked).toBe(9);
  });

  it('are refused where the server is of another time', async () => {
    await expect(cacheOf(() => Promise.resolve({})).load()).rejects.toThrow('Update the older of the two');
    await expect(cacheOf(() => Promise.resolve('<html>')).load()).rejects.toThrow('check the URL');
  });
});
