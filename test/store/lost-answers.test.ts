import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { StoreError } from '../../collector/src/errors.ts';
import { openStore } from '../../collector/src/store/index.ts';
import {
  PreconditionFailedError,
  UnknownOutcomeError,
  type ObjectStore,
} from '../../collector/src/store/object-store.ts';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.ts';
import { startVersitygw } from '../support/servers.ts';

// The SDK waits longer before each new attempt.
vi.setConfig({ testTimeout: 20_000 });

const server = await startVersitygw();
const folder = mkdtempSync(join(tmpdir(), 'sightline-lost-'));
const bucket = 'lost-answers';

if (typeof server !== 'string') {
  Object.assign(process.env, server.env);
  delete process.env['AWS_ENDPOINT_URL_S3'];
  const client = new S3Client({ endpoint: server.endpoint, region: 'us-east-1', forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
}

afterAll(async () => {
  if (typeof server !== 'string') await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(typeof server === 'string')('a bucket behind a network that loses answers', () => {
  let proxy: FaultProxy;
  let store: ObjectStore;
  let direct: ObjectStore;
  let tests = 0;

  beforeEach(async () => {
    if (typeof server === 'string') return;
    proxy = await startFaultProxy(server);
    const path = `${bucket}/${++tests}`;
    store = openStore(`s3://${path}?endpoint=${proxy.endpoint}`);
    direct = openStore(`s3://${path}?endpoint=${server.endpoint}`);
  });

  afterEach(async () => {
    await Promise.all([store.close(), direct.close(), proxy.stop()]);
  });

  const cutFirst = (method: string, fault: 'cut-after' | 'cut-before' | 'cut-body' | number) => {
    proxy.count = 0;
    proxy.decide = (request, count) => (request.method === method && count === 1 ? fault : 'pass');
  };
  const valueOf = async (key: string) => (await direct.get(key))?.body.toString();

  test('never calls its own success a conflict: the outcome is unknown, and reading tells', async () => {
    cutFirst('PUT', 'cut-after');
    await expect(store.replace('heads/s.json', Buffer.from('mine'), null)).rejects.toThrow(
      UnknownOutcomeError,
    );
    expect(proxy.count).toBe(2);
    expect(await valueOf('heads/s.json')).toBe('mine');

    const seen = await store.get('heads/s.json');
    cutFirst('PUT', 'cut-after');
    await expect(store.replace('heads/s.json', Buffer.from('mine 2'), seen?.etag ?? null)).rejects.toThrow(
      UnknownOutcomeError,
    );
    expect(await valueOf('heads/s.json')).toBe('mine 2');
  });

  test('writes after all where the request itself got lost', async () => {
    cutFirst('PUT', 'cut-before');
    const etag = await store.replace('heads/s.json', Buffer.from('mine'), null);
    expect(await direct.get('heads/s.json')).toMatchObject({ body: Buffer.from('mine'), etag });
  });

  test('says unknown, not written, where no attempt is answered', async () => {
    proxy.decide = () => 'cut-after';
    await expect(store.replace('heads/s.json', Buffer.from('mine'), null)).rejects.toThrow(
      UnknownOutcomeError,
    );
    expect(await valueOf('heads/s.json')).toBe('mine');
  });

  test('says conflict where the only request was refused', async () => {
    await direct.replace('heads/s.json', Buffer.from('theirs'), null);
    await expect(store.replace('heads/s.json', Buffer.from('mine'), null)).rejects.toThrow(
      PreconditionFailedError,
    );
    expect(proxy.count).toBe(1);
  });

  test.each([429, 500, 503])('tries again after HTTP %i', async (status) => {
    cutFirst('PUT', status);
    const etag = await store.replace('heads/s.json', Buffer.from('mine'), null);
    expect(proxy.count).toBe(2);
    cutFirst('GET', status);
    expect(await store.get('heads/s.json')).toMatchObject({ body: Buffer.from('mine'), etag });
    expect(proxy.count).toBe(2);
  });

  test('streams a file anew where an attempt failed', async () => {
    const path = join(folder, 'report.json');
    writeFileSync(path, 'x'.repeat(3_000_000));
    for (const fault of ['cut-before', 'cut-after', 503] as const) {
      cutFirst('PUT', fault);
      await store.put(`raw/${fault}.json`, { path, size: 3_000_000 });
      expect(proxy.count).toBe(2);
      expect((await direct.get(`raw/${fault}.json`))?.body.length).toBe(3_000_000);
    }
  });

  test('reads anew where the body broke off, and a stream says so', async () => {
    await direct.put('raw/a.json', Buffer.alloc(1_000_000, 'a'));
    cutFirst('GET', 'cut-body');
    expect((await store.get('raw/a.json'))?.body.length).toBe(1_000_000);
    cutFirst('GET', 'cut-body');
    const stream = await store.read('raw/a.json');
    await expect(stream && text(stream)).rejects.toThrow(StoreError);
  });

  test('refuses what is not signed by the right key', async () => {
    if (typeof server === 'string') return;
    await direct.put('raw/a.json', Buffer.from('a'));
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'another');
    const stranger = openStore(`s3://${bucket}/${tests}?endpoint=${server.endpoint}`);
    await expect(stranger.get('raw/a.json')).rejects.toThrow(/the credentials are not valid there/);
    vi.unstubAllEnvs();
    await stranger.close();
  });

  test('tells a missing bucket from a missing key', async () => {
    if (typeof server === 'string') return;
    const elsewhere = openStore(`s3://no-such-bucket?endpoint=${server.endpoint}`);
    await expect(elsewhere.get('raw/a.json')).rejects.toThrow(/there is no such bucket/);
    await expect(elsewhere.replace('heads/a', Buffer.from('1'), null)).rejects.toThrow(
      /there is no such bucket/,
    );
    await elsewhere.close();
  });

  test('gives up with the next step where the endpoint keeps failing', async () => {
    proxy.decide = () => 503;
    await expect(store.get('raw/a.json')).rejects.toMatchObject({
      name: 'StoreError',
      message: expect.stringContaining('the endpoint asks to slow down (SlowDown, HTTP 503)') as string,
      hint: 'Run it again later, or with fewer writers at once.',
    });
    expect(proxy.count).toBe(5);
  });
});
