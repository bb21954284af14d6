import { describe, expect, it } from 'vitest';
import { isNext, oldestFirst, type Planned } from './ingest-order.ts';

const report = (name: string, ...scopes: [scope: string, observedAt: number | null][]): Planned => ({
  name,
  path: name,
  bytes: 1,
  scopes: scopes.map(([scope, observedAt]) => ({ scope, observedAt })),
});

describe('the order in which reports are taken in', () => {
  it('is that of their times, whatever their names say', () => {
    const ordered = oldestFirst([report('a', ['x', 30]), report('b', ['x', 10]), report('c', ['x', 20])]);
    expect(ordered.map(({ name }) => name)).toEqual(['b', 'c', 'a']);
  });

  it('leaves reports without a time behind the others, in the order given', () => {
    const ordered = oldestFirst([
      report('now', ['x', null]),
      report('now too', ['y', null]),
      report('old', ['x', 10]),
    ]);
    expect(ordered.map(({ name }) => name)).toEqual(['old', 'now', 'now too']);
  });

  it('lets a report wait for older ones of its scope only', () => {
    const [old, other, young] = [
      report('old', ['x', 1]),
      report('other', ['y', 2]),
      report('young', ['x', 3], ['z', 3]),
    ];
    const pending = [old, other, young];
    expect(pending.map((one) => isNext(one, pending))).toEqual([true, true, false]);
    expect(isNext(young, [other, young])).toBe(true);
  });
});
