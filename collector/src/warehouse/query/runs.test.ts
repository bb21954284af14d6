import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunsQuery } from './request.ts';
import type { RowsResult, TimelineResult, Value } from './result.ts';
import { runRuns } from './runs.ts';
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

async function ask(
  query: Partial<RunsQuery>,
  options: Parameters<ScanTables['context']>[0] = {},
): Promise<RowsResult | TimelineResult> {
  return runRuns(tables.context(options), {
    type: 'runs',
    refId: 'A',
    filters: [],
    view: 'scopes',
    limit: 500,
    ...query,
  });
}

type Named = Record<string, Value | undefined>;

/** The rows of an answer by the names of their columns. */
async function rows(...args: Parameters<typeof ask>): Promise<Named[]> {
  const result = await ask(...args);
  if (result.kind === 'timeline') throw new TypeError('this is a timeline');
  return result.rows.map((row) => Object.fromEntries(result.columns.map(({ name }, at) => [name, row[at]])));
}

async function timeline(...args: Parameters<typeof ask>): Promise<TimelineResult> {
  const result = await ask({ view: 'timeline', ...args[0] }, args[1]);
  if (result.kind !== 'timeline') throw new TypeError('this is no timeline');
  return result;
}

describe('scopes, expected against actual', () => {
  it('are in the order of who needs somebody: never reported, silent, failed, late, fresh', async () => {
    await tables.scopes(
      { scope: 'prowler/aws/fresh' },
      { scope: 'prowler/aws/late' },
      { scope: 'prowler/aws/failed' },
      { scope: 'prowler/aws/silent' },
      { scope: 'prowler/aws/longer' },
      { scope: 'prowler/aws/gone', retired: true, retired_at: day(8) },
    );
    await tables.runs(
      { scope: 'prowler/aws/fresh', t: day(9) },
      { scope: 'prowler/aws/late', t: day(8) },
      { scope: 'prowler/aws/failed', t: day(9) },
      {
        scope: 'prowler/aws/failed',
        t: day(9) + HOUR,
        outcome: 'failed',
        reason: 'it died',
        notes: '["it died","no access to s3"]',
      },
      { scope: 'prowler/aws/silent', t: day(6) },
      { scope: 'prowler/aws/longer', t: day(1) },
      { scope: 'prowler/aws/gone', t: day(7) },
    );
    await tables.expected({ account: 'fresh' }, { account: 'new', account_name: 'lab', team: 'pay' });
    const found = await rows({}, { now: day(9) + 20 * HOUR });
    expect(found.map(({ state, account }) => `${state} ${account}`)).toEqual([
      'never new',
      'silent longer',
      'silent silent',
      'failed failed',
      'late late',
      'fresh fresh',
    ]);
    expect(found[0]).toMatchObject({
      scope: null,
      source: null,
      accountName: 'lab',
      team: 'pay',
      lastRun: null,
      open: null,
    });
    expect(found[3]).toMatchObject({
      outcome: 'failed',
      error: 'it died; no access to s3',
      lastRun: day(9) + HOUR,
      lastComplete: day(9),
    });
  });

  it('say how old, how complete and how long the last run was, what it changed, and what is open', async () => {
    await tables.scopes({
      scope: PROWLER,
      account_name: 'shop',
      team: 'pay',
      every_ms: 7 * DAY,
      every_known: false,
    });
    await tables.runs(
      { scope: PROWLER, t: day(1) },
      {
        scope: PROWLER,
        t: day(4),
        opened: 5,
        reopened: 2,
        fixed: 3,
        cells: 3,
        known_cells: 4,
        duration_ms: 90_000,
        notes: '["a warning"]',
      },
      { scope: PROWLER, t: day(2), late: true },
    );
    await tables.open({ scope: PROWLER, t: day(1), n: 40, team: 'pay' });
    await tables.open({ scope: PROWLER, t: day(4), n: 2 });
    const [row] = await rows({}, { now: day(6) });
    expect(row).toEqual({
      state: 'fresh',
      scope: PROWLER,
      source: 'prowler',
      cloud: 'aws',
      account: '111',
      accountName: 'shop',
      team: 'pay',
      environment: null,
      lastRun: day(4),
      lastComplete: day(4),
      age: 2 * DAY,
      every: 7 * DAY,
      everyKnown: false,
      outcome: 'complete',
      error: null,
      open: 42,
      delta: 4,
      coverage: 0.75,
      duration: 90_000,
    });
    const [own] = await rows({}, { now: day(6), access: { teams: ['pay'] } });
    expect(own?.['open']).toBe(40);
  });

  it('are shown as they were at any time', async () => {
    await tables.scopes(
      { scope: PROWLER, first_run_at: day(1) },
      { scope: AZURE, first_run_at: day(0), retired: true, retired_at: day(6) },
    );
    await tables.runs(
      { scope: PROWLER, t: day(1) },
      { scope: PROWLER, t: day(5), outcome: 'failed' },
      { scope: AZURE, t: day(0) },
    );
    await tables.open({ scope: AZURE, t: day(2), n: 7 });
    await tables.expected({ account: '111', source: 'prowler', cloud: 'aws' });
    const at = async (n: number): Promise<unknown> =>
      (await rows({ asOf: day(n) })).map(({ scope, state, open }) => [scope, state, open]);
    expect(await at(1)).toEqual([
      [PROWLER, 'never', null],
      [AZURE, 'fresh', 0],
    ]);
    expect(await at(3)).toEqual([
      [AZURE, 'silent', 7],
      [PROWLER, 'late', 0],
    ]);
    expect(await at(6)).toEqual([
      [AZURE, 'silent', 7],
      [PROWLER, 'silent', 0],
    ]);
    expect(await at(7)).toEqual([[PROWLER, 'silent', 0]]);
  });

  it('that are never complete stand by their newest run', async () => {
    await tables.scopes({ scope: PROWLER });
    await tables.runs({ scope: PROWLER, t: day(9), outcome: 'partial', reason: 'only 12 %' });
    const [row] = await rows({});
    expect(row).toMatchObject({
      state: 'fresh',
      outcome: 'partial',
      error: 'only 12 %',
      age: null,
      lastComplete: null,
    });
  });

  it('are cut at the limit, the rest being counted', async () => {
    await tables.scopes({ scope: PROWLER }, { scope: AZURE }, { scope: SCOUT });
    await tables.runs(
      { scope: PROWLER, t: day(9) },
      { scope: AZURE, t: day(1) },
      { scope: SCOUT, t: day(9) },
    );
    const result = await ask({ limit: 1 });
    expect(result).toMatchObject({ total: 3, cut: { shown: 1, total: 3, what: 'rows' } });
    expect(result.statements.length).toBeGreaterThan(0);
  });
});

