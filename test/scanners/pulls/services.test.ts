import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { identityOf, startAwsStub, type StubAnswer, type StubCall } from '../../support/aws-stub.ts';
import { pulling, type Pulling } from './pulling.ts';

/** GuardDuty, Macie, Inspector (where it fails) and Access Analyzer, which the simulated AWS does not have: answers as the API references have them. */

const ADMIN = '111111111111';
const MEMBER = '222222222222';
const CONFIG = `
accounts: [{ account: '${ADMIN}', name: security }]
jobs:
  - { name: guardduty, scanner: guardduty, accounts: {}, regions: [eu-west-1, us-east-1], attempts: 1 }
  - { name: macie, scanner: macie, accounts: {}, regions: [eu-west-1, us-east-1], attempts: 1 }
  - { name: inspector, scanner: inspector2, accounts: {}, regions: [eu-west-1], attempts: 1 }
  - { name: analyzer, scanner: access-analyzer, accounts: {}, regions: [eu-west-1, us-east-1], attempts: 1 }
`;

type Answer = (call: StubCall) => StubAnswer | undefined;
let answers: Answer = () => undefined;
const stub = await startAwsStub((call) => (call.service === 'sts' ? identityOf(identity) : answers(call)));
let identity = ADMIN;

beforeAll(() => {
  for (const [name, value] of Object.entries(stub.env)) vi.stubEnv(name, value);
});
afterEach(() => {
  identity = ADMIN;
  stub.calls.length = 0;
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await stub.stop();
});

const denied = (right: string): StubAnswer => ({
  status: 403,
  error: 'AccessDeniedException',
  message: `User: arn:aws:sts::${ADMIN}:assumed-role/audit/sightline is not authorized to perform: ${right}`,
});

describe('GuardDuty', () => {
  const finding = (id: string, more: object = {}): object => ({
    ...{ id, accountId: ADMIN, region: 'eu-west-1', type: 'Recon:EC2/Portscan', severity: 5 },
    arn: `arn:aws:guardduty:eu-west-1:${ADMIN}:detector/d1/finding/${id}`,
    ...{ title: 'A port scan', description: '', schemaVersion: '2.0', partition: 'aws' },
    createdAt: '2026-11-01T00:00:00.000Z',
    updatedAt: '2026-11-20T00:00:00.000Z',
    resource: { resourceType: 'Instance', instanceDetails: { instanceId: `i-${id}` } },
    service: { archived: false, count: 3, eventLastSeen: '2026-11-20T00:00:00.000Z' },
    ...more,
  });
  const guardduty =
    (found: readonly object[]): Answer =>
    ({ region, path, body }) => {
      if (region !== 'eu-west-1') return { detectorIds: [] };
      if (path === '/detector') return { detectorIds: ['d1'] };
      if (path === '/detector/d1/member')
        return { members: [{ accountId: MEMBER, relationshipStatus: 'Enabled' }] };
      const ids = found.map((one) => ('id' in one ? one.id : ''));
      if (path === '/detector/d1/findings/get')
        return {
          findings: found.filter((_, index) => (body['findingIds'] as unknown[]).includes(ids[index])),
        };
      if (path !== '/detector/d1/findings') return undefined;
      const second = body['nextToken'] === 'more';
      return second
        ? { findingIds: ids.slice(50), nextToken: '' }
        : { findingIds: ids.slice(0, 50), nextToken: 'more' };
    };

  it('gives what is new, page by page, and is asked next time for what came since', async () => {
    const here = pulling(CONFIG);
    const many = Array.from({ length: 70 }, (_, n) => finding(String(n)));
    answers = guardduty([...many, finding('m', { accountId: MEMBER })]);
    const first = await here.run('guardduty');
    expect(first).toMatchObject({
      outcome: 'complete',
      scopes: [`guardduty/aws/${ADMIN}`, `guardduty/aws/${MEMBER}`],
    });
    expect(await here.open()).toHaveLength(71);
    const lists = (): StubCall[] => stub.calls.filter(({ path }) => path === '/detector/d1/findings');
    expect(lists()[0]?.body).toMatchObject({
      findingCriteria: {
        criterion: {
          'service.archived': { equals: ['false'] },
          updatedAt: { lessThanOrEqual: expect.any(Number) as number },
        },
      },
    });
    stub.calls.length = 0;
    answers = guardduty([]);
    const second = await here.run('guardduty');
    expect(second.outcome).toBe('complete');
    const until = (first.cursor as { until: Record<string, number> }).until['eu-west-1'] ?? 0;
    expect(lists()[0]?.body).toMatchObject({
      findingCriteria: { criterion: { updatedAt: { greaterThanOrEqual: until - 15 * 60_000 } } },
    });
    // Nothing closes by absence; and members are told of once a day, so that what is quiet ages out.
    expect(await here.open()).toHaveLength(71);
    expect(second.scopes).toEqual([`guardduty/aws/${ADMIN}`]);
    here.changeCursor((cursor) => ({ ...(cursor as object), sweptAt: 0 }));
    expect((await here.run('guardduty')).scopes).toEqual([
      `guardduty/aws/${ADMIN}`,
      `guardduty/aws/${MEMBER}`,
    ]);
  }, 60_000);

  it('that may not be asked in a region is a gap there, by the right that is missing, and the rest is taken in', async () => {
    const here = pulling(CONFIG);
    const works = guardduty([finding('1')]);
    answers = (call) => (call.region === 'us-east-1' ? denied('guardduty:ListDetectors') : works(call));
    const run = await here.run('guardduty');
    expect(run).toMatchObject({
      outcome: 'partial',
      reason: 'guardduty:ListDetectors in us-east-1: AccessDeniedException',
    });
    expect(run.cursor).toMatchObject({ until: { 'eu-west-1': expect.any(Number) as number } });
    expect(run.cursor).not.toHaveProperty('until.us-east-1');
    expect(await here.open()).toHaveLength(1);
  }, 60_000);

  it('asked by a machine whose clock is far ahead would miss what is updated until then: it is not', async () => {
    const here = pulling(CONFIG);
    answers = guardduty([finding('1')]);
    stub.clock.aheadMs = -20 * 60_000;
    const ran = await here.run('guardduty');
    stub.clock.aheadMs = 0;
    expect(ran).toMatchObject({
      outcome: 'failed',
      reason: 'the clock of this machine is 20 minutes ahead of that of AWS',
      cursor: undefined,
    });
    // Behind, it asks for the rest next time.
    stub.clock.aheadMs = 20 * 60_000;
    expect(await here.run('guardduty')).toMatchObject({ outcome: 'complete' });
    stub.clock.aheadMs = 0;
  }, 60_000);

  it('asked with the keys of another account says nothing of this one', async () => {
    const here = pulling(CONFIG);
    identity = MEMBER;
    answers = guardduty([finding('1')]);
    expect(await here.run('guardduty')).toMatchObject({
      outcome: 'failed',
      reason: `the keys are of the account ${MEMBER}, and ${ADMIN} was to be asked`,
    });
    expect(await here.findings()).toEqual([]);
  }, 60_000);
});

