import pLimit from 'p-limit';
import { messageOf, SightlineError, StoreError } from '../../errors.ts';
import { completed } from '../../findings/settings.ts';
import type { AppliedConfig } from '../../lake/config-store.ts';
import type { Committer } from '../../lake/committer.ts';
import { decodeHead } from '../../lake/head.ts';
import { sha256 } from '../../lake/keys.ts';
import type { Engine } from '../engine.ts';
import type { Value } from '../query/result.ts';
import { sql } from '../sql.ts';
import { applyChange, inTransaction, insertJson, removeScopes } from './apply.ts';
import { batched, type Changed, eventsIn, eventsOf, type Mirrored, mirroredOf, tailOf } from './changes.ts';
import { extendScopes } from './extend.ts';
import { type Staged, Staging } from './staging.ts';
import { sortTables } from './tidy.ts';

const AT_ONCE = 16;
/** Sorting pays when a third of an estate is out of order; small ones are quick as they are. */
const UNTIDY_SHARE = 1 / 3;
const MIN_UNTIDY = 20;

export interface MirrorOptions {
  readonly engine: Engine;
  readonly committer: Committer;
  readonly staging: string;
  readonly cadenceHours: Readonly<Record<string, number>>;
  /** Called as scopes come in: how many of those that changed are there. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface RefreshResult {
  /** Another for every content. */
  readonly version: string;
  readonly scopes: number;
  readonly findings: number;
  readonly changed: number;
  /** Whether the tables are out of order by so much that sorting them is worth it. */
  readonly untidy: boolean;
  /** Scopes that could not be brought in, with the reason: they stay as they were. */
  readonly failed: readonly { readonly scope: string; readonly reason: string }[];
}

/** Follows the bucket by its heads: reads what changed, scope by scope, each in a transaction. */
export class Mirror {
  readonly #options: MirrorOptions;
  readonly #staging: Staging;
  #mirrored: Map<string, Mirrored> | undefined;
  #config: string | null | undefined;
  /** Scopes that came or were replaced since the tables were sorted. */
  #untidy = 0;

  constructor(options: MirrorOptions) {
    this.#options = options;
    this.#staging = new Staging(options.staging);
  }

