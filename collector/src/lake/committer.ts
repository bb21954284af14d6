import { SightlineError, StoreError } from '../errors.ts';
import type { EpochMs } from '../findings/model.ts';
import { EMPTY_STATE, type ScopeState } from '../findings/state.ts';
import {
  type ETag,
  type ObjectStore,
  PreconditionFailedError,
  UnknownOutcomeError,
} from '../store/object-store.ts';
import {
  type Advance,
  advance,
  type Change,
  firstHead,
  headAfter,
  inputTime,
  type ScopeName,
  stateOf,
} from './advance.ts';
import { StateCache } from './cache.ts';
import { type Commit, encodeCommit } from './commit-file.ts';
import { type AppliedConfig, ConfigStore } from './config-store.ts';
import { decodeHead, encodeHead, type Head } from './head.ts';
import { commitIdOf, commitKey, headKey, randomNonce, scopeIdOf, sha256, stateKey } from './keys.ts';
import { decodeSegment } from './segment-file.ts';
import { decodeState, encodeState } from './state-file.ts';

export interface CommitterOptions {
  readonly store: ObjectStore;
  readonly now: () => EpochMs;
  /** Findings kept in memory between commits, over all scopes. */
  readonly cacheRows?: number;
}

/** Where a scope stands: its head as read, with the token to replace it, and the state that the head names. */
export interface Base {
  readonly head: Head | null;
  readonly etag: ETag | null;
  readonly state: ScopeState;
}

export interface CommitResult {
  /** `already`: this input is among the scope's commits; `unchanged`: it changes nothing and needs no commit. */
  readonly status: 'committed' | 'already' | 'unchanged';
  readonly head: Head | null;
  /** Of this commit; null unless committed. */
  readonly advance: Advance | null;
  readonly attempts: number;
}

/** Objects that no head names are kept this long: a mirror with an older head, or a slow reader, may still want them. */
export const KEEP_UNNAMED_MS = 7 * 86_400_000;

/**
 * A state that was in use for less than this is not noted as superseded: its own age keeps it as long, but for this. A stream
 * commits every half minute, and its head would name 20,000 of them.
 */
const SHORT_MS = 3_600_000;

/** A scope that so many writers want at once is a mistake in how they are run, not something to wait out. */
const MAX_ATTEMPTS = 40;

const DEFAULT_CACHE_ROWS = 20_000;
const HEAD_OPTIONS = { contentType: 'application/json', cacheControl: 'no-store' };

/**
 * The commit: put what the head is going to name, then replace the head if nobody else did. What no head names does not
 * exist, so a crash at any point leaves only unnamed objects behind.
 */
export class Committer {
  readonly store: ObjectStore;
  readonly configs: ConfigStore;
  readonly now: () => EpochMs;
  readonly #cache: StateCache<Base>;

  constructor(options: CommitterOptions) {
    this.store = options.store;
    this.now = options.now;
    this.configs = new ConfigStore(options.store);
    this.#cache = new StateCache(options.cacheRows ?? DEFAULT_CACHE_ROWS);
  }

