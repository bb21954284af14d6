import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import * as http from 'node:http';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import * as zlib from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readHeads } from '../../collector/src/lake/lake.ts';
import { readHistory } from '../../collector/src/lake/history.ts';
import { FilesystemStore } from '../../collector/src/store/index.ts';
import { fixture, zipOf } from '../cli/support.ts';
import { type Api, as, reportsOf, startApi } from './support.ts';

const OCSF = readFileSync(fixture('prowler/fixtures/v3.ocsf.json'));
const SCOUTSUITE = readFileSync(fixture('scoutsuite/fixtures/scoutsuite_results_probe.js'));
const ERRORS = readFileSync(fixture('scoutsuite/fixtures/scoutsuite_errors_probe.json'));
const AZURE = readFileSync(fixture('scoutsuite/fixtures/azure_two_subscriptions.js'));
const MIB = 1024 ** 2;
const PAYMENTS = '111122223333';

interface Taken {
  readonly scopes: readonly {
    scope: string;
    runId: string;
    status: string;
    outcome: string;
    late: boolean;
    opened: number;
    fixed: number;
    baseline: number;
    notes: readonly string[];
  }[];
  readonly report: { date: string; written: boolean } | null;
}
interface Problem {
  readonly detail: string;
  readonly hint: string;
}

/** Tells when something of a report is about to be stored, and waits until it may. */
class GatedStore extends FilesystemStore {
  static gate: (() => Promise<void>) | undefined;

  override async put(...args: Parameters<FilesystemStore['put']>) {
    await GatedStore.gate?.();
    return super.put(...args);
  }
}

let api: Api;
/** Of this file alone: others bring reports at the same time. */
let temporary: string;

beforeAll(async () => {
  temporary = mkdtempSync(path.join(tmpdir(), 'sightline-test-uploads-'));
  vi.stubEnv('TMPDIR', temporary);
  api = await startApi({
    warehouse: false,
    limits: { maxBytes: 20 * MIB },
    store: (folder) => new GatedStore(folder),
  });
});
afterAll(async () => {
  await api.close();
  vi.unstubAllEnvs();
  rmSync(temporary, { recursive: true });
});

const keys = async (prefix: string): Promise<string[]> => {
  const found: string[] = [];
  for await (const { key } of api.store.list(prefix)) found.push(key);
  return found;
};
const uploads = (): string[] => readdirSync(temporary).filter((name) => name.startsWith('sightline-upload-'));

