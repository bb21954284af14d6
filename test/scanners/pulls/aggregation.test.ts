import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { identityOf, startAwsStub, type StubAnswer, type StubCall } from '../../support/aws-stub.ts';
import { pulling } from './pulling.ts';

/** Finding aggregators and opted-out regions, which the simulated AWS does not have: answers as the API reference has them. */

const ADMIN = '111111111111';
const MEMBER = '222222222222';
const OFF = { status: 401, error: 'InvalidAccessException', message: 'not subscribed to AWS Security Hub' };
const DENIED = { status: 403, error: 'AccessDeniedException', message: 'is not authorized to perform: it' };
const CONFIG = `
accounts: [{ account: '${ADMIN}' }]
jobs: [{ name: hub, scanner: securityhub, accounts: {}, attempts: 1, fullEvery: 15m }]
`;

type Override = (call: StubCall) => StubAnswer | undefined;
let override: Override = () => undefined;
let aggregator: object = {};
/** What the region that collects gives, whosever it is. */
let findings: readonly object[] = [];

const stub = await startAwsStub((call) => {
  const { service, region, path, body } = call;
  if (service === 'sts') return identityOf(ADMIN);
  if (service === 'ec2') {
    const items = ['ap-south-1', 'eu-central-1', 'eu-west-1', 'us-east-1']
      .map((name) => `<item><regionName>${name}</regionName></item>`)
      .join('');
    return {
      xml: `<DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><regionInfo>${items}</regionInfo></DescribeRegionsResponse>`,
    };
  }
  const other = override(call);
  if (other !== undefined) return other;
  if (path === '/findingAggregator/list')
    return { FindingAggregators: [{ FindingAggregatorArn: 'arn:aws:f' }] };
  if (path.startsWith('/findingAggregator/get')) return aggregator;
  if (path === '/members') return { Members: [{ AccountId: MEMBER, MemberStatus: 'Enabled' }] };
  if (path !== '/findings') return undefined;
  expect(body['Filters']).not.toHaveProperty('Region');
  return { Findings: region === 'eu-west-1' ? findings : [] };
});

const finding = (region: string, id: string, account: string): object => ({
  ...{ SchemaVersion: '2018-10-08', Id: id, GeneratorId: 'g', AwsAccountId: account, Region: region },
  ProductArn: `arn:aws:securityhub:${region}::product/aws/securityhub`,
  ...{
    CreatedAt: '2026-11-01T00:00:00Z',
    UpdatedAt: '2026-11-02T00:00:00Z',
    Title: id,
    RecordState: 'ACTIVE',
  },
  ...{ Workflow: { Status: 'NEW' }, Compliance: { Status: 'FAILED', SecurityControlId: id } },
  Resources: [{ Type: 'AwsS3Bucket', Id: `arn:aws:s3:::b-${id}` }],
  Severity: { Label: 'HIGH' },
});

const askedIn = (): string[] =>
  stub.calls.filter(({ path }) => path === '/findings').map(({ region }) => region);

beforeAll(() => {
  for (const [name, value] of Object.entries(stub.env)) vi.stubEnv(name, value);
});
beforeEach(() => {
  override = () => undefined;
  aggregator = {
    FindingAggregationRegion: 'eu-west-1',
    RegionLinkingMode: 'SPECIFIED_REGIONS',
    Regions: ['us-east-1', 'eu-central-1'],
  };
  findings = [
    finding('eu-west-1', 'A.1', ADMIN),
    finding('us-east-1', 'B.1', MEMBER),
    finding('eu-central-1', 'C.1', MEMBER),
  ];
  stub.calls.length = 0;
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await stub.stop();
});

