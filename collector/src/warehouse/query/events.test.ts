import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runEvents } from './events.ts';
import { eventsQuery } from './request.ts';
import type { RowsResult } from './result.ts';
import { byName, DAY, type FindingTables, openFindingTables, T0 } from './testing/finding-tables.ts';

const PROD = 'prowler/aws/111111111111';
const DEV = 'scoutsuite/aws/222222222222';
const LAST_WEEK = T0 - 7 * DAY;

let tables: FindingTables;
let ids: Readonly<Record<string, string>>;

beforeAll(async () => {
  tables = await openFindingTables();
  const { add, life } = tables;
  const scope = {
    cloud: 'aws',
    generation: 1,
    seq: 1,
    nonce: 'n',
    retired: false,
    every_ms: DAY,
    every_known: true,
    findings: 1,
  };
  await add(
    'scope',
    {
      scope: PROD,
      source: 'prowler',
      account: '111111111111',
      account_name: 'prod, EU',
      team: 'pay',
      ...scope,
    },
    { scope: DEV, source: 'scoutsuite', account: '222222222222', team: 'lab', ...scope },
  );
  const opened = { kind: 'opened', status: 'open', entered_by: 'new', cause: 'drift' };
  const bucket = { scope: PROD, rule: 's3_public', severity: 'CRITICAL', state: { team: 'pay' } } as const;
  const left = (left_by: string) => ({ ...opened, left_by });
  ids = {
    fixed: await life({
      ...bucket,
      resource: 'fixed',
      steps: [
        { t: T0 + DAY, ...left('fixed') },
        { t: T0 + 2 * DAY, kind: 'fixed', status: 'fixed', cause: 'resolved' },
      ],
    }),
    accepted: await life({
      ...bucket,
      resource: 'accepted',
      steps: [
        { t: T0 + DAY, ...left('accepted') },
        {
          t: T0 + 3 * DAY,
          kind: 'verdict',
          status: 'accepted',
          verdict: 'accepted',
          verdict_until: T0 + 8 * DAY,
          cause: 'verdict',
        },
        { t: T0 + 8 * DAY, kind: 'expired', is_event: false, status: 'open', entered_by: 'expired' },
      ],
    }),
    raised: await life({
      scope: PROD,
      rule: 's3_log',
      resource: 'raised',
      severity: 'LOW',
      state: { team: 'pay' },
      steps: [
        { t: T0 + DAY, ...opened, entered_by: 'ruleset', cause: 'ruleset' },
        {
          t: T0 + 4 * DAY,
          kind: 'changed',
          severity: 'HIGH',
          score: 80,
          team: 'lab',
          cause: 'config',
          left_by: 'moved_out',
        },
        { t: T0 + 5 * DAY, kind: 'due_soon', is_event: false, due_state: 'soon' },
        { t: T0 + 6 * DAY, kind: 'overdue', is_event: false, due_state: 'unverified', became_overdue: true },
      ],
    }),
    /** Opened and muted in the same moment: the first was replaced. */
    muted: await life({
      scope: DEV,
      rule: 'iam_root',
      resource: 'muted',
      state: { team: 'lab' },
      steps: [
        { t: T0 + DAY, ...opened, entered_by: null, ended: T0 + DAY },
        { t: T0 + DAY, kind: 'muted', status: 'muted', mute: 'noise', cause: 'config' },
      ],
    }),
    onboarded: await life({
      scope: DEV,
      rule: 'iam_<script>',
      resource: 'onboarded',
      severity: 'CRITICAL',
      state: { team: 'lab' },
      steps: [{ t: T0 + DAY, ...opened, entered_by: 'onboarded', cause: 'baseline' }],
    }),
  };
  const run = {
    source: 'prowler', cloud: 'aws', account: '111111111111', committed_at: T0, mode: 'snapshot', late: false, observed: 1,
    suppressed: 0, passed: 1, cells: 1, known_cells: 1, rules: 1, opened: 0, reopened: 0, fixed: 0, changed: 0, notes: '[]',
  }; // prettier-ignore
  const dev = { source: 'scoutsuite', account: '222222222222' };
  await add(
    'run',
    { ...run, scope: PROD, run_id: 'p1', seq: 1, t: T0 + DAY, outcome: 'complete' },
    {
      ...run,
      scope: PROD,
      run_id: 'p2',
      seq: 2,
      t: T0 + 5 * DAY,
      outcome: 'failed',
      reason: 'access denied',
      notes: '["s3: access denied"]',
    },
    {
      ...run,
      scope: PROD,
      run_id: 'p3',
      seq: 3,
      t: T0 + 6 * DAY,
      outcome: 'failed',
      reason: 'access denied',
    },
    { ...run, scope: PROD, run_id: 'p4', seq: 4, t: T0 + 7 * DAY, outcome: 'complete' },
    {
      ...run,
      ...dev,
      scope: DEV,
      run_id: 'd1',
      seq: 1,
      t: T0 + 9 * DAY,
      outcome: 'partial',
      reason: 'too few rules',
    },
  );
  await tables.seal();
});
afterAll(() => tables.close());

