import {
  AssociateMemberCommand,
  DisableCommand,
  EnableCommand,
  Inspector2Client,
} from '@aws-sdk/client-inspector2';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { callOf, type FaultProxy, startFaultProxy } from '../../support/fault-proxy.ts';
import { type Server, startMoto } from '../../support/servers.ts';
import { emptyFolder, folderOf, sightline } from '../../cli/support.ts';
import { keysOf } from './moto-accounts.ts';
import { pulling } from './pulling.ts';

const moto = await startMoto();
const skipped = typeof moto === 'string';
const server = moto as Server;
const REGIONS = ['eu-west-1', 'us-east-1'] as const;
const MEMBER = '999999999999';
let next = 300_000_000_000;

const config = (account: string): string => `
accounts: [{ account: '${account}' }]
credentials: { audit: { aws: { roleArn: 'arn:aws:iam::{account}:role/audit' } } }
jobs: [{ name: inspector, scanner: inspector2, accounts: {}, credentials: audit, regions: [${REGIONS.join(', ')}], attempts: 1 }]
`;

describe.skipIf(skipped)('Inspector, on a simulated AWS', () => {
  let proxy: FaultProxy;
  let env: Record<string, string>;
  let account = '';

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
    proxy.decide = () => 'pass';
    for (const region of REGIONS) await enable(region, account);
  });

  async function inspector(region: string): Promise<Inspector2Client> {
    const credentials = await keysOf(server.endpoint, account);
    return new Inspector2Client({ endpoint: server.endpoint, region, credentials });
  }

  async function enable(region: string, ...accountIds: string[]): Promise<void> {
    await (await inspector(region)).send(new EnableCommand({ accountIds, resourceTypes: ['EC2'] }));
  }

  const finding = (region: string, cve: string, owner = account): object => ({
    findingArn: `arn:aws:inspector2:${region}:${owner}:finding/${cve}`,
    ...{ awsAccountId: owner, type: 'PACKAGE_VULNERABILITY', status: 'ACTIVE', severity: 'HIGH', title: cve },
    ...{
      description: cve,
      firstObservedAt: 1_790_000_000,
      lastObservedAt: 1_790_000_000,
      updatedAt: 1_790_000_000,
    },
    remediation: { recommendation: { text: 'Update.' } },
    resources: [{ id: 'i-0abc', type: 'AWS_EC2_INSTANCE', region }],
    packageVulnerabilityDetails: {
      vulnerabilityId: cve,
      source: 'NVD',
      vulnerablePackages: [{ name: 'openssl', version: '3.0.1' }],
    },
  });

  /** The simulation gives a prepared answer to the first list that is asked for, and to each like it. */
  async function prepare(region: string, findings: readonly object[], owner = account): Promise<void> {
    await fetch(`${server.endpoint}/moto-api/static/inspector2/findings-results`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ account_id: owner, region, results: [findings] }),
    });
  }

  it('gives what is active; off in a region, its empty list closes nothing there and is no gap', async () => {
    await prepare('eu-west-1', [
      finding('eu-west-1', 'CVE-2026-0001'),
      finding('eu-west-1', 'CVE-2026-0002'),
    ]);
    const here = pulling(config(account));
    expect(await here.run('inspector')).toMatchObject({ outcome: 'complete', reason: null });
    expect(await here.open()).toHaveLength(2);
    await (
      await inspector('eu-west-1')
    ).send(new DisableCommand({ accountIds: [account], resourceTypes: ['EC2'] }));
    let lists = 0;
    proxy.decide = (request) => {
      if (request.url === '/findings/list') lists++;
      return 'pass';
    };
    expect(await here.run('inspector')).toMatchObject({ outcome: 'complete', reason: null });
    expect(lists).toBe(1);
    expect(await here.open()).toHaveLength(2);
  }, 120_000);

  it('closes what is no longer active, also of a member that has nothing left, and of nobody else', async () => {
    const region = 'eu-west-1';
    await (await inspector(region)).send(new AssociateMemberCommand({ accountId: MEMBER }));
    await enable(region, MEMBER);
    const stranger = '888888888888';
    await prepare(region, [
      finding(region, 'CVE-2026-0001'),
      finding(region, 'CVE-2026-0002', MEMBER),
      finding(region, 'CVE-2026-0003', stranger),
    ]);
    const here = pulling(config(account));
    await here.run('inspector');
    expect(await here.open()).toHaveLength(3);
    proxy.decide = (request) => {
      const refused = request.url === '/findings/list' && callOf(request).region === region;
      return refused ? { status: 403, error: 'AccessDeniedException' } : 'pass';
    };
    expect(await here.run('inspector')).toMatchObject({
      outcome: 'partial',
      reason: `inspector2:ListFindings in ${region}: AccessDeniedException`,
    });
    expect(await here.open()).toHaveLength(3);
    proxy.decide = () => 'pass';
    await startAgain();
    await (await inspector(region)).send(new AssociateMemberCommand({ accountId: MEMBER }));
    await enable(region, account, MEMBER);
    expect(await here.run('inspector')).toMatchObject({ outcome: 'complete', fixed: { HIGH: 2 } });
    expect(await here.open()).toEqual([`inspector2/${stranger} ${region} CVE-2026-0003`]);
  }, 120_000);

  it('runs from the command line in accounts by a role in each, through throttling and lost connections', async () => {
    await prepare('eu-west-1', [finding('eu-west-1', 'CVE-2026-0001')]);
    const first = account;
    account = String(next++);
    for (const region of REGIONS) await enable(region, account);
    await prepare('us-east-1', [finding('us-east-1', 'CVE-2026-0002')]);
    const faults = [{ status: 429, error: 'ThrottlingException' }, 500, 'cut-before', 'cut-body'] as const;
    let calls = 0;
    proxy.decide = (request) =>
      callOf(request).service === 'inspector2' && ++calls % 2 === 0
        ? (faults[(calls / 2) % faults.length] ?? 'pass')
        : 'pass';
    const folder = folderOf({
      'sightline.yaml': config(first).replace('accounts: [', `accounts: [{ account: '${account}' }, `),
    });
    const given = ['--store', emptyFolder(), '--config', `${folder}/sightline.yaml`];
    const ran = await sightline(['run', 'inspector', ...given], { env });
    expect([ran.code, ran.stderr]).toEqual([0, expect.stringContaining('run ended') as string]);
    const { documents } = await sightline(['findings', '--format', 'ndjson', ...given], { env });
    expect(documents.map((row) => `${String(row['account'])} ${String(row['ruleId'])}`).sort()).toEqual([
      `${first} CVE-2026-0001`,
      `${account} CVE-2026-0002`,
    ]);
  }, 180_000);

  /** It gives the same answer to the same question for ever: a new one takes a new simulation. */
  async function startAgain(): Promise<void> {
    await fetch(`${server.endpoint}/moto-api/reset`, { method: 'POST' });
  }
});
