import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { MemoryStore } from '../../../../test/support/memory-store.ts';
import { Secrets } from '../secrets.ts';
import { awsSettings } from './aws.ts';
import { memoryOf } from './memory.ts';
import type { PullRequest } from './request.ts';

const MINUTE = 60_000;
const log = pino({ level: 'silent' });
let machine: Server;
let given = 0;

/** A machine with a role: new keys each time, which last for three minutes more. */
beforeAll(async () => {
  machine = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    const Expiration = new Date(Date.now() + 3 * MINUTE).toISOString();
    response.end(
      JSON.stringify({ AccessKeyId: `key-${++given}`, SecretAccessKey: 's', Token: 't', Expiration }),
    );
  }).listen(0, '127.0.0.1');
  await once(machine, 'listening');
  const { port } = machine.address() as AddressInfo;
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE'])
    vi.stubEnv(name, undefined);
  for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/dev/null');
  vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `http://127.0.0.1:${port}/keys`);
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  machine.close();
});

it('keys of the machine are asked for again before they run out', async () => {
  const request: PullRequest = {
    job: {
      ...{ name: 'j', scanner: 'ecr', enabled: true, timezone: 'UTC', jitterMs: 0, catchUp: true },
      ...{ targets: [], regions: [], args: [], reports: [], complete: false, env: {}, timeoutMs: 1 },
      ...{ attempts: 1, backoffMs: 1, nice: 0, concurrency: 1 },
    },
    on: { kind: 'one', value: '' },
    ...{ cursor: null, observedAt: 0, signal: new AbortController().signal, log, credentials: null },
    context: { env: process.env, secrets: new Secrets({}, Date.now), log },
    outside: () => Promise.resolve({ perimeter: { assets: [], gone: [] }, jobs: [] }),
    over: new AbortController().signal,
    memory: memoryOf(new MemoryStore(), { job: 'j', target: '' }, Date.now),
    write: () => Promise.resolve(),
  };
  const { credentials } = awsSettings(request)('us-east-1');
  const ends = Date.now() + 3 * MINUTE;
  const first = await credentials();
  expect(first.accessKeyId).toBe('key-1');
  expect(first.expiration.getTime()).toBeLessThanOrEqual(ends);
  vi.setSystemTime(ends + 1_000);
  expect((await credentials()).accessKeyId).toBe('key-2');
});
