import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Grid, GridRequest } from './grid.ts';
import { querySchema } from './request.ts';
import { scopesGrid } from './scopes-grid.ts';
import { runSummary } from './summary.ts';
import { DAY, openScanTables, type ScanTables, T0 } from './testing/scan-tables.ts';

const PROWLER = 'prowler/aws/111';
const SCOUT = 'scoutsuite/aws/111';
const AZURE = 'prowler/azure/222';
const HOUR = DAY / 24;

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
  return scopesGrid(tables.context(options), {
    dimensions: [],
    filters: [],
    measures: ['scopes'],
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

describe('a summary of scopes', () => {
  it('has what was not there in the period before as 0, and what can’t be known as null', async () => {
    await tables.scopes({ scope: PROWLER, first_run_at: day(0) }, { scope: AZURE, first_run_at: day(12) });
    await tables.runs({ scope: PROWLER, t: day(0) }, { scope: AZURE, t: day(12), duration_ms: 5 });
    const query = querySchema.parse({
      refId: 'A',
      type: 'summary',
      measures: ['scopes', 'freshScopes', 'runs', 'staleness', 'coverage', 'runDuration'],
      groupBy: ['cloud'],
      compare: 'previous',
    });
    if (query.type !== 'summary') throw new Error('no summary');
    const result = await runSummary(
      tables.context({ range: { from: day(10), to: day(13), timezone: 'UTC' } }),
      query,
    );
    if (result.kind !== 'summary') throw new Error('no summary');
    const azure = result.rows.find(({ group }) => group?.[0] === 'azure');
    expect(azure).toMatchObject({ values: [1, 1, 1, DAY, 1, 5], previous: [0, 0, 0, null, null, null] });
  });
});

describe('scopes over time', () => {
  it('are there from their first run until they are retired', async () => {
    await tables.scopes(
      { scope: PROWLER, first_run_at: day(0) },
      { scope: AZURE, first_run_at: day(2), retired: true, retired_at: day(4) },
    );
    const grid = await ask({ edges: days(0, 6), dimensions: ['cloud'] });
    expect(grid.totals.get('scopes')).toEqual([1, 1, 2, 2, 1, 1]);
    expect(lineOf(grid, 'scopes', 'azure')).toEqual([0, 0, 1, 1, 0, 0]);
    // Given up before the window: not seen in it at all.
    expect((await ask({ edges: days(5, 6), dimensions: ['cloud'] })).groups).toEqual([['aws']]);
  });

  it('are fresh up to a tenth over their interval after a complete run', async () => {
    await tables.scopes({ scope: PROWLER, every_ms: 10 * HOUR, first_run_at: T0 });
    await tables.runs(
      { scope: PROWLER, t: T0 },
      { scope: PROWLER, t: T0 + 5 * HOUR, outcome: 'partial' },
      { scope: PROWLER, t: T0 + 6 * HOUR, outcome: 'failed' },
      { scope: PROWLER, t: T0 + 7 * HOUR, late: true },
      { scope: PROWLER, t: T0 + 13 * HOUR },
    );
    const edges = Array.from({ length: 26 }, (_, n) => T0 + n * HOUR);
    const fresh = (await ask({ edges, measures: ['freshScopes'] })).totals.get('fresh_scopes');
    // Ends of the intervals: hours 1 to 11 fresh, 12 and 13 not, 14 to 24 fresh again, 25 not.
    expect(fresh).toEqual([...new Array<number>(11).fill(1), 0, 0, ...new Array<number>(11).fill(1), 0]);
  });

  it('are as stale as the one that has waited longest, and not at all where nothing was ever complete', async () => {
    await tables.scopes({ scope: PROWLER }, { scope: SCOUT }, { scope: AZURE });
    await tables.runs(
      { scope: PROWLER, t: day(0) },
      { scope: PROWLER, t: day(3) },
      { scope: SCOUT, t: day(1) },
      { scope: AZURE, t: day(1), outcome: 'failed' },
    );
    const grid = await ask({ edges: days(0, 4), dimensions: ['account'], measures: ['staleness'] });
    expect(lineOf(grid, 'staleness', '111')).toEqual([1, 2, 3, 3].map((n) => n * DAY));
    expect(lineOf(grid, 'staleness', '222')).toEqual([null, null, null, null]);
    expect(grid.totals.get('staleness')).toEqual([1, 2, 3, 3].map((n) => n * DAY));
  });

  it('cover what their newest run finished of what was known, once their first run has come in', async () => {
    await tables.scopes({ scope: PROWLER, first_run_at: day(1) });
    await tables.runs(
      { scope: PROWLER, t: day(1), cells: 8, known_cells: 8 },
      { scope: PROWLER, t: day(2), cells: 2, known_cells: 8, outcome: 'partial' },
      { scope: PROWLER, t: day(3), cells: 12, known_cells: 8, outcome: 'partial' },
    );
    const grid = await ask({ edges: days(0, 4), measures: ['coverage'] });
    expect(grid.totals.get('cells_covered')).toEqual([null, 8, 2, 8]);
    expect(grid.totals.get('cells_known')).toEqual([null, 8, 8, 8]);
  });

  it('count runs, those that did not complete, and how long they took where that is known', async () => {
    await tables.scopes({ scope: PROWLER });
    await tables.runs(
      { scope: PROWLER, t: day(0), duration_ms: 1_000 },
      { scope: PROWLER, t: day(1) - 1, outcome: 'failed', duration_ms: 3_000 },
      { scope: PROWLER, t: day(1), outcome: 'partial', late: true },
      { scope: PROWLER, t: day(2) },
    );
    const grid = await ask({ edges: days(0, 2), measures: ['runs', 'failedRuns', 'runDuration'] });
    expect(Object.fromEntries(grid.totals)).toEqual({
      runs: [2, 1],
      failed_runs: [1, 1],
      run_time: [4_000, 0],
      timed_runs: [2, 0],
    });
  });

  it('are expected where they are configured, before and without any report', async () => {
    await tables.scopes({ scope: PROWLER, first_run_at: day(2), team: 'pay' });
    await tables.expected(
      { account: '111', cloud: 'aws', team: 'pay' },
      { account: '111', cloud: 'aws', source: 'scoutsuite', team: 'pay' },
      { account: '333', account_name: 'lab' },
    );
    const grid = await ask({ edges: days(0, 4), measures: ['expectedScopes', 'scopes'] });
    expect(grid.totals.get('expected_scopes')).toEqual([3, 3, 3, 3]);
    expect(grid.totals.get('scopes')).toEqual([0, 0, 1, 1]);
    const scopes = await ask({ dimensions: ['scope', 'accountName'], measures: ['expectedScopes'] });
    expect(new Set(scopes.groups.map(([scope, name]) => `${scope} ${name}`))).toEqual(
      new Set(['null null', 'scoutsuite/aws/111 null', 'null lab']),
    );
    const team = await ask(
      { measures: ['expectedScopes'], edges: days(0, 4) },
      { access: { teams: ['pay'] } },
    );
    expect(team.totals.get('expected_scopes')).toEqual([2, 2, 2, 2]);
    const accounts = { accounts: ['333'] };
    expect(
      (await ask({ measures: ['expectedScopes'] }, { access: accounts })).totals.get('expected_scopes'),
    ).toEqual([1]);
  });

  it('have reported also where the caller may not see the scope', async () => {
    await tables.scopes({ scope: PROWLER, first_run_at: day(0), team: 'platform' });
    await tables.expected({ account: '111', team: 'pay' });
    const grid = await ask(
      { measures: ['expectedScopes', 'scopes', 'runs'] },
      { access: { teams: ['pay'] } },
    );
    expect(Object.fromEntries(grid.totals)).toEqual({ expected_scopes: [0], scopes: [0], runs: [0] });
  });

  it('show the largest groups, the number of all, and the total of all', async () => {
    await tables.scopes({ scope: PROWLER }, { scope: AZURE }, { scope: 'prowler/gcp/333' });
    await tables.runs(
      { scope: PROWLER, t: day(0) },
      { scope: AZURE, t: day(1) },
      { scope: AZURE, t: day(2) },
      { scope: AZURE, t: day(2) + 1 },
      { scope: 'prowler/gcp/333', t: day(2) },
    );
    const top = { measure: 'runs' as const, limit: 2 };
    const grid = await ask({
      edges: days(0, 3),
      dimensions: ['cloud'],
      measures: ['runs', 'staleness'],
      top,
    });
    expect(grid.groups).toEqual([['azure'], ['gcp']]);
    expect(grid.groupCount).toBe(3);
    expect(grid.totals.get('runs')).toEqual([1, 1, 3]);
    expect(lineOf(grid, 'runs', 'gcp')).toEqual([0, 0, 1]);
    expect(grid.totals.get('staleness')).toEqual([DAY, 2 * DAY, 3 * DAY]);
  });

  it('say of the future nothing but what holds now', async () => {
    await tables.scopes({ scope: PROWLER });
    await tables.runs({ scope: PROWLER, t: day(0) });
    const measures = ['freshScopes', 'staleness', 'runs'] as const;
    const grid = await ask({ edges: days(0, 4), measures }, { now: day(0) + HOUR });
    expect(Object.fromEntries(grid.totals)).toEqual({
      fresh_scopes: [1, null, null, null],
      staleness: [HOUR, null, null, null],
      runs: [1, 0, 0, 0],
    });
  });

  it('refuse dimensions and filters that they do not have', async () => {
    await expect(ask({ dimensions: ['service'], measures: ['runs'] })).rejects.toMatchObject({
      reason: 'invalid',
      message: "runs can't be grouped by service",
    });
    const filters = [{ field: 'region' as const, operator: '=' as const, values: ['eu'] }];
    await expect(ask({ filters })).rejects.toThrow("scopes can't be filtered by region");
  });
});

describe('on any history', () => {
  interface Scope {
    readonly scope: string;
    readonly every: number;
    readonly retiredAt: number | null;
    readonly runs: readonly { t: number; outcome: string; late: boolean; cells: number }[];
  }
  const ACCOUNTS = ['1', '2', '3'];
  const history = fc.uniqueArray(
    fc.record({
      scope: fc
        .tuple(fc.constantFrom('prowler', 'nmap'), fc.constantFrom(...ACCOUNTS))
        .map(([source, account]) => `${source}/aws/${account}`),
      every: fc.integer({ min: 1, max: 30 }),
      retiredAt: fc.option(fc.integer({ min: 0, max: 60 })),
      runs: fc.uniqueArray(
        fc.record({
          t: fc.integer({ min: 0, max: 60 }),
          outcome: fc.constantFrom('complete', 'complete', 'partial', 'failed'),
          late: fc.boolean(),
          cells: fc.integer({ min: 0, max: 5 }),
        }),
        { selector: ({ t }) => t, minLength: 1, maxLength: 6 },
      ),
    }),
    { selector: ({ scope }) => scope, maxLength: 5 },
  );
  const at = (hours: number): number => T0 + hours * HOUR;

  /** The definitions, said in loops. */
  function expected(scopes: readonly Scope[], start: number, end: number): Record<string, number | null> {
    const sums: Record<string, number | null> = {
      scopes: 0,
      fresh_scopes: 0,
      staleness: null,
      runs: 0,
      cells_covered: null,
    };
    for (const { every, retiredAt, runs } of scopes) {
      for (const { t } of runs) if (t >= start && t < end) sums['runs'] = (sums['runs'] ?? 0) + 1;
      const before = runs.filter(({ t }) => t < end).sort((a, b) => a.t - b.t);
      if (before.length === 0 || (retiredAt !== null && retiredAt < end)) continue;
      sums['scopes'] = (sums['scopes'] ?? 0) + 1;
      const newest = before.filter(({ late }) => !late).at(-1);
      if (newest !== undefined)
        sums['cells_covered'] = (sums['cells_covered'] ?? 0) + Math.min(newest.cells, 4);
      const complete = before.filter(({ late, outcome }) => !late && outcome === 'complete').at(-1);
      if (complete === undefined) continue;
      const age = end - complete.t;
      if (age <= every * 1.1) sums['fresh_scopes'] = (sums['fresh_scopes'] ?? 0) + 1;
      sums['staleness'] = Math.max(sums['staleness'] ?? 0, age * HOUR);
    }
    return sums;
  }

  it('every measure of every group is what the definitions give', { timeout: 30_000 }, async () => {
    const marks = fc.uniqueArray(fc.integer({ min: -5, max: 70 }), { minLength: 2, maxLength: 9 });
    await fc.assert(
      fc.asyncProperty(history, marks, fc.integer({ min: 1, max: 3 }), async (scopes, times, limit) => {
        await tables.clear();
        const hours = times.sort((a, b) => a - b);
        for (const { scope, every, retiredAt, runs } of scopes) {
          await tables.scopes({
            scope,
            every_ms: every * HOUR,
            retired: retiredAt !== null,
            retired_at: retiredAt === null ? null : at(retiredAt),
            first_run_at: at(Math.min(...runs.map(({ t }) => t))),
          });
          await tables.runs(...runs.map(({ t, ...run }) => ({ scope, t: at(t), ...run })));
        }
        const grid = await ask({
          dimensions: ['account'],
          measures: ['scopes', 'freshScopes', 'staleness', 'runs', 'coverage'],
          edges: hours.map(at),
          top: { measure: 'scopes', limit },
        });
        const check = (lines: (term: string) => unknown, some: readonly Scope[]): void => {
          const answers = hours.slice(1).map((end, place) => expected(some, hours[place] ?? 0, end));
          for (const term of ['scopes', 'fresh_scopes', 'staleness', 'runs', 'cells_covered'])
            expect(lines(term), term).toEqual(answers.map((answer) => answer[term]));
        };
        check((term) => grid.totals.get(term), scopes);
        for (const [account] of grid.groups) {
          const own = scopes.filter(({ scope }) => scope.endsWith(`/${account}`));
          check((term) => lineOf(grid, term, account ?? null), own);
        }
      }),
      { numRuns: 60, seed: 4 },
    );
  });
});
