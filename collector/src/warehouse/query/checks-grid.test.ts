import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checksGrid } from './checks-grid.ts';
import type { Grid, GridRequest } from './grid.ts';
import { querySchema } from './request.ts';
import { DAY, openScanTables, type ScanTables, T0 } from './testing/scan-tables.ts';
import { runTrend } from './trend.ts';

const PROWLER = 'prowler/aws/111';
const SCOUT = 'scoutsuite/aws/111';
const OTHER = 'prowler/azure/222';

let tables: ScanTables;
beforeAll(async () => {
  tables = await openScanTables();
});
afterAll(() => tables.close());
beforeEach(() => tables.clear());

const day = (n: number): number => T0 + n * DAY;
const days = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, n) => day(from + n));

function ask(
  request: Partial<GridRequest>,
  options: Parameters<ScanTables['context']>[0] = {},
): Promise<Grid> {
  return checksGrid(tables.context(options), {
    dimensions: [],
    filters: [],
    measures: ['checked'],
    edges: days(0, 1),
    top: null,
    ...request,
  });
}

function lineOf(
  grid: Grid,
  term: string,
  ...group: (string | null)[]
): readonly (number | null)[] | undefined {
  const place = grid.groups.findIndex((each) => JSON.stringify(each) === JSON.stringify(group));
  return grid.terms.get(term)?.[place];
}

