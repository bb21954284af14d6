import { StoreError } from '../errors.ts';
import type { EpochMs, Fingerprint } from '../findings/model.ts';
import { EMPTY_STATE, type ScopeState } from '../findings/state.ts';
import { advance, type Change, firstHead, headAfter, inputTime } from './advance.ts';
import { type Commit, type CommitInput, encodeCommit } from './commit-file.ts';
import type { Committer } from './committer.ts';
import { KEEP_UNNAMED_MS, stateRef } from './committer.ts';
import { type AppliedConfig, DEFAULT_CONFIG } from './config-store.ts';
import { KEPT_APART } from './fold.ts';
import type { CommitRef, Head, SegmentRef } from './head.ts';
import { readHistory } from './history.ts';
import { commitIdOf, commitKey, randomNonce, segmentKey, stateKey } from './keys.ts';
import { encodeSegment } from './segment-file.ts';
import { encodeState } from './state-file.ts';

/** Reads an input back from the bucket into what it does. @throws when the bucket lacks it or it can't be read any more */
export type ReadInput = (input: CommitInput, head: Head) => Promise<Change>;

export interface ReplayResult {
  readonly head: Head;
  readonly state: ScopeState;
  readonly commits: readonly Commit[];
}

const MAX_ATTEMPTS = 5;

/**
 * Does the inputs of a scope again. `time`: in order of their own times, as `rebuild` does, whatever the order of arrival was;
 * `commit`: in the order of the commits, which must give the state that is there.
 */
export async function replay(
  committer: Committer,
  head: Head,
  readInput: ReadInput,
  order: 'time' | 'commit',
  generation: number = head.generation,
): Promise<ReplayResult> {
  const inputs: { input: CommitInput; config: string | null; place: EpochMs }[] = [];
  let newest = -Infinity;
  for await (const { input, config } of readHistory(committer.store, head)) {
    newest = Math.max(newest, inputTime(input));
    // Whoever decides or retires has seen what was there, also where the clock of a scanner ran ahead of ours.
    inputs.push({ input, config, place: input.kind === 'run' ? inputTime(input) : newest });
  }
  // Of one place the first committed comes first: sorting is stable.
  if (order === 'time') inputs.sort((a, b) => a.place - b.place);

  let next = firstHead(head, generation);
  let state: ScopeState = EMPTY_STATE;
  let config: AppliedConfig = DEFAULT_CONFIG;
  const commits: Commit[] = [];
  const names = new Map<Fingerprint, Fingerprint>();
  for (const entry of inputs) {
    const asked = await committer.configs.byDigest(entry.config);
    const used = asked.seq > config.seq ? asked : config;
    const change = withNames(await readInput(entry.input, head), state, names);
    const result = advance({ head: next, state, config }, change, used, committer.now());
    config = used;
    const seq = next.seq + 1;
    const nonce = randomNonce();
    const id = commitIdOf(generation, seq, entry.input.id, nonce);
    commits.push({
      id,
      scope: head.scope,
      generation,
      seq,
      at: result.at,
      config: used.digest,
      input: entry.input,
      run: result.run,
      events: result.events,
    });
    next = { ...headAfter(next, state, result, change, used, committer.now()), seq, nonce };
    state = result.state;
  }
  return { head: next, state, commits };
}

/**
 * An adapter whose identity rule has changed reads old reports by the new one. Whoever decided then named findings by the old:
 * what is not there under that name is meant by the one that it has now.
 * @param names of today by earlier ones, of all reports so far
 */
function withNames(change: Change, { findings }: ScopeState, names: Map<Fingerprint, Fingerprint>): Change {
  if ('report' in change) {
    for (const { fingerprint, formerFingerprints } of change.report.observations) {
      for (const former of formerFingerprints ?? []) if (!names.has(former)) names.set(former, fingerprint);
    }
  }
  if (!('verdict' in change) || names.size === 0) return change;
  const fingerprints = change.verdict.fingerprints.map((named) =>
    findings.has(named) ? named : (names.get(named) ?? named),
  );
  return { ...change, verdict: { ...change.verdict, fingerprints } };
}

/**
 * Replays the inputs of a scope, in order of time, into a new generation, and puts it in the place of the old one.
 * @returns the new head, null where the scope is not known
 */
export async function rebuildScope(
  committer: Committer,
  scopeId: string,
  readInput: ReadInput,
): Promise<Head | null> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const { head, etag } = await committer.readHeadWithTag(scopeId);
    if (head === null) return null;
    const generation = head.generation + 1;
    const replayed = await replay(committer, head, readInput, 'time', generation);
    const next = await store(committer, head, replayed, generation);
    if (await committer.swapHead(next, etag)) return next;
  }
  throw new StoreError(
    `the scope ${scopeId} kept changing while it was to be rebuilt`,
    'Nothing was changed. Rebuild it when no scans of it are being ingested.',
    'conflict',
  );
}

async function store(
  committer: Committer,
  old: Head,
  { head, state, commits }: ReplayResult,
  generation: number,
): Promise<Head> {
  const now = committer.now();
  const { scopeId, scope } = old;
  const early = commits.slice(0, Math.max(0, commits.length - KEPT_APART));
  const late = commits.slice(early.length);
  const segments: SegmentRef[] = [];
  const first = early[0];
  const last = early.at(-1);
  if (first !== undefined && last !== undefined) {
    const body = await encodeSegment(early, scope, randomNonce());
    const key = segmentKey(scopeId, first.seq, last.seq, body);
    await committer.store.put(key, body, { contentType: 'application/vnd.apache.parquet' });
    segments.push({
      key,
      from: first.seq,
      to: last.seq,
      commits: early.length,
      events: early.reduce((sum, commit) => sum + commit.events.length, 0),
      newestInput: Math.max(...early.map((commit) => inputTime(commit.input))),
      foldedAt: now,
    });
  }
  for (const commit of late) {
    await committer.store.put(commitKey(scopeId, commit.id), await encodeCommit(commit), {
      contentType: 'application/gzip',
    });
  }
  const body = await encodeState(state.findings, scope);
  const stateName = commits.at(-1)?.id ?? commitIdOf(generation, 0, 'empty', randomNonce());
  const key = stateKey(scopeId, stateName);
  await committer.store.put(key, body, { contentType: 'application/vnd.apache.parquet' });
  return {
    ...head,
    state: stateRef(key, state.findings.size, body),
    commits: late.map(refOf),
    segments,
    superseded: supersededByRebuild(old, now),
  };
}

function refOf(commit: Commit): CommitRef {
  return {
    id: commit.id,
    seq: commit.seq,
    at: commit.at,
    kind: commit.input.kind,
    input: commit.input.id,
    inputAt: inputTime(commit.input),
    events: commit.events.length,
    outcome: commit.run?.outcome ?? null,
  };
}

function supersededByRebuild(old: Head, now: EpochMs): Head['superseded'] {
  const keys = [
    ...(old.state === null ? [] : [old.state.key]),
    ...old.segments.map((segment) => segment.key),
    ...old.commits.map((commit) => commitKey(old.scopeId, commit.id)),
  ];
  const kept = old.superseded.filter((entry) => entry.at > now - KEEP_UNNAMED_MS);
  return [...kept, ...keys.map((key) => ({ key, at: now }))];
}
