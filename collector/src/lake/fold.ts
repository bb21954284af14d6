import type { EpochMs } from '../findings/model.ts';
import type { Commit } from './commit-file.ts';
import type { Committer } from './committer.ts';
import { KEEP_UNNAMED_MS, superseded } from './committer.ts';
import type { Head, SegmentRef } from './head.ts';
import { readHistory } from './history.ts';
import { commitKey, randomNonce, segmentKey } from './keys.ts';
import { encodeSegment } from './segment-file.ts';

/** The newest commits stay files of their own: that is what a mirror reads to follow. */
export const KEPT_APART = 32;
/** At so many the writer folds by itself. */
export const FOLD_AT = 256;

/** So many small segments at the end become one: a stream folds a dozen times a day, and heads have to stay small for years. */
const MERGE_AT = 16;
/** A segment that large is left as it is. */
const MERGED_COMMITS = 1_000;
/** All of what is folded lies in memory at once. */
const MERGED_EVENTS = 200_000;

const MAX_ATTEMPTS = 10;

/** Moves older commits of a scope into a segment, with the small ones before it where there are many. @returns how many; 0 also where others were always faster */
export async function foldScope(committer: Committer, scopeId: string, keep = KEPT_APART): Promise<number> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const { head, etag } = await committer.readHeadWithTag(scopeId);
    if (head === null) return 0;
    const old = head.commits.slice(0, Math.max(0, head.commits.length - keep));
    const first = old[0];
    const last = old.at(-1);
    if (first === undefined || last === undefined) return 0;
    const merged = mergedWith(head.segments);
    const from = merged[0]?.from ?? first.seq;
    const commits: Commit[] = [];
    const history = readHistory(committer.store, { ...head, segments: [...merged], commits: old });
    for await (const commit of history) commits.push(commit);
    const body = await encodeSegment(commits, head.scope, randomNonce());
    const key = segmentKey(scopeId, from, last.seq, body);
    await committer.store.put(key, body, { contentType: 'application/vnd.apache.parquet' });
    const folded: Head = {
      ...head,
      commits: head.commits.slice(old.length),
      segments: [
        ...head.segments.slice(0, head.segments.length - merged.length),
        {
          key,
          from,
          to: last.seq,
          commits: commits.length,
          events: commits.reduce((sum, commit) => sum + commit.events.length, 0),
          newestInput: Math.max(
            ...merged.map((segment) => segment.newestInput),
            ...old.map((commit) => commit.inputAt),
          ),
          foldedAt: committer.now(),
        },
      ],
      superseded: [
        ...superseded(head, undefined, committer.now()),
        ...merged.map((segment) => ({ key: segment.key, at: committer.now() })),
      ],
    };
    if (await committer.swapHead(folded, etag)) return old.length;
  }
  return 0;
}

/** The segments at the end that become one with what is folded now. */
function mergedWith(segments: readonly SegmentRef[]): readonly SegmentRef[] {
  let first = segments.length;
  let events = 0;
  for (; first > 0; first--) {
    const segment = segments[first - 1];
    if (segment === undefined || segment.commits >= MERGED_COMMITS) break;
    events += segment.events;
    if (events > MERGED_EVENTS) break;
  }
  const small = segments.slice(first);
  return small.length >= MERGE_AT ? small : [];
}

/**
 * Deletes what no head has named for `olderThan`: left over by crashes, lost races, and superseded. Inputs are never
 * deleted. The head is replaced by itself first, so that a writer that slept all that time can't name what goes now.
 * What a crash left of a scope that never came to be stays: there is no head that could stop its first writer.
 * @returns the number of objects deleted
 */
export async function removeUnnamed(
  committer: Committer,
  scopeId: string,
  olderThan: number = KEEP_UNNAMED_MS,
): Promise<number> {
  const { head, etag } = await committer.readHeadWithTag(scopeId);
  if (head === null) return 0;
  const before = committer.now() - olderThan;
  if ((await unnamed(committer, scopeId, head, before)).length === 0) return 0;
  if (!(await committer.swapHead(head, etag))) return 0;
  const now = await committer.readHead(scopeId);
  if (now === null) return 0;
  const keys = await unnamed(committer, scopeId, now, before);
  await committer.store.remove(keys);
  return keys.length;
}

async function unnamed(
  committer: Committer,
  scopeId: string,
  head: Head,
  before: EpochMs,
): Promise<string[]> {
  const named = new Set<string>();
  if (head.state !== null) named.add(head.state.key);
  for (const { id } of head.commits) named.add(commitKey(scopeId, id));
  for (const { key } of head.segments) named.add(key);
  for (const { key, at } of head.superseded) if (at > before) named.add(key);
  const recentlyFolded = head.segments.filter(({ foldedAt }) => foldedAt > before);
  const keys: string[] = [];
  for (const folder of ['state', 'commits', 'segments']) {
    for await (const { key, modifiedAt } of committer.store.list(`${folder}/${scopeId}/`)) {
      if (named.has(key) || modifiedAt > before) continue;
      const seq = folder === 'commits' ? seqOf(key) : null;
      if (seq !== null && recentlyFolded.some(({ from, to }) => seq >= from && seq <= to)) continue;
      keys.push(key);
    }
  }
  return keys;
}

/** Names of commits begin with generation and sequence, see `commitIdOf`. */
function seqOf(key: string): number | null {
  const match = /\/\d{3,}-(\d{8,})-[^/]*$/.exec(key);
  return match?.[1] === undefined ? null : Number(match[1]);
}
