import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Filter } from './request.ts';
import { DAY, type FindingTables, openFindingTables, T0 } from './testing/finding-tables.ts';
import { dimensionList, dimensionValues, type ValuesRequest } from './values.ts';

let tables: FindingTables;

beforeAll(async () => {
  tables = await openFindingTables();
  const { add, life } = tables;
  const scope = {
    cloud: 'aws',
    source: 'prowler',
    generation: 1,
    seq: 1,
    nonce: 'n',
    retired: false,
    every_ms: DAY,
    every_known: true,
    findings: 1,
  };
  const names = { 111: 'payments', 222: 'lab', 333: 'gone' };
  for (const [account, name] of Object.entries(names))
    await add('scope', {
      scope: `prowler/aws/${account}`,
      account,
      account_name: name,
      team: name,
      ...scope,
    });
  const open = { t: T0, kind: 'opened', status: 'open', entered_by: 'new', cause: 'drift' };
  for (const n of [1, 2])
    await life({
      scope: 'prowler/aws/111',
      rule: 's3_public',
      resource: `arn:Bucket-${n}`,
      severity: n === 1 ? 'LOW' : 'CRITICAL',
      state: { team: 'payments', labels: 5, frameworks: 7 },
      texts: { cve: '["CVE-2026-1","CVE-2026-2"]', package: 'openssl' },
      steps: [open],
    });
  await life({
    scope: 'prowler/aws/222',
    rule: "it's_100%",
    resource: 'root',
    severity: 'MEDIUM',
    state: { team: 'lab', labels: 6 },
    steps: [open],
  });
  // Gone since day 3.
  await life({
    scope: 'prowler/aws/333',
    rule: 's3_old',
    resource: 'old',
    state: { team: 'gone' },
    steps: [
      { ...open, left_by: 'retired' },
      { t: T0 + 3 * DAY, kind: 'retired', status: 'retired' },
    ],
  });
  await add(
    'label_set',
    { labels: 5, name: 'owner', value: 'alice' },
    { labels: 6, name: 'secret-project', value: 'x' },
    { labels: 6, name: 'owner', value: 'bob' },
  );
  await add(
    'framework_set',
    { frameworks: 7, framework: 'CIS', control: 'CIS:1' },
    { frameworks: 7, framework: 'CIS', control: 'CIS:2' },
  );
  await tables.seal();
});
afterAll(() => tables.close());

async function values(
  request: Partial<ValuesRequest> & Pick<ValuesRequest, 'dimension'>,
  options: Parameters<FindingTables['context']>[0] = {},
): Promise<unknown[]> {
  const found = await dimensionValues(tables.context(options), { filters: [], limit: 100, ...request });
  return found.map(({ value, text, count }) => [value, text, count]);
}

const is = (field: Filter['field'], ...given: string[]): Filter => ({ field, operator: 'in', values: given });