describe('Macie', () => {
  const finding = (id: string, account: string, more: object = {}): object => ({
    ...{
      id,
      accountId: account,
      region: 'eu-west-1',
      type: 'SensitiveData:S3Object/Personal',
      archived: false,
    },
    ...{ sample: false, title: 'Personal data', severity: { description: 'High', score: 3 }, count: 1 },
    updatedAt: '2026-11-20T00:00:00Z',
    resourcesAffected: { s3Bucket: { arn: `arn:aws:s3:::bucket-${id}`, name: `bucket-${id}` } },
    ...more,
  });
  const macie =
    (found: readonly object[], members: StubAnswer = { members: [] }): Answer =>
    ({ region, path, body }) => {
      if (region !== 'eu-west-1')
        return { status: 401, error: 'AccessDeniedException', message: 'Macie is not enabled.' };
      if (path === '/members') return members;
      if (path === '/findings') {
        expect(body).toMatchObject({ findingCriteria: { criterion: { archived: { eq: ['false'] } } } });
        return { findingIds: found.map((one) => ('id' in one ? one.id : '')) };
      }
      return path === '/findings/describe' ? { findings: found } : undefined;
    };
  const enabled = { members: [{ accountId: MEMBER, relationshipStatus: 'Enabled' }] };

  it('lists everything: what is archived closes, also of a member that has nothing left; not switched on is no gap', async () => {
    const here = pulling(CONFIG);
    answers = macie([finding('a', ADMIN), finding('b', MEMBER), finding('c', MEMBER)], enabled);
    expect(await here.run('macie')).toMatchObject({ outcome: 'complete', reason: null });
    expect(await here.open()).toHaveLength(3);
    answers = macie([finding('a', ADMIN)], enabled);
    expect(await here.run('macie')).toMatchObject({ outcome: 'complete' });
    expect(await here.open()).toEqual([`macie/${ADMIN} eu-west-1 SensitiveData:S3Object/Personal`]);
  }, 60_000);

  it('closes nothing where it was switched off, nor of an account that is no member any more', async () => {
    const here = pulling(CONFIG);
    answers = macie([finding('a', ADMIN), finding('b', MEMBER)], enabled);
    await here.run('macie');
    answers = macie([finding('a', ADMIN)], {
      status: 400,
      error: 'ValidationException',
      message: 'not an administrator',
    });
    expect(await here.run('macie')).toMatchObject({ outcome: 'complete' });
    expect(await here.open()).toHaveLength(2);
    answers = () => ({ status: 401, error: 'AccessDeniedException', message: 'Macie is not enabled.' });
    expect(await here.run('macie')).toMatchObject({ outcome: 'complete' });
    expect(await here.open()).toHaveLength(2);
    answers = macie([], denied('macie2:ListMembers'));
    expect(await here.run('macie')).toMatchObject({
      outcome: 'partial',
      reason: 'macie2:ListMembers in eu-west-1: AccessDeniedException',
    });
    expect(await here.open()).toHaveLength(2);
  }, 60_000);

  it('refused everywhere is a failed run', async () => {
    const here = pulling(CONFIG);
    answers = () => denied('macie2:ListFindings');
    expect(await here.run('macie')).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('macie2:ListMembers in eu-west-1: AccessDeniedException') as string,
      stderr: expect.stringContaining('docs/pulls.md') as string,
    });
  }, 60_000);
});

