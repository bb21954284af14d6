import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryStore } from '../../../test/support/memory-store.ts';
import { StoreError } from '../errors.ts';
import type { Channel, ChatKind } from './chat/index.ts';
import type { Digest } from './chat/digest.ts';
import { post, retryAfterOf } from './deliver.ts';
import { Outbox } from './outbox.ts';

const NONE = { INFORMATIONAL: 0, LOW: 0, MEDIUM: 0, HIGH: 0, CRITICAL: 0 };
const SLOT = Date.parse('2026-11-28T03:00:00Z');
const digest: Digest = {
  job: 'prowler-nightly',
  slot: SLOT,
  startedAt: SLOT,
  endedAt: SLOT + 754_000,
  complete: 39,
  partial: 0,
  failed: 1,
  missed: 0,
  problems: [{ target: 'aws/1', outcome: 'failed', reason: '<!channel> *bold* [x](http://evil) \u001b[31m' }],
  fresh: { ...NONE, CRITICAL: 2, LOW: 1 },
  fixed: { ...NONE, HIGH: 3 },
  onboarded: 0,
};

interface Got {
  readonly path: string;
  readonly body: string;
}

let server: Server;
let got: Got[];
/** Answers in order; then 200. */
let answers: { status: number; headers?: Record<string, string> }[];
let now: number;
let store: MemoryStore;
let logged: string;

beforeEach(async () => {
  [got, answers, now, store, logged] = [[], [], SLOT + 800_000, new MemoryStore(), ''];
  server = createServer((request: IncomingMessage, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      got.push({ path: request.url ?? '', body });
      const { status, headers } = answers.shift() ?? { status: 200 };
      response.writeHead(status, headers).end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.close();
});

function channel(kind: ChatKind = 'slack'): Channel {
  const { port } = server.address() as AddressInfo;
  return {
    name: 'secops',
    kind,
    when: 'always',
    link: 'https://grafana.example.org/d/x',
    url: () => Promise.resolve(`http://127.0.0.1:${port}/services/TOPSECRET`),
  };
}

function outbox(owner = 'one', to = channel()): Outbox {
  const log = pino(
    {},
    new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        logged += chunk.toString();
        done();
      },
    }),
  );
  return new Outbox({ store, channels: [to], owner, now: () => now, log, post });
}

