import type { Readable } from 'node:stream';
import type { Body, ETag, ObjectInfo, ObjectStore, PutOptions, StoredObject } from './object-store.ts';

/** Calls by verb. One `list` or `remove` may be several requests to a bucket. */
export interface Counts {
  get: number;
  read: number;
  put: number;
  replace: number;
  remove: number;
  list: number;
}

export interface CountingStore extends ObjectStore {
  /** So far, or since `reset`; failed calls count too. */
  readonly counts: Readonly<Counts>;
  reset(): void;
}

const none = (): Counts => ({ get: 0, read: 0, put: 0, replace: 0, remove: 0, list: 0 });

/** The same store, with its calls counted: for metrics, benchmarks and tests of what an operation costs. */
export function countingStore(store: ObjectStore): CountingStore {
  const counts = none();
  return {
    description: store.description,
    counts,
    reset(): void {
      Object.assign(counts, none());
    },
    get(key: string): Promise<StoredObject | undefined> {
      counts.get++;
      return store.get(key);
    },
    read(key: string): Promise<Readable | undefined> {
      counts.read++;
      return store.read(key);
    },
    put(key: string, body: Body, options?: PutOptions): Promise<void> {
      counts.put++;
      return store.put(key, body, options);
    },
    replace(key: string, body: Uint8Array, expected: ETag | null, options?: PutOptions): Promise<ETag> {
      counts.replace++;
      return store.replace(key, body, expected, options);
    },
    remove(keys: readonly string[]): Promise<void> {
      counts.remove++;
      return store.remove(keys);
    },
    list(prefix: string): AsyncIterable<ObjectInfo> {
      counts.list++;
      return store.list(prefix);
    },
    close(): Promise<void> {
      return store.close();
    },
  };
}