describe('Inspector', () => {
  const status = (failed: readonly object[], ...on: readonly string[]): Answer => {
    const accounts = on.map((accountId) => ({ accountId, state: { status: 'ENABLED' }, resourceState: {} }));
    return ({ path }) =>
      path === '/members/list'
        ? { members: [{ accountId: MEMBER, relationshipStatus: 'ENABLED' }] }
        : path === '/status/batch/get'
          ? { accounts, failedAccounts: failed }
          : { findings: [] };
  };
  const failed = (accountId: string, errorCode: string): object => ({
    accountId,
    errorCode,
    errorMessage: '',
  });

  it('whose state in an account is not known is a gap there, not switched off', async () => {
    const here = pulling(CONFIG);
    answers = status([failed(MEMBER, 'INTERNAL_ERROR')], ADMIN);
    expect(await here.run('inspector')).toMatchObject({
      outcome: 'partial',
      reason: `inspector2:BatchGetAccountStatus in eu-west-1: INTERNAL_ERROR of ${MEMBER}`,
    });
    answers = status([failed(ADMIN, 'INTERNAL_ERROR'), failed(MEMBER, 'INTERNAL_ERROR')]);
    expect((await here.run('inspector')).outcome).not.toBe('complete');
    // Nobody can do anything about these.
    answers = status([failed(MEMBER, 'ACCOUNT_IS_ISOLATED')], ADMIN);
    expect(await here.run('inspector')).toMatchObject({ outcome: 'complete' });
  }, 60_000);
});

