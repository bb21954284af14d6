import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engine.ts';
import type { Dimension } from './dimensions.ts';
import { contextOf, DAY, estateOf, type HistoryRow, livesByChance, NOW } from './testing/finding-estate.ts';
import { MEASURE, type Measure, MEASURES } from './measures.ts';
import { querySchema } from './request.ts';
import type { SummaryResult, TrendResult } from './result.ts';
import { rowsOf, slowly, valuesOf } from './testing/slow-model.ts';
import { runSummary } from './summary.ts';
import { runTrend } from './trend.ts';

const OF_FINDINGS = MEASURES.filter((measure) => MEASURE[measure].subject === 'findings');
const HALVES = [OF_FINDINGS.slice(0, 17), OF_FINDINGS.slice(17)];
const ROWS = livesByChance(20_261_120, 150);

let engine: Engine;
beforeAll(async () => {
  engine = await estateOf(ROWS);
});
afterAll(() => engine.close());

async function trend(
  query: object,
  range = { from: NOW - 30 * DAY, to: NOW, timezone: 'Europe/Berlin' },
): Promise<TrendResult> {
  const parsed = querySchema.parse({ refId: 'A', type: 'trend', ...query });
  if (parsed.type !== 'trend') throw new Error('no trend');
  return runTrend(contextOf(engine, { range }), parsed);
}

async function summary(
  query: object,
  range = { from: NOW - 30 * DAY, to: NOW, timezone: 'UTC' },
): Promise<SummaryResult> {
  const parsed = querySchema.parse({ refId: 'A', type: 'summary', ...query });
  if (parsed.type !== 'summary') throw new Error('no summary');
  const result = await runSummary(contextOf(engine, { range }), parsed);
  if (result.kind !== 'summary') throw new Error('no summary');
  return result;
}

function same(found: number | null | undefined, expected: number | null, where: string): void {
  if (expected === null || found === null || found === undefined) expect(found, where).toBe(expected);
  else
    expect(Math.abs(found - expected), `${where}: ${found} is not ${expected}`).toBeLessThan(
      1e-6 + Math.abs(expected) * 1e-9,
    );
}

function groupsOf(rows: readonly HistoryRow[], dimensions: readonly Dimension[]): Set<string> {
  const product = (row: HistoryRow): (string | null)[][] =>
    dimensions.reduce<(string | null)[][]>(
      (groups, dimension) =>
        groups.flatMap((group) => valuesOf(row, dimension).map((value) => [...group, value])),
      [[]],
    );
  return new Set(rows.flatMap(product).map((group) => JSON.stringify(group)));
}

const GROUPINGS: readonly (readonly Dimension[])[] = [
  [],
  ['severity'],
  ['account'],
  ['accountName'],
  ['cloud', 'team'],
  ['scope'],
  ['environment', 'service'],
  ['rule'],
  ['status'],
  ['framework'],
  ['control', 'severity'],
  ['label:tier'],
  ['fixable'],
];

const namedCase = (groupBy: readonly Dimension[]): [string, readonly Dimension[]] => [
  groupBy.join(', ') || 'nothing',
  groupBy,
];

describe('every measure of findings, as plain loops over the same history find it', () => {
  it.each(GROUPINGS.map(namedCase))('over time, by %s', async (_, groupBy) => {
    for (const measures of HALVES) {
      const { series, times } = await trend({ measures, groupBy, interval: '1w', limit: 200 });
      expect(times.length).toBe(5);
      expect(series.length).toBeGreaterThanOrEqual(measures.length);
      for (const { measure, group, values } of series) {
        const rows = rowsOf(ROWS, groupBy, group ?? []);
        for (const [at, value] of values.entries()) {
          const from = times[at] ?? 0;
          same(
            value,
            slowly(measure, rows, from, times[at + 1] ?? NOW),
            `${measure} of ${String(group)} from ${from}`,
          );
        }
      }
    }
  });

  const FURTHER: readonly (readonly Dimension[])[] = [
    ['resource'],
    ['locator'],
    ['cve'],
    ['package', 'fixable'],
    ['correlationKey'],
    ['framework', 'label:tier', 'account'],
    ['framework', 'control'],
  ];

  it.each([...GROUPINGS, ...FURTHER].map(namedCase))(
    'at the end of the range and of the one before, by %s',
    async (_, groupBy) => {
      for (const measures of HALVES) {
        const { rows, total } = await summary({ measures, groupBy, compare: 'previous', limit: 10_000 });
        expect(rows.length).toBeGreaterThan(0);
        for (const row of [...rows, total]) {
          const mine = row === total ? ROWS : rowsOf(ROWS, groupBy, row.group ?? []);
          for (const [n, measure] of measures.entries()) {
            same(
              row.values[n],
              slowly(measure, mine, NOW - 30 * DAY, NOW),
              `${measure} of ${String(row.group)}`,
            );
            same(
              row.previous?.[n],
              slowly(measure, mine, NOW - 60 * DAY, NOW - 30 * DAY),
              `${measure} of ${String(row.group)} before`,
            );
          }
        }
      }
    },
  );

  it('gives the groups of the window and no others, also at a time long ago', async () => {
    const range = { from: NOW - 60 * DAY, to: NOW - 40 * DAY, timezone: 'UTC' };
    const there = ROWS.filter(
      ({ began, ended, status }) =>
        began < range.to &&
        ended >= range.from &&
        ['open', 'accepted', 'false_positive', 'muted'].includes(status),
    );
    for (const groupBy of [
      ['account', 'severity', 'service'],
      ['scope', 'team', 'region'],
    ] as const) {
      const dimensions: Dimension[] = [...groupBy];
      const { rows, cut } = await summary({ measures: ['accepted', 'open'], groupBy, limit: 10_000 }, range);
      expect(new Set(rows.map(({ group }) => JSON.stringify(group)))).toEqual(groupsOf(there, dimensions));
      expect(cut).toBeNull();
      const { series } = await trend(
        { measures: ['open', 'accepted'], groupBy, interval: '1d', limit: 200, other: false },
        range,
      );
      expect(new Set(series.map(({ group }) => JSON.stringify(group)))).toEqual(groupsOf(there, dimensions));
    }
  });
});

