import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FULL_ACCESS } from '../access.ts';
import { type Engine, QueryError } from '../engine.ts';
import { FOREVER } from '../schema.ts';
import type { QueryContext } from './context.ts';
import { querySchema } from './request.ts';
import type { BucketsResult, SummaryResult, TrendResult } from './result.ts';
import { runSummary } from './summary.ts';
import { contextOf, DAY, estateOf, type HistoryRow, NOW, rowWith } from './testing/finding-estate.ts';
import { runTrend } from './trend.ts';

const id = (n: number): string => `00000000-0000-0000-0000-${String(n).padStart(12, '0')}`;
const HOSTILE = `"'; select 1 -- \u202e<script>`;

/** Account a: 3 open, one of them fixed since yesterday; b: 2 open in two frameworks; c: one accepted. */
const ROWS: readonly HistoryRow[] = [
  rowWith({
    fingerprint: id(1),
    account: 'a',
    rule: 'r1',
    severity: 'CRITICAL',
    began: NOW - 3 * DAY,
    resource: 'x',
  }),
  rowWith({
    fingerprint: id(2),
    account: 'a',
    rule: 'r1',
    severity: 'LOW',
    began: NOW - 20 * DAY,
    resource: 'y',
  }),
  rowWith({
    fingerprint: id(3),
    account: 'a',
    rule: 'r2',
    began: NOW - 400 * DAY,
    ended: NOW - DAY,
    leftBy: 'fixed',
    resource: 'x',
  }),
  rowWith({
    fingerprint: id(3),
    account: 'a',
    rule: 'r2',
    began: NOW - DAY,
    status: 'fixed',
    enteredBy: null,
    resource: 'x',
  }),
  rowWith({
    fingerprint: id(4),
    account: 'b',
    rule: 'r2',
    frameworks: ['CIS:1', 'PCI:1'],
    began: NOW - 100 * DAY,
    resource: 'x',
  }),
  rowWith({
    fingerprint: id(5),
    account: 'b',
    rule: HOSTILE,
    frameworks: ['CIS:2'],
    team: 'web',
    began: NOW - 7 * DAY,
    resource: HOSTILE,
  }),
  rowWith({
    fingerprint: id(6),
    account: 'c',
    rule: 'r1',
    status: 'accepted',
    enteredBy: null,
    began: NOW - 50 * DAY,
  }),
];

let engine: Engine;
beforeAll(async () => {
  engine = await estateOf(ROWS);
});
afterAll(() => engine.close());

async function ask(
  query: object,
  fields: Partial<QueryContext> = {},
): Promise<SummaryResult | BucketsResult> {
  const parsed = querySchema.parse({ refId: 'A', type: 'summary', measures: ['open'], ...query });
  if (parsed.type !== 'summary') throw new Error('no summary');
  return runSummary(
    contextOf(engine, { range: { from: NOW - 7 * DAY, to: NOW, timezone: 'UTC' }, ...fields }),
    parsed,
  );
}

async function table(query: object, fields: Partial<QueryContext> = {}): Promise<SummaryResult> {
  const result = await ask(query, fields);
  if (result.kind !== 'summary') throw new Error('no summary');
  return result;
}

const rowsOf = ({ rows }: SummaryResult): unknown[] =>
  rows.map(({ group, values }) => [...(group ?? ['other']), ...values]);