describe('IAM Access Analyzer', () => {
  const arn = (name: string): string => `arn:aws:access-analyzer:eu-west-1:${ADMIN}:analyzer/${name}`;
  const analyzer = (name: string, type: string, status = 'ACTIVE'): object => ({
    ...{ arn: arn(name), name, type, status, createdAt: '2026-01-01T00:00:00Z' },
  });
  const common = (id: string, owner: string): object => ({
    ...{ id, status: 'ACTIVE', resourceOwnerAccount: owner, createdAt: '2026-11-01T00:00:00Z' },
    ...{ analyzedAt: '2026-11-01T00:00:00Z', updatedAt: '2026-11-01T00:00:00Z' },
  });
  const external = (id: string, owner: string, more: object = {}): object => ({
    ...common(id, owner),
    ...{ resource: `arn:aws:s3:::b-${id}`, resourceType: 'AWS::S3::Bucket', isPublic: true, condition: {} },
    ...{ action: ['s3:GetObject'], principal: { AWS: '*' }, ...more },
  });
  const unused = (id: string, owner: string): object => ({
    ...common(id, owner),
    ...{
      resource: `arn:aws:iam::${owner}:role/r-${id}`,
      resourceType: 'AWS::IAM::Role',
      findingType: 'UnusedIAMRole',
    },
  });
  const analyzers =
    (list: readonly object[], found: Readonly<Record<string, readonly object[]>>): Answer =>
    ({ region, service, path, body }) => {
      if (service === 'organizations') {
        const active = (Id: string): object => ({ Id, Status: 'ACTIVE', State: 'ACTIVE' });
        return { Accounts: [active(ADMIN), active(MEMBER)] };
      }
      if (region !== 'eu-west-1') return { analyzers: [] };
      if (path === '/analyzer') return { analyzers: list };
      expect(body).toMatchObject({ filter: { status: { eq: ['ACTIVE'] } } });
      return { findings: found[`${path} ${String(body['analyzerArn']).split('/').at(-1) ?? ''}`] ?? [] };
    };
  const both = [analyzer('org', 'ORGANIZATION'), analyzer('idle', 'ACCOUNT_UNUSED_ACCESS')];

  it('is asked for each kind of analyzer as that kind answers; of the organization, all of its accounts close', async () => {
    const here = pulling(CONFIG);
    answers = analyzers(both, {
      '/finding org': [external('1', ADMIN), external('2', MEMBER)],
      '/findingv2 idle': [unused('3', ADMIN)],
    });
    expect(await here.run('analyzer')).toMatchObject({ outcome: 'complete' });
    expect(
      (await here.findings()).map(({ severity, region, account }) => [severity, region, account]).sort(),
    ).toEqual([
      ['CRITICAL', 'eu-west-1', ADMIN],
      ['CRITICAL', 'eu-west-1', MEMBER],
      ['LOW', 'eu-west-1', ADMIN],
    ]);
    answers = analyzers(both, { '/findingv2 idle': [unused('3', ADMIN)] });
    expect(await here.run('analyzer')).toMatchObject({ outcome: 'complete' });
    expect(await here.open()).toEqual([`access-analyzer/${ADMIN} eu-west-1 UnusedIAMRole`]);
    // The analyzer was deleted, and its findings with it.
    answers = analyzers([both[0] ?? {}], {});
    await here.run('analyzer');
    expect(await here.open()).toEqual([]);
  }, 60_000);

  it('of the organization that was deleted while nobody knew whose accounts it had closes them later', async () => {
    const here = pulling(CONFIG);
    answers = analyzers([analyzer('org', 'ORGANIZATION')], {
      '/finding org': [external('1', ADMIN), external('2', MEMBER)],
    });
    await here.run('analyzer');
    const gone = analyzers([], {});
    answers = (call) =>
      call.service === 'organizations' ? { status: 400, error: 'AccessDeniedException' } : gone(call);
    expect(await here.run('analyzer')).toMatchObject({
      outcome: 'partial',
      reason: 'organizations:ListAccounts in us-east-1: AccessDeniedException',
    });
    answers = gone;
    expect(await here.run('analyzer')).toMatchObject({ outcome: 'complete' });
    expect(await here.open()).toEqual([]);
  }, 60_000);

  it('closes nothing of an analyzer that does not work, or that could not look at a resource', async () => {
    const here = pulling(CONFIG);
    answers = analyzers(both, {
      '/finding org': [external('1', ADMIN)],
      '/findingv2 idle': [unused('3', ADMIN)],
    });
    await here.run('analyzer');
    answers = analyzers(
      [analyzer('org', 'ORGANIZATION'), analyzer('idle', 'ACCOUNT_UNUSED_ACCESS', 'FAILED')],
      {
        '/finding org': [external('9', ADMIN, { error: 'ACCESS_DENIED' })],
      },
    );
    expect(await here.run('analyzer')).toMatchObject({
      outcome: 'partial',
      reason: `the analyzer ${arn('idle')} is FAILED`,
    });
    expect(await here.open()).toHaveLength(2);
    expect(await here.notes()).toContain(
      `access-analyzer/${ADMIN}: arn:aws:s3:::b-9 could not be analyzed: ACCESS_DENIED`,
    );
  }, 60_000);

  it('of the organization and of the account do not close each other’s findings', async () => {
    const here = pulling(CONFIG);
    answers = analyzers([analyzer('org', 'ORGANIZATION')], { '/finding org': [external('1', ADMIN)] });
    await here.run('analyzer');
    const own: Pulling = pulling(CONFIG, here.store);
    answers = analyzers([analyzer('own', 'ACCOUNT')], { '/finding own': [external('2', ADMIN)] });
    // As another job, which knows nothing of the first one's analyzers.
    here.changeCursor(() => undefined);
    await own.run('analyzer');
    expect(await here.open()).toHaveLength(2);
  }, 60_000);
});
