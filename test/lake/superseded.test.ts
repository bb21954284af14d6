import { expect, it } from 'vitest';
import { DAY, observation, run, T0 } from '../../collector/src/findings/testing/builders.ts';
import { Committer } from '../../collector/src/lake/committer.ts';
import type { Change, ScopeName } from '../../collector/src/lake/advance.ts';
import { headKey, scopeIdOf } from '../../collector/src/lake/keys.ts';
import { MemoryStore } from '../support/memory-store.ts';

const NAME: ScopeName = {
  scope: 'falco/aws/111111111111',
  source: 'falco',
  cloud: 'aws',
  account: '111111111111',
};
const SCOPE_ID = scopeIdOf(NAME.scope);
const HOUR = DAY / 24;

function runChange(at: number): Change {
  return {
    input: {
      kind: 'run',
      id: `run-${at}`,
      observedAt: at,
      declaredComplete: false,
      durationMs: null,
      outcome: null,
      source: 'falco',
      identity: 'falco/1',
      raw: { key: `raw/falco/${at}.json.zst`, digest: String(at), bytes: 1, name: 'events' },
      companion: null,
    },
    report: run({ at, mode: 'stream', source: 'falco', observations: [observation()] }).report,
  };
}

it('a head stays small where a stream commits every half minute, and still names what lay long', async () => {
  let now = T0;
  const store = new MemoryStore();
  const committer = new Committer({ store, now: () => now });
  const commit = async (at: number): Promise<string | undefined> => {
    now = at;
    return (await committer.commit(NAME, runChange(at))).head?.state?.key;
  };
  const longUsed = await commit(T0);
  for (let step = 0; step < 600; step++) await commit(T0 + 20 * DAY + step * 30_000);

  const head = await committer.readHead(SCOPE_ID);
  expect(head?.superseded.map(({ key }) => key)).toContain(longUsed);
  // Five hours: one or two an hour, and the one before the last.
  expect(head?.superseded.length).toBeLessThan(12);
  const bytes = (await store.get(headKey(SCOPE_ID)))?.body.byteLength ?? 0;
  expect(bytes).toBeLessThan(200_000);

  // Whatever is not named there was put less than an hour before it was superseded.
  const times = head?.superseded.map(({ at }) => at) ?? [];
  for (const [index, at] of times.slice(1).entries()) expect(at - (times[index] ?? 0)).toBeLessThan(2 * HOUR);
});
