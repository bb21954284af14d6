import * as http from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingsFrom } from '../../collector/src/config/index.ts';
import type { Finding } from '../../collector/src/findings/finding.ts';
import { statusAt } from '../../collector/src/findings/finding.ts';
import { applyConfig, readScopes } from '../../collector/src/lake/lake.ts';
import { sampleSettingsFor } from '../../collector/src/sample/index.ts';
import { FILTER_FIELDS } from '../../collector/src/warehouse/query/dimensions.ts';
import { MEASURES } from '../../collector/src/warehouse/query/measures.ts';
import { type Api, as, reportsOf, startApi } from './support.ts';

const PAYMENTS = '111122223333';
const STOREFRONT = '444455556666';
const DAY = 86_400_000;

interface Batch {
  readonly version: string;
  readonly results: Readonly<
    Record<
      string,
      {
        readonly status: number;
        readonly frames?: readonly {
          readonly schema: { readonly refId: string; readonly fields: readonly { readonly name: string }[] };
          readonly data: { readonly values: readonly (readonly unknown[])[] };
        }[];
        readonly error?: {
          readonly title: string;
          readonly detail: string;
          readonly issues: readonly { path: string }[];
        };
      }
    >
  >;
}
interface Problem {
  readonly detail: string;
  readonly issues?: readonly { readonly path: string }[];
}
interface Page {
  readonly findings: readonly Readonly<Record<string, unknown>>[];
  readonly total: number;
  readonly nextCursor: string | null;
}

let api: Api;
let findings: readonly Finding[];

beforeAll(async () => {
  api = await startApi({
    tokens: [
      { name: 'all', roles: ['operator'] },
      { name: 'grafana', roles: ['viewer'] },
      { name: 'payments', roles: ['viewer'], accounts: [PAYMENTS] },
      { name: 'web', roles: ['viewer'], teams: ['web'] },
      { name: 'scanner', roles: ['ingest'] },
    ],
  });
  const now = Date.now();
  await applyConfig(api.committer, settingsFrom(sampleSettingsFor(now)), 'ada', now - 60 * DAY);
  for (const report of reportsOf(3, [PAYMENTS, STOREFRONT])) {
    const { status } = await api.bring(Buffer.from(report.content()), '', { headers: as('all') });
    expect(status).toBe(200);
  }
  await api.warehouse?.refresh();
  const all: Finding[] = [];
  for await (const { state } of readScopes(api.committer)) all.push(...state.findings.values());
  findings = all;
});
afterAll(() => api.close());

const get = <T>(where: string, name = 'grafana') => api.ask<T>(where, { headers: as(name) });
const post = <T>(where: string, body: unknown, name = 'grafana', headers: Record<string, string> = {}) =>
  api.post<T>(where, body, { headers: { ...as(name), ...headers } });
const range = { from: Date.now() - 90 * DAY, to: Date.now() + 1_000 };
const query = (queries: readonly unknown[], name?: string, headers?: Record<string, string>) =>
  post<Batch>('/query', { ...range, queries }, name, headers);
const openOf = (of: (finding: Finding) => boolean): number =>
  findings.filter((finding) => statusAt(finding, Date.now()) === 'open' && of(finding)).length;
const open = { type: 'summary', measures: ['open'] };
const valueOf = (batch: Batch, refId: string): unknown =>
  batch.results[refId]?.frames?.[0]?.data.values.at(-1)?.[0];

