import type { Finding } from '../findings/finding.ts';
import type { ScopeState } from '../findings/state.ts';
import type { Committer } from '../lake/committer.ts';
import type { Head } from '../lake/head.ts';
import { type ReadInput, replay } from '../lake/rebuild.ts';

/** One thing that the commits, done again, give otherwise than it is kept. */
export interface Difference {
  /** A fingerprint, a cell, or a part of the head. */
  readonly what: string;
  readonly field: string;
  readonly kept: unknown;
  readonly replayed: unknown;
}

/** Does the commits of a scope again, in their order, and compares: no difference is what must come out. */
export async function checkReplay(
  committer: Committer,
  head: Head,
  readInput: ReadInput,
): Promise<Difference[]> {
  const kept = await committer.stateFor(head);
  const { state } = await replay(committer, head, readInput, 'commit');
  return [
    ...headDifferences(kept, state),
    ...cellDifferences(kept, state),
    ...findingDifferences(kept, state),
  ];
}

function headDifferences(kept: ScopeState, replayed: ScopeState): Difference[] {
  return differences('head', parts(kept), parts(replayed));
}

function parts({ at, identity, retired, lastComplete }: ScopeState): Readonly<Record<string, unknown>> {
  return { at, identity, retired, lastComplete };
}

function cellDifferences(kept: ScopeState, replayed: ScopeState): Difference[] {
  return [...new Set([...kept.cells.keys(), ...replayed.cells.keys()])].flatMap((cell) =>
    differences(cell, { ...kept.cells.get(cell) }, { ...replayed.cells.get(cell) }),
  );
}

function findingDifferences(kept: ScopeState, replayed: ScopeState): Difference[] {
  const all = new Set([...kept.findings.keys(), ...replayed.findings.keys()]);
  return [...all].flatMap((fingerprint) =>
    differencesOf(fingerprint, kept.findings.get(fingerprint), replayed.findings.get(fingerprint)),
  );
}

function differencesOf(what: string, kept: Finding | undefined, replayed: Finding | undefined): Difference[] {
  if (kept === undefined) return [{ what, field: 'finding', kept: 'missing', replayed: 'there' }];
  if (replayed === undefined) return [{ what, field: 'finding', kept: 'there', replayed: 'missing' }];
  return differences(what, { ...kept }, { ...replayed });
}

function differences(
  what: string,
  kept: Readonly<Record<string, unknown>>,
  replayed: Readonly<Record<string, unknown>>,
): Difference[] {
  return [...new Set([...Object.keys(kept), ...Object.keys(replayed)])]
    .filter(
      (field) => kept[field] !== replayed[field] && canonical(kept[field]) !== canonical(replayed[field]),
    )
    .map((field) => ({ what, field, kept: kept[field] ?? null, replayed: replayed[field] ?? null }));
}

/** Pairs have no order. */
function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