describe('a summary', () => {
  it('counts what is open at the end of the range, largest first, and groups that have none now as 0', async () => {
    const result = await table({ groupBy: ['account'] });
    expect(rowsOf(result)).toEqual([
      ['a', 2],
      ['b', 2],
      ['c', 0],
    ]);
    expect(result.total.values).toEqual([4]);
    expect(result.accountNames).toEqual(
      new Map([
        ['a', 'Account a'],
        ['b', 'Account b'],
        ['c', 'Account c'],
      ]),
    );
  });

  it('answers as things stood at `asOf`', async () => {
    expect(rowsOf(await table({ groupBy: ['account'], asOf: NOW - 2 * DAY }))).toEqual([
      ['a', 3],
      ['b', 2],
      ['c', 0],
    ]);
    expect(rowsOf(await table({ groupBy: ['account'], asOf: NOW - 60 * DAY }))).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
    expect((await table({ asOf: NOW - 500 * DAY })).total.values).toEqual([0]);
  });

  it('counts a finding in each of its frameworks, and once in the total', async () => {
    const result = await table({ groupBy: ['framework'], measures: ['open', 'affectedResources'] });
    expect(rowsOf(result)).toEqual([
      ['CIS', 2, 2],
      [null, 2, 2],
      ['PCI', 1, 1],
    ]);
    expect(result.total.values).toEqual([4, 4]);
    const one = await table({
      groupBy: ['control'],
      filters: [{ field: 'framework', operator: '=', values: ['CIS'] }],
    });
    expect(rowsOf(one)).toEqual([
      ['CIS:1', 1],
      ['CIS:2', 1],
    ]);
  });

  it('puts everything beyond the limit into `other`, and says how much there is', async () => {
    const query = {
      groupBy: ['rule'],
      measures: ['open', 'age', 'affectedResources'],
      limit: 1,
      other: true,
    };
    const { rows, cut, total } = await table(query);
    expect(rows.map(({ group }) => group)).toEqual([['r1'], null]);
    expect(rows[0]?.values).toEqual([2, 11.5 * DAY, 2]);
    expect(rows[1]?.values).toEqual([2, 53.5 * DAY, null]);
    expect(total.values).toEqual([4, 32.5 * DAY, 4]);
    expect(cut).toEqual({ shown: 1, total: 3, what: 'groups' });
  });

  it('compares with the period before', async () => {
    const { rows, total } = await table({
      groupBy: ['account'],
      measures: ['open', 'new'],
      compare: 'change',
    });
    expect(rows.map(({ group, values, previous }) => [group, values, previous])).toEqual([
      [['a'], [2, 1], [2, 0]],
      [['b'], [2, 1], [1, 0]],
      [['c'], [0, 0], [0, 0]],
    ]);
    expect(total).toMatchObject({ values: [4, 2], previous: [3, 0] });
  });

  it('is in the order that was asked for', async () => {
    const severities = await table({ groupBy: ['severity'], orderBy: 'severity' });
    expect(rowsOf(severities)).toEqual([
      ['CRITICAL', 1],
      ['HIGH', 2],
      ['LOW', 1],
    ]);
    const oldest = await table({ groupBy: ['rule'], measures: ['open', 'age'], orderBy: 'age' });
    expect(oldest.rows.map(({ group }) => group?.[0])).toEqual(['r2', 'r1', HOSTILE]);
    await expect(table({ groupBy: ['rule'], orderBy: 'new' })).rejects.toThrow(/orderBy is "new"/);
  });

  it('of resources brings back only those that have something now, hostile names as they are', async () => {
    const result = await table({ groupBy: ['resource', 'rule'], limit: 10 });
    expect(rowsOf(result)).toContainEqual([HOSTILE, HOSTILE, 1]);
    expect(result.rows).toHaveLength(4);
  });

  it('of a matrix has whole rows', async () => {
    const { rows, cut } = await table({ groupBy: ['account', 'rule'], format: 'pivot', limit: 1 });
    expect(rows.map(({ group }) => group)).toEqual([
      ['a', 'r1'],
      ['a', 'r2'],
    ]);
    // One of them has nothing but an accepted finding: it is seen, and has 0 open.
    expect(cut).toMatchObject({ shown: 1, total: 3 });
  });

  it('of each group has only the largest so many where that is asked for', async () => {
    const query = { groupBy: ['account', 'rule'], perGroup: 1 };
    const worst = await table(query);
    expect(rowsOf(worst)).toEqual([
      ['a', 'r1', 2],
      // Of equals the first by name.
      ['b', HOSTILE, 1],
      ['c', 'r1', 0],
    ]);
    expect(worst.cut).toBeNull();
    expect(worst.total.values).toEqual([4]);
    // By the first measure, whatever the order; what is left out is `other`.
    const named = await table({ ...query, measures: ['age', 'open'], orderBy: 'account', other: true });
    expect(rowsOf(named)).toEqual([
      ['a', 'r1', 11.5 * DAY, 2],
      ['b', 'r2', 100 * DAY, 1],
      ['c', 'r1', null, 0],
      ['other', 7 * DAY, 1],
    ]);
    expect((await table({ ...query, limit: 2 })).cut).toEqual({ shown: 2, total: 3, what: 'groups' });
    // Also what is no label, as only few of each come back, and by what can't be added up.
    expect(
      rowsOf(await table({ groupBy: ['account', 'resource'], perGroup: 1, measures: ['rules'] })),
    ).toEqual([
      ['a', 'x', 1],
      ['b', HOSTILE, 1],
    ]);
  });

  it('of each group has the largest also beside scopes, which are read otherwise', async () => {
    const query = { groupBy: ['source', 'account'], measures: ['open', 'scopes'], perGroup: 2 };
    const { rows, cut } = await table(query);
    expect(rows.map(({ group }) => group)).toEqual([
      ['prowler', 'a'],
      ['prowler', 'b'],
    ]);
    expect(cut).toBeNull();
  });

  it('counts accounts by their cloud, too: two clouds may call theirs the same', async () => {
    const own = await estateOf([
      rowWith({ fingerprint: id(1), account: 'main' }),
      rowWith({ fingerprint: id(2), account: 'main', cloud: 'gcp' }),
    ]);
    try {
      const parsed = querySchema.parse({ refId: 'A', type: 'summary', measures: ['accounts'] });
      if (parsed.type !== 'summary') throw new Error('no summary');
      const result = await runSummary(contextOf(own), parsed);
      expect(result).toMatchObject({ total: { values: [2] } });
    } finally {
      await own.close();
    }
  });

  it('knows of nothing that is gone, or another team’s by now, what it is today', async () => {
    const own = await estateOf([
      rowWith({ fingerprint: id(1), fixedVersion: '2.0', locator: 'lib/x.jar', cve: ['CVE-1'] }),
      rowWith({ fingerprint: id(2) }),
      rowWith({ fingerprint: id(3), fixedVersion: '2.0' }),
    ]);
    try {
      await own.write(async (connection) => {
        // It goes by another name now: no finding is ever gone otherwise.
        await connection.run(`delete from finding where fingerprint = '${id(3)}'`);
        await connection.run(
          `update history set former_fingerprint = '${id(3)}' where fingerprint = '${id(1)}'`,
        );
        await connection.run(`update finding set team = 'web' where fingerprint = '${id(2)}'`);
      });
      const by = async (dimension: string, teams: string[] | null): Promise<unknown[]> => {
        const parsed = querySchema.parse({
          refId: 'A',
          type: 'summary',
          measures: ['open'],
          groupBy: [dimension],
        });
        if (parsed.type !== 'summary') throw new Error('no summary');
        const result = await runSummary(contextOf(own, { access: { ...FULL_ACCESS, teams } }), parsed);
        return result.kind === 'summary' ? rowsOf(result) : [];
      };
      expect(await by('fixable', null)).toEqual([
        ['false', 1],
        ['true', 1],
        [null, 1],
      ]);
      expect(await by('fixable', ['pay'])).toEqual([
        [null, 2],
        ['true', 1],
      ]);
      expect(await by('locator', null)).toEqual([
        [null, 2],
        ['lib/x.jar', 1],
      ]);
      await own.write(async (connection) => {
        await connection.run(`update finding set team = 'web'`);
      });
      expect(await by('cve', ['pay'])).toEqual([[null, 3]]);
    } finally {
      await own.close();
    }
  });

  it('shows a caller only what is his, also in totals', async () => {
    const account = { ...FULL_ACCESS, accounts: ['aws/b'] };
    expect(await table({ groupBy: ['account'] }, { access: account })).toMatchObject({
      total: { values: [2] },
      rows: [{ group: ['b'] }],
    });
    const team = { ...FULL_ACCESS, teams: ['web'] };
    expect((await table({ groupBy: ['rule'] }, { access: team })).total.values).toEqual([1]);
    expect(
      (await table({ groupBy: ['account'] }, { access: { ...FULL_ACCESS, accounts: [] } })).rows,
    ).toEqual([]);
  });

  it('of nothing has a total of 0 and no groups', async () => {
    const nothing = { filters: [{ field: 'rule', operator: '=', values: ["no' such"] }] };
    expect(await table({ groupBy: ['account'], ...nothing })).toMatchObject({
      rows: [],
      total: { values: [0] },
    });
    expect(
      rowsOf(await table({ measures: ['open', 'mttr', 'ageP90', 'affectedResources'], ...nothing })),
    ).toEqual([[0, null, null, 0]]);
  });

  it('puts findings beside scopes, by what both have', async () => {
    const result = await table({ groupBy: ['account'], measures: ['open', 'scopes'], limit: 2, other: true });
    expect(rowsOf(result).map((row) => (row as unknown[]).slice(0, 2))).toEqual([
      ['a', 2],
      ['b', 2],
      ['other', 0],
    ]);
    expect(result.total.values[0]).toBe(4);
    await expect(table({ groupBy: ['rule'], measures: ['open', 'scopes'] })).rejects.toThrow(QueryError);
  });
});