function events(
  query: object = {},
  options: Parameters<FindingTables['context']>[0] = {},
): Promise<RowsResult> {
  return runEvents(tables.context(options), eventsQuery.parse({ type: 'events', refId: 'A', ...query }));
}

function told(result: RowsResult): unknown[] {
  return byName(result).map(({ time, kind, resource }) => [(Number(time) - T0) / DAY, kind, resource]);
}

const filter = (field: string, operator: string, ...values: string[]): object => ({
  filters: [{ field, operator, values }],
});

describe('events', () => {
  it('tell what changed, the newest first: each with the name that the measures count it by', async () => {
    const result = await events();
    expect(told(result).slice(0, 8)).toEqual([
      [9, 'failedScan', null],
      [8, 'expired', 'accepted'],
      [6, 'overdue', 'raised'],
      [6, 'failedScan', null],
      [5, 'failedScan', null],
      [4, 'changed', 'raised'],
      [3, 'accepted', 'accepted'],
      [2, 'fixed', 'fixed'],
    ]);
    expect(told(result).slice(8)).toHaveLength(5);
    expect(told(result).slice(8)).toEqual(
      expect.arrayContaining([
        [1, 'new', 'fixed'],
        [1, 'new', 'accepted'],
        [1, 'ruleset', 'raised'],
        [1, 'muted', 'muted'],
        [1, 'onboarded', 'onboarded'],
      ]),
    );
    expect(result).toMatchObject({ total: 13, cut: null, kind: 'events' });
  });

  it('say why, and what differs from before', async () => {
    const rows = byName(await events());
    expect(rows.find(({ kind }) => kind === 'changed')).toMatchObject({
      change: 'severity LOW → HIGH, team pay → lab',
      cause: 'config',
      severity: 'HIGH',
      title: 'Title of s3_log',
      accountName: 'prod, EU',
      fingerprint: ids['raised'],
    });
    expect(rows.find(({ time }) => time === T0 + 5 * DAY)).toMatchObject({
      title: 'access denied; s3: access denied',
      cause: 'failed',
      severity: null,
      account: '111111111111',
    });
  });

  it('are those of [from, to), known beforehand where that is in the future', async () => {
    const between = (from: number, to: number): Promise<RowsResult> =>
      events({}, { from, to, now: T0 + 5 * DAY });
    expect(told(await between(T0 + 2 * DAY, T0 + 3 * DAY))).toEqual([[2, 'fixed', 'fixed']]);
    expect(told(await between(T0 + 8 * DAY, T0 + 9 * DAY))).toEqual([[8, 'expired', 'accepted']]);
    expect(told(await events({ asOf: T0 + 3 * DAY }, { from: LAST_WEEK, to: LAST_WEEK + DAY }))).toEqual([
      [2, 'fixed', 'fixed'],
    ]);
  });

  it.each([
    [['new'], 2],
    [['fixed', 'accepted'], 2],
    [['overdue'], 1],
    [['muted', 'expired'], 2],
    [['changed'], 1],
    [['failedScan'], 3],
    [['falsePositive', 'restored', 'retired', 'reopened'], 0],
  ])('of the kinds %j are %i', async (kinds, count) => {
    const result = await events({ kinds });
    expect(result.rows).toHaveLength(count);
    expect(result.total).toBe(count);
  });

  it('are cut at the limit, and counted beyond it', async () => {
    const result = await events({ limit: 2 });
    expect(told(result)).toEqual([
      [9, 'failedScan', null],
      [8, 'expired', 'accepted'],
    ]);
    expect(result.cut).toEqual({ shown: 2, total: 13, what: 'events' });
  });

  it('leave failed scans out, and say so, where a filter is about what scans do not have', async () => {
    const result = await events(filter('severity', '=', 'CRITICAL'));
    expect(result.total).toBe(6);
    expect(result.notices).toEqual(['Failed scans are left out: they have no severity.']);
    const dev = await events(filter('account', '=', '222222222222'));
    expect(dev.total).toBe(3);
    expect(dev.notices).toEqual([]);
    // Nobody looks for them in what happened to one finding.
    const one = await events(filter('fingerprint', '=', '0'.repeat(32)));
    expect(one).toMatchObject({ total: 0, notices: [] });
  });

  it('show callers who see only some those of their accounts and teams, and failed scans of their scopes', async () => {
    const accounts = await events({}, { access: { accounts: ['222222222222'] } });
    expect(
      byName(accounts)
        .map(({ kind }) => String(kind))
        .toSorted(),
    ).toEqual(['failedScan', 'muted', 'onboarded']);
    expect(accounts.total).toBe(3);
    const pay = await events({}, { access: { teams: ['pay'] } });
    expect(told(pay)).not.toContainEqual([4, 'changed', 'raised']);
    expect(told(pay)).toContainEqual([1, 'ruleset', 'raised']);
    expect(byName(pay).filter(({ kind }) => kind === 'failedScan')).toHaveLength(2);
    expect((await events({}, { access: { teams: [] } })).total).toBe(0);
  });
});

