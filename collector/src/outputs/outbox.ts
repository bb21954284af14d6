import type { Logger } from 'pino';
import { z } from 'zod';
import { messageOf } from '../errors.ts';
import type { EpochMs } from '../findings/model.ts';
import { randomNonce } from '../lake/keys.ts';
import type { ETag, ObjectStore } from '../store/object-store.ts';
import { swap } from '../store/swap.ts';
import { type Channel, messageFor } from './chat/index.ts';
import type { Digest } from './chat/digest.ts';
import { deliver, type Post } from './deliver.ts';

export const OUTBOX = 'outbox/';

const letterSchema = z.strictObject({
  format: z.literal(1),
  nonce: z.string(),
  channel: z.string(),
  job: z.string(),
  slot: z.number(),
  /** The body as it is sent. */
  message: z.unknown(),
  status: z.enum(['pending', 'delivered', 'dead']),
  createdAt: z.number(),
  attempts: z.number(),
  /** Not to be sent before. */
  notBefore: z.number(),
  claim: z.strictObject({ owner: z.string(), until: z.number() }).nullable(),
  problem: z.string().nullable(),
  endedAt: z.number().nullable(),
});
export type Letter = z.infer<typeof letterSchema>;

export interface OutboxOptions {
  readonly store: ObjectStore;
  readonly channels: readonly Channel[];
  readonly owner: string;
  readonly now: () => EpochMs;
  readonly log: Logger;
  readonly post: Post;
}

/** Longer than an answer may take, with room for clocks that differ. */
const CLAIM_MS = 2 * 60_000;
const FIRST_BACKOFF_MS = 30_000;
const LONGEST_BACKOFF_MS = 3_600_000;
/** Some nine hours. */
const MOST_ATTEMPTS = 15;
/** Delivered ones also say that there is nothing to be told any more. */
const KEEP_DELIVERED_MS = 7 * 86_400_000;
const KEEP_DEAD_MS = 30 * 86_400_000;
/** So long a message waits for a collector that has its channel. */
const UNCLAIMED_MS = 86_400_000;

export interface Known {
  readonly letter: Letter;
  readonly etag: ETag;
}