describe('findings that are collected in one region', () => {
  it('are asked for there, and only what is not collected elsewhere', async () => {
    const here = pulling(CONFIG);
    const run = await here.run('hub');
    expect(run).toMatchObject({ outcome: 'complete', reason: null });
    expect(askedIn()).toEqual(['eu-west-1', 'ap-south-1']);
    expect(Object.keys((run.cursor as { regions: object }).regions)).toEqual(['eu-west-1', 'ap-south-1']);
    expect(await here.open()).toEqual([
      `asff/${ADMIN} eu-west-1 A.1`,
      `asff/${MEMBER} eu-central-1 C.1`,
      `asff/${MEMBER} us-east-1 B.1`,
    ]);
    findings = [];
    await here.run('hub');
    expect(await here.open()).toEqual([]);
  }, 60_000);

  it('are asked for twenty accounts at a time, each group by itself', async () => {
    const many = Array.from({ length: 44 }, (_, n) => String(300_000_000_000 + n));
    const groups: string[][] = [];
    override = ({ path, region, body }) => {
      if (path === '/members') return { Members: many.map((AccountId) => ({ AccountId })) };
      if (path !== '/findings' || region !== 'eu-west-1') return undefined;
      const { AwsAccountId = [] } = body['Filters'] as { AwsAccountId?: { Value: string }[] };
      const group = AwsAccountId.map(({ Value }) => Value);
      groups.push(group);
      return {
        Findings: group
          .map((account) => finding('eu-west-1', 'A.1', account))
          .map((one, n) => ({ ...one, Id: `${groups.length}/${n}` })),
      };
    };
    const here = pulling(CONFIG);
    expect(await here.run('hub')).toMatchObject({ outcome: 'complete', reason: null });
    expect(groups.map(({ length }) => length)).toEqual([20, 20, 5]);
    expect(groups.flat().sort()).toEqual([ADMIN, ...many]);
    expect(await here.open()).toHaveLength(45);
    const before = override;
    override = (call) => (call.path === '/findings' ? { Findings: [] } : before(call));
    expect(await here.run('hub')).toMatchObject({ outcome: 'complete' });
    expect(await here.open()).toEqual([]);
  }, 120_000);

  it('stay open where Security Hub was switched off in the region that they come from', async () => {
    const here = pulling(CONFIG);
    await here.run('hub');
    findings = [];
    override = ({ region, path }) => (region === 'us-east-1' && path === '/members' ? OFF : undefined);
    expect(await here.run('hub')).toMatchObject({ outcome: 'complete' });
    expect(await here.open()).toEqual([`asff/${MEMBER} us-east-1 B.1`]);
  }, 60_000);

  it('stay open where it is not known whose they are, which is a gap', async () => {
    const here = pulling(CONFIG);
    await here.run('hub');
    const before = await here.open();
    findings = [];
    override = ({ path }) => (path === '/members' ? DENIED : undefined);
    const run = await here.run('hub');
    expect(run).toMatchObject({ outcome: 'partial' });
    expect(run.reason).toContain('securityhub:ListMembers in eu-central-1: AccessDeniedException');
    expect(await here.open()).toEqual(before);
  }, 60_000);

  it.each([
    ['ALL_REGIONS', [], ['eu-west-1']],
    ['ALL_REGIONS_EXCEPT_SPECIFIED', ['ap-south-1', 'us-east-1'], ['eu-west-1', 'ap-south-1', 'us-east-1']],
    ['NO_REGIONS', [], ['eu-west-1', 'ap-south-1', 'eu-central-1', 'us-east-1']],
  ])(
    'from %s %j are asked for in %j',
    async (RegionLinkingMode, Regions, asked) => {
      aggregator = { FindingAggregationRegion: 'eu-west-1', RegionLinkingMode, Regions };
      await pulling(CONFIG).run('hub');
      expect(askedIn()).toEqual(asked);
    },
    60_000,
  );

  it('are asked for region by region by who may not know of that', async () => {
    override = ({ path }) => (path.startsWith('/findingAggregator') ? DENIED : undefined);
    const here = pulling(CONFIG);
    expect(await here.run('hub')).toMatchObject({ outcome: 'complete' });
    expect(askedIn()).toEqual(['ap-south-1', 'eu-central-1', 'eu-west-1', 'us-east-1']);
    expect(await here.open()).toHaveLength(3);
  }, 60_000);
});
