import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { emptyFolder, fixture, sightline } from '../cli/support.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { type Server, startMoto } from '../support/servers.ts';

const moto = await startMoto();
const skipped = typeof moto === 'string';
const server = moto as Server;

const CSV = readFileSync(fixture('aws-credential-report/fixtures/report.csv'), 'utf8');
const csv = (account: string): string => CSV.replaceAll('111122223333', account.padStart(12, '9'));
const scopeOf = (account: string): string => `aws-credential-report/aws/${account.padStart(12, '9')}`;

type Json = Record<string, unknown>;
const json = (name: string): Json => JSON.parse(readFileSync(fixture(name), 'utf8')) as Json;
const first = (name: string): Json => (json(name)['findings'] as Json[])[0] ?? {};
const event = (type: string, source: string, detail: unknown, time = '2026-09-07T06:00:00Z'): Json => ({
  ...{ version: '0', id: 'e', 'detail-type': type, source, account: '111122223333', time },
  ...{ region: 'us-east-1', resources: [], detail },
});
const created = (key: string, name = 'ObjectCreated:Put'): Json => ({
  Records: [
    {
      ...{ eventVersion: '2.1', eventSource: 'aws:s3', awsRegion: 'us-east-1', eventName: name },
      s3: { bucket: { name: 'reports' }, object: { key, size: key.endsWith('/') ? 0 : 10, eTag: 'x' } },
    },
  ],
});
const throughSns = (message: Json): Json => ({
  ...{ Type: 'Notification', MessageId: 'm', TopicArn: 'arn:aws:sns:us-east-1:111122223333:t' },
  Message: JSON.stringify(message),
});

interface Ran {
  readonly outcome: string;
  readonly reason: string | null;
  readonly scopes: readonly string[];
}

