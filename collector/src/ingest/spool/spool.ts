import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { SightlineError, StoreError } from '../../errors.ts';
import type { EpochMs } from '../../findings/model.ts';
import { hasZstd, ZSTD_CHECKED } from '../../lake/compression.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import { batchKey, type Feed } from './keys.ts';

export interface SpoolLimits {
  /** How long the first event of a batch waits for others, in milliseconds. */
  readonly lingerMs: number;
  /** Uncompressed bytes at which a batch does not wait any longer. */
  readonly batchBytes: number;
  /** Bytes that may be in memory, in open batches and in those under way to the store. */
  readonly waitingBytes: number;
  /** Compressed bytes that may lie in the bucket and wait to be committed. */
  readonly backlogBytes: number;
}

export interface SpoolOptions extends SpoolLimits {
  readonly store: ObjectStore;
  /** Of this process, and of no other ever: lower-case letters and digits. */
  readonly owner: string;
  readonly now: () => EpochMs;
}

/** Events of one request: lines of NDJSON, without an end behind the last. */
export interface Events {
  readonly lines: Uint8Array;
  readonly count: number;
}

/** There is no room: nothing of the request was taken, and it may come again. */
export class SpoolFullError extends SightlineError {
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number) {
    super('full', message, 'Send the events again after a while; nothing of them was taken.');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

interface Batch {
  readonly feed: Feed;
  /** Grows; the first `bytes` of it are the lines. */
  buffer: Buffer;
  events: number;
  bytes: number;
  readonly timer: NodeJS.Timeout;
  /** Of all requests whose events are in it. */
  readonly stored: PromiseWithResolvers<void>;
}

const FIRST_BYTES = 64 * 1024;
const LINE_END = 0x0a;

/** Copied rather than kept: each would hold on to what the socket read, and there are thousands in a second. */
function append(batch: Batch, lines: Uint8Array): void {
  const needed = batch.bytes + lines.length + 1;
  if (needed > batch.buffer.length) {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, batch.buffer.length * 2));
    batch.buffer.copy(larger, 0, 0, batch.bytes);
    batch.buffer = larger;
  }
  batch.buffer.set(lines, batch.bytes);
  batch.buffer[needed - 1] = LINE_END;
  batch.bytes = needed;
}

const zstdCompress = promisify(zlib.zstdCompress);
const gzip = promisify(zlib.gzip);

/** A batch is read once and then thrown away: what counts is the time that requests wait for it. */
const FASTEST: zlib.ZstdOptions = {
  params: { ...ZSTD_CHECKED.params, [zlib.constants.ZSTD_c_compressionLevel]: 1 },
};

/** As batches are: Zstandard, or gzip where this Node has none. */
export function compressLines(lines: Buffer): Promise<Buffer> {
  return hasZstd ? zstdCompress(lines, FASTEST) : gzip(lines, { level: 1 });
}

/**
 * Group commit for pushed events: what comes within a short time goes to the bucket as one object, and only when it is there
 * are all its requests answered. A process that dies has acknowledged nothing that is not in the bucket.
 */
export class Spool {
  readonly owner: string;
  readonly #options: SpoolOptions;
  readonly #open = new Map<Feed, Batch>();
  /** Numbers of batches under way to the store. */
  readonly #putting = new Set<number>();
  readonly #writes = new Set<Promise<void>>();
  #seq = 0;
  #waiting = 0;
  #closed = false;
  /** Compressed bytes ever put, and what was in the bucket when somebody last looked, by that count. */
  #put = 0;
  #backlog = { bytes: 0, at: 0 };

  constructor(options: SpoolOptions) {
    this.#options = options;
    this.owner = options.owner;
  }

  /** Bytes in memory. */
  get waitingBytes(): number {
    return this.#waiting;
  }

  /** Own batches with a lower number are in the bucket, or will never be. */
  get settledBelow(): number {
    return this.#putting.size === 0 ? this.#seq : Math.min(...this.#putting);
  }

  /** Tells what waits in the bucket; `mark` is what `mark()` said before somebody looked. */
  sawBacklog(bytes: number, mark: number): void {
    this.#backlog = { bytes, at: mark };
  }

  mark(): number {
    return this.#put;
  }

  /** @throws SpoolFullError where `bytes` more have no room */
  assertRoom(bytes: number): void {
    const { waitingBytes, backlogBytes } = this.#options;
    if (this.#closed) throw new SpoolFullError('this server is ending', 5);
    if (this.#waiting + bytes > waitingBytes) {
      throw new SpoolFullError('more events come than the store takes', 1);
    }
    if (this.#backlog.bytes + this.#put - this.#backlog.at > backlogBytes) {
      throw new SpoolFullError('more events wait in the bucket than are to be', 30);
    }
  }

  /**
   * @returns when the events are in the bucket; the same promise for all who share a batch
   * @throws SpoolFullError at once; the promise rejects with StoreError where the store did not take the batch: it may be there
   *   all the same if its answer was lost, so that events sent again count twice
   */
  add(feed: Feed, { lines, count }: Events): Promise<void> {
    const added = lines.length + 1;
    this.assertRoom(added);
    const batch = this.#open.get(feed) ?? this.#begin(feed);
    append(batch, lines);
    batch.events += count;
    this.#waiting += added;
    if (batch.bytes >= this.#options.batchBytes) this.#flush(batch);
    return batch.stored.promise;
  }

  /** Takes no more events; resolves when what was taken is in the bucket or was refused. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const batch of [...this.#open.values()]) this.#flush(batch);
    await Promise.allSettled([...this.#writes]);
  }

  #begin(feed: Feed): Batch {
    const batch: Batch = {
      feed,
      buffer: Buffer.allocUnsafeSlow(FIRST_BYTES),
      events: 0,
      bytes: 0,
      timer: setTimeout(() => this.#flush(batch), this.#options.lingerMs),
      stored: Promise.withResolvers(),
    };
    // Whoever asked may have gone by then.
    batch.stored.promise.catch(() => undefined);
    this.#open.set(feed, batch);
    return batch;
  }

  #flush(batch: Batch): void {
    clearTimeout(batch.timer);
    this.#open.delete(batch.feed);
    const writing = this.#write(batch).then(batch.stored.resolve, batch.stored.reject);
    this.#writes.add(writing);
    void writing.finally(() => this.#writes.delete(writing));
  }

  async #write({ feed, buffer, events, bytes }: Batch): Promise<void> {
    const { store, owner, now } = this.#options;
    const seq = this.#seq++;
    this.#putting.add(seq);
    try {
      const body = await compressLines(buffer.subarray(0, bytes));
      const key = batchKey(feed, { at: now(), owner, seq, events, bytes }, hasZstd ? 'zst' : 'gz');
      await store.put(key, body, { contentType: 'application/octet-stream' });
      this.#put += body.length;
    } catch (error) {
      if (error instanceof StoreError) throw error;
      throw new StoreError('the events could not be stored', 'Send them again.', 'store', error);
    } finally {
      this.#putting.delete(seq);
      this.#waiting -= bytes;
    }
  }
}