describe('bringing a report', () => {
  it('says what it did to each scope, and the second time that it was there', async () => {
    const [first, second] = reportsOf(2, [PAYMENTS]).filter(({ source }) => source === 'prowler');
    const content = Buffer.from(first?.content() ?? '');
    const { status, body } = await api.bring<Taken>(content, '?name=first.ocsf.json');
    expect(status).toBe(200);
    const [run] = body.scopes;
    expect(run).toMatchObject({
      scope: `prowler/aws/${PAYMENTS}`,
      status: 'committed',
      outcome: 'complete',
      late: false,
    });
    expect(run?.opened).toBe(run?.baseline);
    expect(run?.opened).toBeGreaterThan(50);
    expect(body.report?.written).toBe(true);
    expect((await api.bring<Taken>(content)).body.scopes[0]).toMatchObject({
      status: 'already',
      runId: run?.runId,
    });
    const later = await api.bring<Taken>(Buffer.from(second?.content() ?? ''));
    expect(later.body.scopes[0]?.fixed).toBeGreaterThan(0);
  });

  it('makes the daily report anew', async () => {
    const { body } = await api.ask<{ reports: readonly { date: string; href: string }[] }>('/reports');
    expect(body.reports.map(({ date }) => date)).toEqual([new Date().toISOString().slice(0, 10)]);
    const href = body.reports[0]?.href ?? '';
    const latest = await api.ask<{ total: { open: number } }>('/reports/latest');
    expect(latest.body.total.open).toBeGreaterThan(50);
    expect((await api.ask(`/${href}`)).text).toBe(latest.text);
    expect((await api.ask('/reports/2001-01-01')).status).toBe(404);
    expect((await api.ask('/reports/..%2Fheads')).status).toBe(400);
  });

  it('leaves the report as it is where more is to come', async () => {
    const before = (await api.ask('/reports/latest')).text;
    const report = reportsOf(1, ['444455556666'])[0]?.content() ?? '';
    const { status, body } = await api.bring<Taken>(Buffer.from(report), '?report=false');
    expect([status, body.scopes[0]?.status, body.report]).toEqual([200, 'committed', null]);
    expect((await api.ask('/reports/latest')).text).toBe(before);
  });

  it('takes it packed, said in a header or not', async () => {
    for (const [body, init] of [
      [zlib.gzipSync(OCSF), { 'Content-Encoding': 'gzip' }],
      [zlib.zstdCompressSync(OCSF), { 'Content-Encoding': 'zstd' }],
      [zlib.gzipSync(OCSF), {}],
      [OCSF, {}],
    ] as const) {
      const { status, body: taken } = await api.bring<Taken>(Buffer.from(body), '', { headers: { ...init } });
      expect([status, taken.scopes.length]).toEqual([200, 1]);
    }
  });

  it('takes what lies beside a report together with it, as a zip', async () => {
    const zip = zipOf({
      'scoutsuite-results/scoutsuite_results_probe.js': SCOUTSUITE,
      'scoutsuite-results/scoutsuite_errors_probe.json': ERRORS,
      'readme.txt': 'made by a script',
    });
    const { status, body } = await api.bring<Taken>(Buffer.from(zip), '?name=scan.zip');
    expect(status).toBe(200);
    const alone = await api.bring<Taken>(SCOUTSUITE);
    // What the errors say makes the run another one.
    expect(body.scopes[0]?.notes.join()).not.toBe('');
    expect(alone.body.scopes[0]?.status).toBe('already');
  });

  it('keeps what the caller says of the scan', async () => {
    const at = Date.now() - 3_600_000;
    const query = `?observedAt=${at}&durationMs=61500&outcome=partial&name=a%20b/c.json`;
    const { body } = await api.bring<Taken>(readFileSync(fixture('prowler/fixtures/v3.json')), query);
    const [run] = body.scopes;
    expect(run?.outcome).toBe('partial');
    const head = (await readHeads(api.committer)).find(({ scope }) => scope === run?.scope);
    if (head === undefined) throw new Error('there is no head');
    const records = [];
    for await (const { run: record } of readHistory(api.store, head)) records.push(record);
    expect(records.find((record) => record?.runId === run?.runId)).toMatchObject({ durationMs: 61_500 });
    expect(head.lastRun?.raw.name).toBe('c.json');
  });

  it('puts a report that does not say where it is of where the caller says', async () => {
    const listener = readFileSync(fixture('nmap/fixtures/listener.xml'));
    const { body } = await api.bring<Taken>(listener, '?account=office&name=listener.xml');
    expect(body.scopes.map(({ scope }) => scope)).toEqual(['nmap/network/office']);
    const elsewhere = await api.bring<Taken>(
      readFileSync(fixture('prowler/fixtures/v3.json')),
      '?account=office',
    );
    expect(elsewhere.body.scopes.every(({ scope }) => !scope.includes('office'))).toBe(true);
    expect((await api.bring(listener, '?account=')).status).toBe(400);
  });

  it('is written down: who, what, when', async () => {
    const [key = ''] = (await keys('audit/')).slice(-1);
    const entry = JSON.parse((await api.store.get(key))?.body.toString() ?? '') as Record<string, unknown>;
    expect(entry).toMatchObject({ subject: 'local', action: 'report.ingest' });
  });
});

