import { describe, expect, it } from 'vitest';
import {
  after,
  type InboxState,
  isNew,
  keepInbox,
  type ListedObject,
  NOTHING_HAD,
  Oldest,
  recallInbox,
} from './inbox-state.ts';
import type { Memory } from './memory.ts';

const DAY = 86_400_000;
const object = (modifiedAt: number, key = `k${modifiedAt}`, etag = 'a'): ListedObject => ({
  ...{ key, etag, size: 1, modifiedAt },
});
const ran = (
  before: InboxState,
  had: readonly ListedObject[],
  now: number,
  waitingFrom = Infinity,
): InboxState => after(before, had, { now, overlapMs: 8 * DAY, waitingFrom });

function memoryIn(kept: Map<string, Buffer>): Memory {
  return {
    recall: (name) => Promise.resolve(kept.get(name) ?? null),
    keep: (body) => {
      const name = `n${kept.size}`;
      kept.set(name, Buffer.from(body));
      return Promise.resolve(name);
    },
  };
}

describe('what an inbox had', () => {
  it('takes what appears late, as long after its time as the overlap is', () => {
    const state = ran(NOTHING_HAD, [object(100 * DAY)], 100 * DAY);
    expect(isNew(state, object(100 * DAY))).toBe(false);
    expect(isNew(state, object(93 * DAY))).toBe(true);
    expect(isNew(state, object(91 * DAY))).toBe(false);
  });

  it('tells objects of one moment apart, and a key that is overwritten', () => {
    const state = ran(NOTHING_HAD, [object(100 * DAY, 'x', 'a')], 100 * DAY);
    expect(isNew(state, object(100 * DAY, 'y', 'a'))).toBe(true);
    expect(isNew(state, object(100 * DAY, 'x', 'b'))).toBe(true);
    // The same content again: a scan of another time.
    expect(isNew(state, object(100 * DAY + 1, 'x', 'a'))).toBe(true);
  });

  it('never passes by what still waits, however old it is', () => {
    const first = ran(NOTHING_HAD, [object(1 * DAY), object(2 * DAY, 'x')], 100 * DAY, 2 * DAY);
    expect(isNew(first, object(2 * DAY, 'y'))).toBe(true);
    expect(isNew(first, object(2 * DAY, 'x'))).toBe(false);
    expect(isNew(first, object(3 * DAY))).toBe(true);
  });

  it('stays small: of a million old objects it keeps only what is as new as the overlap', () => {
    let state = NOTHING_HAD;
    for (let day = 0; day < 200; day++) {
      state = ran(state, [object(day * DAY), object(day * DAY, 'other')], day * DAY, Infinity);
      expect(state.had.size).toBeLessThanOrEqual(18);
    }
  });

  it('goes back for nothing when the clock does', () => {
    const state = ran(NOTHING_HAD, [], 100 * DAY);
    expect(ran(state, [], 50 * DAY).floor).toBe(state.floor);
  });

  it('comes back from where it was kept, and is written only when something came to it', async () => {
    const kept = new Map<string, Buffer>();
    const memory = memoryIn(kept);
    const state = ran(NOTHING_HAD, [object(100 * DAY), object(99 * DAY)], 100 * DAY);
    const cursor = await keepInbox(state, memory);
    const recalled = await recallInbox(JSON.parse(JSON.stringify(cursor)), memory);
    expect(recalled.had).toEqual(state.had);
    const idle = await keepInbox(ran(recalled, [], 101 * DAY), memory);
    expect(kept.size).toBe(1);
    expect((await recallInbox(idle, memory)).had).toEqual(state.had);
  });

  it('that is lost is begun anew from the floor, and one of another shape from nothing', async () => {
    const memory = memoryIn(new Map());
    expect(await recallInbox({ floor: 7, had: 'gone' }, memory)).toEqual({
      floor: 7,
      had: new Map(),
      stored: null,
    });
    expect(await recallInbox({ regions: {} }, memory)).toEqual(NOTHING_HAD);
    expect(await recallInbox(null, memory)).toEqual(NOTHING_HAD);
  });
});

describe('the oldest of many', () => {
  it('are found in any order of arrival, with the moment from which the rest waits', () => {
    const oldest = new Oldest(3);
    const times = Array.from({ length: 10_000 }, (_, index) => (index * 7919) % 10_007);
    for (const at of times) oldest.add(object(at));
    const sorted = times.toSorted((a, b) => a - b);
    expect(oldest.take().map(({ modifiedAt }) => modifiedAt)).toEqual(sorted.slice(0, 3));
    expect(oldest.leftFrom).toBe(sorted[3]);
    expect(oldest.left).toBe(9_997);
  });
});
