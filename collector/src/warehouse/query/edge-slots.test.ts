import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sql } from '../sql.ts';
import { pastEdges, slotOf } from './edge-slots.ts';
import { openScanTables, type ScanTables, T0 } from './testing/scan-tables.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let tables: ScanTables;
beforeAll(async () => {
  tables = await openScanTables();
});
afterAll(() => tables.close());

/** Which interval each time falls into; their number from the last edge on. */
async function intervals(edges: readonly number[], times: readonly number[]): Promise<unknown[]> {
  const { run, dialect } = tables.context();
  const found: unknown[] = [];
  for (const time of times) {
    const { rows } = await run(sql`select ${slotOf(sql`t.t`, edges, dialect)} from (select ${time} as t) t`);
    found.push(rows[0]?.[0]);
  }
  return found;
}

describe('the interval of a moment', () => {
  it.each([
    ['even days, the last one cut off by now', [0, DAY, 2 * DAY, 2 * DAY + 12_345]],
    ['a day of 25 hours', [0, DAY, 2 * DAY + HOUR, 3 * DAY + HOUR]],
    ['months', [0, 31 * DAY, 59 * DAY, 90 * DAY, 120 * DAY, 151 * DAY]],
    ['no common raster', [0, 1, 3 * DAY + 17, 400 * DAY + 1, 401 * DAY]],
    ['a last interval that is longer', [0, DAY, 2 * DAY, 5 * DAY]],
    ['one interval', [0, 7 * DAY]],
  ])('is found for %s', async (_name, offsets) => {
    const edges = offsets.map((offset) => T0 + offset);
    const times = edges.flatMap((edge) => [edge - 1, edge, edge + 1]).slice(1);
    const expected = times.map((time) => edges.findLastIndex((edge) => edge <= time));
    expect(await intervals(edges, times)).toEqual(expected);
  });
});

describe('the edges up to now', () => {
  it('end with the interval that now is in', () => {
    expect(pastEdges([0, 10, 20, 30], 15)).toEqual([0, 10, 15]);
    expect(pastEdges([0, 10, 20, 30], 20)).toEqual([0, 10, 20]);
    expect(pastEdges([0, 10, 20, 30], 99)).toEqual([0, 10, 20, 30]);
    expect(pastEdges([10, 20], 10)).toEqual([]);
  });
});
