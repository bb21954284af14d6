import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type GetObjectCommandOutput,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { StoreError } from '../errors.ts';
import { proxyAgents } from '../proxy.ts';
import { assertConditional, assertPrefix, assertWrittenWhole } from './key-checks.ts';
import {
  assertKey,
  PreconditionFailedError,
  UnknownOutcomeError,
  type Body,
  type ETag,
  type ObjectInfo,
  type ObjectStore,
  type PutOptions,
  type StoredObject,
} from './object-store.ts';
import { bodyOf, explainedStream } from './s3-body.ts';
import { failureOf, s3Error } from './s3-errors.ts';
import { uploadFile } from './s3-upload.ts';

export interface S3Options {
  readonly bucket: string;
  /** All keys lie below it; no slash at its ends. */
  readonly prefix?: string;
  /** If not given, as everywhere with AWS: AWS_REGION, then the profile. */
  readonly region?: string;
  readonly endpoint?: string;
  /** `endpoint/bucket/key` instead of `bucket.endpoint/key`. */
  readonly forcePathStyle?: boolean;
  readonly sse?: 'AES256' | 'aws:kms';
  readonly kmsKeyId?: string;
  /** Milliseconds; 5,000 if not given. */
  readonly connectTimeoutMs?: number;
  /** Milliseconds until an answer begins, and of silence within one; 60,000 if not given. Large uploads get more by their size. */
  readonly requestTimeoutMs?: number;
  /** Requests sent for one call, the first included; 5 if not given. */
  readonly maxAttempts?: number;
}

const CONNECT_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 60_000;
const MAX_ATTEMPTS = 5;
/** What one DeleteObjects request takes. */
const REMOVE_BATCH = 1_000;
const REMOVES_AT_ONCE = 16;
/** A download that breaks off is started anew so often; the SDK only repeats requests without an answer. */
const MAX_DOWNLOADS = 3;

/** Answers of endpoints that know DeleteObject but not DeleteObjects, or want another checksum for it than the SDK sends. */
const NO_BATCH_REMOVE = new Set([
  'NotImplemented',
  'MethodNotAllowed',
  'MissingContentMD5',
  'InvalidDigest',
  'InvalidRequest',
  'InvalidArgument',
]);
const CONFLICTS = new Set(['ConditionalRequestConflict', 'OperationAborted']);

// Without a logger of its own the SDK writes warnings to the console.
const ignore = () => undefined;
const silent = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

/** A store in a bucket of S3 or of a compatible endpoint that has conditional writes. Credentials come from AWS's default chain. */
export class S3Store implements ObjectStore {
  readonly description: string;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #encryption: Pick<PutObjectCommandInput, 'ServerSideEncryption' | 'SSEKMSKeyId'>;
  readonly #requestTimeoutMs: number;
  readonly #maxAttempts: number;
  #removesInBatches = true;