describe('runs', () => {
  it('are rows, newest first, of the range', async () => {
    await tables.scopes({ scope: PROWLER, account_name: 'shop', environment: 'prod' }, { scope: AZURE });
    await tables.runs(
      { scope: PROWLER, t: day(0) - 1 },
      {
        scope: PROWLER,
        t: day(0),
        opened: 3,
        observed: 9,
        passed: 91,
        rules: 50,
        rules_expected: 60,
        run_id: 'r0',
      },
      {
        scope: AZURE,
        t: day(2),
        outcome: 'failed',
        reason: 'died',
        notes: '["died","a;b"]',
        cells: 0,
        known_cells: 0,
        late: true,
      },
      { scope: PROWLER, t: day(10) },
    );
    const found = await rows({ view: 'runs' });
    expect(found.map(({ time, scope }) => [time, scope])).toEqual([
      [day(2), AZURE],
      [day(0), PROWLER],
    ]);
    expect(found[0]).toMatchObject({
      outcome: 'failed',
      reason: 'died',
      notes: 'died; a;b',
      coverage: null,
      late: true,
    });
    expect(found[1]).toMatchObject({
      accountName: 'shop',
      environment: 'prod',
      notes: null,
      opened: 3,
      observed: 9,
      passed: 91,
      rules: 50,
      rulesExpected: 60,
      coverage: 1,
      duration: null,
      runId: 'r0',
    });
    const before = await rows({ view: 'runs', asOf: day(1), limit: 1 });
    expect(before.map(({ time }) => time)).toEqual([day(0)]);
    expect(await ask({ view: 'runs', asOf: day(1), limit: 1 })).toMatchObject({ total: 2 });
  });

  it('can be filtered by what scopes have, and by nothing else', async () => {
    await tables.scopes({ scope: PROWLER, team: 'pay' }, { scope: AZURE });
    await tables.runs({ scope: PROWLER, t: day(0) }, { scope: AZURE, t: day(0) });
    const by = async (
      field: 'team' | 'cloud',
      operator: '=' | '!=' | '=~',
      value: string,
    ): Promise<unknown> =>
      (await rows({ view: 'runs', filters: [{ field, operator, values: [value] }] })).map(
        ({ account }) => account,
      );
    expect(await by('team', '=', 'pay')).toEqual(['111']);
    expect(await by('team', '!=', 'pay')).toEqual(['222']);
    expect(await by('team', '=', '')).toEqual(['222']);
    expect(await by('cloud', '=~', 'az.*')).toEqual(['222']);
    const filters = [{ field: 'service' as const, operator: '=' as const, values: ['s3'] }];
    await expect(ask({ view: 'runs', filters })).rejects.toThrow("runs can't be filtered by service");
    await expect(ask({ view: 'timeline', filters })).rejects.toThrow(
      "runs as timeline can't be filtered by service",
    );
    await expect(ask({ filters })).rejects.toMatchObject({ reason: 'invalid' });
  });

  it('of other accounts and teams are out of sight in every view', async () => {
    await tables.scopes({ scope: PROWLER, team: 'pay' }, { scope: AZURE });
    await tables.runs({ scope: PROWLER, t: day(9) }, { scope: AZURE, t: day(9) });
    await tables.checks(
      { scope: PROWLER, service: 's3', began: day(9), ended: day(11), team: 'pay', run_id: 'p' },
      { scope: AZURE, service: 'vm', began: day(9), ended: day(11), run_id: 'a' },
    );
    await tables.runs({ scope: PROWLER, t: day(9), run_id: 'p' }, { scope: AZURE, t: day(9), run_id: 'a' });
    await tables.expected({ account: '333' }, { account: '444', team: 'pay' });
    const seen = async (access: { accounts?: string[]; teams?: string[] }): Promise<unknown> => ({
      scopes: (await rows({}, { access })).map(({ account }) => account),
      runs: (await rows({ view: 'runs' }, { access })).map(({ account }) => account),
      coverage: (await rows({ view: 'coverage' }, { access })).map(({ account }) => account),
      timeline: (await timeline({}, { access })).lanes.map(({ labels }) => labels['account']),
    });
    expect(await seen({ teams: ['pay'] })).toEqual({
      scopes: ['444', '111'],
      runs: ['111', '111'],
      coverage: ['111'],
      timeline: ['444', '111'],
    });
    expect(await seen({ accounts: ['222', '333'] })).toEqual({
      scopes: ['333', '222'],
      runs: ['222', '222'],
      coverage: ['222'],
      timeline: ['333', '222'],
    });
    expect(await seen({ accounts: [] })).toEqual({ scopes: [], runs: [], coverage: [], timeline: [] });
  });
});

