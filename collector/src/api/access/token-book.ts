import { timingSafeEqual } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { Logger } from 'pino';
import { messageOf } from '../../errors.ts';
import type { EpochMs } from '../../findings/model.ts';
import type { ObjectInfo, ObjectStore } from '../../store/object-store.ts';
import type { Role } from '../../warehouse/access.ts';
import { readRecord, stateOf, type TokenRecord, TOKENS_PREFIX } from './token-record.ts';
import { digestOf, readToken } from './token-text.ts';
import { type Checked, refuse, type TokenCheck } from './types.ts';

/** Of a token that the configuration or the environment names. */
export interface FixedToken {
  readonly name: string;
  /** SHA-256 of the token. */
  readonly digest: Buffer;
  readonly roles: readonly Role[];
  readonly accounts: readonly string[] | null;
  readonly teams: readonly string[] | null;
}

/** A revoked token is out after this at the latest, while the store answers. */
const FRESH_MS = 30_000;
/** From here on a request starts a look without waiting for it: in a busy server nobody ever waits. */
const RENEW_MS = 15_000;
/** A token that is not known may be a second old; but a flood of wrong ones must not become a flood of requests to the store. */
const REREADS = { most: 5, inMs: 10_000 };
/** A store that fails is not asked with every request. */
const RETRY_MS = 5_000;
/** How long a request waits for the store before it goes by what is known. */
const WAIT_MS = 3_000;
/** While the store does not answer, known tokens go on working for so long: nobody could revoke them any more. */
const STALE_MS = 15 * 60_000;
const READS_AT_ONCE = 8;

interface Known {
  readonly info: ObjectInfo;
  readonly record: TokenRecord | null;
}

const UNKNOWN = 'This server does not know the token.';

/** The tokens in the bucket, looked at again and again, and those of the configuration. */
export class TokenBook implements TokenCheck {
  readonly #store: ObjectStore;
  readonly #fixed: readonly FixedToken[];
  readonly #now: () => EpochMs;
  readonly #log: Logger;
  /** By key. */
  #known = new Map<string, Known>();
  #byId = new Map<string, TokenRecord>();
  #readAt: EpochMs = -Infinity;
  #triedAt: EpochMs = -Infinity;
  /** Looks for tokens that were not known, the newest last. */
  #rereads: EpochMs[] = [];
  #failing = false;
  #looking: Promise<void> | null = null;

  constructor(store: ObjectStore, fixed: readonly FixedToken[], now: () => EpochMs, log: Logger) {
    this.#store = store;
    this.#fixed = fixed;
    this.#now = now;
    this.#log = log;
  }

  /** Whether there is or was any token: then a server asks for one. */
  get isEmpty(): boolean {
    return this.#fixed.length === 0 && this.#known.size === 0;
  }

  async check(token: string, reread: boolean): Promise<Checked> {
    const digest = digestOf(token);
    const fixed = this.#fixedOf(digest);
    if (fixed !== undefined) return { ok: true, access: accessOfToken(fixed) };
    const text = readToken(token);
    if (text.kind === 'other') return refuse('wrong', UNKNOWN);
    if (text.kind === 'damaged') {
      return refuse('wrong', 'The token is mistyped or cut off: its checksum does not fit.');
    }
    await this.#freshen();
    if (!this.#byId.has(text.id) && reread && this.#mayReread()) await patiently(this.#look());
    return this.#checkRecord(this.#byId.get(text.id), digest);
  }

  /** Looks at the store. @throws StoreError */
  async load(): Promise<void> {
    await this.#read();
  }

  #checkRecord(record: TokenRecord | undefined, digest: Buffer): Checked {
    const now = this.#now();
    if (record === undefined) {
      return this.#failing || this.#readAt === -Infinity
        ? refuse('unsure', 'The store, which knows the tokens, does not answer.')
        : refuse('wrong', UNKNOWN);
    }
    if (!timingSafeEqual(Buffer.from(record.sha256, 'hex'), digest)) return refuse('wrong', UNKNOWN);
    if (now - this.#readAt > STALE_MS) {
      return refuse('unsure', 'The store, which knows what tokens are revoked, has not answered for long.');
    }
    const state = stateOf(record, now);
    if (state !== 'valid') return refuse('wrong', `The token is ${state}.`);
    return { ok: true, access: accessOfToken(record) };
  }

  /** Compares with all of them, so that the time tells nothing. */
  #fixedOf(digest: Buffer): FixedToken | undefined {
    let found: FixedToken | undefined;
    for (const token of this.#fixed) {
      if (timingSafeEqual(token.digest, digest)) found = token;
    }
    return found;
  }

  async #freshen(): Promise<void> {
    const now = this.#now();
    const age = now - this.#readAt;
    if (age < RENEW_MS || (this.#failing && now - this.#triedAt < RETRY_MS)) return;
    const look = this.#look();
    if (age >= FRESH_MS) await patiently(look);
  }

  #mayReread(): boolean {
    const now = this.#now();
    if (this.#failing && now - this.#triedAt < RETRY_MS) return false;
    this.#rereads = this.#rereads.filter((at) => now - at < REREADS.inMs);
    if (this.#rereads.length >= REREADS.most) return false;
    this.#rereads.push(now);
    return true;
  }

  /** One look at a time, whoever asks for it; never throws. */
  #look(): Promise<void> {
    this.#looking ??= this.#read()
      .catch((error: unknown) => {
        if (!this.#failing) this.#log.warn({ reason: messageOf(error) }, 'the tokens could not be read');
        this.#failing = true;
      })
      .finally(() => {
        this.#looking = null;
      });
    return this.#looking;
  }

  async #read(): Promise<void> {
    const at = this.#now();
    this.#triedAt = at;
    const limit = pLimit(READS_AT_ONCE);
    const reads: Promise<readonly [string, Known] | null>[] = [];
    for await (const info of this.#store.list(TOKENS_PREFIX)) {
      reads.push(limit(() => this.#readOne(info)));
    }
    const known = new Map((await Promise.all(reads)).filter((entry) => entry !== null));
    this.#known = known;
    this.#byId = new Map(
      [...known.values()].flatMap(({ record }) => (record === null ? [] : [[record.id, record] as const])),
    );
    this.#readAt = at;
    this.#failing = false;
  }

  async #readOne(info: ObjectInfo): Promise<readonly [string, Known] | null> {
    const before = this.#known.get(info.key);
    if (before?.info.size === info.size && before.info.modifiedAt === info.modifiedAt)
      return [info.key, before];
    const record = await readRecord(this.#store, info.key);
    if (record === undefined) return null;
    if (record === null) this.#log.error({ key: info.key }, 'the record of a token is damaged: it is out');
    return [info.key, { info, record }];
  }
}

function accessOfToken({ name, roles, accounts, teams }: Omit<FixedToken, 'digest'>) {
  return { subject: `token:${name}`, roles: new Set(roles), accounts, teams };
}

async function patiently(work: Promise<void>): Promise<void> {
  const over = new AbortController();
  try {
    await Promise.race([work, sleep(WAIT_MS, undefined, { signal: over.signal }).catch(() => undefined)]);
  } finally {
    over.abort();
  }
}