  constructor(options: S3Options) {
    this.#bucket = options.bucket;
    this.#prefix = options.prefix === undefined || options.prefix === '' ? '' : `${options.prefix}/`;
    this.#requestTimeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
    this.#maxAttempts = options.maxAttempts ?? MAX_ATTEMPTS;
    this.#encryption = {
      ...(options.sse !== undefined && { ServerSideEncryption: options.sse }),
      ...(options.kmsKeyId !== undefined && { SSEKMSKeyId: options.kmsKeyId }),
    };
    this.description = `s3://${this.#bucket}/${this.#prefix}`.replace(/\/$/, '');
    this.#client = new S3Client({
      ...(options.region !== undefined && { region: options.region }),
      ...(options.endpoint !== undefined && { endpoint: options.endpoint }),
      ...(options.forcePathStyle !== undefined && { forcePathStyle: options.forcePathStyle }),
      maxAttempts: this.#maxAttempts,
      logger: silent,
      // Checksums in trailers are beyond many compatible endpoints; TLS and the signature cover the body.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        ...proxyAgents(),
        connectionTimeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
        requestTimeout: this.#requestTimeoutMs,
        throwOnRequestTimeout: true,
        socketTimeout: this.#requestTimeoutMs,
      },
    });
  }

  async get(key: string): Promise<StoredObject | undefined> {
    assertKey(key);
    for (let downloads = 1; ; downloads++) {
      const answer = await this.#getObject(key);
      if (answer === undefined) return undefined;
      const etag = answer.ETag;
      if (etag === undefined) throw this.#noTag(key);
      try {
        return { body: await buffer(bodyOf(answer)), etag };
      } catch (error) {
        if (downloads === MAX_DOWNLOADS) throw this.#error(error, `read ${key}`);
      }
    }
  }

  async read(key: string): Promise<Readable | undefined> {
    assertKey(key);
    const answer = await this.#getObject(key);
    if (answer === undefined) return undefined;
    return explainedStream(bodyOf(answer), (error) => this.#error(error, `read ${key}`));
  }

  async put(key: string, body: Body, options: PutOptions = {}): Promise<void> {
    assertWrittenWhole(key);
    const input = this.#putInput(key, options);
    try {
      if (body instanceof Uint8Array) await this.#client.send(new PutObjectCommand({ ...input, Body: body }));
      else await uploadFile(this.#client, input, body, this.#requestTimeoutMs, this.#maxAttempts);
    } catch (error) {
      throw this.#error(error, `store ${key}`);
    }
  }

  async replace(
    key: string,
    body: Uint8Array,
    expected: ETag | null,
    options: PutOptions = {},
  ): Promise<ETag> {
    assertConditional(key, expected);
    const condition = expected === null ? { IfNoneMatch: '*' } : { IfMatch: expected };
    const command = new PutObjectCommand({ ...this.#putInput(key, options), ...condition, Body: body });
    const answer = await this.#client.send(command).catch((error: unknown) => {
      throw this.#replaceError(key, error);
    });
    if (answer.ETag === undefined) throw new UnknownOutcomeError(key, this.#noTag(key));
    return answer.ETag;
  }

  async remove(keys: readonly string[]): Promise<void> {
    keys.forEach(assertKey);
    for (let i = 0; i < keys.length; i += REMOVE_BATCH)
      await this.#removeBatch(keys.slice(i, i + REMOVE_BATCH));
  }

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    assertPrefix(prefix);
    let token: string | undefined;
    do {
      const page = await this.#listPage(prefix, token);
      for (const { Key, Size, LastModified, ETag } of page.Contents ?? []) {
        const key = Key?.startsWith(this.#prefix) === true ? Key.slice(this.#prefix.length) : undefined;
        if (key === undefined || !isKey(key)) continue;
        yield { key, size: Size ?? 0, modifiedAt: LastModified?.getTime() ?? 0, etag: ETag };
      }
      const next = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      if (page.IsTruncated === true && (next === undefined || next === token)) {
        throw new StoreError(
          `cannot list ${prefix} in ${this.description}: the endpoint does not go on after a page`,
          'Check that the endpoint is S3-compatible (ListObjectsV2).',
        );
      }
      token = next;
    } while (token !== undefined);
  }

  close(): Promise<void> {
    this.#client.destroy();
    return Promise.resolve();
  }

  async #getObject(key: string): Promise<GetObjectCommandOutput | undefined> {
    try {
      return await this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: this.#prefix + key }));
    } catch (error) {
      // Not any 404: an address that is no S3 at all must not look like an empty store.
      if (failureOf(error).code === 'NoSuchKey') return undefined;
      throw this.#error(error, `read ${key}`);
    }
  }

  async #listPage(prefix: string, token: string | undefined) {
    try {
      return await this.#client.send(
        new ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: this.#prefix + prefix,
          ...(token !== undefined && { ContinuationToken: token }),
        }),
      );
    } catch (error) {
      throw this.#error(error, `list ${prefix}`);
    }
  }

  #putInput(key: string, options: PutOptions): PutObjectCommandInput {
    return {
      Bucket: this.#bucket,
      Key: this.#prefix + key,
      ...this.#encryption,
      ...(options.contentType !== undefined && { ContentType: options.contentType }),
      ...(options.contentEncoding !== undefined && { ContentEncoding: options.contentEncoding }),
      ...(options.cacheControl !== undefined && { CacheControl: options.cacheControl }),
    };
  }

  /**
   * The SDK sends a request again when no answer came, so a refusal of the second may follow the success of the first. Only
   * the refusal of a request sent once says that nothing was written.
   */
  #replaceError(key: string, error: unknown): StoreError {
    const explained = this.#error(error, `store ${key}`);
    const { code, status, attempts } = failureOf(error);
    if (attempts > 1) return new UnknownOutcomeError(key, explained);
    // A condition on a key that is gone is answered with 404.
    if (status === 412 || code === 'NoSuchKey' || CONFLICTS.has(code))
      return new PreconditionFailedError(key);
    const refused = status !== undefined && status >= 300 && status < 500 && status !== 408;
    const neverSent = status === undefined && (attempts === 0 || code === 'CredentialsProviderError');
    return refused || neverSent || status === 501 ? explained : new UnknownOutcomeError(key, explained);
  }

  async #removeBatch(keys: readonly string[]): Promise<void> {
    if (this.#removesInBatches && keys.length > 1) {
      try {
        await this.#deleteObjects(keys);
        return;
      } catch (error) {
        if (!NO_BATCH_REMOVE.has(failureOf(error).code))
          throw this.#error(error, `remove ${keys.length} objects`);
        this.#removesInBatches = false;
      }
    }
    for (let i = 0; i < keys.length; i += REMOVES_AT_ONCE) {
      await Promise.all(keys.slice(i, i + REMOVES_AT_ONCE).map((key) => this.#deleteObject(key)));
    }
  }

  async #deleteObjects(keys: readonly string[]): Promise<void> {
    const Objects = keys.map((key) => ({ Key: this.#prefix + key }));
    const answer = await this.#client.send(
      new DeleteObjectsCommand({ Bucket: this.#bucket, Delete: { Objects, Quiet: true } }),
    );
    const failed = (answer.Errors ?? []).filter(({ Code }) => Code !== 'NoSuchKey');
    const first = failed[0];
    if (first !== undefined) throw this.#error(first, `remove ${failed.length} of ${keys.length} objects`);
  }

  async #deleteObject(key: string): Promise<void> {
    try {
      await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: this.#prefix + key }));
    } catch (error) {
      if (failureOf(error).code !== 'NoSuchKey') throw this.#error(error, `remove ${key}`);
    }
  }

  #error(error: unknown, doing: string): StoreError {
    return s3Error(error, doing, this.description);
  }

  #noTag(key: string): StoreError {
    return new StoreError(
      `the endpoint of ${this.description} gave no ETag for ${key}`,
      'A store needs an S3-compatible endpoint with conditional writes (If-Match, If-None-Match).',
      'unsupported',
    );
  }
}

/** Others may keep things below the same prefix: the marker of a folder, a name with a space. They are no objects of the store. */
function isKey(key: string): boolean {
  try {
    assertKey(key);
    return true;
  } catch {
    return false;
  }
}
