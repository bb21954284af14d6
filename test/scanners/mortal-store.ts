import type { Readable } from 'node:stream';
import { StoreError } from '../../collector/src/errors.ts';
import {
  type Body,
  type ETag,
  type ObjectInfo,
  type ObjectStore,
  type PutOptions,
  type StoredObject,
  UnknownOutcomeError,
} from '../../collector/src/store/object-store.ts';
import type { SimClock } from './sim-clock.ts';

export interface Fate {
  /** The process was killed: nothing it waits for ever comes back. */
  readonly isDead: () => boolean;
  /** `before`: the store does not answer; `after`: it did what was asked, and its answer is lost. */
  readonly fault: () => 'before' | 'after' | null;
}

const NEVER = new Promise<never>(() => undefined);

/** The store as one process sees it that may be killed between any two of its requests, or in one. */
export class MortalStore implements ObjectStore {
  readonly description: string;
  readonly #store: ObjectStore;
  readonly #time: SimClock;
  readonly #fate: Fate;
  readonly #onReplaced: (key: string, body: Uint8Array) => void;

  constructor(
    store: ObjectStore,
    time: SimClock,
    fate: Fate,
    onReplaced: (key: string, body: Uint8Array) => void,
  ) {
    this.description = store.description;
    this.#store = store;
    this.#time = time;
    this.#fate = fate;
    this.#onReplaced = onReplaced;
  }

  get(key: string): Promise<StoredObject | undefined> {
    return this.#ask(() => this.#store.get(key));
  }

  read(key: string): Promise<Readable | undefined> {
    return this.#ask(() => this.#store.read(key));
  }

  put(key: string, body: Body, options?: PutOptions): Promise<void> {
    return this.#ask(() => this.#store.put(key, body, options));
  }

  replace(key: string, body: Uint8Array, expected: ETag | null, options?: PutOptions): Promise<ETag> {
    const fault = this.#fate.fault();
    return this.#ask(async () => {
      if (fault === 'before') throw new StoreError('no answer', 'on demand');
      const etag = await this.#store.replace(key, body, expected, options);
      this.#onReplaced(key, body);
      if (fault === 'after') throw new UnknownOutcomeError(key, new Error('on demand'));
      return etag;
    });
  }

  remove(keys: readonly string[]): Promise<void> {
    return this.#ask(() => this.#store.remove(keys));
  }

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    yield* await this.#ask(async () => {
      const found: ObjectInfo[] = [];
      for await (const info of this.#store.list(prefix)) found.push(info);
      return found;
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #ask<T>(work: () => Promise<T>): Promise<T> {
    if (this.#fate.isDead()) return NEVER;
    try {
      const answer = await this.#time.working(work);
      return this.#fate.isDead() ? await NEVER : answer;
    } catch (error) {
      if (this.#fate.isDead()) return NEVER;
      throw error;
    }
  }
}
