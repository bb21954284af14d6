import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QueryError } from '../engine.ts';
import { runFindings } from './findings.ts';
import { FINDING_ORDERS, findingsQuery } from './request.ts';
import type { RowsResult, Value } from './result.ts';
import { byName, DAY, type FindingTables, openFindingTables, T0 } from './testing/finding-tables.ts';

const PROD = 'prowler/aws/111111111111';
const DEV = 'scoutsuite/aws/222222222222';

let tables: FindingTables;
let ids: Readonly<Record<string, string>>;

beforeAll(async () => {
  tables = await openFindingTables();
  const { add, life } = tables;
  const scope = {
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
      cloud: 'aws',
      account: '111111111111',
      account_name: 'prod',
      team: 'pay',
      ...scope,
    },
    {
      scope: DEV,
      source: 'scoutsuite',
      cloud: 'aws',
      account: '222222222222',
      account_name: 'dev',
      team: 'lab',
      ...scope,
    },
  );
  await add(
    'framework_set',
    { frameworks: 7, framework: 'CIS 1.4', control: 'CIS 1.4:2.1.1' },
    { frameworks: 7, framework: 'PCI', control: 'PCI:3' },
  );
  await add('label_set', { labels: 9, name: 'owner', value: "o'hara" });
  const open = { kind: 'opened', status: 'open', entered_by: 'new', cause: 'drift' };
  const pay = { team: 'pay', environment: 'production', frameworks: 7, labels: 9 };
  const worst = await life({
    scope: PROD,
    rule: 's3_public',
    resource: 'bucket-1',
    severity: 'CRITICAL',
    state: { ...pay, due_at: T0 + 8 * DAY },
    texts: {
      description: 'Long.',
      refs: '["https://example.org"]',
      cve: '["CVE-2026-1"]',
      last_seen: T0 + 9 * DAY,
    },
    steps: [{ t: T0 + DAY, ...open }],
  });
  const raised = await life({
    scope: PROD,
    rule: 's3_log',
    resource: 'bucket-1',
    severity: 'LOW',
    state: { ...pay },
    steps: [
      { t: T0 + 2 * DAY, ...open },
      { t: T0 + 6 * DAY, kind: 'changed', severity: 'HIGH', score: 80, team: 'lab' },
    ],
  });
  const accepted = await life({
    scope: PROD,
    rule: 's3_public',
    resource: 'bucket-2',
    severity: 'CRITICAL',
    state: pay,
    steps: [
      { t: T0 + DAY, ...open },
      {
        t: T0 + 3 * DAY,
        kind: 'verdict',
        status: 'accepted',
        verdict: 'accepted',
        verdict_until: T0 + 20 * DAY,
      },
    ],
  });
  const fixed = await life({
    scope: PROD,
    rule: 's3_public',
    resource: 'bucket-3',
    severity: 'CRITICAL',
    state: pay,
    steps: [
      { t: T0 + DAY, ...open, left_by: 'fixed' },
      { t: T0 + 4 * DAY, kind: 'fixed', status: 'fixed', cause: 'resolved' },
    ],
  });
  const dev = await life({
    scope: DEV,
    rule: "iam_root'); drop table finding; --",
    resource: 'root <b>',
    severity: 'MEDIUM',
    state: { team: 'lab', service: 'iam' },
    steps: [{ t: T0, ...open, entered_by: 'onboarded', cause: 'baseline' }],
  });
  ids = { worst, raised, accepted, fixed, dev };
  const stat = { run_id: 'r', began: T0, ended: T0 + 50 * DAY, stale: false, preferred: true };
  await add(
    'check_stat',
    {
      scope: PROD,
      source: 'prowler',
      cloud: 'aws',
      account: '111111111111',
      service: 's3',
      team: 'pay',
      resources: 40,
      ...stat,
    },
    {
      scope: DEV,
      source: 'scoutsuite',
      cloud: 'aws',
      account: '222222222222',
      service: 'iam',
      team: 'lab',
      resources: null,
      ...stat,
    },
  );
  await tables.seal();
});
afterAll(() => tables.close());

function find(
  query: object = {},
  options: Parameters<FindingTables['context']>[0] = {},
): Promise<RowsResult> {
  return runFindings(
    tables.context(options),
    findingsQuery.parse({ type: 'findings', refId: 'A', ...query }),
  );
}

function names(result: RowsResult): (string | undefined)[] {
  const called = new Map(Object.entries(ids).map(([name, id]) => [id, name]));
  return byName(result).map(({ fingerprint }) => called.get(String(fingerprint)));
}

const filter = (field: string, operator: string, ...values: string[]): object => ({
  filters: [{ field, operator, values }],
});