  /** @param putInput puts the input itself, where it is not in the bucket yet; called at most once, before it is named */
  async commit(name: ScopeName, change: Change, putInput?: () => Promise<void>): Promise<CommitResult> {
    const scopeId = scopeIdOf(name.scope);
    let put = putInput;
    for (let attempts = 1; attempts <= MAX_ATTEMPTS; attempts++) {
      const cached = this.#cache.get(scopeId);
      const { head: current, etag } = cached ?? (await this.readHeadWithTag(scopeId));
      if (current !== null && (await this.#holds(current, change))) {
        return { status: 'already', head: current, advance: null, attempts };
      }
      const base: Base = cached ?? { head: current, etag, state: await this.stateFor(current) };
      const config = await this.#configFor(base.head);
      const position = { ...base, config: await this.configs.byDigest(base.head?.config ?? null) };
      const done = advance(position, change, config, this.now());
      if (done.empty && cached !== undefined) {
        // Others may have moved on since: only what is there now can say that nothing is to be done.
        this.#cache.forget(scopeId);
        continue;
      }
      if (done.empty) return { status: 'unchanged', head: base.head, advance: null, attempts };
      const input = put?.();
      put = undefined;
      const head = await this.#write(name, base, change, done, config, input);
      if (head === null) {
        this.#cache.forget(scopeId);
        continue;
      }
      if (base.head === null) await this.#followConfig(name, config);
      return { status: 'committed', head, advance: done, attempts };
    }
    throw new StoreError(
      `the scope ${name.scope} was changed by others ${MAX_ATTEMPTS} times while this was to be committed`,
      'Nothing was lost and nothing was written. Let fewer collectors work on one scope at a time, then try again.',
      'conflict',
    );
  }

  /** The head as it is now, past every cache; null where the scope is not known. */
  async readHead(scopeId: string): Promise<Head | null> {
    return (await this.readHeadWithTag(scopeId)).head;
  }

  /** Head and state as they are now. @throws SightlineError `corrupt` */
  async readBase(scopeId: string): Promise<Base> {
    const { head, etag } = await this.readHeadWithTag(scopeId);
    return { head, etag, state: await this.stateFor(head) };
  }

  async stateFor(head: Head | null): Promise<ScopeState> {
    if (head?.state == null) return stateOf(head, EMPTY_STATE.findings);
    const stored = await this.store.get(head.state.key);
    if (stored === undefined) {
      throw new StoreError(
        `the state ${head.state.key} that the head of ${head.scope} names is missing`,
        'Something else removed it. `sightline rebuild` makes it again from the inputs.',
        'corrupt',
      );
    }
    if (sha256(stored.body) !== head.state.digest) throw damagedState(head.state.key);
    return stateOf(head, await decodeState(stored.body, head.state.key));
  }

  /** Replaces a head that has changed in more than a commit (folding, rebuild). @returns false when another was faster */
  async swapHead(head: Head, etag: ETag | null): Promise<boolean> {
    this.#cache.forget(head.scopeId);
    const key = headKey(head.scopeId);
    const next: Head = { ...head, nonce: randomNonce() };
    try {
      await this.store.replace(key, encodeHead(next), etag, HEAD_OPTIONS);
      return true;
    } catch (error) {
      if (!(error instanceof PreconditionFailedError || error instanceof UnknownOutcomeError)) throw error;
      return (await this.readHead(head.scopeId))?.nonce === next.nonce;
    }
  }

  async readHeadWithTag(scopeId: string): Promise<{ head: Head | null; etag: ETag | null }> {
    const key = headKey(scopeId);
    const stored = await this.store.get(key);
    return stored === undefined
      ? { head: null, etag: null }
      : { head: decodeHead(stored.body, key), etag: stored.etag };
  }

  /** The configuration in force, which is never older than the one the scope has seen. */
  async #configFor(head: Head | null): Promise<AppliedConfig> {
    const current = await this.configs.current();
    if (head?.config == null || head.config === current.digest) return current;
    const seen = await this.configs.byDigest(head.config);
    return seen.seq < current.seq ? current : this.configs.reload();
  }

