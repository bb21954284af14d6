import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openStore } from './index.ts';
import { PreconditionFailedError, UnknownOutcomeError, type ObjectStore } from './object-store.ts';

// Answers as they come over the wire, which no server that runs here can be made to give. What one can is in test/store.
interface Answer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

const errorXml = (code: string, more = '') =>
  `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>AKIASECRETKEYID is no good</Message>${more}<RequestId>1</RequestId></Error>`;
const refusal = (status: number, code: string, more = ''): Answer => ({ status, body: errorXml(code, more) });

let server: Server;
let seen: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[];
let answer: (request: IncomingMessage) => Answer | undefined;
let stores: ObjectStore[];

beforeEach(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIASECRETKEYID');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'topsecret');
  seen = [];
  stores = [];
  server = createServer((request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      const given = answer(request);
      if (given === undefined) return;
      response.writeHead(given.status, { 'content-type': 'application/xml', ...given.headers });
      response.end(given.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(stores.map((store) => store.close()));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function open(parameters = '', options = {}): ObjectStore {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const endpoint = `http://127.0.0.1:${address.port}`;
  const store = openStore(
    `s3://bucket/pre?endpoint=${endpoint}${parameters}`,
    { maxAttempts: 1, ...options },
    {},
  );
  stores.push(store);
  return store;
}

describe('what a bucket refuses', () => {
  test.each<[string, Answer, RegExp, RegExp]>([
    ['access', refusal(403, 'AccessDenied'), /access was denied \(AccessDenied, HTTP 403\)/, /s3:ListBucket/],
    ['a missing bucket', refusal(404, 'NoSuchBucket'), /no such bucket/, /Create the bucket/],
    ['an unknown key id', refusal(403, 'InvalidAccessKeyId'), /credentials are not valid/, /AWS_PROFILE/],
    ['expired credentials', refusal(400, 'ExpiredToken'), /have expired/, /Sign in again/],
    ['a wrong clock', refusal(403, 'RequestTimeTooSkewed'), /clock is off/, /NTP/],
    [
      'a wrong region',
      refusal(400, 'AuthorizationHeaderMalformed', '<Region>eu-west-1</Region>'),
      /another region/,
      /\?region=.*It is in eu-west-1\./,
    ],
    [
      'a wrong region, by redirect',
      { ...refusal(301, 'PermanentRedirect'), headers: { 'x-amz-bucket-region': 'eu-central-1' } },
      /another region/,
      /It is in eu-central-1\./,
    ],
    ['a disabled KMS key', refusal(400, 'KMS.DisabledException'), /encryption key/, /kms:GenerateDataKey/],
    ['a full storage', refusal(507, 'QuotaExceeded'), /storage is full/, /raise the quota/],
    ['what is no S3', { status: 404 }, /nothing there speaks S3/, /Check the endpoint/],
    ['a page of HTML', { status: 404, body: '<html>not here' }, /cannot read raw\/a/, /endpoint/],
    ['a defect of its own', refusal(500, 'InternalError'), /the endpoint failed/, /Run it again/],
  ])('%s is told with the next step and without a secret', async (_, given, message, hint) => {
    answer = () => given;
    const store = open();
    const error: unknown = await store.get('raw/a').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: 'StoreError',
      exitCode: 4,
      message: expect.stringMatching(message) as string,
      hint: expect.stringMatching(hint) as string,
    });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/AKIASECRET|topsecret/);
    await expect(store.put('raw/a', Buffer.from('a'))).rejects.toThrow(
      /cannot store raw\/a in s3:\/\/bucket\/pre/,
    );
    await expect(store.list('raw/')[Symbol.asyncIterator]().next()).rejects.toThrow(/cannot list raw\//);
    await expect(store.remove(['raw/a'])).rejects.toThrow(/cannot remove raw\/a/);
  });

  test('an endpoint that is silent is given up after the time limit', async () => {
    answer = () => undefined;
    await expect(open('', { requestTimeoutMs: 100 }).get('raw/a')).rejects.toThrow(/no answer came in time/);
  });

  test('an endpoint that does not run is called that', async () => {
    const store = open();
    await new Promise((resolve) => server.close(resolve));
    await expect(store.get('raw/a')).rejects.toThrow(/refuses the connection \(ECONNREFUSED\)/);
  });

  test('missing credentials are called that, and are no unknown outcome', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
    vi.stubEnv('AWS_PROFILE', undefined);
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
    vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
    answer = () => ({ status: 200 });
    await expect(open().replace('heads/a', Buffer.from('1'), null)).rejects.toThrow(
      /no credentials were found/,
    );
    expect(seen).toEqual([]);
  });
});

describe('a conditional write on a bucket', () => {
  test.each<[string, Answer]>([
    ['412', refusal(412, 'PreconditionFailed')],
    ['409, two at the same instant', refusal(409, 'ConditionalRequestConflict')],
    ['404, the key is gone', refusal(404, 'NoSuchKey')],
  ])('is lost after %s', async (_, given) => {
    answer = () => given;
    await expect(open().replace('heads/a', Buffer.from('1'), '"e"')).rejects.toThrow(PreconditionFailedError);
  });

  test.each<[string, Answer]>([
    ['412', refusal(412, 'PreconditionFailed')],
    ['409', refusal(409, 'ConditionalRequestConflict')],
    ['a denied access', refusal(403, 'AccessDenied')],
  ])('is unknown after %s that follows a failed attempt', async (_, given) => {
    answer = () => (seen.length === 1 ? refusal(500, 'InternalError') : given);
    const store = open('', { maxAttempts: 3 });
    await expect(store.replace('heads/a', Buffer.from('1'), '"e"')).rejects.toThrow(UnknownOutcomeError);
    expect(seen).toHaveLength(2);
  });

  test.each<[string, Answer | undefined]>([
    ['no answer', undefined],
    ['a defect of the endpoint', refusal(500, 'InternalError')],
    ['an answer without ETag', { status: 200 }],
  ])('is unknown after %s', async (_, given) => {
    answer = () => given;
    const store = open('', { requestTimeoutMs: 100 });
    await expect(store.replace('heads/a', Buffer.from('1'), null)).rejects.toThrow(UnknownOutcomeError);
  });

  test('is certainly not written where the first request was refused', async () => {
    answer = () => refusal(403, 'AccessDenied');
    await expect(open().replace('heads/a', Buffer.from('1'), null)).rejects.toMatchObject({
      name: 'StoreError',
    });
  });

  test('sends its condition, the encryption and what the object is', async () => {
    answer = () => ({ status: 200, headers: { etag: '"new"' } });
    const store = open('&sse=aws:kms&kmsKey=key-1');
    expect(await store.replace('heads/a', Buffer.from('1'), null)).toBe('"new"');
    await store.replace('heads/a', Buffer.from('1'), '"old"', { contentType: 'application/json' });
    expect(seen[0]).toMatchObject({ method: 'PUT', url: '/bucket/pre/heads/a?x-id=PutObject', body: '1' });
    expect(seen[0]?.headers).toMatchObject({
      'if-none-match': '*',
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'key-1',
      'content-length': '1',
    });
    expect(seen[1]?.headers).toMatchObject({ 'if-match': '"old"', 'content-type': 'application/json' });
    // No checksum in a trailer, which many compatible endpoints do not know.
    for (const { headers } of seen) expect(headers).not.toHaveProperty('x-amz-trailer');
  });
});

describe('a listing of a bucket', () => {
  const page = (keys: string[], token = '') =>
    `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><IsTruncated>${token !== ''}</IsTruncated>${keys
      .map(
        (key) =>
          `<Contents><Key>${key}</Key><Size>3</Size><LastModified>2026-11-21T05:00:00.000Z</LastModified></Contents>`,
      )
      .join('')}${token && `<NextContinuationToken>${token}</NextContinuationToken>`}</ListBucketResult>`;

  test('goes over all pages and passes over what is no object of the store', async () => {
    answer = (request) => ({
      status: 200,
      body:
        request.url?.includes('continuation-token=t1') === true
          ? page(['pre/raw/c'])
          : page(['pre/raw/a', 'pre/raw/', 'pre/raw/with space'], 't1'),
    });
    const found = [];
    for await (const info of open().list('raw/')) found.push(info);
    const modifiedAt = Date.UTC(2026, 10, 21, 5);
    expect(found).toEqual([
      { key: 'raw/a', size: 3, modifiedAt },
      { key: 'raw/c', size: 3, modifiedAt },
    ]);
  });

  test('fails, and does not turn in circles, where an endpoint gives the same page again', async () => {
    answer = () => ({ status: 200, body: page(['pre/raw/a'], 't1') });
    const listing = async () => {
      for await (const { key } of open().list('raw/')) expect(key).toBe('raw/a');
    };
    await expect(listing()).rejects.toThrow(/does not go on after a page/);
  });
});

describe('removing from a bucket', () => {
  test('falls back to single requests, for good, where the endpoint knows no DeleteObjects', async () => {
    answer = ({ method }) => (method === 'POST' ? refusal(501, 'NotImplemented') : { status: 204 });
    const store = open();
    await store.remove(['raw/a', 'raw/b']);
    await store.remove(['raw/c', 'raw/d']);
    expect(seen.map(({ method }) => method)).toEqual(['POST', 'DELETE', 'DELETE', 'DELETE', 'DELETE']);
  });

  test('says how many were not removed and why', async () => {
    const body = `<DeleteResult><Error><Key>pre/raw/a</Key><Code>AccessDenied</Code></Error><Error><Key>pre/raw/b</Key><Code>NoSuchKey</Code></Error></DeleteResult>`;
    answer = () => ({ status: 200, body });
    await expect(open().remove(['raw/a', 'raw/b'])).rejects.toThrow(
      /cannot remove 1 of 2 objects in .*: access was denied/,
    );
  });
});