describe('the timeline', () => {
  const range = { from: day(0), to: day(10), timezone: 'UTC' };
  const atHour = ({ times, lanes }: TimelineResult, lane: number, n: number, hour: number): unknown =>
    lanes[lane]?.states[times.findLastIndex((time) => time <= day(n) + hour * HOUR)];

  it('carries outcomes on, and calls a scope silent after twice its interval', async () => {
    await tables.scopes({ scope: PROWLER, first_run_at: day(1), account_name: 'shop' });
    await tables.runs(
      { scope: PROWLER, t: day(1) },
      { scope: PROWLER, t: day(2), outcome: 'failed' },
      { scope: PROWLER, t: day(6), outcome: 'partial' },
      { scope: PROWLER, t: day(6) + 1, late: true },
      { scope: PROWLER, t: day(7) },
    );
    const found = await timeline({}, { range });
    expect(found.lanes[0]).toMatchObject({
      name: PROWLER,
      labels: { scope: PROWLER, source: 'prowler', cloud: 'aws', account: '111', accountName: 'shop' },
    });
    expect(found.times.length).toBeLessThanOrEqual(150);
    const state = (n: number, hour: number): unknown => atHour(found, 0, n, hour);
    expect(state(0, 12)).toBeNull();
    expect(state(1, 1)).toBe('complete');
    expect(state(1, 20)).toBe('complete');
    expect(state(2, 5)).toBe('failed');
    expect(state(2, 20)).toBe('failed');
    expect(state(3, 5)).toBe('silent');
    expect(state(6, 1)).toBe('partial');
    expect(state(6, 12)).toBe('silent');
    expect(state(7, 1)).toBe('complete');
    expect(state(8, 20)).toBe('complete');
    expect(state(9, 12)).toBe('silent');
  });

  it('shows the worst of the runs of one step, and what was before the range', async () => {
    await tables.scopes({ scope: PROWLER, every_ms: 30 * DAY });
    await tables.runs(
      { scope: PROWLER, t: day(-2), outcome: 'partial' },
      { scope: PROWLER, t: day(-1) },
      { scope: PROWLER, t: day(5) + 1, outcome: 'failed' },
      { scope: PROWLER, t: day(5) + 2 },
    );
    const found = await timeline({}, { range });
    expect(atHour(found, 0, 1, 0)).toBe('complete');
    expect(atHour(found, 0, 5, 0)).toBe('failed');
    expect(atHour(found, 0, 5, 12)).toBe('complete');
  });

  it('has lanes for what never reported, and none of its states lie in the future', async () => {
    await tables.scopes({ scope: PROWLER });
    await tables.runs({ scope: PROWLER, t: day(0) });
    await tables.expected({ account: '999', cloud: 'gcp' });
    const found = await timeline({}, { range, now: day(1) });
    expect(found.lanes.map(({ name }) => name)).toEqual(['*/gcp/999', PROWLER]);
    expect(new Set(found.lanes[0]?.states)).toEqual(new Set(['never']));
    expect(Math.max(...found.times)).toBeLessThan(day(1));
    expect(await timeline({ limit: 1 }, { range, now: day(1) })).toMatchObject({
      cut: { shown: 1, total: 2, what: 'series' },
    });
  });
});