describe('a batch of queries', () => {
  it('is answered by refId, each by itself', async () => {
    const { status, body } = await query([
      { refId: 'A', ...open },
      { refId: 'B', type: 'summary', measures: ['opened'] },
      { refId: '__proto__', type: 'nonsense' },
      { refId: 'C', type: 'trend', measures: ['open'], groupBy: ['severity'] },
    ]);
    expect(status).toBe(200);
    expect(Object.keys(body.results).sort()).toEqual(['A', 'B', 'C', '__proto__'].sort());
    expect(valueOf(body, 'A')).toBe(openOf(() => true));
    expect(body.results['B']?.status).toBe(400);
    expect(body.results['B']?.error?.issues[0]?.path).toMatch(/^measures/);
    expect(body.results['C']?.frames?.[0]?.schema.refId).toBe('C');
  });

  it('carries the version of the state as its tag', async () => {
    const { headers, body } = await query([{ refId: 'A', ...open }]);
    expect(headers.get('etag')).toBe(`"${body.version}"`);
    expect(body.version).toBe(api.warehouse?.status().version);
    expect(headers.get('cache-control')).toBe('private, no-cache');
  });

  it.each([
    ['no queries', { queries: [] }],
    ['a million', { queries: Array.from({ length: 200_000 }, () => 1) }],
    [
      'a refId twice',
      {
        queries: [
          { refId: 'A', ...open },
          { refId: 'A', ...open },
        ],
      },
    ],
    ['a time that is none', { from: 'yesterday' }],
    ['a range that is none', { from: 5, to: 5 }],
    ['a time zone that is none', { timezone: 'browser' }],
    ['what it does not know', { extra: 1 }],
  ])('is refused with %s', async (_what, change) => {
    const { status, body } = await post<Problem>('/query', {
      ...range,
      queries: [{ refId: 'A', ...open }],
      ...change,
    });
    expect(status).toBe(400);
    expect(body.detail.length).toBeLessThan(1_000);
  });

  it('of an alert rule is told what no rule can use', async () => {
    const table = [{ refId: 'A', type: 'findings' }];
    expect((await query(table)).body.results['A']?.status).toBe(200);
    const refused = await query(table, 'grafana', { FromAlert: 'true' });
    expect([refused.status, refused.body.results['A']?.status]).toEqual([200, 400]);
  });

  it('stops when its client goes', async () => {
    const { port } = new URL(api.url);
    const headers = { ...as('grafana'), 'Content-Type': 'application/json' };
    const request = http.request({ host: '127.0.0.1', port, path: '/api/v1/query', method: 'POST', headers });
    request.on('error', () => undefined);
    request.end(JSON.stringify({ ...range, queries: [{ refId: 'A', ...open, groupBy: ['resource'] }] }));
    request.destroy();
    // Whoever asks next is answered.
    expect((await query([{ refId: 'A', ...open, groupBy: ['resource'] }])).body.results['A']?.status).toBe(
      200,
    );
  });

  it('is not for those who only bring reports', async () => {
    expect((await query([{ refId: 'A', ...open }], 'scanner')).status).toBe(403);
    expect((await api.post('/query', {})).status).toBe(401);
  });

  it('shows each caller what it may see', async () => {
    const payments = await query([{ refId: 'A', ...open }], 'payments');
    expect(valueOf(payments.body, 'A')).toBe(openOf(({ account }) => account === PAYMENTS));
    const web = await query([{ refId: 'A', ...open }], 'web');
    expect(valueOf(web.body, 'A')).toBe(openOf(({ team }) => team === 'web'));
  });
});