describe('a report that is none', () => {
  const refused = async (
    body: Uint8Array<ArrayBuffer> | string,
    query = '',
    headers = {},
  ): Promise<[number, Problem]> => {
    const before = await keys('');
    const { status, body: problem } = await api.bring<Problem>(body, query, { headers });
    expect((await keys('')).sort()).toEqual(before.sort());
    expect(uploads()).toEqual([]);
    return [status, problem];
  };

  it('is refused with what the reader says of it, and leaves nothing', async () => {
    const [unknown, { detail, hint }] = await refused('{"hello": "world"}', '?name=hello.json');
    expect([unknown, detail]).toEqual([422, 'hello.json: no report that can be read']);
    expect(hint).toContain('Prowler');
    const [cut] = await refused(Buffer.from(OCSF.subarray(0, OCSF.length - 100)));
    expect(cut).toBe(422);
    const [zip, { detail: several }] = await refused(
      Buffer.from(zipOf({ 'a.json': OCSF, 'b.js': AZURE })),
      '?name=two.zip',
    );
    expect([zip, several]).toEqual([422, 'two.zip: the archive holds several reports']);
    const [lone, { detail: errors }] = await refused(ERRORS, '?name=scoutsuite_errors_probe.json');
    expect([lone, errors]).toEqual([
      422,
      'scoutsuite_errors_probe.json: this is the list of errors of a ScoutSuite scan, not its report',
    ]);
  });

  it('is refused where it is empty, or packed otherwise than it says', async () => {
    expect((await refused(''))[0]).toBe(400);
    expect((await refused(OCSF, '', { 'Content-Encoding': 'gzip' }))[0]).toBe(400);
    expect((await refused(OCSF, '', { 'Content-Encoding': 'br' }))[0]).toBe(415);
    const gzip = zlib.gzipSync(OCSF);
    expect((await refused(Buffer.from(gzip.subarray(0, gzip.length / 2))))[0]).toBe(422);
  });

  it('is refused where the query says what can not be', async () => {
    for (const query of [
      '?outcome=great',
      '?complete=yes',
      '?observedAt=yesterday',
      '?durationMs=-1',
      '?source=nmap99',
      '?unknown=1',
      '?complete=true&outcome=failed',
    ]) {
      expect([query, (await refused(OCSF, query))[0]]).toEqual([query, 400]);
    }
  });

  it('is refused where it is too large, before and after unpacking', async () => {
    const large = Buffer.alloc(21 * MIB, ' ');
    expect((await refused(large))[0]).toBe(413);
    expect(await sendUntilAnswered()).toBe(413);
    expect((await refused(zlib.gzipSync(large)))[0]).toBe(413);
    expect((await refused(zlib.gzipSync(Buffer.alloc(200 * MIB))))[0]).toBe(413);
  });
});

/** Sends without end, and listens. */
async function sendUntilAnswered(): Promise<number | undefined> {
  const { port } = new URL(api.url);
  const request = http.request({ host: '127.0.0.1', port, path: '/api/v1/ingest', method: 'POST' });
  request.on('error', () => undefined);
  let status: number | undefined;
  request.once('response', (response) => {
    status = response.statusCode;
    response.resume();
  });
  for (let sent = 0; status === undefined && sent < 200; sent++) {
    await new Promise((resolve) => request.write(Buffer.alloc(MIB, ' '), resolve));
  }
  request.destroy();
  return status;
}