describe('the books balance', () => {
  const INTO: readonly Measure[] = [
    'new',
    'onboarded',
    'ruleset',
    'reopened',
    'expired',
    'restored',
    'movedIn',
  ];
  const OUT: readonly Measure[] = [
    'fixed',
    'retired',
    'newlyAccepted',
    'newlyFalsePositive',
    'muted',
    'movedOut',
  ];

  it.each([['account'], ['severity'], ['rule'], ['team'], ['framework']])(
    'what was open, what came and what went give what is open, by %s and day',
    async (dimension) => {
      const { series, times } = await trend({
        measures: ['open', ...INTO, ...OUT],
        groupBy: [dimension],
        interval: '1d',
        limit: 50,
      });
      const groups = new Map<string, Map<Measure, readonly (number | null)[]>>();
      for (const { group, measure, values } of series) {
        const lines = groups.get(JSON.stringify(group)) ?? new Map<Measure, readonly (number | null)[]>();
        groups.set(JSON.stringify(group), lines.set(measure, values));
      }
      let moved = 0;
      for (const lines of groups.values()) {
        const at = (measure: Measure, n: number): number => lines.get(measure)?.[n] ?? 0;
        for (let n = 1; n < times.length; n++) {
          const net =
            INTO.reduce((sum, flow) => sum + at(flow, n), 0) -
            OUT.reduce((sum, flow) => sum + at(flow, n), 0);
          expect(at('open', n) - at('open', n - 1)).toBe(net);
          moved += Math.abs(net);
        }
      }
      expect(moved).toBeGreaterThan(10);
    },
  );
});

describe('the largest groups', () => {
  it('add up with `other` to what there is, interval by interval', async () => {
    for (const groupBy of [
      ['account', 'severity'],
      ['rule', 'team'],
    ]) {
      const query = { measures: ['open', 'new', 'overdue'], groupBy, interval: '1d' };
      const few = await trend({ ...query, limit: 3 });
      const all = await trend({ ...query, groupBy: [] });
      expect(few.series.map(({ group }) => group).filter((group) => group === null)).toHaveLength(3);
      expect(few.cut).toMatchObject({ shown: 3, what: 'series' });
      for (const measure of query.measures) {
        const parts = few.series.filter((series) => series.measure === measure);
        const sums = few.times.map((_, at) => parts.reduce((sum, { values }) => sum + (values[at] ?? 0), 0));
        expect(sums).toEqual(all.series.find((series) => series.measure === measure)?.values);
      }
      const last = few.series
        .filter(({ measure, group }) => measure === 'open' && group !== null)
        .map(({ values }) => values.at(-1) ?? 0);
      expect(last).toEqual([...last].sort((a, b) => b - a));
    }
  });

  it('are the same whether measured from the cube or from history', async () => {
    const everything = [{ field: 'rule', operator: '!=', values: ['no such rule'] }];
    const query = {
      measures: ['open', 'new', 'fixed', 'mttr', 'age', 'riskScore'],
      groupBy: ['account', 'severity'],
      interval: '1d',
      limit: 4,
    };
    const cube = await trend(query);
    const history = await trend({ ...query, filters: everything });
    expect(history.series).toEqual(cube.series);
    const { interval: _, ...rest } = query;
    const table = { ...rest, orderBy: 'mttr', other: true };
    expect((await summary({ ...table, filters: everything })).rows).toEqual((await summary(table)).rows);
  });

  it('have the same values whether all are measured at once or what is dear of the shown ones only', async () => {
    for (const groupBy of [['rule'], ['framework', 'severity'], ['team']]) {
      const query = {
        measures: ['open', 'affectedResources', 'ageP50', 'mttrP90', 'fixed'],
        groupBy,
        compare: 'previous',
      };
      const many = await summary({ ...query, limit: 10_000 });
      const few = await summary({ ...query, limit: 3 });
      expect(few.rows).toEqual(many.rows.slice(0, 3));
      expect(few.total).toEqual(many.total);
    }
  });

  it('of distinct things, and the median, have no sum: `other` is not known', async () => {
    const { series, cut } = await trend({
      measures: ['affectedResources', 'mttrP50'],
      groupBy: ['service'],
      interval: '1w',
      limit: 1,
    });
    expect(cut).toEqual({ shown: 1, total: 3, what: 'series' });
    expect(series.filter(({ group }) => group === null).flatMap(({ values }) => values)).toEqual(
      new Array(10).fill(null),
    );
  });

  it('keep their places in the period before, which is as long and laid over this one', async () => {
    const { series, times } = await trend({
      measures: ['open'],
      groupBy: ['rule'],
      interval: '1d',
      limit: 2,
      compare: 'previous',
    });
    expect(series.map(({ period }) => period)).toEqual([
      'current',
      'previous',
      'current',
      'previous',
      'current',
      'previous',
    ]);
    const [, previous] = series;
    const rows = rowsOf(ROWS, ['rule'], previous?.group ?? []);
    for (const [at, value] of (previous?.values ?? []).entries())
      same(
        value,
        slowly('open', rows, 0, (times[at + 1] ?? NOW) - 30 * DAY),
        `open of ${String(previous?.group)} before`,
      );
  });
});