describe('annotations', () => {
  it('are by themselves critical drift, one per run and account, and times without a complete scan', async () => {
    const result = await events({ format: 'annotations' });
    expect(result.columns.map(({ name }) => name)).toEqual(['time', 'timeEnd', 'title', 'text', 'tags']);
    expect(result.rows).toEqual([
      [
        T0 + 9 * DAY,
        T0 + 10 * DAY,
        '222222222222 (scoutsuite)',
        'scan partial: too few rules',
        'failedScan,scoutsuite,aws,222222222222',
      ],
      [
        T0 + 5 * DAY,
        T0 + 7 * DAY,
        'prod, EU (prowler)',
        '2 scans failed: access denied; s3: access denied',
        'failedScan,prowler,aws,111111111111',
      ],
      [T0 + DAY, null, 'prod, EU (prowler)', '2 new, 2 critical', 'new,critical,prowler,aws,111111111111'],
    ]);
    expect(result.total).toBe(3);
  });

  it('tell of other kinds where they are asked for', async () => {
    const result = await events({ format: 'annotations', kinds: ['new', 'ruleset', 'fixed'] });
    expect(byName(result).map(({ text }) => text)).toEqual([
      '1 fixed, 1 critical',
      '2 new, 1 by new rules, 2 critical',
    ]);
  });

  it('are the newest hundred, and count the others', async () => {
    const many = await openFindingTables();
    for (let n = 0; n < 105; n++)
      await many.life({
        scope: PROD,
        rule: 'r',
        resource: `r${n}`,
        severity: 'CRITICAL',
        steps: [{ t: T0 + n, kind: 'opened', status: 'open', entered_by: 'new', cause: 'drift' }],
      });
    const query = eventsQuery.parse({ type: 'events', refId: 'A', format: 'annotations' });
    const result = await runEvents(many.context(), query);
    expect(result.rows).toHaveLength(100);
    expect(result.rows[0]?.[0]).toBe(T0 + 104);
    expect(result.cut).toEqual({ shown: 100, total: 105, what: 'events' });
    await many.close();
  });

  it('keep to what the caller may see', async () => {
    const lab = await events({ format: 'annotations' }, { access: { teams: ['lab'] } });
    expect(lab.rows).toHaveLength(1);
    expect(lab.total).toBe(1);
  });
});

describe('log lines', () => {
  it('have a time, a sentence, a severity, an id of their own and labels', async () => {
    const result = await events({ format: 'logs' });
    const rows = byName(result);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(13);
    const changed = rows.find(({ timestamp }) => timestamp === T0 + 4 * DAY);
    expect(changed).toMatchObject({
      body: 'changed: Title of s3_log on raised (prod, EU) — severity LOW → HIGH, team pay → lab',
      severity: 'HIGH',
    });
    expect(JSON.parse(String(changed?.['labels']))).toMatchObject({
      kind: 'changed',
      rule: 's3_log',
      account: '111111111111',
    });
  });
});
