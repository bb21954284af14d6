import { mkdtemp, rm } from 'node:fs/promises';
import * as http from 'node:http';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import * as zlib from 'node:zlib';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Committer } from '../lake/committer.ts';
import { countingStore, FilesystemStore, openStore } from '../store/index.ts';
import { type RunningServer, startServer } from './server.ts';

const DIGEST = 'a'.repeat(64);
const RAW = JSON.stringify([{ status_code: 'FAIL' }]);

let folder: string;
let store: FilesystemStore;
let server: RunningServer;
let logged: string[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sightline-api-'));
  store = new FilesystemStore(folder);
  logged = [];
  const counting = countingStore(store);
  server = await startServer({
    committer: new Committer({ store: counting, now: Date.now }),
    store: counting,
    log: pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) }),
    host: '127.0.0.1',
    port: 0,
  });
});

afterEach(async () => {
  await server.close();
  await store.close();
  await rm(folder, { recursive: true });
});

const ask = (where: string, init: RequestInit = {}): Promise<Response> => fetch(server.url + where, init);
const put = (key: string, body: string | Buffer): Promise<void> => store.put(key, Buffer.from(body));

/** Without a client that tidies the path or undoes the encoding. */
async function askPlainly(
  where: string,
  headers: http.OutgoingHttpHeaders = {},
): Promise<{ status: number; headers: http.IncomingHttpHeaders; body: Buffer }> {
  const { port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    http
      .get({ host: '127.0.0.1', port, path: where, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          });
        });
      })
      .on('error', reject);
  });
}

describe('the page', () => {
  it('says what to do while there is no report', async () => {
    const response = await ask('/');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    expect(await response.text()).toContain('sightline ingest');
  });

  it('is what the store holds, and is not sent again while it stays the same', async () => {
    await put('index.html', '<!doctype html><p>one');
    const first = await askPlainly('/');
    expect(first.body.toString()).toBe('<!doctype html><p>one');
    const known = { 'If-None-Match': first.headers.etag ?? '' };
    expect((await askPlainly('/index.html', known)).status).toBe(304);
    await put('index.html', '<!doctype html><p>two');
    const changed = await askPlainly('/', known);
    expect(changed.status).toBe(200);
    expect(changed.body.toString()).toBe('<!doctype html><p>two');
  });

  it('can not be framed and does not tell what serves it', async () => {
    await put('index.html', '<!doctype html>');
    const { headers } = await ask('/');
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.has('x-powered-by')).toBe(false);
  });
});

describe('files of the store', () => {
  it('are served with their type, and without the right to run anything', async () => {
    await put('reports/report_latest.json', '{"total":{}}');
    const response = await ask('/reports/report_latest.json');
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toMatch(/^sandbox;/);
    expect(await response.json()).toEqual({ total: {} });
  });

  it('are only those of reports/ and raw/', async () => {
    await put('state/x/1.parquet', 'PAR1');
    await put('demo.json', '{}');
    for (const where of [
      '/state/x/1.parquet',
      '/demo.json',
      '/heads/x.json',
      '/reports/',
      '/reports/x.parquet',
    ]) {
      const response = await ask(where);
      expect(response.status, where).toBe(404);
      expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    }
  });

  it.each([
    '/reports/../heads/x.json',
    '/reports/%2e%2e/heads/x.json',
    '/reports/..%2fheads%2fx.json',
    '/reports//x.json',
    '/raw/%00.json.gz',
    '/reports/a%5cb.json',
  ])('can not be left by %s', async (where) => {
    await put('heads-like.json', 'secret');
    const { status, body } = await askPlainly(where);
    expect(status).toBe(404);
    expect(body.toString()).not.toContain('secret');
  });

  it('answer a broken path with a problem document and no stack', async () => {
    const { status, body } = await askPlainly('/reports/%E0%A4%A');
    expect(status).toBe(400);
    expect(JSON.parse(body.toString())).toEqual({
      type: 'about:blank',
      title: 'Bad request',
      status: 400,
      detail: 'The path is not valid percent-encoding.',
    });
  });

  it('can not be changed', async () => {
    for (const method of ['PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS']) {
      const response = await ask('/reports/report_latest.json', { method });
      expect(response.status, method).toBe(405);
      expect(response.headers.get('allow')).toBe('GET, HEAD');
    }
  });
});