describe('findings', () => {
  it('lists what is open or decided on, the worst first, with all that is known of it', async () => {
    const result = await find();
    expect(names(result).toSorted()).toEqual(['accepted', 'dev', 'raised', 'worst']);
    expect(names(result).slice(2)).toEqual(['raised', 'dev']);
    expect(result).toMatchObject({ kind: 'findings', total: 4, cut: null, nextCursor: null });
    const worst = byName(result).find(({ fingerprint }) => fingerprint === ids['worst']);
    expect(worst).toMatchObject({
      severity: 'CRITICAL',
      status: 'open',
      title: 'Title of s3_public',
      account: '111111111111',
      accountName: 'prod',
      team: 'pay',
      firstSeen: T0 + DAY,
      lastSeen: T0 + 9 * DAY,
      openSince: T0 + DAY,
      age: 9 * DAY,
      dueAt: T0 + 8 * DAY,
      cve: '["CVE-2026-1"]',
      frameworks: '["CIS 1.4:2.1.1","PCI:3"]',
      labels: '{"owner":"o\'hara"}',
      references: '["https://example.org"]',
      description: 'Long.',
    });
    expect(result.columns.at(-1)?.name).toBe('description');
    expect(result.statements.length).toBeGreaterThan(1);
  });

  it('says until when a decision holds', async () => {
    const [row] = byName(await find(filter('status', '=', 'accepted')));
    expect(row).toMatchObject({ status: 'accepted', verdict: 'accepted', verdictUntil: T0 + 20 * DAY });
  });

  it('lists what is fixed where a filter on status asks for it, without an age', async () => {
    const result = await find(filter('status', '=', 'fixed'));
    expect(names(result)).toEqual(['fixed']);
    expect(result.total).toBe(1);
    expect(byName(result)[0]).toMatchObject({ status: 'fixed', age: null });
  });

  it('shows the past as it was, and counts it: not yet accepted, not yet fixed, of the severity and team of then', async () => {
    const result = await find({ asOf: T0 + 2.5 * DAY });
    expect(names(result).toSorted()).toEqual(['accepted', 'dev', 'fixed', 'raised', 'worst']);
    expect(result.total).toBe(5);
    const raised = byName(result).find(({ fingerprint }) => fingerprint === ids['raised']);
    expect(raised).toMatchObject({ severity: 'LOW', team: 'pay', age: 0.5 * DAY });
    expect(byName(result).every(({ status }) => status === 'open')).toBe(true);
  });

  it('is the state just before the end: what happens at the very moment is not yet so', async () => {
    expect((await find({ asOf: T0 + DAY })).total).toBe(1);
    expect((await find({ asOf: T0 + DAY + 1 })).total).toBe(4);
  });

  it('finds today’s texts of a finding that had another name then, and never lists the old name beside the new', async () => {
    const own = await openFindingTables();
    const open = { status: 'open', entered_by: 'new', cause: 'drift' };
    const was = { scope: PROD, rule: 'old_rule', resource: 'b', steps: [] };
    const old = await own.life({ ...was, steps: [{ t: T0, kind: 'opened', ...open }] });
    await own.engine.write((connection) => connection.run('delete from finding').then(() => undefined));
    await own.engine.write(async (connection) => {
      await connection.run(`update history set ended = ${T0 + DAY}, left_by = 'moved_out'`);
    });
    await own.life({
      ...was,
      rule: 'new_rule',
      steps: [
        { t: T0 + DAY, kind: 'rekeyed', status: 'open', entered_by: 'moved_in', former_fingerprint: old },
      ],
    });
    await own.seal();
    const query = findingsQuery.parse({ type: 'findings', refId: 'A', ...filter('status', '!=', 'fixed') });
    const [past] = byName(await runFindings(own.context({ to: T0 + DAY }), query));
    expect(past).toMatchObject({ fingerprint: old, title: 'Title of new_rule' });
    expect((await runFindings(own.context(), query)).rows).toHaveLength(1);
    await own.close();
  });

  it.each([
    ['search', '=', 'BUCKET-2', ['accepted']],
    ['search', '=', "'); drop table", ['dev']],
    ['search', '=', '%', []],
    ['label:owner', '=', "o'hara", ['accepted', 'raised', 'worst']],
    ['framework', '!=', 'PCI', ['dev']],
    ['accountName', '=~', 'd.*', ['dev']],
    ['cve', '=', 'CVE-2026-1', ['worst']],
    ['severity', '>', 'HIGH', ['accepted', 'worst']],
    ['resource', '=', 'root <b>', ['dev']],
  ])('filters by %s %s %s, in rows and in the count', async (field, operator, value, expected) => {
    const result = await find(filter(field, operator, value));
    expect(names(result).toSorted()).toEqual(expected);
    expect(result.total).toBe(expected.length);
  });

  it('cuts at the limit and says so', async () => {
    const result = await find({ limit: 1 });
    expect(result.rows).toHaveLength(1);
    expect(result.cut).toEqual({ shown: 1, total: 4, what: 'rows' });
  });

  it('says of a bad expression that it is one', async () => {
    await expect(find(filter('rule', '=~', '('))).rejects.toThrow(QueryError);
  });
});