describe('check stats', () => {
  it('of the others are not known where none of them has any', async () => {
    await tables.scopes({ scope: PROWLER }, { scope: OTHER });
    await tables.checks(
      { scope: PROWLER, service: 's3', began: day(0), ended: day(9), checked: 100 },
      { scope: OTHER, service: 's3', began: day(1), ended: day(3), checked: 50 },
    );
    const query = querySchema.parse({
      refId: 'A',
      type: 'trend',
      measures: ['checked'],
      groupBy: ['account'],
      limit: 1,
      interval: '1d',
    });
    if (query.type !== 'trend') throw new Error('no trend');
    const context = tables.context({ range: { from: day(0), to: day(4), timezone: 'UTC' } });
    const { series } = await runTrend(context, query);
    expect(series.map(({ group, values }) => [group, ...values])).toEqual([
      [['111'], 100, 100, 100, 100],
      [null, null, 50, 50, null],
    ]);
  });

  it('are those of the newest scan just before the end of an interval', async () => {
    await tables.scopes({ scope: PROWLER });
    await tables.checks(
      { scope: PROWLER, service: 's3', began: day(1), ended: day(3), checked: 100, flagged: 10 },
      { scope: PROWLER, service: 's3', began: day(3), ended: day(5), checked: 120, flagged: 6 },
      { scope: PROWLER, service: 'ec2', began: day(1), ended: day(5), checked: 50, flagged: 50 },
    );
    const grid = await ask({ edges: days(0, 6), measures: ['checked', 'flagged'] });
    // A scan at midnight of day 1 belongs to the interval that begins then.
    expect(grid.totals.get('checked')).toEqual([null, 150, 150, 170, 170, null]);
    expect(grid.totals.get('flagged')).toEqual([null, 60, 60, 56, 56, null]);
    expect(grid.terms.get('checked')).toEqual([grid.totals.get('checked')]);
  });

  it('are null where a source says nothing, and leave its numbers out of rates', async () => {
    await tables.scopes({ scope: PROWLER }, { scope: OTHER });
    await tables.checks(
      {
        scope: PROWLER,
        service: 's3',
        began: day(0),
        ended: day(5),
        checked: 100,
        flagged: 10,
        resources: null,
      },
      { scope: OTHER, service: 'vm', began: day(0), ended: day(5), checked: null, flagged: 40, resources: 0 },
    );
    const grid = await ask({
      dimensions: ['cloud'],
      measures: ['checked', 'flagged', 'resources', 'passRate'],
    });
    expect(lineOf(grid, 'checked', 'azure')).toEqual([null]);
    expect(lineOf(grid, 'resources', 'azure')).toEqual([0]);
    expect(lineOf(grid, 'resources', 'aws')).toEqual([null]);
    expect(grid.totals.get('flagged')).toEqual([50]);
    expect(grid.totals.get('rated_flagged')).toEqual([10]);
    expect(grid.totals.get('rated_checked')).toEqual([100]);
  });

  it('count only the source that comes first, unless the query is about sources', async () => {
    await tables.scopes({ scope: PROWLER }, { scope: SCOUT });
    await tables.checks(
      { scope: PROWLER, service: 's3', began: day(0), ended: day(2), checked: 100, preferred: true },
      { scope: PROWLER, service: 's3', began: day(2), ended: day(9), checked: 100, preferred: false },
      { scope: SCOUT, service: 's3', began: day(2), ended: day(9), checked: 70, preferred: true },
    );
    const edges = days(0, 4);
    expect((await ask({ edges })).totals.get('checked')).toEqual([100, 100, 70, 70]);
    const bySource = await ask({ edges, dimensions: ['source'] });
    expect(lineOf(bySource, 'checked', 'prowler')).toEqual([100, 100, 100, 100]);
    expect(lineOf(bySource, 'checked', 'scoutsuite')).toEqual([null, null, 70, 70]);
    const filters = [{ field: 'scope' as const, operator: '=' as const, values: [PROWLER] }];
    expect((await ask({ edges, filters })).totals.get('checked')).toEqual([100, 100, 100, 100]);
  });

  it('go by all dimensions of their scopes, with today\u2019s names of accounts', async () => {
    await tables.scopes(
      { scope: PROWLER, account_name: 'payments', team: 'pay', environment: 'prod' },
      { scope: OTHER },
    );
    await tables.checks(
      {
        scope: PROWLER,
        service: 's3',
        began: day(0),
        ended: day(9),
        checked: 1,
        team: 'pay',
        environment: 'prod',
      },
      { scope: OTHER, service: 's3', began: day(0), ended: day(9), checked: 2 },
    );
    const grid = await ask({
      dimensions: ['accountName', 'team', 'environment', 'account', 'service'],
      edges: days(0, 3),
    });
    expect(lineOf(grid, 'checked', 'payments', 'pay', 'prod', '111', 's3')).toEqual([1, 1, 1]);
    expect(lineOf(grid, 'checked', null, null, null, '222', 's3')).toEqual([2, 2, 2]);
    const none = [{ field: 'accountName' as const, operator: '=' as const, values: [''] }];
    expect((await ask({ filters: none })).totals.get('checked')).toEqual([2]);
  });

  it('give the largest groups at the end of the window, the number of all, and the total of all', async () => {
    await tables.scopes({ scope: PROWLER });
    const service = (name: string, flagged: number, ended = day(9)): Promise<void> =>
      tables.checks({ scope: PROWLER, service: name, began: day(0), ended, checked: 100, flagged });
    await service('s3', 5);
    await service('ec2', 50);
    await service('iam', 20);
    await service('rds', 90, day(2));
    const edges = days(0, 5);
    const measures = ['flagged', 'passRate'] as const;
    const worst = await ask({
      dimensions: ['service'],
      edges,
      measures,
      top: { measure: 'flagged', limit: 2 },
    });
    expect(worst.groups).toEqual([['ec2'], ['iam']]);
    expect(worst.groupCount).toBe(4);
    expect(worst.totals.get('flagged')).toEqual([165, 165, 75, 75, 75]);
    expect(lineOf(worst, 'flagged', 'iam')).toEqual([20, 20, 20, 20, 20]);
    const best = await ask({
      dimensions: ['service'],
      edges,
      measures,
      top: { measure: 'passRate', limit: 1 },
    });
    expect(best.groups).toEqual([['s3']]);
    const all = await ask({ dimensions: ['service'], edges, measures });
    expect(all.groups).toEqual([['ec2'], ['iam'], ['rds'], ['s3']]);
    expect(lineOf(all, 'flagged', 'rds')).toEqual([90, 90, null, null, null]);
  });

  it('say of the future nothing but what holds now', async () => {
    await tables.scopes({ scope: PROWLER });
    await tables.checks({
      scope: PROWLER,
      service: 's3',
      began: day(0),
      ended: day(2),
      stale: true,
      checked: 7,
    });
    const now = day(1) + DAY / 2;
    expect((await ask({ edges: days(0, 5) }, { now })).totals.get('checked')).toEqual([
      7,
      7,
      null,
      null,
      null,
    ]);
    expect((await ask({ edges: [day(0), day(30)] }, { now })).totals.get('checked')).toEqual([7]);
    expect((await ask({ edges: days(3, 5) }, { now })).totals.get('checked')).toEqual([null, null]);
  });

  it('stay out of sight of callers who are bound to other accounts and teams', async () => {
    await tables.scopes({ scope: PROWLER }, { scope: OTHER });
    await tables.checks(
      { scope: PROWLER, service: 's3', began: day(0), ended: day(9), checked: 1, team: 'pay' },
      { scope: OTHER, service: 's3', began: day(0), ended: day(9), checked: 2 },
    );
    const seen = async (access: { accounts?: string[]; teams?: string[] }): Promise<unknown> => {
      const grid = await ask({ dimensions: ['account'], edges: days(0, 3) }, { access });
      return [grid.groups, grid.groupCount, grid.totals.get('checked')];
    };
    expect(await seen({ teams: ['pay'] })).toEqual([[['111']], 1, [1, 1, 1]]);
    expect(await seen({ accounts: ['azure/222'] })).toEqual([[['222']], 1, [2, 2, 2]]);
    expect(await seen({ accounts: ['aws/222'] })).toEqual([[], 0, [null, null, null]]);
    expect(await seen({ accounts: ['222'], teams: ['pay'] })).toEqual([[], 0, [null, null, null]]);
  });

  it('refuse dimensions and filters that they do not have, and say which they are', async () => {
    await expect(ask({ dimensions: ['severity'], measures: ['checked', 'passRate'] })).rejects.toMatchObject({
      reason: 'invalid',
      message: "checked, passRate can't be grouped by severity",
      hint: expect.stringContaining('service') as string,
    });
    const filters = [{ field: 'score' as const, operator: '>' as const, values: ['50'] }];
    await expect(ask({ filters })).rejects.toThrow("checked can't be filtered by score");
  });
});

