import {
  type AwsSecurityFinding,
  BatchImportFindingsCommand,
  CreateMembersCommand,
  DisableSecurityHubCommand,
  EnableSecurityHubCommand,
  SecurityHubClient,
} from '@aws-sdk/client-securityhub';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { callOf, type Fault, type FaultProxy, startFaultProxy } from '../../support/fault-proxy.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { type Server, startMoto } from '../../support/servers.ts';
import { emptyFolder, folderOf, sightline } from '../../cli/support.ts';
import { keysOf } from './moto-accounts.ts';
import { pulling } from './pulling.ts';

const moto = await startMoto();
const skipped = typeof moto === 'string';
const server = moto as Server;

const REGIONS = ['eu-west-1', 'us-east-1'] as const;
const MEMBER = '999999999999';
let next = 100_000_000_000;

const config = (account: string, more = ''): string => `
accounts: [{ account: '${account}', name: security }]
credentials: { audit: { aws: { roleArn: 'arn:aws:iam::{account}:role/audit' } } }
jobs:
  - { name: hub, scanner: securityhub, accounts: {}, credentials: audit, regions: [${REGIONS.join(', ')}], attempts: 1${more} }
`;

interface Cursor {
  readonly regions: Readonly<Record<string, { until: number; fullAt: number; products: string[] }>>;
}