  /** Whether this input is among the commits already, also where another process of ours has put it there. */
  async #holds(head: Head, { input }: Change): Promise<boolean> {
    if (input.kind === 'config') {
      const [seen, asked] = [
        await this.configs.byDigest(head.config),
        await this.configs.byDigest(input.digest),
      ];
      return seen.seq >= asked.seq;
    }
    if (head.commits.some((commit) => commit.input === input.id)) return true;
    for (const segment of head.segments) {
      if (inputTime(input) > segment.newestInput) continue;
      const stored = await this.store.get(segment.key);
      if (stored === undefined) continue;
      const commits = await decodeSegment(stored.body, segment.key);
      if (commits.some((commit) => commit.input.id === input.id)) return true;
    }
    return false;
  }

  /** @returns the new head, or null when another writer was faster */
  async #write(
    name: ScopeName,
    base: Base,
    change: Change,
    done: Advance,
    config: AppliedConfig,
    input: Promise<void> | undefined,
  ): Promise<Head | null> {
    const now = this.now();
    const before = base.head ?? firstHead(name, 1);
    const seq = before.seq + 1;
    const nonce = randomNonce();
    const id = commitIdOf(before.generation, seq, change.input.id, nonce);
    const commit: Commit = {
      id,
      scope: name.scope,
      generation: before.generation,
      seq,
      at: done.at,
      config: config.digest,
      input: change.input,
      run: done.run,
      events: done.events,
    };
    const rowsChanged = done.state.findings !== base.state.findings;
    // All three go on beside each other; whatever fails first is thrown below, before anything is named.
    const commitBody = encodeCommit(commit);
    const others = Promise.all([input, commitBody]);
    others.catch(() => undefined);
    const stateBody = rowsChanged ? await encodeState(done.state.findings, name.scope) : null;
    const state =
      stateBody === null
        ? before.state
        : stateRef(stateKey(before.scopeId, id), done.state.findings.size, stateBody);
    const head: Head = {
      ...headAfter(before, base.state, done, change, config, now),
      seq,
      nonce,
      state,
      commits: [
        ...before.commits,
        {
          id,
          seq,
          at: done.at,
          kind: change.input.kind,
          input: change.input.id,
          inputAt: inputTime(change.input),
          events: done.events.length,
          outcome: done.run?.outcome ?? null,
        },
      ],
      superseded: superseded(before, rowsChanged ? before.state?.key : undefined, now),
    };
    const commitBytes = await commitBody;
    await Promise.all([
      others,
      stateBody === null || state === null
        ? undefined
        : this.store.put(state.key, stateBody, { contentType: 'application/vnd.apache.parquet' }),
      this.store.put(commitKey(before.scopeId, id), commitBytes, {
        contentType: 'application/gzip',
      }),
    ]);
    try {
      const etag = await this.store.replace(
        headKey(before.scopeId),
        encodeHead(head),
        base.etag,
        HEAD_OPTIONS,
      );
      this.#cache.set(before.scopeId, { head, etag, state: done.state }, done.state.findings.size);
      return head;
    } catch (error) {
      if (!(error instanceof PreconditionFailedError || error instanceof UnknownOutcomeError)) throw error;
      this.#cache.forget(before.scopeId);
      const there = await this.readHead(before.scopeId);
      return there?.commits.some((ref) => ref.id === id) === true ? there : null;
    }
  }

  /** A scope that came to be while the configuration changed was in nobody's list: it looks for itself. */
  async #followConfig(name: ScopeName, used: AppliedConfig): Promise<void> {
    const current = await this.configs.reload();
    if (current.digest === null || current.digest === used.digest) return;
    await this.commit(name, {
      input: { kind: 'config', id: current.digest, at: current.appliedAt, digest: current.digest },
    });
  }
}

/** How a head names a state. */
export function stateRef(key: string, rows: number, body: Uint8Array): NonNullable<Head['state']> {
  return { key, rows, bytes: body.byteLength, digest: sha256(body) };
}

function damagedState(key: string): SightlineError {
  return new SightlineError(
    'corrupt',
    `the state ${key} is damaged: it is not what was written there`,
    'Something else changed the object. `sightline rebuild` makes it again from the inputs.',
  );
}

/** What earlier heads named and this one does not, as long as it has to be kept. */
export function superseded(head: Head, key: string | undefined, now: EpochMs): Head['superseded'] {
  const kept = head.superseded.filter((entry) => entry.at > now - KEEP_UNNAMED_MS);
  if (key === undefined) return kept;
  const [before, last] = kept.slice(-2);
  const short =
    // Only then `last` was named after `before` was not: what else lies between them says nothing of that.
    before?.key.startsWith('state/') === true &&
    last?.key.startsWith('state/') === true &&
    last.at >= before.at &&
    last.at - before.at < SHORT_MS;
  return [...(short ? kept.slice(0, -1) : kept), { key, at: now }];
}