describe('a client that goes away', () => {
  it('leaves nothing behind', async () => {
    const before = await keys('');
    const { port } = new URL(api.url);
    for (const headers of [{ 'Content-Length': AZURE.length }, { 'Transfer-Encoding': 'chunked' }]) {
      const request = http.request({
        host: '127.0.0.1',
        port,
        path: '/api/v1/ingest',
        method: 'POST',
        headers,
      });
      request.on('error', () => undefined);
      // All of the report, and nothing that says that this is the end.
      const whole = 'Transfer-Encoding' in headers ? AZURE : AZURE.subarray(0, AZURE.length - 1);
      await new Promise((resolve) => request.write(whole, resolve));
      // The server has begun to read it.
      await expect.poll(uploads).toHaveLength(1);
      request.destroy();
      await expect.poll(uploads).toEqual([]);
    }
    expect((await keys('')).sort()).toEqual(before.sort());
  });

  it('after its last byte gets all scopes in, and not half of them', async () => {
    const { port } = new URL(api.url);
    const headers = { 'Content-Length': AZURE.length };
    const request = http.request({
      host: '127.0.0.1',
      port,
      path: '/api/v1/ingest',
      method: 'POST',
      headers,
    });
    request.on('error', () => undefined);
    const storing = new Promise<() => void>((begun) => {
      const gone = new Promise<void>((open) => {
        GatedStore.gate = () => {
          begun(open);
          return gone;
        };
      });
    });
    request.end(AZURE);
    const goOn = await storing;
    const left = new Promise((resolve) => request.once('close', resolve));
    request.destroy();
    await left;
    GatedStore.gate = undefined;
    goOn();
    const azure = (): Promise<number> =>
      readHeads(api.committer).then((heads) => heads.filter(({ cloud }) => cloud === 'azure').length);
    await expect.poll(azure).toBe(3);
    await expect.poll(uploads).toEqual([]);
  });
});

describe('credentials of some accounts', () => {
  let bound: Api;
  beforeAll(async () => {
    bound = await startApi({
      warehouse: false,
      tokens: [
        { name: 'all', roles: ['operator'] },
        { name: 'payments', roles: ['ingest'], accounts: [PAYMENTS] },
        { name: 'other-cloud', roles: ['ingest'], accounts: [`gcp/${PAYMENTS}`] },
        { name: 'team', roles: ['ingest'], teams: ['payments'] },
        { name: 'reader', roles: ['viewer'] },
        { name: 'bound-reader', roles: ['viewer'], accounts: [PAYMENTS] },
      ],
    });
  });
  afterAll(() => bound.close());

  it('bring reports of those only, and nothing of others is stored', async () => {
    const [own] = reportsOf(1, [PAYMENTS]).filter(({ source }) => source === 'prowler');
    const bring = (report: Uint8Array, name: string) =>
      bound.bring(Buffer.from(report), '', { headers: as(name) });
    expect((await bring(OCSF, 'payments')).status).toBe(403);
    // One scope of three.
    expect((await bring(AZURE, 'payments')).status).toBe(403);
    const content = own?.content() ?? Buffer.alloc(0);
    expect((await bring(content, 'other-cloud')).status).toBe(403);
    // Nobody said yet whose account it is.
    expect((await bring(content, 'team')).status).toBe(403);
    expect(await readHeads(bound.committer)).toEqual([]);
    for await (const { key } of bound.store.list('raw/')) throw new Error(`${key} was stored`);
    expect((await bring(content, 'payments')).status).toBe(200);
  });

  it('need the role', async () => {
    expect((await bound.bring(OCSF, '', { headers: as('reader') })).status).toBe(403);
    expect((await bound.bring(OCSF)).status).toBe(401);
    expect((await bound.post('/verdicts', {}, { headers: as('payments') })).status).toBe(403);
    expect((await bound.ask('/reports', { headers: as('payments') })).status).toBe(403);
    expect((await bound.ask('/reports/latest', { headers: as('reader') })).status).toBe(200);
  });

  it('see no report, page or raw file, which show all accounts', async () => {
    for (const where of [
      '/',
      '/reports/report_latest.json',
      '/raw/x.json.zst',
      '/metrics',
      '/api/v1/reports/latest',
    ])
      expect([where, (await fetch(bound.url + where, { headers: as('bound-reader') })).status]).toEqual([
        where,
        403,
      ]);
    expect((await fetch(`${bound.url}/`, { headers: as('reader') })).status).toBe(200);
    expect((await fetch(`${bound.url}/healthz`)).status).toBe(200);
  });
});
