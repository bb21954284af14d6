import { expect } from 'vitest';
import type { FindingEvent } from '../../collector/src/findings/events.ts';
import type { Finding } from '../../collector/src/findings/finding.ts';
import type { Commit } from '../../collector/src/lake/commit-file.ts';
import type { Committer } from '../../collector/src/lake/committer.ts';
import { readHistory } from '../../collector/src/lake/history.ts';
import { replay, type ReadInput } from '../../collector/src/lake/rebuild.ts';

/**
 * What must hold of a scope at any time, whatever happened to its writers: all that the head names is there, sequences have no
 * gap, no input is there twice, and the state and the events are those that the commits give when they are done one by one.
 * @returns the ids of the inputs, in order
 */
export async function checkScope(
  committer: Committer,
  scopeId: string,
  readInput: ReadInput,
  context: string,
): Promise<string[]> {
  const { head, state } = await committer.readBase(scopeId);
  if (head === null) return [];
  const commits: Commit[] = [];
  for await (const commit of readHistory(committer.store, head)) commits.push(commit);
  expect(
    commits.map(({ seq }) => seq),
    context,
  ).toEqual(commits.map((_, index) => index + 1));
  expect(head.seq, context).toBe(commits.length);
  const inputs = commits.map(({ input }) => input.id);
  expect(new Set(inputs).size, `${context}: an input twice`).toBe(inputs.length);

  const replayed = await replay(committer, head, readInput, 'commit');
  expect(replayed.commits.map(eventsOf), context).toEqual(commits.map(eventsOf));
  expect(byFingerprint(state.findings.values()), context).toEqual(
    byFingerprint(replayed.state.findings.values()),
  );
  expect([...state.cells].sort(), context).toEqual([...replayed.state.cells].sort());
  expect(head.state?.rows ?? 0, context).toBe(state.findings.size);
  return inputs;
}

/** Of one commit, in an order of their own: a state that was read back holds its rows in another order than one in memory. */
export function eventsOf({ events }: Pick<Commit, 'events'>): FindingEvent[] {
  const place = ({ fingerprint, kind }: FindingEvent): string => `${fingerprint} ${kind}`;
  return [...events].sort((a, b) => (place(a) < place(b) ? -1 : 1));
}

export function byFingerprint(findings: Iterable<Finding>): Finding[] {
  return [...findings].sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
}
