import type { Readable } from 'node:stream';
import type { EpochMs } from '../findings/model.ts';
import { StoreError } from '../errors.ts';

/** An opaque token of one version of a key. Compare for equality only, and only with tokens of the same store. */
export type ETag = string;

export interface StoredObject {
  readonly body: Buffer;
  readonly etag: ETag;
}

export interface ObjectInfo {
  readonly key: string;
  readonly size: number;
  /** When this version was written, by the store's clock. */
  readonly modifiedAt: EpochMs;
  /** The token that `get` would give, where the listing tells it (S3, and keys changed by compare-and-swap). */
  readonly etag?: ETag | undefined;
}

/** A body in memory, or a file that is streamed from disk (a large raw report). */
export type Body = Uint8Array | { readonly path: string; readonly size: number };

export interface PutOptions {
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly cacheControl?: string;
}

/**
 * A bucket or a folder. Three kinds of key:
 * - changed by compare-and-swap (`heads/…`, `config/current.json`, `leases/…`, `outbox/…`, `spool/…/ledger.json`): only through `replace`;
 * - made once and never changed (entries of a table's log): only through `replace` with null;
 * - all others, written once under a name that no other content gets, or (reports) overwritten whole: through `put`.
 * A key is relative, of the characters `A–Z a–z 0–9 . _ - = /`, without empty, `.` or `..` parts.
 */
export interface ObjectStore {
  /** For people: `s3://bucket/prefix` or a folder. Holds no secret. */
  readonly description: string;
  /** undefined where there is no such key. @throws StoreError */
  get(key: string): Promise<StoredObject | undefined>;
  /** The body as a stream; undefined where there is no such key. @throws StoreError */
  read(key: string): Promise<Readable | undefined>;
  /** Whole or not at all: no reader ever sees half a body. @throws StoreError */
  put(key: string, body: Body, options?: PutOptions): Promise<void>;
  /**
   * Writes if the key is still at `expected` (null: if it does not exist).
   * @returns the token of what was written
   * @throws PreconditionFailedError when it is not, and nothing was written; UnknownOutcomeError when no answer came and
   * it may or may not have been written.
   */
  replace(key: string, body: Uint8Array, expected: ETag | null, options?: PutOptions): Promise<ETag>;
  /** Missing keys are no error. @throws StoreError */
  remove(keys: readonly string[]): Promise<void>;
  /** All keys that start with `prefix`, in no promised order. @throws StoreError */
  list(prefix: string): AsyncIterable<ObjectInfo>;
  close(): Promise<void>;
}

export class PreconditionFailedError extends StoreError {
  constructor(key: string) {
    super(`${key} was changed by another writer`, 'Read it again and decide anew.', 'conflict');
  }
}

export class UnknownOutcomeError extends StoreError {
  constructor(key: string, cause: unknown) {
    super(
      `no answer came to the conditional write of ${key}: it may or may not have happened`,
      'Read the key: its content tells.',
      'store',
      cause,
    );
  }
}

const KEY = /^[A-Za-z0-9._=-]+(\/[A-Za-z0-9._=-]+)*$/;

/** @throws StoreError for a key that could leave the prefix or that a file system would read otherwise. */
export function assertKey(key: string): void {
  if (!KEY.test(key) || key.split('/').some((part) => part === '.' || part === '..') || key.length > 900) {
    throw new StoreError(
      `not a key of the bucket: ${JSON.stringify(key.slice(0, 200))}`,
      'This is a defect: keys are made from hashes and slugs.',
    );
  }
}

const LOG_ENTRY = /^tables\/[a-z]+\/_delta_log\/\d{20}\.json$/;

/** True for the keys that `replace` makes, if nobody else has, and nobody changes. In a folder they are plain files. */
export function isMadeOnce(key: string): boolean {
  return LOG_ENTRY.test(key);
}

const SWAPPED = ['heads/', 'leases/', 'outbox/'];
const SWAPPED_KEYS = /^(?:config\/current|spool\/[a-z]+\/ledger)\.json$/;

/** True for the keys whose versions `replace` writes. */
export function isSwapped(key: string): boolean {
  return SWAPPED.some((prefix) => key.startsWith(prefix)) || SWAPPED_KEYS.test(key);
}
