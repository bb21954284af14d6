import { expect, it } from 'vitest';
import { DAY, observation, T0 } from '../../collector/src/findings/testing/builders.ts';
import { Committer } from '../../collector/src/lake/committer.ts';
import type { ScopeName } from '../../collector/src/lake/advance.ts';
import { scopeIdOf } from '../../collector/src/lake/keys.ts';
import { decide } from '../../collector/src/lake/lake.ts';
import { type ReadInput, rebuildScope } from '../../collector/src/lake/rebuild.ts';
import { decodeVerdict } from '../../collector/src/lake/verdict-file.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { runChange } from '../support/run-change.ts';

const NAME: ScopeName = {
  scope: 'prowler/aws/111111111111',
  source: 'prowler',
  cloud: 'aws',
  account: '111111111111',
};
const SCOPE_ID = scopeIdOf(NAME.scope);

it('keeps what was decided on a finding that had another fingerprint then', async () => {
  const store = new MemoryStore();
  const committer = new Committer({ store, now: () => T0 + 10 * DAY });
  const old = observation();
  const renamed = { ...old, fingerprint: 'f'.repeat(32), formerFingerprints: [old.fingerprint] };

  await committer.commit(NAME, runChange({ runId: 'r0', at: T0, observations: [old] }));
  const head = await committer.readHead(SCOPE_ID);
  if (head === null) throw new Error('no head');
  const decision = {
    verdict: 'false_positive',
    until: null,
    by: 'ana',
    reason: 'a test',
    at: T0 + DAY,
  } as const;
  await decide(committer, head, [old.fingerprint], decision);
  await committer.commit(
    NAME,
    runChange({ runId: 'r1', at: T0 + 2 * DAY, identity: 'prowler/2', observations: [renamed] }),
  );
  const before = (await committer.readBase(SCOPE_ID)).state.findings.get(renamed.fingerprint);
  expect(before?.verdict?.by).toBe('ana');

  // An adapter of today reads the old report too, and gives its findings today's names.
  const readInput: ReadInput = async (input) => {
    if (input.kind === 'run') {
      const { id: runId, observedAt: at, identity } = input;
      return runChange({ runId, at, identity, observations: [renamed] });
    }
    if (input.kind !== 'verdict') throw new Error(`no ${input.kind} here`);
    const stored = await store.get(input.key);
    if (stored === undefined) throw new Error(`${input.key} is missing`);
    return { input, verdict: decodeVerdict(stored.body, input.key) };
  };
  await rebuildScope(committer, SCOPE_ID, readInput);
  const after = (await committer.readBase(SCOPE_ID)).state.findings;
  expect([...after.keys()]).toEqual([renamed.fingerprint]);
  expect(after.get(renamed.fingerprint)?.verdict).toEqual(before?.verdict);
});
