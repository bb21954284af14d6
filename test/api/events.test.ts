import { once } from 'node:events';
import * as http from 'node:http';
import * as net from 'node:net';
import * as zlib from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { StoreError } from '../../collector/src/errors.ts';
import { linesOf, readBatch } from '../../collector/src/ingest/spool/batch-file.ts';
import { fixture } from '../../collector/src/sources/testing/reports.ts';
import { FilesystemStore } from '../../collector/src/store/index.ts';
import type { Body } from '../../collector/src/store/object-store.ts';
import { type Answered, type Api, type ApiSetup, as, type Asking, startApi } from './support.ts';

vi.setConfig({ testTimeout: 60_000 });

let api: Api;
afterEach(() => api.close());

const start = async (setup: ApiSetup = {}): Promise<void> => {
  api = await startApi({ warehouse: false, streams: {}, ...setup });
};

interface Accepted {
  readonly accepted: number;
  readonly ignored: number;
}
interface Problem {
  readonly title: string;
  readonly detail: string;
}

/** Below /api/v1: once through the whole chain, the next ones in front of it. */
const push = <T = Accepted>(where: string, body: Asking['body'], init: Asking = {}): Promise<Answered<T>> =>
  api.ask<T>(where, {
    method: 'POST',
    body: body ?? '',
    ...init,
    headers: { 'Content-Type': 'application/json', ...init.headers },
  });

const event = (fields: object = {}): string =>
  JSON.stringify({
    output: 'A shell was spawned',
    output_fields: { 'k8s.cluster.name': 'prod', 'k8s.ns.name': 'shop', 'evt.time': 1 },
    priority: 'Notice',
    rule: 'Terminal shell in container',
    source: 'syscall',
    time: new Date().toISOString(),
    ...fields,
  });

/** What lies in the bucket of a feed. */
async function spooled(feed = 'falco'): Promise<string[]> {
  const lines: string[] = [];
  for await (const { key } of api.store.list(`spool/${feed}/batches/`)) {
    lines.push(...linesOf((await readBatch(api.store, key)) ?? Buffer.alloc(0)).map(String));
  }
  return lines;
}

