import { describe, expect, it } from 'vitest';
import { accessAnalyzer } from '../access-analyzer/index.ts';
import type { SourceAdapter } from '../adapter.ts';
import { asff } from '../asff/index.ts';
import { detectSource } from '../detect.ts';
import { ecr } from '../ecr/index.ts';
import { guardduty } from '../guardduty/index.ts';
import { inspector2 } from '../inspector2/index.ts';
import { bufferInput } from '../input/index.ts';
import { macie } from '../macie/index.ts';
import { readText, scopeNames } from '../testing/reports.ts';

const AT = '2026-11-20T10:00:00.000Z';
const [ONE, TWO] = ['111111111111', '222222222222'] as const;
const WHOLE = [{ accounts: [ONE, TWO], cells: ['securityhub@eu-west-1'] }];

const finding = (region: string): object => ({
  ...{ Id: `f-${region}`, AwsAccountId: ONE, Region: region, Title: 't', RecordState: 'ACTIVE' },
  ProductArn: `arn:aws:securityhub:${region}::product/aws/securityhub`,
  UpdatedAt: '2026-01-01T00:00:00Z',
});

const listing = (more: object = {}, end: object = {}, findings: readonly object[] = []): string =>
  JSON.stringify({
    listing: { source: 'asff', mode: 'snapshot', at: AT, ...more },
    Findings: findings,
    listed: { covered: WHOLE, notes: [], ...end },
  });

describe('a listing', () => {
  it('covers what it says, also in accounts without a finding, and nothing that a finding alone stands for', async () => {
    const reports = await readText(asff, listing({}, {}, [finding('eu-west-1'), finding('us-east-1')]));
    expect(scopeNames(reports)).toEqual([`aws/${ONE}`, `aws/${TWO}`]);
    for (const report of reports) {
      expect(report).toMatchObject({ mode: 'snapshot', outcome: 'complete', observedAt: Date.parse(AT) });
      expect([...report.coverage]).toEqual([['securityhub@eu-west-1', ['*']]]);
    }
    expect(reports.map(({ observations }) => observations.length)).toEqual([2, 0]);
  });

  it('is news, and no snapshot, of an account that it does not cover', async () => {
    const covered = [{ accounts: [TWO], cells: ['securityhub@eu-west-1'] }];
    const reports = await readText(asff, listing({}, { covered }, [finding('eu-west-1')]));
    expect(reports.map(({ account, mode }) => [account, mode])).toEqual([
      [ONE, 'delta'],
      [TWO, 'snapshot'],
    ]);
  });

  it('that covers nothing for what could not be asked is partial, with the reason', async () => {
    const covered = [{ accounts: [ONE], cells: [] }];
    const [report] = await readText(asff, listing({}, { covered, notes: ['denied'] }));
    expect(report).toMatchObject({ mode: 'delta', outcome: 'partial', notes: ['denied'] });
  });

  it('in which an account could not be seen whole does not cover it there', async () => {
    const text = JSON.stringify({
      listing: { source: 'access-analyzer', mode: 'snapshot', at: AT },
      findings: [
        {
          id: '1',
          region: 'eu-west-1',
          resourceOwnerAccount: ONE,
          resource: 'arn:aws:s3:::b',
          error: 'DENIED',
        },
      ],
      listed: { covered: [{ accounts: [ONE, TWO], cells: ['access-analyzer@eu-west-1'] }], notes: [] },
    });
    const reports = await readText(accessAnalyzer, text);
    expect(reports.map(({ coverage }) => [...coverage.keys()])).toEqual([[], ['access-analyzer@eu-west-1']]);
  });

  it.each([asff, inspector2, guardduty, macie, accessAnalyzer, ecr])(
    'without any finding is known by what it says of itself: $id',
    async (adapter: SourceAdapter) => {
      const lists = { asff: 'Findings', guardduty: 'Findings', ecr: 'images' } as Record<string, string>;
      const text = JSON.stringify({
        listing: { source: adapter.id, mode: 'delta', at: AT },
        [lists[adapter.id] ?? 'findings']: [],
        listed: { covered: [{ accounts: [ONE], cells: [] }], notes: [] },
      });
      expect(detectSource(bufferInput('report', Buffer.from(text))).id).toBe(adapter.id);
      expect(scopeNames(await readText(adapter, text))).toEqual([`aws/${ONE}`]);
    },
  );

  it.each([
    ['of another version', listing({ mode: 'everything' })],
    ['without its end', listing().replace('"listed"', '"other"')],
    ['without a time', listing({ at: 'yesterday' })],
  ])('%s is refused', async (_, text) => {
    await expect(readText(asff, text)).rejects.toMatchObject({ code: 'wrong_shape' });
  });

  it('that was cut off is refused', async () => {
    await expect(readText(asff, listing().slice(0, -30))).rejects.toMatchObject({
      exitCode: expect.any(Number) as number,
    });
  });
});
