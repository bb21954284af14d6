import type { CommitRef, Head } from '../../lake/head.ts';
import type { ScopeChange } from './apply.ts';

/** Events that are brought in at once: more take memory, fewer time. */
const BATCH_EVENTS = 40_000;
const BATCH_SCOPES = 100;

/** What the mirror has of a scope. */
export interface Mirrored {
  readonly scope: string;
  readonly etag: string;
  readonly generation: number;
  readonly seq: number;
  readonly nonce: string;
  readonly commitId: string | null;
  readonly stateKey: string | null;
}

/** A scope that changed; with what is new of it, where the rest is there already. */
export interface Changed extends ScopeChange {
  readonly tail: { readonly refs: readonly CommitRef[]; readonly stateKey: string | null } | null;
}

export function mirroredOf(head: Head, etag: string): Mirrored {
  const { scope, generation, seq, nonce, commits, state } = head;
  return {
    scope,
    etag,
    generation,
    seq,
    nonce,
    commitId: commits.at(-1)?.id ?? null,
    stateKey: state?.key ?? null,
  };
}

/**
 * What a head has that the mirror does not, where the mirror has all before: of the same generation, and the newest commit it knows is
 * among those that the head names one by one. Else null: the scope is read whole.
 */
export function tailOf(known: Mirrored | undefined, head: Head): Changed['tail'] {
  if (known === undefined || known.generation !== head.generation || known.commitId === null) return null;
  const place = head.commits.findIndex(({ id }) => id === known.commitId);
  return place < 0 ? null : { refs: head.commits.slice(place + 1), stateKey: known.stateKey };
}

export function eventsOf(parts: readonly { readonly events: number }[]): number {
  return parts.reduce((sum, { events }) => sum + events, 0);
}

export function eventsIn({ segments, commits }: Head): number {
  return eventsOf(segments) + eventsOf(commits);
}

/** Scopes that are read whole and such that are not come in batches of their own. */
export function batched(changes: readonly Changed[]): Changed[][] {
  const batches: Changed[][] = [];
  let events = 0;
  for (const change of changes) {
    const current = batches.at(-1);
    const other = (current?.[0]?.tail === null) !== (change.tail === null);
    if (current === undefined || other || events > BATCH_EVENTS || current.length >= BATCH_SCOPES) {
      batches.push([change]);
      events = 0;
    } else current.push(change);
    events += change.tail === null ? eventsIn(change.head) : eventsOf(change.tail.refs);
  }
  return batches;
}