describe('buckets of age', () => {
  it('count what is open by how long it has been', async () => {
    const result = await ask({ format: 'ageBuckets', groupBy: ['account'] });
    if (result.kind !== 'buckets') throw new Error('no buckets');
    expect(result.buckets.map(({ min }) => min)).toEqual([0, 1, 7, 14, 30, 60, 90, 180, 365]);
    expect(result.groups).toEqual([
      { group: ['a'], counts: [0, 1, 0, 1, 0, 0, 0, 0, 0] },
      { group: ['b'], counts: [0, 0, 1, 0, 0, 0, 1, 0, 0] },
    ]);
    const frameworks = await ask({ format: 'ageBuckets', groupBy: ['framework'], limit: 1 });
    expect(frameworks).toMatchObject({ groups: [{ group: ['CIS'] }], cut: { shown: 1, total: 3 } });
    expect(await ask({ format: 'ageBuckets' })).toMatchObject({
      groups: [{ group: [], counts: [0, 1, 1, 1, 0, 0, 1, 0, 0] }],
    });
  });

  it('count nothing else', async () => {
    await expect(ask({ format: 'ageBuckets', measures: ['new'] })).rejects.toThrow(/not new/);
  });
});

describe('a trend', () => {
  const trend = async (query: object, fields: Partial<QueryContext> = {}): Promise<TrendResult> => {
    const parsed = querySchema.parse({ refId: 'A', type: 'trend', measures: ['open'], ...query });
    if (parsed.type !== 'trend') throw new Error('no trend');
    return runTrend(
      contextOf(engine, { range: { from: NOW - 4 * DAY, to: NOW, timezone: 'UTC' }, ...fields }),
      parsed,
    );
  };

  it('has each group at the end of each interval, with 0 where there was none yet', async () => {
    const { series, times } = await trend({ groupBy: ['severity'], interval: '1d' });
    expect(times.map((time) => new Date(time).getUTCDate())).toEqual([16, 17, 18, 19, 20]);
    expect(series.map(({ group, values }) => [group?.[0], ...values])).toEqual([
      ['HIGH', 3, 3, 3, 2, 2],
      ['CRITICAL', 0, 1, 1, 1, 1],
      ['LOW', 1, 1, 1, 1, 1],
    ]);
  });

  it('has all groups of the window, also those of which the first measure knows nothing', async () => {
    const groups = async (measures: string[], more: object = {}): Promise<unknown[]> =>
      (await trend({ measures, groupBy: ['account'], interval: '1d', ...more })).series.map(
        ({ group }) => group?.[0],
      );
    expect(await groups(['mttrP50'])).toEqual(['a', 'b', 'c']);
    expect(await groups(['mttrP50', 'new'])).toEqual(['a', 'a', 'b', 'b', 'c', 'c']);
    expect(await groups(['ageP90'])).toEqual(['b', 'a', 'c']);
    expect(await groups(['ageP90'], { limit: 2, other: false })).toEqual(['b', 'a']);
    const { cut } = await trend({ measures: ['mttrP50'], groupBy: ['account'], limit: 1, interval: '1d' });
    expect(cut).toEqual({ shown: 1, total: 3, what: 'series' });
    for (const orderBy of ['mttrP50', 'account'])
      expect(rowsOf(await table({ measures: ['mttrP50'], groupBy: ['account'], orderBy }))).toEqual([
        ['a', 399 * DAY],
        ['b', null],
        ['c', null],
      ]);
  });

  it('looks ahead to what is known already, and nothing that opens later is a group of the past', async () => {
    const range = { from: NOW - 30 * DAY, to: NOW - 10 * DAY, timezone: 'UTC' };
    const { series } = await trend({ groupBy: ['severity'], interval: '1w' }, { range });
    expect(series.map(({ group }) => group?.[0])).toEqual(['HIGH', 'LOW']);
    const ahead = await trend(
      { interval: '1w' },
      { range: { from: NOW, to: NOW + 30 * DAY, timezone: 'UTC' } },
    );
    expect(ahead.series[0]?.values.every((value) => value === 4)).toBe(true);
    expect(FOREVER).toBeGreaterThan(NOW + 30 * DAY);
  });

  it('has no series by what can be a million things', async () => {
    for (const dimension of ['resource', 'cve', 'package', 'correlationKey', 'locator'])
      await expect(trend({ groupBy: [dimension] })).rejects.toThrow(`no series by ${dimension}`);
  });

  it('has no more values than a browser can draw', async () => {
    const range = { from: NOW - 200 * DAY, to: NOW, timezone: 'UTC' };
    await expect(trend({ groupBy: ['rule'], interval: '1h', limit: 200 }, { range })).rejects.toThrow(
      /more than 100,000 values/,
    );
  });

  it('of a rule that asks for minutes has hours', async () => {
    const parsed = querySchema.parse({ refId: 'A', type: 'trend', measures: ['open'], interval: '1m' });
    if (parsed.type !== 'trend') throw new Error('no trend');
    const context = contextOf(engine, { range: { from: NOW - DAY, to: NOW, timezone: 'UTC' } });
    expect((await runTrend(context, parsed, { fromAlert: true })).times).toHaveLength(24);
    expect((await runTrend(context, parsed)).times).toHaveLength(1440);
  });

  it('says what was run, and refuses expressions that are none', async () => {
    expect((await trend({ groupBy: ['label:tier'] })).statements.join()).toContain('from history h');
    for (const dimension of ['severity', 'rule', 'framework', 'resourceType'])
      expect((await trend({ groupBy: [dimension] })).statements.join()).toContain('from cube c');
    const filters = [{ field: 'team', operator: '=~', values: ['('] }];
    await expect(trend({ filters })).rejects.toThrow(/the filter team =~/);
  });
});
