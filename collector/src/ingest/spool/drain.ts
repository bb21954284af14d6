import type { Logger } from 'pino';
import { StoreError } from '../../errors.ts';
import { hasZstd } from '../../lake/compression.ts';
import type { Committer } from '../../lake/committer.ts';
import { randomNonce } from '../../lake/keys.ts';
import type { ScopeResult } from '../ingest.ts';
import { joined } from './batch-file.ts';
import { type BatchName, batchesPrefix, batchNameOf, type Feed, rejectedPrefix } from './keys.ts';
import { isAbandoned, Ledger, type SpoolRun } from './ledger.ts';
import { type SetAside, takeRun } from './reports.ts';
import { compressLines } from './spool.ts';

export interface DrainOptions {
  readonly committer: Committer;
  /** Whose own batches are taken at once; also whose runs these are. */
  readonly owner: string;
  /** Own batches from this number on may still be under way to the store. */
  readonly settledBelow: number;
  /** Batches of others lie so long, in milliseconds, before they count as left behind; 0 takes all. */
  readonly takeOverMs: number;
  /** Uncompressed bytes of one report. */
  readonly reportBytes: number;
  readonly log: Logger;
}

export interface Drained {
  readonly feed: Feed;
  readonly batches: number;
  readonly events: number;
  readonly scopes: readonly ScopeResult[];
  /** Events and batches that could not be read. */
  readonly rejected: number;
}

/** A run of the largest size takes half a minute. Who takes over one that still goes on wastes only time. */
const LEASE_MS = 2 * 60_000;
/** One that fails does not hold up the others; when several do, it is not they that are wrong. */
const MOST_FAILURES = 3;
/** For the sake of the ledger, which names each of them. */
const MOST_BATCHES = 1_000;

/**
 * Commits what waits, one report after the other, until nothing is left to take. Dying anywhere loses nothing and counts nothing twice:
 * the ledger fixes which batches make a run before anything of it is committed, and only when the ledger says that all of it is
 * in the lake are the batches removed.
 * @throws StoreError, SightlineError; what was claimed stays claimed and is done again by whoever comes next
 */
export async function* drain(feed: Feed, options: DrainOptions): AsyncGenerator<Drained> {
  const ledger = new Ledger(options.committer.store, feed);
  const failed = new Map<string, unknown>();
  while (failed.size < MOST_FAILURES) {
    const run = await nextRun(feed, ledger, failed, options);
    if (run === null) break;
    try {
      const done = run.committed ? null : await commit(feed, ledger, run, options);
      if (done !== null) yield done;
      await cleanUp(ledger, run, options);
    } catch (error) {
      if (error instanceof StoreError) throw error;
      options.log.error({ feed, run: run.id, err: error }, 'events could not be committed: they wait');
      failed.set(run.id, error);
    }
  }
  for (const error of failed.values()) throw error;
}

/** A run of before that nobody is at, else a new one. null where there is nothing to do. */
async function nextRun(
  feed: Feed,
  ledger: Ledger,
  failed: ReadonlyMap<string, unknown>,
  options: DrainOptions,
): Promise<SpoolRun | null> {
  const { committer, owner } = options;
  for (;;) {
    // The ledger first: a batch that is listed after it and not in it can't be one whose run is over already.
    const { runs, etag } = await ledger.read();
    const now = committer.now();
    const left = runs.find((run) => !failed.has(run.id) && (run.owner === owner || isAbandoned(run, now)));
    const base = left ?? {
      id: `${now}-${randomNonce()}`,
      claimedAt: now,
      batches: await takeable(feed, new Set(runs.flatMap(({ batches }) => batches)), options),
      committed: false,
    };
    if (base.batches.length === 0) return null;
    const claimed: SpoolRun = { ...base, owner, until: now + LEASE_MS };
    if (await ledger.replace([...runs.filter(({ id }) => id !== claimed.id), claimed], etag)) return claimed;
  }
}

async function takeable(
  feed: Feed,
  claimed: ReadonlySet<string>,
  options: DrainOptions,
): Promise<readonly string[]> {
  const { committer, reportBytes } = options;
  const waiting: { readonly key: string; readonly name: BatchName }[] = [];
  for await (const { key, modifiedAt } of committer.store.list(batchesPrefix(feed))) {
    const name = batchNameOf(key);
    if (name === null || claimed.has(key)) continue;
    if (mayTake(name, modifiedAt, options)) waiting.push({ key, name });
  }
  waiting.sort((a, b) => (a.key < b.key ? -1 : 1));
  const taken: string[] = [];
  let bytes = 0;
  for (const { key, name } of waiting) {
    bytes += name.bytes;
    if (taken.length > 0 && (bytes > reportBytes || taken.length >= MOST_BATCHES)) break;
    taken.push(key);
  }
  return taken;
}

function mayTake({ owner, seq }: BatchName, modifiedAt: number, options: DrainOptions): boolean {
  if (owner === options.owner && seq < options.settledBelow) return true;
  return options.committer.now() - modifiedAt >= options.takeOverMs;
}

/** @returns null where somebody else has done the run, too, and was faster */
async function commit(
  feed: Feed,
  ledger: Ledger,
  run: SpoolRun,
  { committer, log }: DrainOptions,
): Promise<Drained | null> {
  const aside = settingAside(feed, ledger, run, committer, log);
  try {
    const { scopes, events } = await takeRun(committer, feed, run, aside);
    const marked = await ledger.change(run.id, (own) => ({ ...own, committed: true }));
    if (marked) return { feed, batches: run.batches.length, events, scopes, rejected: aside.rejected };
  } catch (error) {
    if (!(error instanceof RunOver)) throw error;
  }
  log.warn({ feed, run: run.id }, 'another collector has done the run, too');
  return null;
}

/** All of the run is in the lake already: what is left of its batches would be another run, and count twice. */
class RunOver extends Error {}

/** Only of what the ledger calls committed. */
async function cleanUp(ledger: Ledger, run: SpoolRun, { committer }: DrainOptions): Promise<void> {
  const { runs } = await ledger.read();
  if (!runs.some(({ id, committed }) => id === run.id && committed)) return;
  await committer.store.remove(run.batches);
  await ledger.change(run.id, () => null);
}

async function isOver(ledger: Ledger, { id }: SpoolRun): Promise<boolean> {
  const { runs } = await ledger.read();
  return !runs.some((run) => run.id === id && !run.committed);
}

/** Keys follow from the run, so that doing it again sets nothing aside twice. */
function settingAside(
  feed: Feed,
  ledger: Ledger,
  run: SpoolRun,
  { store }: Committer,
  log: Logger,
): SetAside & { rejected: number } {
  let part = 0;
  return {
    rejected: 0,
    async batch(key, reason) {
      const stored = await store.get(key);
      if (stored === undefined && (await isOver(ledger, run))) throw new RunOver();
      this.rejected++;
      const kept = `${rejectedPrefix(feed)}${key.slice(key.lastIndexOf('/') + 1)}`;
      if (stored !== undefined) await store.put(kept, stored.body);
      log.error(
        { feed, key, kept: stored === undefined ? null : kept, reason },
        'a batch of events was set aside',
      );
    },
    async lines(lines, reason) {
      if (lines.length === 0) return;
      this.rejected += lines.length;
      const kept = `${rejectedPrefix(feed)}${run.id}-${part++}.ndjson.${hasZstd ? 'zst' : 'gz'}`;
      await store.put(kept, await compressLines(joined(lines)));
      log.error({ feed, events: lines.length, kept, reason }, 'events were set aside');
    },
  };
}
