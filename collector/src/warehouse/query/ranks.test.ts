import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ranks } from './ranks.ts';

describe('ranks', () => {
  it('say which place has the nth, as a sorted list would, whatever comes and goes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.tuple(fc.nat(39), fc.integer({ min: 1, max: 5 }), fc.boolean()), { maxLength: 60 }),
        (places, changes) => {
          const ranks = new Ranks(places);
          const counts = new Array<number>(places).fill(0);
          for (const [at, many, takes] of changes) {
            const place = at % places;
            const there = counts[place] ?? 0;
            const count = takes ? -Math.min(many, there) : many;
            counts[place] = there + count;
            ranks.add(place, count);
          }
          const sorted = counts.flatMap((count, place) => new Array<number>(count).fill(place));
          expect(ranks.total).toBe(sorted.length);
          expect(sorted.map((_, n) => ranks.at(n))).toEqual(sorted);
        },
      ),
    );
  });
});
