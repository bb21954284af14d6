import { messageOf } from '../errors.ts';
import type { EpochMs } from '../findings/model.ts';
import { randomNonce } from '../lake/keys.ts';
import type { ETag, ObjectStore } from '../store/object-store.ts';
import { swap } from '../store/swap.ts';
import {
  decodeTask,
  encodeTask,
  LEASES,
  newTask,
  taskKey,
  type TaskName,
  type TaskState,
} from './task-state.ts';

/** A task as it was last seen, with the token to change it. */
export interface Held {
  readonly key: string;
  readonly state: TaskState;
  readonly etag: ETag;
}

/**
 * The tasks in the bucket, as this collector knows them. A refresh costs one request per thousand tasks and one for each that
 * somebody else changed; what is out of date is found out by the conditional write.
 */
export class Leases {
  readonly #store: ObjectStore;
  readonly #nonce: () => string;
  readonly #known = new Map<string, Held>();
  /** Keys that can't be read, with why. */
  readonly damaged = new Map<string, string>();

  constructor(store: ObjectStore, nonce: () => string = randomNonce) {
    this.#store = store;
    this.#nonce = nonce;
  }

  /** Looks at what others did. @throws StoreError */
  async refresh(): Promise<void> {
    const seen = new Set<string>();
    for await (const { key, etag } of this.#store.list(LEASES)) {
      seen.add(key);
      if (etag === undefined || this.#known.get(key)?.etag !== etag) await this.reload(key);
    }
    for (const known of [this.#known, this.damaged])
      for (const key of [...known.keys()]) if (!seen.has(key)) known.delete(key);
  }

  /** Reads one task anew. @throws StoreError */
  async reload(key: string): Promise<Held | null> {
    const stored = await this.#store.get(key);
    this.#known.delete(key);
    this.damaged.delete(key);
    if (stored === undefined) return null;
    try {
      const held = { key, state: decodeTask(stored.body, key), etag: stored.etag };
      this.#known.set(key, held);
      return held;
    } catch (error) {
      this.damaged.set(key, messageOf(error));
      return null;
    }
  }

  get(name: TaskName): Held | null {
    return this.#known.get(taskKey(name)) ?? null;
  }

  all(): readonly TaskState[] {
    return [...this.#known.values()].map(({ state }) => state);
  }

  /** The task, made if the bucket does not know it: its first slot is the next one. null if it is damaged. */
  async ensure(name: TaskName, now: EpochMs): Promise<Held | null> {
    const key = taskKey(name);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.damaged.has(key)) return null;
    const state = newTask(name, now, this.#nonce());
    const etag = await swap(this.#store, key, encodeTask(state), null);
    if (etag === null) return this.reload(key);
    const held = { key, state, etag };
    this.#known.set(key, held);
    return held;
  }

  /**
   * Writes what is to be, if the task is still as it was seen.
   * @returns null when somebody else was faster; the task is then read anew
   */
  async replace(held: Held, next: TaskState): Promise<Held | null> {
    const state = { ...next, nonce: this.#nonce() };
    const etag = await swap(this.#store, held.key, encodeTask(state), held.etag);
    if (etag === null) {
      await this.reload(held.key);
      return null;
    }
    const written = { key: held.key, state, etag };
    this.#known.set(held.key, written);
    return written;
  }
}
