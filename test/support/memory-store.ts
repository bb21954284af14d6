import { Readable } from 'node:stream';
import {
  assertKey,
  type Body,
  type ETag,
  type ObjectInfo,
  type ObjectStore,
  PreconditionFailedError,
  type StoredObject,
} from '../../collector/src/store/object-store.ts';

/**
 * What the contract of `ObjectStore` says and no more, for exploring orders of events that real stores do not let a test
 * choose. That real stores keep the contract is tested in test/store.
 */
export class MemoryStore implements ObjectStore {
  readonly description = 'memory';
  readonly objects = new Map<string, { body: Buffer; etag: ETag; modifiedAt: number }>();
  /** Every write is a moment of its own. */
  clock = 0;
  #version = 0;

  async get(key: string): Promise<StoredObject | undefined> {
    assertKey(key);
    return Promise.resolve(this.objects.get(key));
  }

  async read(key: string): Promise<Readable | undefined> {
    const stored = await this.get(key);
    return stored === undefined ? undefined : Readable.from([stored.body]);
  }

  async put(key: string, body: Body): Promise<void> {
    if (!(body instanceof Uint8Array)) throw new Error('only bodies in memory');
    this.#set(key, body);
    return Promise.resolve();
  }

  async replace(key: string, body: Uint8Array, expected: ETag | null): Promise<ETag> {
    const there = this.objects.get(key)?.etag ?? null;
    if (there !== expected) return Promise.reject(new PreconditionFailedError(key));
    return Promise.resolve(this.#set(key, body));
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.objects.delete(key);
    return Promise.resolve();
  }

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    await Promise.resolve();
    for (const [key, { body, modifiedAt, etag }] of [...this.objects]) {
      if (key.startsWith(prefix)) yield { key, size: body.length, modifiedAt, etag };
    }
  }

  async close(): Promise<void> {
    return Promise.resolve();
  }

  #set(key: string, body: Uint8Array): ETag {
    assertKey(key);
    const etag = `v${++this.#version}`;
    this.objects.set(key, { body: Buffer.from(body), etag, modifiedAt: ++this.clock });
    return etag;
  }
}
