import * as net from 'node:net';
import * as zlib from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, type Asking, startApi } from './support.ts';

let api: Api;

beforeAll(async () => {
  api = await startApi({ warehouse: false });
});
afterAll(() => api.close());

interface Problem {
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly hint?: string;
  readonly issues?: readonly { path: string; message: string }[];
}

const VERDICT = '/findings/0123456789abcdef/verdicts';
const decide = (body: unknown, init: Asking = {}) => api.post<Problem>(VERDICT, body, init);

describe('every error is a problem document', () => {
  it('for a path that is none', async () => {
    for (const where of ['/nothing', '/', '/findings/0123456789abcdef/nothing', '/QUERY', '/query/x']) {
      const { status, headers, body } = await api.ask<Problem>(where);
      expect([where, status, body.status]).toEqual([where, 404, 404]);
      expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    }
  });

  it('for a method that the path does not take, with those that it does', async () => {
    const refused = async (where: string, method: string): Promise<unknown> => {
      const { status, headers } = await fetch(`${api.url}/api/v1${where}`, { method });
      return [status, headers.get('allow')];
    };
    expect(await refused('/query', 'GET')).toEqual([405, 'POST']);
    expect(await refused('/query', 'OPTIONS')).toEqual([405, 'POST']);
    expect(await refused('/status', 'DELETE')).toEqual([405, 'GET, HEAD']);
    expect(await refused('/dimensions/account/values', 'PUT')).toEqual([405, 'GET, HEAD, POST']);
  });

  it('for a path that is broken', async () => {
    const { status, body } = await api.ask<Problem>('/findings/%E0%A4%A');
    expect([status, body.detail]).toEqual([400, 'The path is not valid percent-encoding.']);
  });

  it('for what is no HTTP, and for an address that is too long', async () => {
    const raw = async (text: string): Promise<string> => {
      const { port } = new URL(api.url);
      const socket = net.connect(Number(port), '127.0.0.1');
      let answer = '';
      socket.setEncoding('utf8').on('data', (part: string) => (answer += part));
      socket.write(text);
      await new Promise((resolve) => socket.once('close', resolve));
      return answer;
    };
    expect(await raw('NONSENSE\r\n\r\n')).toMatch(/^HTTP\/1.1 400 [^]*"title":"Bad request"/);
    expect(await raw(`GET /api/v1/findings?filters=${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 431 [^]*send long filters in a body/,
    );
  });

  it('lets no other site in', async () => {
    const { headers } = await fetch(`${api.url}/api/v1/status`, {
      headers: { Origin: 'https://evil.example' },
    });
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    const { status } = await api.post(VERDICT, {}, { headers: { Origin: 'https://evil.example' } });
    expect(status).toBe(403);
  });
});

describe('a body', () => {
  it('has to be there, and JSON', async () => {
    expect((await api.ask<Problem>('/query', { method: 'POST' })).body.detail).toBe(
      'The request has no body.',
    );
    const plain = await decide('{}', { headers: { 'Content-Type': 'text/plain' } });
    expect([plain.status, plain.body.hint]).toEqual([415, 'Send it with Content-Type: application/json.']);
    const broken = await decide('{"verdict":');
    expect([broken.status, broken.body.detail]).toEqual([400, 'The body is not valid JSON.']);
  });

  it('has to be in UTF-8', async () => {
    const { status, body } = await decide('{}', {
      headers: { 'Content-Type': 'application/json; charset=koi8-r' },
    });
    expect([status, body.detail]).toEqual([415, 'The body must be JSON in UTF-8.']);
  });

  it('may be 1 MiB, packed or not', async () => {
    const large = JSON.stringify({ reason: 'x'.repeat(1 << 20) });
    expect((await decide(large)).status).toBe(413);
    const packed = await fetch(`${api.url}/api/v1${VERDICT}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
      body: zlib.gzipSync(large),
    });
    expect(packed.status).toBe(413);
    const { status, body } = await decide('{}', { headers: { 'Content-Encoding': 'bzip2' } });
    expect([status, body.title]).toEqual([415, 'Unsupported media type']);
    const damaged = await decide('{}', { headers: { 'Content-Encoding': 'gzip' } });
    expect([damaged.status, damaged.body.title]).toEqual([400, 'Bad request']);
  });

  it('is not walked into without end', async () => {
    const depth = 200_000;
    const { status, body } = await decide(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`);
    expect([status, body.detail]).toEqual([400, 'The body is nested deeper than 32 levels.']);
  });

  it('changes no prototype', async () => {
    const { status, body } = await decide('{"verdict":null,"reason":"x","__proto__":{"until":1}}');
    expect([status, body.detail]).toEqual([400, 'The body has a key __proto__, which no request has.']);
    expect(({} as Record<string, unknown>)['until']).toBeUndefined();
  });

  it('says of each field what is wrong with it, and not of a million', async () => {
    const { status, body } = await decide({ verdict: 'maybe', reason: ' ', unknown: 1 });
    expect(status).toBe(400);
    expect(body.issues?.map(({ path }) => path).sort()).toEqual(['', 'reason', 'verdict']);
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`key-${index}`, 1]));
    const bulk = await decide({ verdict: null, reason: 'x', ...many });
    expect([bulk.status, bulk.text.length < 3_000]).toEqual([400, true]);
  });
});

describe('without a warehouse', () => {
  it('queries are refused with the reason', async () => {
    const { status, headers, body } = await api.post<Problem>('/query', { from: 0, to: 1, queries: [] });
    expect([status, body.title, headers.get('retry-after')]).toEqual([503, 'No warehouse', '5']);
    expect((await api.ask('/findings')).status).toBe(503);
    expect((await api.ask('/dimensions/account/values')).status).toBe(503);
  });

  it('the state says so', async () => {
    const { body } = await api.ask<{ warehouse: unknown; version: string }>('/status');
    expect(body).toMatchObject({ warehouse: null, findings: null, version: '1.2.3', subject: 'local' });
  });
});