describe('raw reports', () => {
  const zstdKey = `raw/prowler/${DIGEST}.json.zst`;
  const gzipKey = `raw/scoutsuite/${DIGEST}.js.gz`;

  beforeEach(async () => {
    await put(zstdKey, zlib.zstdCompressSync(RAW));
    await put(gzipKey, zlib.gzipSync('scoutsuite_results =\n{}'));
  });

  it('go out as they are stored to a client that takes their encoding', async () => {
    const { headers, body } = await askPlainly(`/${zstdKey}`, { 'Accept-Encoding': 'gzip, zstd' });
    expect(headers['content-encoding']).toBe('zstd');
    expect(headers['vary']).toContain('Accept-Encoding');
    expect(zlib.zstdDecompressSync(body).toString()).toBe(RAW);
  });

  it('are decompressed for one that does not', async () => {
    const { headers, body } = await askPlainly(`/${zstdKey}`, { 'Accept-Encoding': 'gzip' });
    expect(headers['content-encoding']).toBeUndefined();
    expect(body.toString()).toBe(RAW);
    const gzip = await askPlainly(`/${gzipKey}`, { 'Accept-Encoding': 'identity' });
    expect(gzip.body.toString()).toBe('scoutsuite_results =\n{}');
  });

  it('are text where they are a script, so that no other site can run them', async () => {
    const { headers } = await askPlainly(`/${gzipKey}`);
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(headers['cross-origin-resource-policy']).toBe('same-origin');
    expect(headers['content-security-policy']).toMatch(/^sandbox;/);
  });

  it('are not sent again, and not at all for HEAD', async () => {
    const { headers } = await askPlainly(`/${zstdKey}`, { 'Accept-Encoding': 'zstd' });
    const again = await askPlainly(`/${zstdKey}`, {
      'Accept-Encoding': 'zstd',
      'If-None-Match': headers.etag ?? '',
    });
    expect(again.status).toBe(304);
    expect(again.body).toHaveLength(0);
    const other = await askPlainly(`/${zstdKey}`, { 'If-None-Match': headers.etag ?? '' });
    expect(other.status).toBe(200);
    const head = await ask(`/${zstdKey}`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });
});

describe('the page that ScoutSuite wrote', () => {
  const base = 'reports/scoutsuite/scoutsuite-aws-1-abc';

  /** Where the browser is sent to. */
  const moved = async (): Promise<string> => {
    const { status, headers } = await askPlainly(`/${base}/aws.html`);
    expect(status).toBe(302);
    return new URL(headers.location ?? '', `${server.url}/${base}/aws.html`).pathname;
  };

  it('may run scripts, in an origin of its own that can call nobody', async () => {
    await put(`${base}/aws.html`, '<script src="inc-x/x.js"></script>');
    const { status, headers, body } = await askPlainly(await moved());
    expect([status, body.toString()]).toEqual([200, '<script src="inc-x/x.js"></script>']);
    const policy = headers['content-security-policy']?.toString() ?? '';
    expect(policy).toMatch(/^sandbox allow-scripts/);
    expect(policy).not.toContain('allow-same-origin');
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('connect-src');
  });

  it('gets its scripts from a path that no other site can guess', async () => {
    await put(`${base}/scoutsuite-results/r.js`, 'scoutsuite_results = {}');
    const open = new URL('scoutsuite-results/r.js', server.url + (await moved())).pathname;
    const asked = await askPlainly(open);
    expect(asked.body.toString()).toBe('scoutsuite_results = {}');
    expect(asked.headers['cross-origin-resource-policy']).toBe('cross-origin');
    const known = await askPlainly(`/${base}/scoutsuite-results/r.js`);
    expect(known.headers['cross-origin-resource-policy']).toBe('same-origin');
    const guessed = open.replace(/^\/scoutsuite\/[^/]+/, '/scoutsuite/guess');
    expect((await askPlainly(guessed)).status).toBe(404);
  });

  it('is found again from a path of an earlier process', async () => {
    const old = '/scoutsuite/earlier/scoutsuite-aws-1-abc/aws.html';
    const { status, headers } = await askPlainly(old);
    expect(status).toBe(302);
    expect(new URL(headers.location ?? '', server.url + old).pathname).toBe(`/${base}/aws.html`);
  });

  it.each(['/scoutsuite/x/..%2f..%2fheads/x.html', '/reports/scoutsuite/%5c%5cevil.example/x.html'])(
    'sends nobody elsewhere by %s',
    async (where) => {
      expect((await askPlainly(where)).status).toBe(404);
    },
  );
});

describe('a server for this machine only', () => {
  it('answers under its own names, so that no web site can point a name at it', async () => {
    await put('index.html', 'secret');
    const { port } = new URL(server.url);
    const foreign = await askPlainly('/', { Host: `findings.example:${port}` });
    expect(foreign.status).toBe(421);
    expect(foreign.body.toString()).not.toContain('secret');
    expect((await askPlainly('/', { Host: `localhost:${port}` })).status).toBe(200);
  });
});

describe('health', () => {
  it('is alive, and ready when the store answers', async () => {
    expect(await (await ask('/healthz')).json()).toEqual({ status: 'ok' });
    expect(await (await ask('/readyz')).json()).toEqual({
      status: 'ready',
      scopes: 0,
      newestHeadAgeSeconds: null,
    });
  });

  it('is alive but not ready when the store does not answer', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'none').stubEnv('AWS_SECRET_ACCESS_KEY', 'none');
    // Nothing listens on port 1.
    const unreachable = openStore('s3://bucket?endpoint=http://127.0.0.1:1', { maxAttempts: 1 }, {});
    const broken = countingStore(unreachable);
    const other = await startServer({
      committer: new Committer({ store: broken, now: Date.now }),
      store: broken,
      log: pino({ level: 'silent' }),
      host: '127.0.0.1',
      port: 0,
    });
    try {
      expect((await fetch(`${other.url}/healthz`)).status).toBe(200);
      const ready = await fetch(`${other.url}/readyz`);
      expect(ready.status).toBe(503);
      expect(await ready.text()).not.toContain('127.0.0.1');
      const metrics = await (await fetch(`${other.url}/metrics`)).text();
      expect(metrics).toContain('sightline_estate_up 0');
    } finally {
      await other.close();
      await unreachable.close();
      vi.unstubAllEnvs();
    }
  });
});

