import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findingDetail } from './detail.ts';
import { DAY, type FindingTables, openFindingTables, T0 } from './testing/finding-tables.ts';

const SCOPE = 'prowler/aws/111111111111';
let tables: FindingTables;
let old: string;
let now: string;

beforeAll(async () => {
  tables = await openFindingTables();
  const was = { scope: SCOPE, resource: 'bucket', state: { team: 'pay' } } as const;
  old = await tables.life({
    ...was,
    rule: 'old_rule',
    steps: [
      { t: T0, kind: 'opened', status: 'open', entered_by: 'new', cause: 'drift' },
      { t: T0 + DAY, kind: 'rekeyed', is_event: false, status: 'rekeyed' },
    ],
  });
  await tables.engine.write(async (connection) => {
    await connection.run('delete from finding');
  });
  now = await tables.life({
    ...was,
    rule: 'new_rule',
    texts: {
      description: "It's <b>",
      verdict_id: 'v1',
      verdict_by: 'alice',
      verdict_reason: 'known',
      refs: '["https://a"]',
    },
    steps: [
      { t: T0 + DAY, kind: 'rekeyed', status: 'open', entered_by: 'moved_in', former_fingerprint: old },
      { t: T0 + 2 * DAY, kind: 'verdict', status: 'open', verdict: null, former_fingerprint: null },
      {
        t: T0 + 3 * DAY,
        kind: 'verdict',
        status: 'accepted',
        verdict: 'accepted',
        verdict_until: T0 + 9 * DAY,
        labels: 5,
      },
      {
        t: T0 + 9 * DAY,
        kind: 'expired',
        is_event: false,
        status: 'open',
        entered_by: 'expired',
        due_state: 'soon',
      },
    ],
  });
  await tables.add('label_set', { labels: 5, name: 'owner', value: 'pay' });
  await tables.add('scope', {
    scope: SCOPE, source: 'prowler', cloud: 'aws', account: '111111111111', account_name: 'prod', team: 'pay', generation: 1, seq: 1,
    nonce: 'n', retired: false, every_ms: DAY, every_known: true, findings: 1,
  }); // prettier-ignore
  for (const seq of [1, 2, 7])
    await tables.add('run', {
      scope: SCOPE, source: 'prowler', cloud: 'aws', account: '111111111111', run_id: `run-${seq}`, seq, t: T0 + seq, committed_at: T0,
      mode: 'snapshot', outcome: 'complete', late: false, observed: 1, suppressed: 0, passed: 1, cells: 1, known_cells: 1, rules: 1,
      opened: 0, reopened: 0, fixed: 0, changed: 0, notes: '[]',
    }); // prettier-ignore
});
afterAll(() => tables.close());

describe('a finding', () => {
  it('has its content as it is today, with the status of now', async () => {
    const early = await findingDetail(tables.context({ now: T0 + 5 * DAY }), now);
    expect(early?.finding).toMatchObject({
      fingerprint: now,
      rule: 'new_rule',
      title: 'Title of new_rule',
      description: "It's <b>",
      accountName: 'prod',
      references: '["https://a"]',
      status: 'accepted',
    });
    expect(early?.finding).not.toHaveProperty('seen');
    const late = await findingDetail(tables.context({ now: T0 + 10 * DAY }), now);
    expect(late?.finding).toMatchObject({ status: 'open', dueState: 'soon' });
  });

  it('has its history, oldest first, also under the name it had', async () => {
    const detail = await findingDetail(tables.context(), now);
    expect(
      detail?.history.map(({ fingerprint, began, ended, kind, status }) => [
        fingerprint === old,
        began,
        ended,
        kind,
        status,
      ]),
    ).toEqual([
      [true, T0, T0 + DAY, 'opened', 'open'],
      [false, T0 + DAY, T0 + 2 * DAY, 'rekeyed', 'open'],
      [false, T0 + 2 * DAY, T0 + 3 * DAY, 'verdict', 'open'],
      [false, T0 + 3 * DAY, T0 + 9 * DAY, 'verdict', 'accepted'],
      [false, T0 + 9 * DAY, null, 'expired', 'open'],
    ]);
    expect(detail?.history.map(({ labels }) => labels)).toEqual([
      '{}',
      '{}',
      '{}',
      '{"owner":"pay"}',
      '{"owner":"pay"}',
    ]);
  });

  it('has the runs that changed it, and no others', async () => {
    const detail = await findingDetail(tables.context(), now);
    expect(detail?.runs.map(({ runId, kinds }) => [runId, kinds])).toEqual([
      ['run-1', ['opened', 'rekeyed']],
      ['run-2', ['verdict']],
    ]);
    expect(detail?.history[0]?.runId).toBe('run-1');
    expect(detail?.history.at(-1)?.runId).toBeNull();
  });

  it('has what was decided, with who and why of the newest', async () => {
    const detail = await findingDetail(tables.context(), now);
    expect(detail?.verdicts).toEqual([
      { at: T0 + 2 * DAY, verdict: null, until: null, id: null, by: null, reason: null },
      { at: T0 + 3 * DAY, verdict: 'accepted', until: T0 + 9 * DAY, id: 'v1', by: 'alice', reason: 'known' },
    ]);
  });

  it('is found by a name that it had, with dashes, in capitals', async () => {
    const dashed = now.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-').toUpperCase();
    expect((await findingDetail(tables.context(), dashed))?.finding['fingerprint']).toBe(now);
    expect((await findingDetail(tables.context(), old))?.finding['fingerprint']).toBe(now);
  });

  it.each(['', 'nonsense', "0' or 1=1 --", '0'.repeat(32), '0'.repeat(31)])(
    'is none where nothing is called %j',
    async (name) => {
      expect(await findingDetail(tables.context(), name)).toBeNull();
    },
  );

  it('is none for those who may not see it, by whatever name', async () => {
    for (const access of [{ accounts: ['999999999999'] }, { teams: ['lab'] }, { accounts: [] }])
      for (const name of [now, old]) expect(await findingDetail(tables.context({ access }), name)).toBeNull();
    expect(await findingDetail(tables.context({ access: { teams: ['pay'] } }), now)).not.toBeNull();
  });
});