/**
 * Messages in the bucket, before anybody is told anything: what was to be said survives whoever wanted to say it. A message is
 * claimed before it is sent and noted after; only who dies between these two leaves one that is sent a second time.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #known = new Map<string, Known>();
  /** What was delivered and could not be noted yet, since the store was away: not to be sent again. */
  readonly #delivered = new Map<string, Letter>();

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** All messages that are not forgotten yet; as of the last `refresh`. */
  letters(): readonly Letter[] {
    return [...this.#known.values()].map(({ letter }) => letter);
  }

  /** Puts a message for a channel, unless it was put before, by whomever. @returns whether it is new */
  async put(channel: Channel, digest: Digest): Promise<boolean> {
    const { store, now } = this.#options;
    const key = letterKey(channel.name, digest.job, digest.slot);
    if (this.#known.has(key)) return false;
    const letter: Letter = {
      format: 1,
      nonce: randomNonce(),
      channel: channel.name,
      job: digest.job,
      slot: digest.slot,
      message: messageFor(channel.kind, digest, channel.link ?? null),
      status: 'pending',
      createdAt: now(),
      attempts: 0,
      notBefore: 0,
      claim: null,
      problem: null,
      endedAt: null,
    };
    const etag = await swap(store, key, encode(letter), null);
    if (etag === null) {
      await this.#reload(key);
      return false;
    }
    this.#known.set(key, { letter, etag });
    return true;
  }

  /** Looks at what others did, and forgets what is old. @throws StoreError */
  async refresh(): Promise<void> {
    await lookAt(this.#options.store, this.#known, this.#options.log);
    const now = this.#options.now();
    const old = [...this.#known].filter(([, { letter }]) => isOld(letter, now)).map(([key]) => key);
    if (old.length > 0) await this.#options.store.remove(old);
    for (const key of old) this.#known.delete(key);
    for (const key of [...this.#delivered.keys()]) if (!this.#known.has(key)) this.#delivered.delete(key);
  }

  /** Sends what is to be sent now. @returns when there is something to send next */
  async sendDue(): Promise<EpochMs> {
    let next = Number.POSITIVE_INFINITY;
    for (const [key, known] of [...this.#known]) {
      if (known.letter.status !== 'pending') continue;
      const delivered = this.#delivered.get(key);
      if (delivered !== undefined) {
        await this.#note(key, known, delivered);
        continue;
      }
      const at = Math.max(known.letter.notBefore, known.letter.claim?.until ?? 0);
      if (at > this.#options.now()) next = Math.min(next, at);
      else next = Math.min(next, await this.#send(key, known));
    }
    return next;
  }

  async #send(key: string, known: Known): Promise<EpochMs> {
    const { channels, owner, now, log, post } = this.#options;
    const channel = channels.find(({ name }) => name === known.letter.channel);
    if (channel === undefined) return this.#withoutChannel(key, known);
    const claimed = await this.#replace(key, known, {
      ...known.letter,
      claim: { owner, until: now() + CLAIM_MS },
      attempts: known.letter.attempts + 1,
    });
    if (claimed === null) return now() + FIRST_BACKOFF_MS;
    const { letter } = claimed;
    const fields = { channel: letter.channel, job: letter.job, attempts: letter.attempts };
    const result = await deliver(channel.url, letter.message, post);
    const ended = { ...letter, claim: null, endedAt: now(), problem: result.problem };
    if (result.status === 'delivered') {
      await this.#note(key, claimed, { ...ended, status: 'delivered', message: null });
      log.info(fields, 'message delivered');
      return Number.POSITIVE_INFINITY;
    }
    if (result.status === 'refused' || letter.attempts >= MOST_ATTEMPTS) {
      await this.#replace(key, claimed, { ...ended, status: 'dead' });
      log.error({ ...fields, problem: result.problem }, 'message given up');
      return Number.POSITIVE_INFINITY;
    }
    const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** (letter.attempts - 1), LONGEST_BACKOFF_MS);
    const notBefore = now() + Math.max(backoff, result.retryAfterMs);
    await this.#replace(key, claimed, { ...letter, claim: null, notBefore, problem: result.problem });
    log.warn({ ...fields, problem: result.problem }, 'message not delivered, it is tried again');
    return notBefore;
  }

  async #note(key: string, known: Known, delivered: Letter): Promise<void> {
    this.#delivered.set(key, delivered);
    await this.#replace(key, known, delivered);
    if (this.#known.get(key)?.letter.status !== 'pending') this.#delivered.delete(key);
  }

  /** Of a channel that this collector's configuration does not have: another's may, for a while. */
  async #withoutChannel(key: string, known: Known): Promise<EpochMs> {
    const { log, now } = this.#options;
    const { letter } = known;
    const until = letter.createdAt + UNCLAIMED_MS;
    if (now() < until) return until;
    const problem = 'no collector has this channel in its configuration';
    await this.#replace(key, known, { ...letter, status: 'dead', claim: null, endedAt: now(), problem });
    log.error({ channel: letter.channel, job: letter.job, problem }, 'message given up');
    return Number.POSITIVE_INFINITY;
  }

  async #replace(key: string, { etag }: Known, next: Letter): Promise<Known | null> {
    const letter = { ...next, nonce: randomNonce() };
    const written = await swap(this.#options.store, key, encode(letter), etag);
    if (written === null) {
      await this.#reload(key);
      return null;
    }
    const known = { letter, etag: written };
    this.#known.set(key, known);
    return known;
  }

  async #reload(key: string): Promise<void> {
    await reload(this.#options.store, this.#known, key, this.#options.log);
  }
}

/** Brings what is known of the outbox up to date, by its keys; reads only what changed. @throws StoreError */
export async function lookAt(store: ObjectStore, known: Map<string, Known>, log: Logger): Promise<void> {
  const seen = new Set<string>();
  for await (const { key, etag } of store.list(OUTBOX)) {
    seen.add(key);
    if (etag === undefined || known.get(key)?.etag !== etag) await reload(store, known, key, log);
  }
  for (const key of [...known.keys()]) if (!seen.has(key)) known.delete(key);
}

async function reload(
  store: ObjectStore,
  known: Map<string, Known>,
  key: string,
  log: Logger,
): Promise<void> {
  const stored = await store.get(key);
  known.delete(key);
  if (stored === undefined) return;
  try {
    const letter = letterSchema.parse(JSON.parse(stored.body.toString('utf8')));
    known.set(key, { letter, etag: stored.etag });
  } catch (error) {
    log.warn({ key, problem: messageOf(error) }, 'a message in the outbox can not be read');
  }
}

function letterKey(channel: string, job: string, slot: EpochMs): string {
  return `${OUTBOX}${channel}/${new Date(slot).toISOString().replace(/[:.]/g, '')}-${job}.json`;
}

function encode(letter: Letter): Buffer {
  return Buffer.from(JSON.stringify(letter));
}

function isOld({ status, endedAt }: Letter, now: EpochMs): boolean {
  if (status === 'pending' || endedAt === null) return false;
  return now - endedAt > (status === 'delivered' ? KEEP_DELIVERED_MS : KEEP_DEAD_MS);
}