describe('coverage', () => {
  it('is what each account and service was last looked at by, what is oldest first', async () => {
    await tables.scopes(
      { scope: PROWLER, account_name: 'shop' },
      { scope: SCOUT, account_name: 'shop' },
      { scope: AZURE },
    );
    await tables.runs(
      { scope: PROWLER, t: day(1), run_id: 'p1' },
      { scope: SCOUT, t: day(8), run_id: 's8' },
      { scope: AZURE, t: day(7), run_id: 'a7' },
    );
    await tables.checks(
      {
        scope: PROWLER,
        service: 's3',
        began: day(1),
        ended: day(3),
        stale: true,
        run_id: 'p1',
        checked: 10,
        flagged: 1,
      },
      {
        scope: PROWLER,
        service: 'ec2',
        began: day(1),
        ended: day(3),
        stale: true,
        run_id: 'p1',
        checked: 20,
        flagged: 5,
      },
      {
        scope: SCOUT,
        service: 's3',
        began: day(8),
        ended: day(20),
        run_id: 's8',
        checked: 40,
        flagged: 10,
        resources: 4,
      },
      { scope: AZURE, service: 'vm', began: day(7), ended: day(20), run_id: 'a7', flagged: 2 },
    );
    const found = await rows({ view: 'coverage' });
    expect(found.map(({ account, service, source, stale }) => [account, service, source, stale])).toEqual([
      ['111', 'ec2', 'prowler', true],
      ['222', 'vm', 'prowler', false],
      ['111', 's3', 'scoutsuite', false],
    ]);
    expect(found[0]).toMatchObject({ age: 9 * DAY, passRate: 0.75, accountName: 'shop' });
    expect(found[1]).toMatchObject({ checked: null, flagged: 2, passRate: null });
    expect(found[2]).toMatchObject({ lastComplete: day(8), age: 2 * DAY, resources: 4, scope: SCOUT });

    const filters = [{ field: 'source' as const, operator: '=' as const, values: ['prowler'] }];
    const prowler = await rows({ view: 'coverage', filters });
    expect(prowler.map(({ account, service }) => `${account} ${service}`)).toEqual([
      '111 ec2',
      '111 s3',
      '222 vm',
    ]);
    const then = await rows({ view: 'coverage', asOf: day(2) });
    expect(then.map(({ service, stale, age }) => [service, stale, age])).toEqual([
      ['ec2', false, DAY],
      ['s3', false, DAY],
    ]);
  });

  it('takes the source that comes first, leaves out who was given up, and counts beyond its limit', async () => {
    await tables.scopes(
      { scope: PROWLER },
      { scope: SCOUT },
      { scope: AZURE, retired: true, retired_at: day(8) },
    );
    await tables.runs(
      { scope: PROWLER, t: day(8), run_id: 'p' },
      { scope: SCOUT, t: day(7), run_id: 's' },
      { scope: AZURE, t: day(1), run_id: 'a' },
    );
    await tables.checks(
      { scope: PROWLER, service: 's3', began: day(8), ended: day(20), run_id: 'p', preferred: false },
      { scope: SCOUT, service: 's3', began: day(7), ended: day(20), run_id: 's' },
      { scope: SCOUT, service: 'ec2', began: day(7), ended: day(20), run_id: 's' },
      { scope: AZURE, service: 'vm', began: day(1), ended: day(3), stale: true, run_id: 'a' },
    );
    const result = await ask({ view: 'coverage', limit: 1 });
    expect(result).toMatchObject({ total: 2, cut: { shown: 1, total: 2, what: 'rows' } });
    expect((await rows({ view: 'coverage' })).map(({ service, source }) => [service, source])).toEqual([
      ['ec2', 'scoutsuite'],
      ['s3', 'scoutsuite'],
    ]);
    const filters = [{ field: 'service' as const, operator: '=' as const, values: ['ec2'] }];
    expect(await rows({ view: 'coverage', filters })).toHaveLength(1);
  });
});
