import { afterEach, describe, expect, it } from 'vitest';
import type { Engine } from '../engine.ts';
import { querySchema } from './request.ts';
import type { TrendResult } from './result.ts';
import { contextOf, DAY, estateOf, NOW, rowWith } from './testing/finding-estate.ts';
import { runTrend } from './trend.ts';

const HOUR = DAY / 24;

let engine: Engine;
afterEach(() => engine.close());

/** Open findings, so many, one every `every` milliseconds up to now; of so many rules in turn. */
async function manyOpen(count: number, every: number, rules = 1): Promise<void> {
  engine = await estateOf([rowWith({ began: NOW - 1, rule: 'r0' })]);
  await engine.write(async (connection) => {
    await connection.run(
      `insert into history by name select h.* replace ($1::bigint - (n // $4::bigint + 1) * $2::bigint as began, $1::bigint - (n // $4::bigint + 1) * $2::bigint as clock_start,
        concat('r', n % $4::bigint) as rule) from history h, range(1, $3::bigint) r(n)`,
      [BigInt(NOW), BigInt(every), BigInt(count), BigInt(rules)],
    );
    await connection.run(
      'insert into cube by name select c.* replace (h.rule as rule) from cube c, (select distinct rule from history) h where h.rule <> c.rule',
    );
  });
}

async function trend(query: object): Promise<TrendResult> {
  const parsed = querySchema.parse({ refId: 'A', type: 'trend', measures: ['ageP50', 'ageP90'], ...query });
  if (parsed.type !== 'trend') throw new Error('no trend');
  const range = { from: NOW - 2 * DAY, to: NOW, timezone: 'UTC' };
  return runTrend(contextOf(engine, { range }), parsed);
}

describe('percentiles of age over time', () => {
  it('are exact where there are few clocks', async () => {
    await manyOpen(1_000, HOUR);
    const { series, notices } = await trend({ interval: '1d' });
    // One of a moment ago, and every hour one from 2 to 1,000 hours.
    expect(series.map(({ values }) => Math.round((values.at(-1) ?? 0) / HOUR))).toEqual([501, 900]);
    expect(notices).toEqual([]);
  });

  it('are near enough where there are too many to tell them apart, and it says how near', async () => {
    // Every 7 minutes one: 60,000 clocks in 292 days, in 7,000 hours.
    await manyOpen(60_000, 7 * 60_000);
    const { series, notices } = await trend({ interval: '1d' });
    const oldest = 60_000 * 7 * 60_000;
    const [median = 0, old = 0] = series.map(({ values }) => values.at(-1) ?? 0);
    expect(Math.abs(median - 0.5 * oldest)).toBeLessThan(HOUR);
    expect(Math.abs(old - 0.9 * oldest)).toBeLessThan(HOUR);
    expect(notices).toEqual([
      'there are too many different ages to tell them apart: over time they are known to an hour',
    ]);
  });

  it('of more groups than can be sorted are refused, with what would do', async () => {
    // 200 rules, each with one in each of 521 weeks.
    await manyOpen(200 * 521, 7 * DAY, 200);
    await expect(trend({ groupBy: ['rule'], limit: 200, interval: '1d' })).rejects.toThrow(
      /the ages of 200 groups in 3 intervals are more than 100,000 changes/,
    );
    expect((await trend({ groupBy: ['rule'], limit: 5, interval: '1d' })).series).toHaveLength(12);
  });
});