describe('callers who see only some', () => {
  it('find the findings of their accounts, and no others in the count', async () => {
    const result = await find({}, { access: { accounts: ['222222222222'] } });
    expect(names(result)).toEqual(['dev']);
    expect(result.total).toBe(1);
    expect((await find({}, { access: { accounts: ['gcp/222222222222'] } })).total).toBe(0);
  });

  it('find by name nothing that is not theirs', async () => {
    const mine = { access: { accounts: ['222222222222'] } };
    expect((await find(filter('fingerprint', '=', ids['worst'] ?? ''), mine)).rows).toEqual([]);
    expect((await find(filter('search', '=', 's3'), mine)).total).toBe(0);
    expect((await find({ orderBy: 'lastSeen' }, mine)).rows).toHaveLength(1);
  });

  it('see what was their team’s then, and nothing that is today’s of what another team has by now', async () => {
    const pay = { access: { teams: ['pay'] } };
    expect(names(await find({}, pay)).toSorted()).toEqual(['accepted', 'worst']);
    const past = byName(await find({ asOf: T0 + 5 * DAY }, pay));
    const raised = past.find(({ fingerprint }) => fingerprint === ids['raised']);
    expect(raised).toMatchObject({ rule: 's3_log', title: 's3_log', resource: 'bucket-1', lastSeen: null });
  });

  it('count the checks of theirs only', async () => {
    const rules = await find({ format: 'byRule' }, { access: { teams: ['lab'] } });
    expect(byName(rules).map(({ rule, failing, checked }) => [rule, failing, checked])).toEqual([
      ['s3_log', 1, null],
      ["iam_root'); drop table finding; --", 1, null],
    ]);
  });
});

describe('by rule', () => {
  it('is one row per rule with open findings: how many of how many resources fail it', async () => {
    const result = await find({ format: 'byRule' });
    expect(
      byName(result).map(({ rule, severity, findings, failing, checked, accounts, oldest }) => [
        rule,
        severity,
        findings,
        failing,
        checked,
        accounts,
        oldest,
      ]),
    ).toEqual([
      ['s3_public', 'CRITICAL', 1, 1, 40, 1, T0 + DAY],
      ['s3_log', 'HIGH', 1, 1, 40, 1, T0 + 2 * DAY],
      ["iam_root'); drop table finding; --", 'MEDIUM', 1, 1, null, 1, T0],
    ]);
    expect(byName(result)[0]).toMatchObject({
      title: 'Title of s3_public',
      service: 's3',
      source: 'prowler',
    });
    expect(result.total).toBe(3);
  });

  it('shows more of a rule in the past', async () => {
    const [first] = byName(await find({ format: 'byRule', asOf: T0 + 2 * DAY }));
    expect(first).toMatchObject({ rule: 's3_public', findings: 3, failing: 3, checked: 40 });
  });

  it('does not say of how many where check stats do not know what is filtered by', async () => {
    const [first] = byName(await find({ format: 'byRule', ...filter('region', '=', 'eu-west-1') }));
    expect(first).toMatchObject({ failing: 1, checked: null });
    const [narrowed] = byName(await find({ format: 'byRule', ...filter('account', '=', '111111111111') }));
    expect(narrowed).toMatchObject({ failing: 1, checked: 40 });
  });

  it.each(FINDING_ORDERS.filter((order) => order !== 'lastSeen'))('can be sorted by %s', async (orderBy) => {
    const result = await find({ format: 'byRule', orderBy, limit: 2 });
    expect(result.rows).toHaveLength(2);
    expect(result.total).toBe(3);
  });

  it('is called by its name where each of its findings has a title of its own', async () => {
    const ports = await openFindingTables();
    try {
      for (const port of ['22', '443', '3389'])
        await ports.life({
          scope: PROD,
          rule: 'open-port',
          resource: `host ${port}`,
          texts: { title: `Port ${port} is open` },
          steps: [{ t: T0, kind: 'opened', status: 'open', entered_by: 'new', cause: 'drift' }],
        });
      await ports.seal();
      const query = findingsQuery.parse({ type: 'findings', refId: 'A', format: 'byRule' });
      const [rule] = byName(await runFindings(ports.context({ to: T0 + DAY }), query));
      expect(rule).toMatchObject({ title: 'open-port', findings: 3, failing: 3 });
    } finally {
      await ports.close();
    }
  });

  it('has no pages, and no order that rules do not have', async () => {
    await expect(find({ format: 'byRule', cursor: 'x' })).rejects.toThrow('rules have no pages');
    await expect(find({ format: 'byRule', orderBy: 'lastSeen' })).rejects.toThrow(
      "can't be sorted by lastSeen",
    );
  });
});

