import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { emptyFolder, fixture, sightline, zipOf } from '../cli/support.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { type Server, startVersitygw } from '../support/servers.ts';

// This server keeps objects as files: their times can be set, as nothing else lets a test do.
const buckets = mkdtempSync(path.join(tmpdir(), 'sightline-inbox-'));
const gateway = await startVersitygw({ dir: buckets });
const skipped = typeof gateway === 'string';
const server = gateway as Server;

const DAY = 86_400_000;
const CSV = readFileSync(fixture('aws-credential-report/fixtures/report.csv'), 'utf8');
/** A report that does not say when it was made, of an account of its own. */
const csv = (account: string): string => CSV.replaceAll('111122223333', account.padStart(12, '9'));
const scopeOf = (account: string): string => `aws-credential-report/aws/${account.padStart(12, '9')}`;

interface Ran {
  readonly outcome: string;
  readonly reason: string | null;
  readonly scopes: readonly string[];
}

describe.skipIf(skipped)('an inbox', { timeout: 240_000 }, () => {
  let client: S3Client;
  let bucket: string;
  let folder: string;
  let number = 0;

  beforeAll(() => {
    client = new S3Client({
      ...{ endpoint: server.endpoint, region: 'us-east-1', forcePathStyle: true },
      credentials: {
        accessKeyId: server.env['AWS_ACCESS_KEY_ID'] ?? '',
        secretAccessKey: server.env['AWS_SECRET_ACCESS_KEY'] ?? '',
      },
    });
  });
  afterAll(async () => {
    client.destroy();
    await server.stop();
    rmSync(buckets, { recursive: true, force: true });
  });
  beforeEach(async () => {
    bucket = `inbox-${++number}`;
    folder = emptyFolder();
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  });

  function configure(more = ''): void {
    writeFileSync(
      path.join(folder, 'sightline.yaml'),
      `jobs: [{ name: in, scanner: inbox, attempts: 1, targets: ['s3://${bucket}/reports/'] ${more} }]\n`,
    );
  }
  const put = async (key: string, body: string | Uint8Array, at?: number): Promise<void> => {
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
    if (at !== undefined) utimesSync(path.join(buckets, bucket, key), at / 1_000, at / 1_000);
  };
  const keys = async (): Promise<string[]> => {
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    return (Contents ?? []).map(({ Key = '' }) => Key);
  };
  const cliIn = (env: Record<string, string>, ...args: string[]) =>
    sightline([...args, '--store', path.join(folder, 'data'), '--json'], { cwd: folder, env });
  const cli = (...args: string[]) => cliIn(server.env, ...args);
  const run = async (): Promise<Ran> => (await cli('run', 'in')).documents[0] as unknown as Ran;
  const firstSeen = async (account: string): Promise<string | undefined> => {
    const { documents } = await cli('findings', '--account', account.padStart(12, '9'));
    const [first] = (documents[0] as unknown as { findings: { firstSeen: string }[] }).findings;
    return first?.firstSeen;
  };

  it('brings what lies there, however it is packed, as of when it was written; and then nothing more', async () => {
    configure();
    const at = Date.UTC(2026, 10, 20, 4);
    await put('reports/plain.csv', csv('1'), at);
    await put('reports/deep/packed.csv.gz', gzipSync(csv('2')), at);
    await put('reports/archive', zipOf({ 'a.csv': csv('3'), 'b.csv': csv('4') }), at);
    await put('elsewhere/other.csv', csv('5'));
    const { outcome, reason, scopes } = await run();
    expect({ outcome, reason }).toEqual({ outcome: 'complete', reason: null });
    expect([...scopes].sort()).toEqual(['1', '2', '3', '4'].map(scopeOf));
    expect(await firstSeen('1')).toBe(new Date(at).toISOString());
    expect(await run()).toMatchObject({ outcome: 'complete', scopes: [] });
    expect(await keys()).toHaveLength(4);
  });

  it('brings what appears late, what is overwritten, and what has the time of another', async () => {
    configure();
    const at = Date.now() - DAY;
    await put('reports/a.csv', csv('1'), at);
    await run();
    await put('reports/late.csv', csv('2'), at - 3 * DAY);
    await put('reports/same-time.csv', csv('3'), at);
    await put('reports/a.csv', csv('4'), at);
    expect([...(await run()).scopes].sort()).toEqual(['2', '3', '4'].map(scopeOf));
    expect((await run()).scopes).toEqual([]);
  });

  it('that is full is worked off in order of time, run by run', async () => {
    configure(', limit: { items: 2 }');
    const begin = Date.UTC(2026, 0, 1);
    // The oldest one has the last name.
    for (const number of [1, 2, 3, 4, 5])
      await put(`reports/${9 - number}.csv`, csv(String(number)), begin + number * DAY);
    expect((await run()).scopes).toEqual(['1', '2'].map(scopeOf));
    expect((await run()).scopes).toEqual(['3', '4'].map(scopeOf));
    expect((await run()).scopes).toEqual(['5'].map(scopeOf));
    expect((await run()).scopes).toEqual([]);
  });

  it('that is emptied keeps what could not be read, which is told once', async () => {
    configure(', after: delete');
    await put('reports/good.csv', csv('1'));
    await put('reports/half.json', '{"findings": [');
    await put('reports/mixed.zip', zipOf({ 'a.csv': csv('2'), 'b.json': '{"nothing": "known"}' }));
    const first = await run();
    expect(first.outcome).toBe('partial');
    expect(first.reason).toContain(`s3://${bucket}/reports/half.json`);
    expect(first.reason).toContain(`s3://${bucket}/reports/mixed.zip`);
    expect(first.reason).not.toContain('sightline-run-');
    expect([...first.scopes].sort()).toEqual(['1', '2'].map(scopeOf));
    expect(await keys()).toEqual(['reports/half.json', 'reports/mixed.zip']);
    expect(await run()).toMatchObject({ outcome: 'complete', scopes: [] });
    await put('reports/half.json', csv('3'));
    expect((await run()).scopes).toEqual([scopeOf('3')]);
    expect(await keys()).toEqual(['reports/mixed.zip']);
  });

  it('that was forgotten is read again, and nothing changes', async () => {
    configure();
    await put('reports/a.csv', csv('1'), Date.now() - DAY);
    await run();
    const before = (await cli('findings')).documents[0]?.['findings'];
    const commits = readdirSync(path.join(folder, 'data/commits'), { recursive: true });
    rmSync(path.join(folder, 'data/leases'), { recursive: true });
    rmSync(path.join(folder, 'data/cursors'), { recursive: true });
    expect((await run()).scopes).toEqual([scopeOf('1')]);
    expect((await cli('findings')).documents[0]?.['findings']).toEqual(before);
    expect(readdirSync(path.join(folder, 'data/commits'), { recursive: true })).toEqual(commits);
  });

  it('is not held up by an object that the bucket can not decrypt', async () => {
    configure();
    const proxy = await startFaultProxy(server);
    // As S3 answers for an object whose key was switched off: 400, not 403.
    proxy.decide = (request) => (request.url?.includes('locked.csv') === true ? 400 : 'pass');
    const env = { ...server.env, AWS_ENDPOINT_URL_S3: proxy.endpoint, AWS_ENDPOINT_URL: proxy.endpoint };
    await put('reports/locked.csv', csv('1'), Date.now() - 2 * DAY);
    await put('reports/good.csv', csv('2'), Date.now() - DAY);
    const through = async (): Promise<Ran> => (await cliIn(env, 'run', 'in')).documents[0] as unknown as Ran;
    const first = await through();
    expect(first).toMatchObject({ outcome: 'partial', scopes: [scopeOf('2')] });
    expect(first.reason).toContain(`s3://${bucket}/reports/locked.csv can't be fetched`);
    proxy.decide = () => 'pass';
    expect(await through()).toMatchObject({ outcome: 'complete', scopes: [scopeOf('1')] });
    await proxy.stop();
  });

  it('is not held up by an object that takes longer than a run may', async () => {
    configure(', timeout: 8s');
    const proxy = await startFaultProxy(server);
    proxy.decide = (request) => (request.url?.includes('endless.csv') === true ? 'drip' : 'pass');
    const env = { ...server.env, AWS_ENDPOINT_URL_S3: proxy.endpoint, AWS_ENDPOINT_URL: proxy.endpoint };
    await put('reports/endless.csv', csv('1'), Date.now() - 2 * DAY);
    await put('reports/good.csv', csv('2'), Date.now() - DAY);
    const through = async (): Promise<Ran> => (await cliIn(env, 'run', 'in')).documents[0] as unknown as Ran;
    expect(await through()).toMatchObject({
      outcome: 'partial',
      reason: `s3://${bucket}/reports/endless.csv is not here after 7 s: give the job a longer timeout`,
    });
    expect(await through()).toMatchObject({ outcome: 'complete', scopes: [scopeOf('2')] });
    await proxy.stop();
  });

  it('that can not be listed says so, and which right it takes', async () => {
    bucket = 'no-such-bucket';
    configure();
    expect(await run()).toMatchObject({ outcome: 'failed' });
    expect((await run()).reason).toContain("s3://no-such-bucket/reports/ can't be listed: NoSuchBucket");
  });
});