describe('metrics', () => {
  it('count requests by route and status, and calls to the store by verb', async () => {
    await ask('/');
    await ask('/reports/nothing.json');
    await ask('/what/ever/123');
    await ask('/api/v1/findings/0123456789abcdef');
    await ask('/api/v1/what/ever');
    const text = await (await ask('/metrics')).text();
    expect(text).toContain('sightline_http_requests_total{method="GET",route="/",status="200"} 1');
    expect(text).toContain('sightline_http_requests_total{method="GET",route="/reports",status="404"} 1');
    expect(text).toContain('sightline_http_requests_total{method="GET",route="other",status="404"} 2');
    expect(text).toContain(
      'sightline_http_requests_total{method="GET",route="/api/v1/findings",status="503"} 1',
    );
    expect(text).toMatch(/sightline_store_requests_total\{verb="get"\} [1-9]/);
    expect(text).toContain('process_cpu_seconds_total');
    expect(text).toContain('sightline_estate_up 1');
  });
});

describe('the log', () => {
  it('holds the path of a request and never its query', async () => {
    await ask('/reports/x.json?token=hunter2');
    expect(logged.join('')).toContain('/reports/x.json');
    expect(logged.join('')).not.toContain('hunter2');
  });
});

describe('starting', () => {
  it('says which port is in use', async () => {
    const counting = countingStore(store);
    const port = Number(new URL(server.url).port);
    const starting = startServer({
      committer: new Committer({ store: counting, now: Date.now }),
      store: counting,
      log: pino({ level: 'silent' }),
      host: '127.0.0.1',
      port,
    });
    await expect(starting).rejects.toMatchObject({
      code: 'usage',
      exitCode: 2,
      message: `port ${port} of 127.0.0.1 is in use`,
    });
  });
});
