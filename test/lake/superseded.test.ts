import { expect, it } from 'vitest';
import { DAY, observation, T0 } from '../../collector/src/findings/testing/builders.ts';
import { Committer } from '../../collector/src/lake/committer.ts';
import type { ScopeName } from '../../collector/src/lake/advance.ts';
import { foldScope, removeUnnamed } from '../../collector/src/lake/fold.ts';
import { readHistory } from '../../collector/src/lake/history.ts';
import { headKey, scopeIdOf } from '../../collector/src/lake/keys.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { runChange } from '../support/run-change.ts';

const NAME: ScopeName = {
  scope: 'falco/aws/111111111111',
  source: 'falco',
  cloud: 'aws',
  account: '111111111111',
};
const SCOPE_ID = scopeIdOf(NAME.scope);
const HOUR = DAY / 24;

const heard = (at: number) =>
  runChange({ at, mode: 'stream', source: 'falco', identity: 'falco/1', observations: [observation()] });

it('a head stays small where a stream commits every half minute, and still names what lay long', async () => {
  let now = T0;
  const store = new MemoryStore();
  const committer = new Committer({ store, now: () => now });
  const commit = async (at: number): Promise<string | undefined> => {
    now = at;
    return (await committer.commit(NAME, heard(at))).head?.state?.key;
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

it('a scope that is folded again and again keeps few segments, and all of its history', async () => {
  let now = T0;
  const store = new MemoryStore();
  const committer = new Committer({ store, now: () => now });
  const inputs: string[] = [];
  const longUsed = new Set<string>();
  for (let step = 0; step < 40; step++) {
    now = T0 + step * HOUR;
    const change = heard(now);
    inputs.push(change.input.id);
    await committer.commit(NAME, change);
    expect(await foldScope(committer, SCOPE_ID, 0)).toBe(1);
    const head = await committer.readHead(SCOPE_ID);
    expect(head?.segments.length).toBeLessThanOrEqual(16);
    for (const { key } of head?.segments ?? []) longUsed.add(key);
  }
  const head = await committer.readHead(SCOPE_ID);
  if (head === null) throw new Error('no head');
  const commits = [];
  for await (const commit of readHistory(store, head)) commits.push(commit);
  expect(commits.map(({ input }) => input.id)).toEqual(inputs);
  expect(commits.map(({ seq }) => seq)).toEqual(inputs.map((_id, index) => index + 1));
  expect(head.segments.reduce((sum, segment) => sum + segment.commits, 0)).toBe(40);
  // The first of them again: it is found where it lies now.
  expect((await committer.commit(NAME, heard(T0))).status).toBe('already');

  // Segments that became one are kept for whoever still has the head that names them, and go after that.
  const named = new Set(head.segments.map(({ key }) => key));
  const gone = [...longUsed].filter((key) => !named.has(key));
  const kept = head.superseded.filter(({ key }) => gone.includes(key));
  expect(kept.length).toBeGreaterThan(10);
  await removeUnnamed(committer, SCOPE_ID);
  for (const { key } of kept) expect(await store.get(key)).toBeDefined();
  now += 30 * DAY;
  await removeUnnamed(committer, SCOPE_ID, 7 * DAY);
  const left = [];
  for (const key of longUsed) if ((await store.get(key)) !== undefined) left.push(key);
  expect(left.sort()).toEqual([...named].sort());
});