describe('pushed events', () => {
  it('are in the bucket when they are acknowledged, as they were sent', async () => {
    await start();
    const one = event().replace('"evt.time":1', '"evt.time":1788750764120938475');
    const answer = await push('/falco', one);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ accepted: 1, ignored: 0 });
    expect(await spooled()).toEqual([one]);
    const again = await push('/falco', one);
    expect(again.status).toBe(200);
    // Else a node that has nothing to say for a while loses its next event to a connection that is being closed.
    expect(again.headers.get('keep-alive')).toBe('timeout=75');
    expect(await spooled()).toEqual([one, one]);
  });

  it('come one in a request, one a line, or as an array, also packed', async () => {
    await start();
    const [a, b, c] = ['a', 'b', 'c'].map((rule) => event({ rule })) as [string, string, string];
    const pretty = JSON.stringify(JSON.parse(a), null, 2);
    expect((await push('/falco', `${a}\r\n\n${b}\n`)).body.accepted).toBe(2);
    expect((await push('/falco', `[${pretty}, ${c}]`)).body.accepted).toBe(2);
    expect((await push('/falco', pretty)).body.accepted).toBe(1);
    const packed = new Uint8Array(zlib.gzipSync(`${a}\n${b}\n${c}`));
    const answer = await push('/falco', packed, { headers: { 'Content-Encoding': 'gzip' } });
    expect(answer.body.accepted).toBe(3);
    const rules = (await spooled()).map((line) => (JSON.parse(line) as { rule: string }).rule);
    expect(rules.sort()).toEqual(['a', 'a', 'a', 'a', 'b', 'b', 'c', 'c']);
  });

  it('hold no secret any more when they get to the bucket', async () => {
    await start();
    const secret = 'hunter2hunter2';
    const output = `mysql --password=${secret}`;
    const nested = {
      output_fields: { 'proc.args': [`--token ${secret}`] },
      more: { output: `token=${secret}` },
    };
    const escaped = event({ output: `PASS=${secret}` }).replace('PASS', '\\u0070assword');
    for (const sent of [event({ output }), event(nested), escaped, `${event()}\n${event({ output })}`])
      expect((await push('/falco', sent)).status).toBe(200);
    const lines = await spooled();
    expect(lines).toHaveLength(5);
    expect(lines.join('')).not.toContain(secret);
    expect(lines.filter((line) => line.includes('[redacted'))).toHaveLength(4);
  });

  it('of a hundred connections at once are all taken, in a few objects', async () => {
    await start({ streams: { lingerMs: 100 }, tokens: [{ name: 'falco', roles: ['ingest'] }] });
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        push('/falco', event({ rule: `r${n}` }), { headers: as('falco') }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 100 }, () => 200));
    expect(await spooled()).toHaveLength(100);
    let objects = 0;
    for await (const _ of api.store.list('spool/falco/batches/')) objects++;
    expect(objects).toBeLessThan(50);
    // One of them found out for all who it was: the limits on requests did not count the others.
    expect(api.logged.filter((line) => line.includes('"path":"/api/v1/falco"')).length).toBeLessThan(50);
  });

  it('are refused as a whole where one is none, with what is wrong', async () => {
    await start();
    for (const [body, status, detail] of [
      ['', 400, /no body/],
      ['not json', 400, /no JSON/],
      ['12', 422, /no JSON object/],
      ['null', 422, /no JSON object/],
      ['[[]]', 422, /no JSON object/],
      ['{}', 422, /rule/],
      [event({ priority: 'Loud' }), 422, /priority/],
      [event({ priority: 3 }), 422, /priority/],
      [event({ time: 'yesterday' }), 422, /time/],
      [event({ time: '2999-01-01T00:00:00Z' }), 422, /future/],
      [event({ rule: '' }), 422, /rule/],
      [`${event()}\n${event().slice(0, -5)}`, 400, /Line 2/],
      [`[${event()},{}]`, 422, /Event 1/],
      [event().slice(0, 40), 400, /no JSON/],
      [
        event({ output_fields: JSON.parse(`${'['.repeat(100)}${']'.repeat(100)}`) as unknown }),
        400,
        /nested/,
      ],
      ['['.repeat(200_000), 400, /no JSON/],
      [event({ output: 'x'.repeat(2 ** 20) }), 413, /bytes/],
    ] as const) {
      const answer = await push<Problem>('/falco', body);
      expect(answer.body.detail, body.slice(0, 60)).toMatch(detail);
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    }
    const invalid = new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]);
    expect((await push<Problem>('/falco', invalid)).body.detail).toMatch(/UTF-8/);
    const notPacked = await push<Problem>('/falco', event(), { headers: { 'Content-Encoding': 'gzip' } });
    expect(notPacked.status).toBe(400);
    const other = await push<Problem>('/falco', event(), { headers: { 'Content-Encoding': 'br' } });
    expect(other.status).toBe(415);
    const bomb = new Uint8Array(zlib.gzipSync(Buffer.alloc(64e6)));
    const exploded = await push<Problem>('/falco', bomb, { headers: { 'Content-Encoding': 'gzip' } });
    expect(exploded.status).toBe(413);
    expect(await spooled()).toEqual([]);
  });

  it('that are more than a request may bring are refused before they have all come', async () => {
    await start();
    const { port } = new URL(api.url);
    for (const declared of [true, false]) {
      const request = http.request({
        port,
        method: 'POST',
        path: '/api/v1/falco',
        headers: declared ? { 'Content-Length': 1e9 } : { 'Transfer-Encoding': 'chunked' },
      });
      request.on('error', () => undefined);
      const answered = once(request, 'response') as Promise<[http.IncomingMessage]>;
      const chunk = Buffer.alloc(1 << 20, ' ');
      for (let sent = 0; sent < 10; sent++) request.write(chunk);
      const [response] = await answered;
      expect(response.statusCode).toBe(413);
      request.destroy();
    }
    expect(api.streams?.spool.waitingBytes).toBe(0);
  });

  it('that are cut off are not taken', async () => {
    await start();
    expect((await push('/falco', event())).status).toBe(200);
    const { port } = new URL(api.url);
    const socket = net.connect(Number(port), '127.0.0.1');
    const body = event();
    socket.write(`POST /api/v1/falco HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${body.length}\r\n\r\n`);
    socket.write(body.slice(0, -3));
    await new Promise((resolve) => setTimeout(resolve, 200));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await spooled()).toHaveLength(1);
  });

  it('are refused with 429 while there is no room, and taken afterwards', async () => {
    await start({ streams: { waitingBytes: 1_000 } });
    const large = event({ output: 'x'.repeat(2_000) });
    for (let tries = 0; tries < 2; tries++) {
      const answer = await push<Problem>('/falco', large);
      expect(answer.status).toBe(429);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await push('/falco', event())).status).toBe(200);
    }
    expect(await spooled()).toHaveLength(2);
  });

  it('that trickle in take no more memory together than there is room', async () => {
    await start({ streams: { waitingBytes: 4 * 1024 ** 2 } });
    const { port } = new URL(api.url);
    // Each alone would have room, and did when it began.
    const slow = Array.from({ length: 12 }, () => {
      const request = http.request({
        port,
        method: 'POST',
        path: '/api/v1/falco',
        headers: { 'Content-Length': 1024 ** 2 },
      });
      request.on('error', () => undefined);
      request.flushHeaders();
      return request;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const answers = slow.map(async (request) => {
      const answered = once(request, 'response') as Promise<[http.IncomingMessage]>;
      request.write(Buffer.alloc(1024 ** 2 - 1, ' '));
      return (await answered)[0].statusCode;
    });
    // Whoever is refused lets go of what it brought, so that some of them stay.
    expect(await Promise.race(answers)).toBe(429);
    for (const request of slow) request.destroy();
    await vi.waitFor(async () => expect((await push('/falco', event())).status).toBe(200), {
      timeout: 30_000,
    });
  });

  it('are answered with 503 when the bucket does not take them, and are in no count then', async () => {
    let broken = true;
    class Broken extends FilesystemStore {
      override put(key: string, body: Body): Promise<void> {
        return broken ? Promise.reject(new StoreError('away', 'Wait.')) : super.put(key, body);
      }
    }
    await start({ store: (folder) => new Broken(folder) });
    for (let tries = 0; tries < 2; tries++) {
      const answer = await push<Problem>('/falco', event());
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).not.toBeNull();
    }
    broken = false;
    expect((await push('/falco', event())).status).toBe(200);
    expect(await spooled()).toHaveLength(1);
    const metrics = await (await fetch(`${api.url}/metrics`)).text();
    expect(metrics).toContain('sightline_spool_events_total{feed="falco",result="accepted"} 1');
    expect(metrics).toContain('sightline_spool_events_total{feed="falco",result="failed"} 2');
  });

  it('of EventBridge are kept where they are findings, and acknowledged where not', async () => {
    await start();
    const finding = JSON.stringify(JSON.parse(fixture('guardduty', 'eventbridge.json').toString()));
    const other = JSON.stringify({ 'detail-type': 'ECR Image Scan', source: 'aws.ecr', detail: {} });
    expect((await push('/eventbridge', finding)).body).toEqual({ accepted: 1, ignored: 0 });
    expect((await push('/eventbridge', `[${finding},${other}]`)).body).toEqual({ accepted: 1, ignored: 1 });
    expect((await push('/eventbridge', other)).body).toEqual({ accepted: 0, ignored: 1 });
    expect(await spooled('eventbridge')).toEqual([finding, finding]);
    for (const wrong of [
      '{}',
      event(),
      JSON.stringify({ 'detail-type': 'GuardDuty Finding', source: 'x', detail: {} }),
    ])
      expect((await push('/eventbridge', wrong)).status).toBe(422);
  });
});