describe('values', () => {
  it('are those of the time range, with the name for people and how many are open: what is gone can still be chosen', async () => {
    expect(await values({ dimension: 'account' })).toEqual([
      ['111', 'payments', 2],
      ['222', 'lab', 1],
      ['333', 'gone', 0],
    ]);
    const later = { from: T0 + 4 * DAY, to: T0 + 5 * DAY, timezone: 'UTC' };
    expect(await values({ dimension: 'account', range: later })).toHaveLength(2);
    expect(await values({ dimension: 'account', range: { from: 0, to: T0, timezone: 'UTC' } })).toEqual([]);
  });

  it('are searched by beginning or part, in any case, accounts by their names too', async () => {
    expect(await values({ dimension: 'account', prefix: 'PAY' })).toEqual([['111', 'payments', 2]]);
    expect(await values({ dimension: 'account', prefix: '11' })).toEqual([['111', 'payments', 2]]);
    expect(await values({ dimension: 'account', contains: 'one' })).toEqual([['333', 'gone', 0]]);
    expect(await values({ dimension: 'rule', prefix: 'S3_' })).toEqual([
      ['s3_public', 's3_public', 2],
      ['s3_old', 's3_old', 0],
    ]);
  });

  it('take what is searched for as it is written', async () => {
    expect(await values({ dimension: 'rule', contains: '%' })).toEqual([["it's_100%", "it's_100%", 1]]);
    expect(await values({ dimension: 'rule', contains: "'" })).toHaveLength(1);
    expect(await values({ dimension: 'rule', contains: "' or 1=1 --" })).toEqual([]);
    expect(await values({ dimension: 'rule', prefix: '_' })).toEqual([]);
  });

  it('are those of what the filters let through', async () => {
    expect(await values({ dimension: 'rule', filters: [is('account', '222')] })).toEqual([
      ["it's_100%", "it's_100%", 1],
    ]);
    expect(await values({ dimension: 'severity', filters: [is('label:owner', 'alice')] })).toEqual([
      ['CRITICAL', 'CRITICAL', 1],
      ['LOW', 'LOW', 1],
    ]);
  });

  it('of several of a finding are counted each', async () => {
    expect(await values({ dimension: 'control' })).toEqual([
      ['CIS:1', 'CIS:1', 2],
      ['CIS:2', 'CIS:2', 2],
    ]);
    expect(await values({ dimension: 'framework' })).toEqual([['CIS', 'CIS', 2]]);
    expect(await values({ dimension: 'cve', prefix: 'cve-2026-2' })).toEqual([
      ['CVE-2026-2', 'CVE-2026-2', 2],
    ]);
    expect(await values({ dimension: 'label:owner' })).toEqual([
      ['alice', 'alice', 2],
      ['bob', 'bob', 1],
    ]);
  });

  it('of status are those that there were', async () => {
    expect(await values({ dimension: 'status' })).toEqual([
      ['open', 'open', 3],
      ['retired', 'retired', 1],
    ]);
  });

  it('of what has too many are only searched', async () => {
    await expect(values({ dimension: 'resource' })).rejects.toThrow('too many values of resource');
    await expect(values({ dimension: 'cve', prefix: 'C' })).rejects.toThrow('too many');
    expect(await values({ dimension: 'resource', contains: 'BUCKET-2' })).toEqual([
      ['arn:Bucket-2', 'arn:Bucket-2', 1],
    ]);
    expect(await values({ dimension: 'package', prefix: 'open' })).toEqual([['openssl', 'openssl', 2]]);
  });

  it('are at most so many, those with most findings', async () => {
    expect(await values({ dimension: 'account', limit: 1 })).toEqual([['111', 'payments', 2]]);
  });

  it.each(['account', 'accountName', 'rule', 'team', 'label:owner', 'severity', 'scope'] as const)(
    'of %s are only those that the caller may see',
    async (dimension) => {
      for (const access of [{ accounts: ['222'] }, { teams: ['lab'] }]) {
        const found = await values({ dimension }, { access });
        expect(found).toHaveLength(1);
        expect(found[0]).toMatchObject({ 2: 1 });
      }
      expect(await values({ dimension }, { access: { teams: [] } })).toEqual([]);
    },
  );

  it('are not found by searching either', async () => {
    const lab = { access: { accounts: ['222'] } };
    expect(await values({ dimension: 'account', prefix: 'pay' }, lab)).toEqual([]);
    expect(await values({ dimension: 'resource', contains: 'bucket' }, lab)).toEqual([]);
    expect(await values({ dimension: 'cve', prefix: 'CVE' }, lab)).toEqual([]);
  });
});

describe('the list of dimensions', () => {
  it('has the labels that there are, and says what is searched only', async () => {
    const list = await dimensionList(tables.context());
    const ids = list.map(({ id }) => id);
    expect(ids).toContain('severity');
    expect(ids.slice(-2)).toEqual(['label:owner', 'label:secret-project']);
    expect(list.find(({ id }) => id === 'resource')).toMatchObject({ bounded: false, multiple: false });
    expect(list.find(({ id }) => id === 'control')).toMatchObject({ bounded: true, multiple: true });
  });

  it('has no labels of what the caller may not see', async () => {
    const list = await dimensionList(tables.context({ access: { accounts: ['111'] } }));
    expect(list.map(({ id }) => id).filter((id) => id.startsWith('label:'))).toEqual(['label:owner']);
  });
});