  /** @throws StoreError where the bucket does not answer; the warehouse stays as it was */
  async refresh(): Promise<RefreshResult> {
    const mirrored = (this.#mirrored ??= await this.#readMirrored());
    const { changed, gone } = await this.#look(mirrored);
    const failed: { scope: string; reason: string }[] = [];
    const { onProgress } = this.#options;
    let done = 0;
    onProgress?.(done, changed.length);
    const batches = batched(changed);
    let next = this.#stage(batches[0]);
    for (const [index, batch] of batches.entries()) {
      const staged = await next;
      next = this.#stage(batches[index + 1]);
      try {
        failed.push(...(await this.#bring(batch, staged)));
      } catch (error) {
        await this.#discard(await next);
        throw error;
      }
      done += batch.length;
      onProgress?.(done, changed.length);
    }
    if (gone.length > 0) await this.#remove(gone);
    await this.#followConfig();
    return {
      ...(await this.#contents(mirrored)),
      changed: changed.length + gone.length,
      untidy: this.#untidy > Math.max(MIN_UNTIDY, mirrored.size * UNTIDY_SHARE),
      failed,
    };
  }

  /** Sorts the tables by time. Takes a while; queries go on meanwhile. */
  async tidy(): Promise<void> {
    this.#untidy = 0;
    await this.#options.engine.write(sortTables);
  }

  /** Which heads differ from what is mirrored. */
  async #look(mirrored: ReadonlyMap<string, Mirrored>): Promise<{ changed: Changed[]; gone: Mirrored[] }> {
    const { store } = this.#options.committer;
    const limit = pLimit(AT_ONCE);
    const reading: Promise<Changed | null>[] = [];
    const there = new Set<string>();
    for await (const { key, etag } of store.list('heads/')) {
      const scopeId = key.slice('heads/'.length, -'.json'.length);
      there.add(scopeId);
      const known = mirrored.get(scopeId);
      if (known !== undefined && etag !== undefined && known.etag === etag) continue;
      reading.push(
        limit(async () => {
          const stored = await store.get(key);
          if (stored === undefined) return null;
          const head = decodeHead(stored.body, key);
          if (known?.nonce === head.nonce) return null;
          return { head, etag: stored.etag, tail: tailOf(known, head) };
        }),
      );
    }
    const changed = (await Promise.all(reading)).filter((change) => change !== null);
    if (there.size === 0 && mirrored.size > 0) throw noHeads(store.description, mirrored.size);
    const gone = [...mirrored].filter(([scopeId]) => !there.has(scopeId)).map(([, value]) => value);
    // What is new alone comes first: it is quick.
    const kind = ({ tail }: Changed): number => (tail === null ? 1 : 0);
    changed.sort((a, b) => kind(a) - kind(b) || (a.head.scope < b.head.scope ? -1 : 1));
    return { changed, gone };
  }

  /** Never rejects: what could not be read is said when its batch comes. */
  async #stage(batch: readonly Changed[] | undefined): Promise<readonly (Staged | Error)[]> {
    const limit = pLimit(4);
    return Promise.all(
      (batch ?? []).map(({ head, tail }) =>
        limit(async () => {
          const { store } = this.#options.committer;
          const staged =
            tail === null
              ? this.#staging.scope(store, head)
              : this.#staging.tail(store, head, tail.refs, tail.stateKey);
          return staged.catch((error: unknown) =>
            error instanceof Error ? error : new Error(String(error)),
          );
        }),
      ),
    );
  }

  async #bring(
    batch: readonly Changed[],
    staged: readonly (Staged | Error)[],
  ): Promise<{ scope: string; reason: string }[]> {
    const full = staged.find((files) => files instanceof Error && isFull(files));
    if (full !== undefined) {
      await this.#discard(staged);
      throw noRoom(full);
    }
    const failed: { scope: string; reason: string }[] = [];
    const whole: { change: Changed; files: Staged }[] = [];
    for (const [index, change] of batch.entries()) {
      const files = staged[index];
      if (files instanceof Error || files === undefined)
        failed.push({ scope: change.head.scope, reason: messageOf(files) });
      else whole.push({ change, files });
    }
    try {
      await this.#apply(whole);
    } catch {
      // One of them can't be brought in: the others shall not wait for it.
      for (const one of whole) {
        await this.#apply([one]).catch((reason: unknown) => {
          if (isFull(reason)) throw noRoom(reason);
          failed.push({ scope: one.change.head.scope, reason: messageOf(reason) });
        });
      }
    } finally {
      await this.#discard(whole.map(({ files }) => files));
    }
    return failed;
  }

  async #discard(staged: readonly (Staged | Error)[]): Promise<void> {
    const files = staged.flatMap((one) => (one instanceof Error ? [] : [...one.commits, ...one.states]));
    await this.#staging.remove(files.map(({ file }) => file));
  }

  async #apply(scopes: readonly { change: Changed; files: Staged }[]): Promise<void> {
    if (scopes.length === 0) return;
    const bring = scopes.every(({ change }) => change.tail !== null) ? extendScopes : applyChange;
    await this.#options.engine.write((connection) =>
      bring(connection, {
        scopes: scopes.map(({ change }) => change),
        commits: scopes.flatMap(({ files }) => files.commits),
        states: scopes.flatMap(({ files }) => files.states),
        cadenceHours: this.#options.cadenceHours,
      }),
    );
    for (const {
      change: { head, etag, tail },
    } of scopes) {
      this.#mirrored?.set(head.scopeId, mirroredOf(head, etag));
      this.#untidy += tail === null ? 1 : Math.min(1, eventsOf(tail.refs) / Math.max(1, eventsIn(head)));
    }
  }

  async #remove(gone: readonly Mirrored[]): Promise<void> {
    await this.#options.engine.write((connection) =>
      removeScopes(
        connection,
        gone.map(({ scope }) => scope),
      ),
    );
    const names = new Set(gone.map(({ scope }) => scope));
    for (const [scopeId, { scope }] of this.#mirrored ?? [])
      if (names.has(scope)) this.#mirrored?.delete(scopeId);
  }

  /** What the configuration in force expects to report. */
  async #followConfig(): Promise<void> {
    const config = await this.#options.committer.configs.reload();
    if (config.digest === this.#config) return;
    await this.#options.engine.write((connection) =>
      inTransaction(connection, async () => {
        await connection.run('DELETE FROM expected_scope');
        const text = 'VARCHAR';
        await insertJson(
          connection,
          'expected_scope',
          { source: text, cloud: text, account: text, account_name: text, team: text, environment: text },
          expectedOf(config),
        );
      }),
    );
    this.#config = config.digest;
  }

  async #contents(
    mirrored: ReadonlyMap<string, Mirrored>,
  ): Promise<Pick<RefreshResult, 'version' | 'scopes' | 'findings'>> {
    const { rows } = await this.#options.engine.read(sql`select coalesce(sum(findings), 0) from scope`);
    const nonces = [...mirrored].map(([scopeId, { nonce }]) => `${scopeId} ${nonce}`).sort();
    return {
      version: sha256([this.#config ?? '', ...nonces].join('\n')).slice(0, 16),
      scopes: mirrored.size,
      findings: Number(rows[0]?.[0] ?? 0),
    };
  }

  async #readMirrored(): Promise<Map<string, Mirrored>> {
    await this.#staging.clear();
    const { rows } = await this.#options.engine.read(
      sql`select scope_id, scope, etag, generation, seq, nonce, commit_id, state_key from head`,
    );
    const textOr = (value: Value | undefined): string | null => (typeof value === 'string' ? value : null);
    return new Map(
      rows.map(([scopeId, scope, etag, generation, seq, nonce, commitId, stateKey]) => [
        String(scopeId),
        {
          scope: String(scope),
          etag: String(etag),
          generation: Number(generation),
          seq: Number(seq),
          nonce: String(nonce),
          commitId: textOr(commitId),
          stateKey: textOr(stateKey),
        },
      ]),
    );
  }
}