/** Without fetch, which asks for everything anew as soon as it is given a tag. */
function statusOf(where: string, headers: http.OutgoingHttpHeaders): Promise<number | undefined> {
  const { port } = new URL(api.url);
  return new Promise((resolve, reject) => {
    http
      .get({ host: '127.0.0.1', port, path: `/api/v1${where}`, headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
      .on('error', reject);
  });
}

describe('the list of findings', () => {
  it('comes page by page, each finding once, whatever was decided meanwhile', async () => {
    const seen: unknown[] = [];
    let total = 0;
    for (let where = '/findings?limit=150&orderBy=resource', pages = 0; pages < 50; pages++) {
      const { body } = await get<Page>(where);
      seen.push(...body.findings.map(({ fingerprint }) => fingerprint));
      total = body.total;
      if (body.nextCursor === null) break;
      where = `/findings?limit=150&orderBy=resource&cursor=${encodeURIComponent(body.nextCursor)}`;
    }
    const present = findings.filter(({ scanner }) => scanner === 'open');
    expect(total).toBe(present.length);
    expect([...seen].sort()).toEqual(present.map(({ fingerprint }) => fingerprint).sort());
  });

  it('can be filtered', async () => {
    const filters = JSON.stringify([
      { field: 'severity', operator: 'in', values: ['CRITICAL', 'HIGH'] },
      { field: 'account', operator: '=', values: [PAYMENTS] },
    ]);
    const { body } = await get<Page>(`/findings?limit=1000&filters=${encodeURIComponent(filters)}`);
    const expected = findings.filter(
      ({ scanner, severity, account }) =>
        scanner === 'open' && ['CRITICAL', 'HIGH'].includes(severity) && account === PAYMENTS,
    );
    expect(expected.length).toBeGreaterThan(5);
    expect(body.total).toBe(expected.length);
    expect(new Set(body.findings.map(({ severity }) => severity))).toEqual(
      new Set(expected.map(({ severity }) => severity)),
    );
  });

  it('is not sent again while it stays the same', async () => {
    const where = `/findings?limit=3&asOf=${Date.now()}`;
    const { headers } = await get<Page>(where);
    const again = await statusOf(where, { ...as('grafana'), 'If-None-Match': headers.get('etag') ?? '' });
    expect(again).toBe(304);
    expect((await api.ask(where, { method: 'HEAD', headers: as('grafana') })).status).toBe(200);
  });

  it.each([
    'limit=0',
    'limit=x',
    'orderBy=color',
    'filters=[',
    'filters=[{"field":"x"}]',
    'cursor=abc',
    'what=1',
    'limit=1&limit=2',
  ])('refuses ?%s', async (search) => {
    expect((await get(`/findings?${search}`)).status).toBe(400);
  });
});

describe('one finding', () => {
  interface Detail {
    readonly finding: Readonly<Record<string, unknown>>;
    readonly history: readonly unknown[];
    readonly runs: readonly unknown[];
    readonly verdicts: readonly unknown[];
  }
  const ours = (): Finding => {
    const found = findings.find(({ account, scanner }) => account === PAYMENTS && scanner === 'open');
    if (found === undefined) throw new Error('the estate has no open finding');
    return found;
  };

  it('is shown with its life, also by the beginning of its fingerprint', async () => {
    const { fingerprint, title } = ours();
    const { status, body, text } = await get<Detail>(`/findings/${fingerprint}`);
    expect(status).toBe(200);
    expect(text).toContain(JSON.stringify(title));
    expect(body.history.length).toBeGreaterThan(0);
    expect((await get(`/findings/${fingerprint.slice(0, 10)}`)).text).toBe(text);
  });

  it('shows a verdict as soon as it is given', async () => {
    const { fingerprint } = ours();
    await post(`/findings/${fingerprint}/verdicts`, { verdict: 'false_positive', reason: 'a test' }, 'all');
    const { body } = await get<Detail>(`/findings/${fingerprint}`);
    expect(JSON.stringify(body.verdicts)).toContain('a test');
    await post(`/findings/${fingerprint}/verdicts`, { verdict: null, reason: 'over' }, 'all');
  });

  it('does not exist for those who may not see it', async () => {
    const { fingerprint } = ours();
    expect((await get(`/findings/${fingerprint}`, 'payments')).status).toBe(200);
    expect((await get(`/findings/${fingerprint}`, 'web')).status).toBe(404);
    expect((await get(`/findings/${'0'.repeat(32)}`)).status).toBe(404);
    expect((await get('/findings/xyz')).status).toBe(400);
  });
});

describe('dimensions', () => {
  interface Values {
    readonly values: readonly { readonly value: string; readonly text: string }[];
  }
  const names = (body: Values): string[] => body.values.map(({ value }) => value).sort();

  it('have values, of what the caller sees', async () => {
    expect(names((await get<Values>('/dimensions/account/values')).body)).toEqual([PAYMENTS, STOREFRONT]);
    expect(names((await get<Values>('/dimensions/account/values', 'payments')).body)).toEqual([PAYMENTS]);
    expect((await get('/dimensions/color/values')).status).toBe(400);
    expect((await get('/dimensions/account/values?limit=0')).status).toBe(400);
  });

  it('can be searched, also with filters that are long', async () => {
    const filters = [
      {
        field: 'account',
        operator: 'in',
        values: [PAYMENTS, ...Array.from({ length: 900 }, (_, n) => `x${n}`)],
      },
    ];
    const { status, body } = await post<Values>('/dimensions/account/values', { filters });
    expect([status, names(body)]).toEqual([200, [PAYMENTS]]);
    const services = names((await get<Values>('/dimensions/service/values')).body);
    const s3 = services.filter((name) => name.startsWith('s'));
    expect(names((await get<Values>('/dimensions/service/values?prefix=S')).body)).toEqual(s3);
    expect((await get<Values>('/dimensions/service/values?limit=2')).body.values).toHaveLength(2);
  });

  it('are listed', async () => {
    const { body } = await get<{ dimensions: readonly { id: string }[] }>('/dimensions');
    expect(body.dimensions.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['account', 'severity', 'rule']),
    );
  });

  it('say of which measures they are, as queries find it', async () => {
    interface Listed {
      readonly dimensions: readonly { readonly id: string; readonly subjects: readonly string[] }[];
    }
    const { body } = await get<Listed>('/dimensions');
    const measures = { findings: 'open', checks: 'passRate', scopes: 'runs' };
    for (const { id, subjects } of body.dimensions)
      for (const [subject, measure] of Object.entries(measures)) {
        const asked = { refId: 'A', type: 'summary', measures: [measure], groupBy: [id] };
        const { A } = (await query([asked])).body.results;
        expect([id, subject, A?.status]).toEqual([id, subject, subjects.includes(subject) ? 200 : 400]);
      }
  });

  it('are not all that findings are filtered by', async () => {
    interface Listed {
      readonly filterFields: readonly { readonly id: string; readonly values: readonly string[] }[];
    }
    const { body } = await get<Listed>('/dimensions');
    expect(body.filterFields.map(({ id }) => id)).toEqual([...FILTER_FIELDS]);
    for (const { id, values } of body.filterFields)
      for (const value of values) {
        const filters = [{ field: id, operator: '=', values: [value] }];
        const { A } = (await query([{ refId: 'A', type: 'findings', filters }])).body.results;
        expect([id, value, A?.status]).toEqual([id, value, 200]);
      }
  });
});

describe('measures', () => {
  it('are listed with what they are', async () => {
    interface Listed {
      readonly measures: readonly { readonly id: string; readonly unit: string; readonly subject: string }[];
    }
    const { body } = await get<Listed>('/measures');
    expect(body.measures.map(({ id }) => id)).toEqual([...MEASURES]);
    expect(body.measures).toContainEqual({
      id: 'passRate',
      label: 'Pass rate',
      description: 'Share of evaluated checks that passed.',
      kind: 'gauge',
      subject: 'checks',
      unit: 'percentunit',
      additive: false,
    });
  });
});

describe('the state', () => {
  it('counts what the caller sees', async () => {
    interface Status {
      readonly findings: number;
      readonly scopes: number;
      readonly newestRunAt: number;
      readonly roles: readonly string[];
      readonly warehouse: { readonly state: string; readonly ageMs: number; readonly version: string };
    }
    const { body } = await get<Status>('/status');
    expect(body).toMatchObject({
      findings: findings.length,
      scopes: 5,
      roles: ['viewer'],
      warehouse: { state: 'ready', sql: false },
    });
    expect(Date.now() - body.newestRunAt).toBeLessThan(DAY);
    const bound = await get<Status>('/status', 'payments');
    expect(bound.body).toMatchObject({
      findings: findings.filter(({ account }) => account === PAYMENTS).length,
      scopes: 2,
    });
  });
});