describe('who pushes events', () => {
  const tokens = [
    { name: 'falco', roles: ['ingest'] },
    { name: 'reader', roles: ['viewer'] },
    { name: 'prod', roles: ['ingest'], accounts: ['kubernetes/prod', '111122223333'] },
  ] as const;

  it('needs a token of the role ingest, each time', async () => {
    await start({ tokens });
    for (let tries = 0; tries < 2; tries++) {
      expect((await push('/falco', event())).status).toBe(401);
      expect((await push('/falco', event(), { headers: as('nobody') })).status).toBe(401);
      expect((await push('/falco', event(), { headers: as('reader') })).status).toBe(403);
      expect((await push('/falco', event(), { headers: as('falco') })).status).toBe(200);
    }
    expect(await spooled()).toHaveLength(2);
  });

  it('may give the token as the password of the address, as Falco can only do', async () => {
    await start({ tokens });
    const bearer = as('falco')['Authorization']?.replace('Bearer ', '') ?? '';
    const basic = `Basic ${Buffer.from(`falco:${bearer}`).toString('base64')}`;
    for (let tries = 0; tries < 2; tries++)
      expect((await push('/falco', event(), { headers: { Authorization: basic } })).status).toBe(200);
    // A browser that remembers it does not get through from the page of another site, now that it is known.
    const foreign = { Authorization: basic, Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' };
    expect((await push('/falco', event(), { headers: foreign })).status).toBe(403);
    expect(api.logged.join('')).not.toContain(bearer);
  });

  it('brings events of its own accounts only', async () => {
    await start({ tokens });
    const headers = as('prod');
    const other = event({ output_fields: { 'k8s.cluster.name': 'test', 'k8s.ns.name': 'shop' } });
    for (let tries = 0; tries < 2; tries++) {
      expect((await push('/falco', event(), { headers })).status).toBe(200);
      expect((await push('/falco', other, { headers })).status).toBe(403);
      expect((await push('/falco', `${event()}\n${other}`, { headers })).status).toBe(403);
    }
    expect(await spooled()).toHaveLength(2);
    const finding = fixture('guardduty', 'eventbridge.json').toString();
    expect((await push('/eventbridge', finding, { headers })).status).toBe(200);
    const foreign = finding.replaceAll('111122223333', '999988887777');
    expect((await push('/eventbridge', foreign, { headers })).status).toBe(403);
  });

  it('is asked for under a name of this server only', async () => {
    await start();
    expect((await push('/falco', event())).status).toBe(200);
    const { port } = new URL(api.url);
    const request = http.request({
      port,
      method: 'POST',
      path: '/api/v1/falco',
      headers: { Host: 'evil.example' },
    });
    request.end(event());
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    expect(response.statusCode).toBe(421);
  });
});