/** A full disk is no fault of a scope: going on without those that do not fit would show an estate with fewer findings. */
function isFull(error: unknown): boolean {
  return /no space left|disk is full|could not write/i.test(messageOf(error));
}

function noRoom(error: unknown): SightlineError {
  return new SightlineError(
    'store',
    'the warehouse has no room for what changed',
    'Free disk space under `warehouse.path`; until then it answers from what it has.',
    4,
    error,
  );
}

/** Heads are never deleted. A folder that is not mounted, or another prefix, must not look like an estate without findings. */
function noHeads(description: string, scopes: number): StoreError {
  return new StoreError(
    `${description} lists no scope at all, and there were ${scopes}`,
    'Check that it is the right bucket, prefix or folder, and mounted. What was mirrored is served on.',
  );
}

function expectedOf({ settings }: AppliedConfig): object[] {
  return settings.accounts.flatMap((setting) => {
    const { cloud, account } = setting;
    const sources: readonly (string | null)[] = sourcesOf(setting) ?? [null];
    const { name, team, environment } = completed(setting, settings.discovered, cloud, account);
    return sources.map((source) => ({
      source,
      cloud: cloud ?? null,
      account,
      account_name: name ?? null,
      team: team ?? null,
      environment: environment ?? null,
    }));
  });
}

function sourcesOf(setting: object): readonly string[] | null {
  const sources = 'sources' in setting && Array.isArray(setting.sources) ? setting.sources.map(String) : [];
  return sources.length === 0 ? null : sources;
}