describe.skipIf(skipped)('Security Hub, on a simulated AWS', () => {
  let proxy: FaultProxy;
  let env: Record<string, string>;
  /** A new one for each test, with Security Hub on in both regions. */
  let account = '';
  /** Of calls to Security Hub, what they asked for. */
  let asked: { region: string; path: string; body: string }[] = [];

  beforeAll(async () => {
    proxy = await startFaultProxy(server);
    env = { ...server.env, AWS_ENDPOINT_URL: proxy.endpoint };
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await proxy.stop();
    await server.stop();
  });
  beforeEach(async () => {
    account = String(next++);
    faults(() => 'pass');
    for (const region of REGIONS) await (await hub(region)).send(new EnableSecurityHubCommand({}));
  });

  /** What happens to calls to Security Hub; all others pass. */
  function faults(decide: (region: string, path: string, count: number) => Fault): void {
    let count = 0;
    asked = [];
    proxy.decide = (request) => {
      const { service, region } = callOf(request);
      if (service !== 'securityhub') return 'pass';
      const path = request.url ?? '';
      const call = { region, path, body: '' };
      asked.push(call);
      request.on('data', (chunk: Buffer) => (call.body += chunk.toString()));
      return decide(region, path, ++count);
    };
  }

  async function hub(region: string): Promise<SecurityHubClient> {
    return new SecurityHubClient({
      endpoint: server.endpoint,
      region,
      credentials: await keysOf(server.endpoint, account),
    });
  }

  const finding = (
    region: string,
    id: string,
    more: Partial<AwsSecurityFinding> = {},
  ): AwsSecurityFinding => ({
    ...{ SchemaVersion: '2018-10-08', Id: id, GeneratorId: 'security-control/S3.8', AwsAccountId: account },
    ProductArn: `arn:aws:securityhub:${region}::product/aws/securityhub`,
    ...{ CreatedAt: '2026-11-01T00:00:00Z', UpdatedAt: '2026-11-02T00:00:00Z', Region: region },
    ...{ Severity: { Label: 'HIGH' }, Title: 'S3.8', Description: 'public', RecordState: 'ACTIVE' },
    ...{ Workflow: { Status: 'NEW' }, Compliance: { Status: 'FAILED', SecurityControlId: 'S3.8' } },
    Resources: [{ Type: 'AwsS3Bucket', Id: `arn:aws:s3:::b-${id}`, Region: region }],
    ...more,
  });

  async function bring(region: string, findings: readonly AwsSecurityFinding[]): Promise<void> {
    const client = await hub(region);
    for (let from = 0; from < findings.length; from += 100) {
      const Findings = findings.slice(from, from + 100);
      await client.send(new BatchImportFindingsCommand({ Findings }));
    }
  }

  /** As if they had vanished: the simulation forgets everything with its subscription. */
  async function forget(region: string): Promise<void> {
    const client = await hub(region);
    await client.send(new DisableSecurityHubCommand({}));
    await client.send(new EnableSecurityHubCommand({}));
  }

  const many = (region: string, count: number): AwsSecurityFinding[] =>
    Array.from({ length: count }, (_, n) => finding(region, `${region}-${n}`));
  const weekAgo = (cursor: unknown): unknown => {
    const { regions } = cursor as Cursor;
    const older = Object.entries(regions).map(([region, known]) => [
      region,
      { ...known, fullAt: known.fullAt - 8 * 86_400_000 },
    ]);
    return { regions: Object.fromEntries(older) as unknown };
  };

  it('gives everything first, page by page, then what was updated since', async () => {
    await bring('eu-west-1', many('eu-west-1', 250));
    await bring('us-east-1', [finding('us-east-1', 'u')]);
    const here = pulling(config(account));
    const first = await here.run('hub');
    expect(first).toMatchObject({ outcome: 'complete', reason: null, scopes: [`asff/aws/${account}`] });
    expect(await here.open()).toHaveLength(251);
    const pages = asked.filter(({ path }) => path === '/findings');
    expect(pages.map(({ region }) => region)).toEqual(['eu-west-1', 'eu-west-1', 'eu-west-1', 'us-east-1']);
    expect(JSON.parse(pages[0]?.body ?? '')).toMatchObject({
      Filters: {
        RecordState: [{ Value: 'ACTIVE', Comparison: 'EQUALS' }],
        Region: [{ Value: 'eu-west-1', Comparison: 'EQUALS' }],
      },
      MaxResults: 100,
    });
    faults(() => 'pass');
    await bring('eu-west-1', [finding('eu-west-1', 'eu-west-1-7', { RecordState: 'ARCHIVED' })]);
    const second = await here.run('hub');
    expect(second).toMatchObject({ outcome: 'complete', fixed: { HIGH: 1 } });
    expect(await here.open()).toHaveLength(250);
    const { regions } = first.cursor as Cursor;
    const since = new Date((regions['eu-west-1']?.until ?? 0) - 15 * 60_000).toISOString();
    expect(JSON.parse(asked[0]?.body ?? '')).toMatchObject({
      Filters: { UpdatedAt: [{ Start: since, End: expect.any(String) as string }] },
    });
  }, 120_000);

  it('closes what vanished only when everything is listed again, also of a product without any finding left', async () => {
    await bring('eu-west-1', [
      finding('eu-west-1', 'a'),
      finding('eu-west-1', 'b', { ProductArn: 'arn:aws:securityhub:eu-west-1::product/aws/macie' }),
    ]);
    const here = pulling(config(account));
    await here.run('hub');
    await forget('eu-west-1');
    await here.run('hub');
    expect(await here.open()).toHaveLength(2);
    here.changeCursor(weekAgo);
    expect(await here.run('hub')).toMatchObject({ outcome: 'complete', fixed: { HIGH: 2 } });
    expect(await here.open()).toEqual([]);
  }, 120_000);

  it('of an administrator closes findings of members that have none left, and leaves who is no member alone', async () => {
    const client = await hub('eu-west-1');
    await client.send(
      new CreateMembersCommand({ AccountDetails: [{ AccountId: MEMBER, Email: 'member@example.org' }] }),
    );
    const stranger = '888888888888';
    await bring('eu-west-1', [
      finding('eu-west-1', 'a', { AwsAccountId: MEMBER }),
      finding('eu-west-1', 'b', { AwsAccountId: stranger }),
    ]);
    const here = pulling(config(account));
    await here.run('hub');
    expect(await here.open()).toHaveLength(2);
    await forget('eu-west-1');
    here.changeCursor(weekAgo);
    await here.run('hub');
    expect(await here.open()).toEqual([`asff/${stranger} eu-west-1 S3.8`]);
  }, 120_000);

  it('is heard in spite of throttling, errors and lost connections: nothing is missing and nothing twice', async () => {
    await bring('eu-west-1', many('eu-west-1', 450));
    const kinds: Fault[] = [
      { status: 429, error: 'TooManyRequestsException' },
      { status: 400, error: 'ThrottlingException' },
      500,
      'cut-before',
      'cut-body',
      503,
      'cut-after',
    ];
    let hits = 0;
    faults((_region, path, count) =>
      path === '/findings' && count % 3 !== 0 ? (kinds[hits++ % kinds.length] ?? 'pass') : 'pass',
    );
    const here = pulling(config(account));
    expect(await here.run('hub')).toMatchObject({ outcome: 'complete', reason: null });
    expect(hits).toBeGreaterThanOrEqual(7);
    const found = await here.findings();
    expect(found).toHaveLength(450);
    expect(new Set(found.map(({ sourceFindingId }) => sourceFindingId)).size).toBe(450);
    expect(found.every(({ occurrences }) => occurrences === 1)).toBe(true);
  }, 240_000);

  it('that fails in one region closes nothing there and goes on from where it was there; elsewhere it does', async () => {
    await bring('eu-west-1', many('eu-west-1', 150));
    await bring('us-east-1', [finding('us-east-1', 'u')]);
    const here = pulling(config(account));
    const before = (await here.run('hub')).cursor as Cursor;
    await forget('us-east-1');
    await forget('eu-west-1');
    await bring('eu-west-1', many('eu-west-1', 120).slice(110));
    here.changeCursor(weekAgo);
    const denied = {
      status: 403,
      error: 'AccessDeniedException',
      message: 'is not authorized to perform: securityhub:GetFindings',
    };
    faults((region, path) => (region === 'eu-west-1' && path === '/findings' ? denied : 'pass'));
    const run = await here.run('hub');
    expect(run).toMatchObject({
      outcome: 'partial',
      reason: 'securityhub:GetFindings in eu-west-1: AccessDeniedException',
      fixed: { HIGH: 1 },
    });
    expect((await here.open()).every((line) => line.includes('eu-west-1'))).toBe(true);
    expect(await here.open()).toHaveLength(150);
    const after = run.cursor as Cursor;
    expect(after.regions['eu-west-1']?.until).toBe(before.regions['eu-west-1']?.until);
    expect(after.regions['us-east-1']?.until).toBeGreaterThan(before.regions['us-east-1']?.until ?? 0);
    // Half of it came before it failed: that is taken in, and what is missing of it stays open.
    await bring('eu-west-1', many('eu-west-1', 400).slice(250));
    faults((region, path, count) =>
      region === 'eu-west-1' && path === '/findings' && count > 2 ? denied : 'pass',
    );
    expect(await here.run('hub')).toMatchObject({ outcome: 'partial', fixed: { HIGH: 0 } });
    const half = (await here.open()).length;
    expect(half).toBeGreaterThan(150);
    faults(() => 'pass');
    expect(await here.run('hub')).toMatchObject({ outcome: 'complete', fixed: { HIGH: 140 } });
    expect(await here.open()).toHaveLength(160);
  }, 240_000);

  it('not switched on in a region is no gap, and closes nothing there', async () => {
    await bring('us-east-1', [finding('us-east-1', 'u')]);
    const here = pulling(config(account));
    await here.run('hub');
    here.changeCursor(weekAgo);
    const off = {
      status: 401,
      error: 'InvalidAccessException',
      message: 'Account is not subscribed to AWS Security Hub',
    };
    faults((region) => (region === 'us-east-1' ? off : 'pass'));
    expect(await here.run('hub')).toMatchObject({ outcome: 'complete', reason: null });
    expect(await here.open()).toHaveLength(1);
    // Everywhere: then there is nothing to report at all.
    faults(() => off);
    expect(await here.run('hub')).toMatchObject({ outcome: 'complete', reason: null });
  }, 120_000);

  it('keeps its place when what it found can not be written, and finds it again', async () => {
    /** A store that takes no findings for a while. */
    class Refusing extends MemoryStore {
      refuses = false;
      override put(...args: Parameters<MemoryStore['put']>): Promise<void> {
        return this.refuses ? Promise.reject(new Error('the disk is full')) : super.put(...args);
      }
    }
    const store = new Refusing();
    const here = pulling(config(account), store);
    const first = await here.run('hub');
    await bring('eu-west-1', many('eu-west-1', 30));
    store.refuses = true;
    const second = await here.run('hub');
    expect(second).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('the disk is full') as string,
    });
    expect(second.cursor).toEqual(first.cursor);
    expect(await here.open()).toEqual([]);
    store.refuses = false;
    expect(await here.run('hub')).toMatchObject({ outcome: 'complete', fresh: { HIGH: 30 } });
    // The overlap gives them again.
    expect(await here.run('hub')).toMatchObject({ outcome: 'complete', fresh: { HIGH: 0 } });
    expect((await here.findings()).map(({ occurrences, reopenCount }) => occurrences + reopenCount)).toEqual(
      Array.from({ length: 30 }, () => 1),
    );
  }, 120_000);

  it('runs from the command line in accounts by a role in each, and its runs say what they covered', async () => {
    await bring('eu-west-1', many('eu-west-1', 3));
    const first = account;
    account = String(next++);
    await bring('us-east-1', [finding('us-east-1', 'u')]);
    const folder = folderOf({
      'sightline.yaml': config(first).replace('accounts: [', `accounts: [{ account: '${account}' }, `),
    });
    const store = emptyFolder();
    const given = ['--store', store, '--config', `${folder}/sightline.yaml`];
    const ran = await sightline(['run', 'hub', '--json', ...given], { env });
    expect(ran.stderr).not.toMatch(/level":50|error/i);
    expect(ran.code).toBe(0);
    const listed = await sightline(['findings', '--format', 'ndjson', ...given], { env });
    const accounts = listed.documents.map((row) => row['account']);
    expect(accounts.sort()).toEqual([first, first, first, account].sort());
    const rebuilt = await sightline(['rebuild', '--all', '--yes', ...given], { env });
    expect(rebuilt.code).toBe(0);
    const again = await sightline(['findings', '--format', 'ndjson', ...given], { env });
    expect(again.documents).toEqual(listed.documents);
  }, 180_000);
});
