import { PutObjectCommand, type PutObjectCommandInput, type S3Client } from '@aws-sdk/client-s3';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from '../errors.ts';
import { changedWhileRead, fileError } from './files.ts';
import { failureOf } from './s3-errors.ts';

/** What S3 takes in one PutObject. */
const MAX_BYTES = 5 * 1024 ** 3;
/** The slowest upload that is waited for, in bytes per millisecond: 1 MB/s. A stalled one ends by the socket's own time limit. */
const SLOWEST = 1_000;
const CHUNK_BYTES = 1024 * 1024;
const FIRST_DELAY_MS = 100;

/**
 * Puts a file as one object, streamed from the disk. The SDK does not repeat what it reads from a stream, so this does, with
 * the file opened anew each time. @throws StoreError, or what the SDK throws
 */
export async function uploadFile(
  client: S3Client,
  input: PutObjectCommandInput,
  body: { readonly path: string; readonly size: number },
  timeoutMs: number,
  maxAttempts: number,
): Promise<void> {
  const { path, size } = body;
  const found = await stat(path).catch((error: unknown) => {
    throw fileError(error, `read ${path}`);
  });
  if (found.size !== size) throw changedWhileRead(path, size, found.size);
  if (size > MAX_BYTES) {
    throw new StoreError(
      `${path} is too large for one object: ${size} bytes, at most ${MAX_BYTES} can be stored`,
      'Compress or split the report.',
      'too_large',
    );
  }
  for (let attempt = 1; ; attempt++) {
    try {
      await uploadOnce(client, input, path, size, timeoutMs + size / SLOWEST);
      return;
    } catch (error) {
      if (error instanceof StoreError || attempt >= maxAttempts || !isTransient(error)) throw error;
      await sleep(FIRST_DELAY_MS * 2 ** (attempt - 1) * (0.5 + Math.random() / 2));
    }
  }
}

async function uploadOnce(
  client: S3Client,
  input: PutObjectCommandInput,
  path: string,
  size: number,
  requestTimeout: number,
): Promise<void> {
  if (size === 0) {
    await client.send(new PutObjectCommand({ ...input, Body: new Uint8Array() }));
    return;
  }
  const stream = createReadStream(path, { end: size - 1, highWaterMark: CHUNK_BYTES });
  const abort = new AbortController();
  let broken: StoreError | undefined;
  const fail = (error: StoreError) => {
    broken = error;
    abort.abort();
  };
  // The SDK hears nothing of a stream that fails or ends early, and would wait for its time limit.
  stream.on('error', (error) => {
    fail(fileError(error, `read ${path}`));
  });
  stream.on('end', () => {
    if (stream.bytesRead !== size) fail(changedWhileRead(path, size, stream.bytesRead));
  });
  try {
    const command = new PutObjectCommand({ ...input, Body: stream, ContentLength: size });
    await client.send(command, { abortSignal: abort.signal, requestTimeout });
  } catch (error) {
    throw broken ?? error;
  } finally {
    stream.destroy();
  }
}

/** Worth another try: no answer, or one that blames the endpoint or asks to slow down. */
function isTransient(error: unknown): boolean {
  const { status, code } = failureOf(error);
  if (status === undefined) return code !== 'CredentialsProviderError';
  return status >= 500 || status === 429 || status === 408;
}