describe('stale check stats', () => {
  const stats = (scope: string, began: number, ended: number, stale: boolean): Promise<void> =>
    tables.checks({ scope, service: 's3', began, ended, stale, checked: 10 });

  it('are null in the middle of a trend, and the answer says whose they are', async () => {
    await tables.scopes({ scope: PROWLER }, { scope: OTHER });
    await tables.runs(
      { scope: PROWLER, t: day(0) },
      { scope: PROWLER, t: day(5) },
      { scope: OTHER, t: day(0) },
    );
    await stats(PROWLER, day(0), day(2), true);
    await stats(PROWLER, day(5), day(7), true);
    const grid = await ask({ edges: days(0, 7), dimensions: ['account'] });
    expect(lineOf(grid, 'checked', '111')).toEqual([10, 10, null, null, null, 10, 10]);
    expect(grid.notices).toEqual([
      `1 scope has had no complete scan for more than twice its interval for a part of the time: its checks are left out there (${PROWLER})`,
    ]);
  });

  it('are missing at the end where nobody has scanned since', async () => {
    const scopes = Array.from({ length: 7 }, (_, n) => `prowler/aws/${n}`);
    await tables.scopes(...scopes.map((scope) => ({ scope })));
    for (const scope of scopes) await stats(scope, day(0), day(2), true);
    // A failed, a partial or a late run brings nothing back.
    await tables.runs(
      { scope: 'prowler/aws/0', t: day(4), outcome: 'failed' },
      { scope: 'prowler/aws/1', t: day(4), outcome: 'partial' },
      { scope: 'prowler/aws/2', t: day(1), late: true },
    );
    const grid = await ask({ edges: [day(4), day(6)] });
    expect(grid.totals.get('checked')).toEqual([null]);
    expect(grid.notices).toEqual([
      '7 scopes have had no complete scan for more than twice their interval: their checks are left out (prowler/aws/0, prowler/aws/1, prowler/aws/2, prowler/aws/3, prowler/aws/4, and 2 more)',
    ]);
    expect((await ask({ edges: [day(0), day(2)] })).notices).toEqual([]);
    expect((await ask({ edges: [day(4), day(6)] }, { access: { accounts: ['3'] } })).notices).toEqual([
      '1 scope has had no complete scan for more than twice its interval: its checks are left out (prowler/aws/3)',
    ]);
  });

  it('are no news of a scope that was given up, nor of a service that newer scans do not speak of', async () => {
    await tables.scopes({ scope: PROWLER, retired: true, retired_at: day(4) }, { scope: OTHER });
    await tables.runs({ scope: OTHER, t: day(0) }, { scope: OTHER, t: day(1) });
    await stats(PROWLER, day(0), day(2), true);
    await stats(OTHER, day(0), day(2), true);
    const grid = await ask({ edges: [day(4), day(6)] });
    expect(grid.totals.get('checked')).toEqual([null]);
    expect(grid.notices).toEqual([]);
  });
});