describe.skipIf(skipped)('a queue', { timeout: 240_000 }, () => {
  let env: Record<string, string>;
  let sqs: SQSClient;
  let s3: S3Client;
  let folder: string;
  let queue: string;
  let letters: string;
  let number = 0;

  beforeAll(async () => {
    env = { ...server.env, AWS_ENDPOINT_URL: server.endpoint };
    const settings = {
      ...{ endpoint: server.endpoint, region: 'us-east-1' },
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    };
    sqs = new SQSClient(settings);
    s3 = new S3Client({ ...settings, forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: 'reports' }));
  });
  afterAll(async () => {
    sqs.destroy();
    s3.destroy();
    await server.stop();
  });
  beforeEach(async () => {
    folder = emptyFolder();
    const name = `queue-${++number}`;
    const dead = await sqs.send(new CreateQueueCommand({ QueueName: `${name}-dead` }));
    letters = dead.QueueUrl ?? '';
    const RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: `arn:aws:sqs:us-east-1:123456789012:${name}-dead`,
      maxReceiveCount: 2,
    });
    const made = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: { RedrivePolicy } }));
    queue = made.QueueUrl ?? '';
    configure();
  });

  function configure(more = ''): void {
    writeFileSync(
      path.join(folder, 'sightline.yaml'),
      `jobs: [{ name: post, scanner: sqs, attempts: 1, targets: ['${queue}'] ${more} }]\n`,
    );
  }
  const put = async (key: string, body: string): Promise<void> => {
    await s3.send(new PutObjectCommand({ Bucket: 'reports', Key: key, Body: body }));
  };
  const send = async (...messages: (Json | string)[]): Promise<void> => {
    for (const message of messages) {
      const MessageBody = typeof message === 'string' ? message : JSON.stringify(message);
      await sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody }));
    }
  };
  /** Waiting, and held by somebody. */
  const left = async (url = queue): Promise<number> => {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
    );
    const of = (name: 'ApproximateNumberOfMessages' | 'ApproximateNumberOfMessagesNotVisible'): number =>
      Number(Attributes?.[name]);
    return of('ApproximateNumberOfMessages') + of('ApproximateNumberOfMessagesNotVisible');
  };
  const cli = (...args: string[]) =>
    sightline([...args, '--store', path.join(folder, 'data'), '--json'], { cwd: folder, env });
  const run = async (): Promise<Ran> => (await cli('run', 'post')).documents[0] as unknown as Ran;
  const findings = async (): Promise<Json[]> =>
    (await cli('findings', '--limit', '1000')).documents[0]?.['findings'] as Json[];

  it('tells of objects, directly, through SNS and through EventBridge; what it told of is deleted', async () => {
    await put('a plain+name.csv', csv('1'));
    await put('b.csv', csv('2'));
    await put('c d+e.csv', csv('3'));
    await send(
      { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'reports' },
      created('a+plain%2Bname.csv'),
      throughSns(created('b.csv')),
      event('Object Created', 'aws.s3', {
        bucket: { name: 'reports' },
        object: { key: 'c d+e.csv', size: 1 },
      }),
      created('b.csv', 'ObjectRemoved:Delete'),
      event('Object Deleted', 'aws.s3', { bucket: { name: 'reports' }, object: { key: 'b.csv' } }),
      created('folder/'),
    );
    const { outcome, reason, scopes } = await run();
    expect({ outcome, reason }).toEqual({ outcome: 'complete', reason: null });
    expect([...scopes].sort()).toEqual(['1', '2', '3'].map(scopeOf));
    expect(await left()).toBe(0);
    expect(await run()).toMatchObject({ outcome: 'complete', scopes: [] });
  });

  it('brings findings of the security services, of each the newest state; twice is as good as once', async () => {
    const inspector = first('inspector2/fixtures/list-findings.json');
    const events = [
      json('guardduty/fixtures/eventbridge.json'),
      json('asff/fixtures/eventbridge.json'),
      event('Macie Finding', 'aws.macie', first('macie/fixtures/get-findings.json')),
      event(
        'Access Analyzer Finding',
        'aws.access-analyzer',
        first('access-analyzer/fixtures/list-findings.json'),
      ),
      // The older one comes last.
      event(
        'Inspector2 Finding',
        'aws.inspector2',
        { ...inspector, status: 'CLOSED' },
        '2026-09-07T06:00:01Z',
      ),
      event('Inspector2 Finding', 'aws.inspector2', { ...inspector, status: 'ACTIVE' }),
    ];
    await send(...events);
    const { outcome, scopes } = await run();
    expect(outcome).toBe('complete');
    expect([...scopes].sort()).toEqual(
      ['access-analyzer', 'asff', 'guardduty', 'inspector2', 'macie'].map((one) => `${one}/aws/111122223333`),
    );
    const open = await findings();
    expect([...new Set(open.map(({ source }) => source))].sort()).toEqual([
      ...['access-analyzer', 'asff', 'guardduty', 'macie'],
    ]);
    await send(...events, ...events);
    expect((await run()).outcome).toBe('complete');
    const seen = ({ fingerprint, occurrences, reopenCount }: Json): unknown => [
      fingerprint,
      occurrences,
      reopenCount,
    ];
    expect((await findings()).map(seen)).toEqual(open.map(seen));
    expect(await left()).toBe(0);
  });

  it('keeps what can not be read, says so, and hands it to its dead letters; it holds up nothing else', async () => {
    await put('good.csv', csv('1'));
    await put('bad.json', '{"nothing": "known"}');
    const good = json('guardduty/fixtures/eventbridge.json');
    const detail = good['detail'] as Json;
    await send(
      'no JSON at all',
      event('EC2 Instance State-change Notification', 'aws.ec2', {}),
      created('good.csv'),
      created('bad.json'),
      good,
      event('GuardDuty Finding', 'aws.guardduty', { ...detail, id: 'without-type', type: '' }),
    );
    const result = await run();
    expect(result.outcome).toBe('partial');
    expect([...result.scopes].sort()).toEqual([scopeOf('1'), 'guardduty/aws/111122223333']);
    expect(result.reason).toContain('EC2 Instance State-change Notification');
    expect(result.reason).toContain('and 1 more');
    expect(await left()).toBe(4);
    expect((await run()).outcome).toBe('partial');
    // The third time SQS moves them.
    expect((await run()).outcome).toBe('complete');
    expect(await left()).toBe(0);
    expect(await left(letters)).toBe(4);
  });

  it('that tells of what is gone is not told of it for ever', async () => {
    await send(created('nothing.csv'));
    const result = await run();
    expect(result).toMatchObject({ outcome: 'partial', scopes: [] });
    expect(result.reason).toBe('s3://reports/nothing.csv is not there any more');
    expect(await left()).toBe(0);
  });

  it('can not send the collector elsewhere by the name of a bucket or a region', async () => {
    const asked: string[] = [];
    const elsewhere = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end();
    }).listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    const { port } = elsewhere.address() as AddressInfo;
    const address = encodeURIComponent(`http://127.0.0.1:${port}`);
    await put('good.csv', csv('1'));
    const named = (bucket: string, region: string | undefined): Json => ({
      Records: [
        {
          ...{ eventSource: 'aws:s3', awsRegion: region, eventName: 'ObjectCreated:Put' },
          s3: { bucket: { name: bucket }, object: { key: 'good.csv' } },
        },
      ],
    });
    const detail = { bucket: { name: `reports?endpoint=${address}` }, object: { key: 'good.csv' } };
    await send(
      named(`reports?endpoint=${address}`, undefined),
      named('reports', `us-east-1&endpoint=${address}`),
      named('reports', `127.0.0.1:${port}/`),
      { ...event('Object Created', 'aws.s3', detail), region: undefined },
      created('good.csv'),
    );
    const { outcome, reason, scopes } = await run();
    elsewhere.close();
    expect(asked).toEqual([]);
    expect(scopes).toEqual([scopeOf('1')]);
    expect({ outcome, reason }).toEqual({
      outcome: 'partial',
      reason: expect.stringMatching(/can't be read: .*and 1 more$/) as string,
    });
    expect(await left()).toBe(4);
  });

  it('is not held up by an object that takes longer than a run may', async () => {
    configure(', timeout: 8s');
    const proxy = await startFaultProxy(server);
    proxy.decide = (request) => (request.url?.includes('endless.csv') === true ? 'drip' : 'pass');
    env = { ...env, AWS_ENDPOINT_URL_S3: proxy.endpoint };
    await put('good.csv', csv('1'));
    await put('endless.csv', csv('2'));
    await send(created('good.csv'), created('endless.csv'));
    const result = await run();
    await proxy.stop();
    delete env['AWS_ENDPOINT_URL_S3'];
    expect(result).toMatchObject({
      outcome: 'partial',
      reason: 's3://reports/endless.csv is not here after 7 s: give the job a longer timeout',
      scopes: [scopeOf('1')],
    });
    expect(await left()).toBe(1);
  });

  it('that is full is worked off run by run', async () => {
    configure(', limit: { items: 3 }');
    for (const number of ['1', '2', '3', '4']) await put(`${number}.csv`, csv(number));
    await send(...['1', '2', '3', '4'].map((number) => created(`${number}.csv`)));
    expect((await run()).scopes).toHaveLength(3);
    expect(await left()).toBe(1);
    expect((await run()).scopes).toHaveLength(1);
    expect(await left()).toBe(0);
  });

  it('that is not there fails the run, with the rights that it takes', async () => {
    queue = queue.replace(/queue-\d+$/, 'no-such-queue');
    configure();
    const result = await run();
    expect(result.outcome).toBe('failed');
    expect(result.reason).toMatch(/no messages can be had from http.*no-such-queue: \w*QueueDoesNotExist/);
  });
});
