import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../errors.ts';
import { countingStore, FilesystemStore, openStore, s3OptionsOf, S3Store } from './index.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';

describe('the address of a store', () => {
  test.each([
    ['./data', resolve('data')],
    ['data', resolve('data')],
    ['/var/lib/sightline', '/var/lib/sightline'],
    ['file:///var/lib/sight%20line', '/var/lib/sight line'],
  ])('%s is a folder', (url, folder) => {
    const store = openStore(url);
    expect(store).toBeInstanceOf(FilesystemStore);
    expect(store.description).toBe(folder);
  });

  test('s3:// is a bucket, described without its parameters', async () => {
    const store = openStore('s3://findings/team/a/?endpoint=http://127.0.0.1:9000&region=eu-west-1', {}, {});
    expect(store).toBeInstanceOf(S3Store);
    expect(store.description).toBe('s3://findings/team/a');
    await store.close();
  });

  test('says all that a bucket needs, and what it does not say comes from options and environment', () => {
    expect(
      s3OptionsOf(
        's3://b-1/p?endpoint=https://s3.example.com:9000/&region=eu-west-1&pathStyle=false&sse=aws:kms&kmsKey=arn:aws:kms:eu-west-1:1:key/2',
      ),
    ).toEqual({
      bucket: 'b-1',
      prefix: 'p',
      endpoint: 'https://s3.example.com:9000',
      region: 'eu-west-1',
      forcePathStyle: false,
      sse: 'aws:kms',
      kmsKeyId: 'arn:aws:kms:eu-west-1:1:key/2',
    });
    expect(s3OptionsOf('s3://bucket', {}, {})).toEqual({ bucket: 'bucket', forcePathStyle: false });
    expect(s3OptionsOf('s3://bucket', { region: 'eu-west-1', maxAttempts: 2 }, {})).toMatchObject({
      region: 'eu-west-1',
      maxAttempts: 2,
    });
    expect(s3OptionsOf('s3://bucket?region=eu-west-2', { region: 'eu-west-1' }, {}).region).toBe('eu-west-2');
    expect(s3OptionsOf('s3://bucket', {}, { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:7070' })).toEqual({
      bucket: 'bucket',
      endpoint: 'http://127.0.0.1:7070',
      region: 'us-east-1',
      forcePathStyle: true,
    });
    expect(s3OptionsOf('s3://bucket?endpoint=https://s3.eu-west-1.amazonaws.com').forcePathStyle).toBe(false);
  });

  test.each([
    ['', /empty/],
    ['gs://bucket', /scheme "gs:"/],
    ['https://bucket.s3.amazonaws.com', /scheme "https:"/],
    ['s3:bucket', /no s3:\/\/ address/],
    ['s3://', /s3:\/\/ address|name of a bucket/],
    ['s3://bucket:9000/x', /name of a bucket/],
    ['s3://bucket/a//b', /not a prefix/],
    ['s3://bucket/a%20b', /not a prefix/],
    ['s3://bucket?regoin=eu-west-1', /unknown parameter "regoin"/],
    ['s3://bucket?pathStyle=yes', /pathStyle is true or false/],
    ['s3://bucket?sse=none', /sse is AES256 or aws:kms/],
    ['s3://bucket?kmsKey=k', /without sse=aws:kms/],
    ['s3://bucket?endpoint=127.0.0.1:9000', /no http:\/\/ or https:\/\//],
    ['s3://bucket#x', /holds a "#"/],
    ['file://host/share', /names no folder/],
  ])('%j is refused with the next step', (url, message) => {
    expect(() => openStore(url, {}, {})).toThrow(message);
    expect(() => openStore(url, {}, {})).toThrow(UsageError);
  });

  test.each(['s3://AKIAX:topsecret@bucket', 's3://bucket?endpoint=http://AKIAX:topsecret@host'])(
    'never repeats a password that stands in it: %s',
    (url) => {
      expect(() => openStore(url, {}, {})).toThrow(/user or password/);
      expect(() => openStore(url, {}, {})).not.toThrow(/topsecret|AKIAX/);
    },
  );
});

test('a counting store counts calls by verb and changes nothing else', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-counting-'));
  const store = countingStore(openStore(folder));
  await store.put('raw/a', Buffer.from('a'));
  const etag = await store.replace('heads/a', Buffer.from('1'), null);
  await expect(store.replace('heads/a', Buffer.from('2'), null)).rejects.toThrow();
  expect(await store.get('heads/a')).toMatchObject({ etag });
  (await store.read('raw/a'))?.destroy();
  for await (const { key } of store.list('raw/')) await store.remove([key]);
  expect(store.counts).toEqual({ get: 1, read: 1, put: 1, replace: 2, remove: 1, list: 1 });
  store.reset();
  expect(store.counts).toEqual({ get: 0, read: 0, put: 0, replace: 0, remove: 0, list: 0 });
  rmSync(folder, { recursive: true });
});