describe('the outbox', () => {
  it('delivers a message once, however many collectors want to', async () => {
    const boxes = [outbox('one'), outbox('two'), outbox('three')];
    await Promise.all(boxes.map((box) => box.put(channel(), digest)));
    await Promise.all(boxes.map((box) => box.refresh()));
    await Promise.all(boxes.map((box) => box.sendDue()));
    await Promise.all(boxes.map((box) => box.sendDue()));
    expect(got.length).toBe(1);
    const later = outbox('four');
    expect(await later.put(channel(), digest)).toBe(false);
    await later.refresh();
    await later.sendDue();
    expect(got.length).toBe(1);
    expect(later.letters()).toMatchObject([{ status: 'delivered', attempts: 1, message: null }]);
  });

  it('tries again later what was not taken, no sooner than the other side asks', async () => {
    const box = outbox();
    answers = [{ status: 429, headers: { 'retry-after': '600' } }, { status: 503 }];
    await box.put(channel(), digest);
    expect(await box.sendDue()).toBe(now + 600_000);
    now += 599_000;
    await box.sendDue();
    expect(got.length).toBe(1);
    now += 1_000;
    const next = await box.sendDue();
    expect(next - now).toBe(60_000);
    now = next;
    await box.sendDue();
    expect(got.length).toBe(3);
    expect(box.letters()).toMatchObject([{ status: 'delivered', attempts: 3 }]);
  });

  it('gives up what is refused, and keeps it where it can be seen', async () => {
    const box = outbox();
    answers = [{ status: 410 }];
    await box.put(channel(), digest);
    await box.sendDue();
    now += 86_400_000;
    await box.refresh();
    await box.sendDue();
    expect(got.length).toBe(1);
    expect(box.letters()).toMatchObject([{ status: 'dead', problem: 'the webhook answered 410' }]);
    now += 31 * 86_400_000;
    await box.refresh();
    expect(box.letters()).toEqual([]);
  });

  it('is worked off by another when the one that claimed a message dies', async () => {
    const dying = outbox('dying', { ...channel(), url: () => new Promise<string>(() => undefined) });
    await dying.put(channel(), digest);
    void dying.sendDue();
    const other = outbox('other');
    await expect.poll(async () => other.refresh().then(() => other.letters()[0]?.claim?.owner)).toBe('dying');
    await other.sendDue();
    expect(got.length).toBe(0);
    now += 10 * 60_000;
    await other.sendDue();
    expect(got.length).toBe(1);
  });

  it('sends nothing twice when the store was away as it was to be noted', async () => {
    const box = outbox();
    await box.put(channel(), digest);
    const replace = store.replace.bind(store);
    store.replace = (...write) =>
      got.length > 0 ? Promise.reject(new StoreError('no answer', 'on demand')) : replace(...write);
    await expect(box.sendDue()).rejects.toThrow('no answer');
    now += 10 * 60_000;
    await expect(box.sendDue()).rejects.toThrow('no answer');
    store.replace = replace;
    await box.refresh();
    await box.sendDue();
    now += 10 * 60_000;
    await box.sendDue();
    expect(got.length).toBe(1);
    expect(box.letters()).toMatchObject([{ status: 'delivered', attempts: 1, message: null }]);
  });

  it('gives up after a day what is for a channel that nobody has any more', async () => {
    await outbox().put(channel(), digest);
    const others = outbox('two', { ...channel(), name: 'renamed' });
    await others.refresh();
    const next = await others.sendDue();
    expect(others.letters()).toMatchObject([{ status: 'pending' }]);
    now = next;
    await others.sendDue();
    expect(others.letters()).toMatchObject([
      { status: 'dead', problem: 'no collector has this channel in its configuration' },
    ]);
    expect(got).toEqual([]);
  });

  it('never says where it sends to', async () => {
    const box = outbox();
    answers = [{ status: 500 }, { status: 302, headers: { location: 'http://127.0.0.1:1/' } }];
    await box.put(channel(), digest);
    await box.sendDue();
    now += 3_600_000;
    await box.sendDue();
    server.close();
    server.closeAllConnections();
    now += 3_600_000;
    await box.sendDue();
    const kept = JSON.stringify([...store.objects.values()].map(({ body }) => body.toString()));
    expect(logged).toContain('is tried again');
    expect(logged + kept).not.toContain('TOPSECRET');
    expect(box.letters()).toMatchObject([{ status: 'pending', attempts: 3 }]);
  });
});

describe('a message', () => {
  it.each(['slack', 'teams', 'webhook'] as const)(
    'to %s says what is new and fixed by severity, and what failed',
    async (kind) => {
      const to = channel(kind);
      const box = outbox('one', to);
      await box.put(to, digest);
      await box.sendDue();
      const body = got[0]?.body ?? '';
      expect(body).toContain('3 new, 3 fixed, 1 of 40 scans failed');
      expect(body).toContain('https://grafana.example.org/d/x');
      if (kind !== 'webhook') {
        expect(body).toContain('🔴');
        expect(body).toContain('2 critical, 1 low');
        expect(body).toContain('13 min');
      }
      expect(body).not.toContain('\\u001b');
      if (kind === 'slack') expect(body).not.toContain('<!channel>');
      if (kind === 'teams') expect(body).not.toContain('[x](http');
    },
  );
});

it('Retry-After is seconds or a date, taken against the sender’s clock', () => {
  const sent = Date.parse('Sat, 28 Nov 2026 10:00:00 GMT');
  expect(retryAfterOf('120', sent)).toBe(120_000);
  expect(retryAfterOf('Sat, 28 Nov 2026 10:01:00 GMT', sent)).toBe(60_000);
  expect(retryAfterOf('soon', sent)).toBe(0);
  expect(retryAfterOf('99999999', sent)).toBe(6 * 3_600_000);
});