describe('pages', () => {
  let many: FindingTables;
  const COUNT = 23;

  beforeAll(async () => {
    many = await openFindingTables();
    // Few values of everything, so that most rows are ties.
    for (let n = 0; n < COUNT; n++)
      await many.life({
        scope: n % 2 === 0 ? PROD : DEV,
        rule: `rule ${n % 3}`,
        resource: `resource é ${n % 4} ${'x'.repeat(n % 2 === 0 ? 300 : 0)}${n % 5}`,
        severity: n % 3 === 0 ? 'HIGH' : 'LOW',
        state: {
          due_at: n % 3 === 0 ? null : T0 + (n % 2) * DAY,
          clock_start: T0 + (n % 2),
          resource_type: String(n),
        },
        texts: { last_seen: T0 + (n % 4) },
        steps: [{ t: T0 + (n % 3), kind: 'opened', status: 'open', entered_by: 'new', cause: 'drift' }],
      });
    await many.seal();
  });
  afterAll(() => many.close());

  async function walk(query: object, limit: number): Promise<Record<string, Value>[]> {
    const rows: Record<string, Value>[] = [];
    let cursor: string | undefined;
    for (let page = 0; page <= COUNT; page++) {
      // Time goes on while somebody turns pages.
      const context = many.context({ to: T0 + DAY + page * DAY });
      const parsed = findingsQuery.parse({ type: 'findings', refId: 'A', ...query, limit, cursor });
      const result = await runFindings(context, parsed);
      expect(result.total).toBe(COUNT);
      rows.push(...byName(result));
      if (result.nextCursor === null) return rows;
      cursor = result.nextCursor;
    }
    throw new Error('there is no end of pages');
  }

  const orders = FINDING_ORDERS.flatMap((orderBy) =>
    (['asc', 'desc', undefined] as const).map((direction) => [orderBy, direction] as const),
  );

  it.each(orders)('by %s %s come one after another without gaps or repeats', async (orderBy, direction) => {
    const whole = await walk({ orderBy, direction }, COUNT);
    expect(new Set(whole.map(({ fingerprint }) => fingerprint)).size).toBe(COUNT);
    for (const limit of [1, 2, 7]) expect(await walk({ orderBy, direction }, limit)).toEqual(whole);
  });

  it('are in the order that was asked for', async () => {
    const column = async (name: string, query: object): Promise<Value[]> =>
      (await walk(query, 5)).map((row) => row[name] ?? null);
    const numbers = (values: readonly Value[]): number[] => values.map(Number);
    const scores = numbers(await column('score', {}));
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    const ages = numbers(await column('age', { orderBy: 'age' }));
    expect(ages).toEqual(ages.toSorted((a, b) => b - a));
    expect(numbers(await column('age', { orderBy: 'age', direction: 'asc' }))).toEqual(ages.toReversed());
    const seen = numbers(await column('lastSeen', { orderBy: 'lastSeen' }));
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    for (const direction of ['asc', 'desc']) {
      const due = await column('dueAt', { orderBy: 'dueAt', direction });
      expect(due.slice(-8)).toEqual(new Array(8).fill(null));
      expect(due.slice(0, -8)).not.toContain(null);
    }
  });

  it.each([
    ['is no cursor', 'nonsense'],
    ['is of another shape', Buffer.from('[1,"severity"]').toString('base64url')],
    [
      'is of another order',
      Buffer.from(JSON.stringify([1, 'rule', 'asc', T0, 'a', '0'.repeat(32)])).toString('base64url'),
    ],
    [
      'has a value of another kind',
      Buffer.from(JSON.stringify([1, 'severity', 'desc', T0, 'a', '0'.repeat(32)])).toString('base64url'),
    ],
    [
      'has SQL for a fingerprint',
      Buffer.from(JSON.stringify([1, 'severity', 'desc', T0, 1, "0' or 1=1 --"])).toString('base64url'),
    ],
  ])('are refused where the cursor %s', async (_, cursor) => {
    const query = findingsQuery.parse({ type: 'findings', refId: 'A', cursor });
    await expect(runFindings(many.context(), query)).rejects.toMatchObject({ reason: 'invalid' });
  });
});
