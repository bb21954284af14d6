import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { folderOf, type Ran, sightline } from '../cli/support.ts';
import { type Server, startMoto, startVersitygw } from '../support/servers.ts';
import { type AccountId, type AccountOwner, ACCOUNTS, REGION, settle } from './aws.ts';
import { type AwsProxy, startAwsProxy } from './aws-proxy.ts';

const BIN = fileURLToPath(new URL('../../collector/bin/sightline.js', import.meta.url));
const EXTERNAL_ID = 'shared-with-the-auditor';
const ROLE = 'sightline-audit';

/** A run as `sightline run --json` tells of it. */
export interface RunDocument {
  readonly target: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly exitCode: number | null;
  readonly stderr: string;
  readonly scopes: readonly string[];
  readonly fresh: Readonly<Record<string, number>>;
  readonly fixed: Readonly<Record<string, number>>;
  readonly onboarded: number;
}

/** A finding as `sightline findings --json` tells of it. */
export interface Found {
  readonly fingerprint: string;
  readonly account: string;
  readonly accountName: string | null;
  readonly service: string;
  readonly ruleId: string;
  readonly resourceId: string;
  readonly resourceName: string | null;
}

/** Three accounts of a simulated AWS, a real bucket, and a configuration that has both scanned. */
export interface Estate {
  readonly proxy: AwsProxy;
  readonly owners: Readonly<Record<AccountId, AccountOwner>>;
  run(job: string, ...targets: AccountId[]): Promise<RunDocument[]>;
  /** Begins a run and leaves it going. */
  begin(job: string, target: AccountId): ChildProcess;
  open(source: string): Promise<Found[]>;
  sightline(...args: string[]): Promise<Ran>;
  stop(): Promise<void>;
}

/** @param programs by the name of the scanner in the configuration */
export async function startEstate(programs: Readonly<Record<string, string>>): Promise<Estate | string> {
  const moto = await startMoto({ MOTO_EC2_LOAD_DEFAULT_AMIS: 'false' });
  if (typeof moto === 'string') return moto;
  const bucket = await startVersitygw();
  if (typeof bucket === 'string') {
    await moto.stop();
    return bucket;
  }
  const proxy = await startAwsProxy(moto);
  const ids = Object.keys(ACCOUNTS) as AccountId[];
  const owners = await Promise.all(ids.map((id) => settle(proxy.endpoint, id)));
  proxy.decide = ({ action, parameters }) =>
    action === 'AssumeRole' && !isInvited(parameters) ? 403 : 'pass';
  const config = path.join(folderOf({ 'sightline.yaml': configurationOf(programs) }), 'sightline.yaml');
  const store = await makeBucket(bucket);
  const env = {
    ...{ PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/' },
    ...bucket.env,
    AWS_ENDPOINT_URL: proxy.endpoint,
    // Scanners call S3 Control at <account>.<host of the endpoint>, a name that only the proxy can make sense of.
    HTTP_PROXY: proxy.endpoint,
    http_proxy: proxy.endpoint,
    AUDIT_SECRET: 'auditor-secret',
    EXTERNAL_ID,
  };
  const common = ['--config', config, '--store', store];
  const command = (...args: string[]): Promise<Ran> => sightline([...args, ...common], { env });
  const applied = await command('config', 'apply', '--by', 'tester');
  if (applied.code !== 0) throw new Error(applied.stderr);
  return {
    proxy,
    owners: Object.fromEntries(ids.map((id, index) => [id, owners[index]])) as Record<
      AccountId,
      AccountOwner
    >,
    sightline: command,
    run: async (job, ...targets) => {
      const which = targets.length === 0 ? [] : ['--target', ...targets];
      const ran = await command('run', job, '--json', ...which);
      if (ran.stdout === '') throw new Error(ran.stderr);
      return ran.documents as unknown as RunDocument[];
    },
    begin: (job, target) =>
      spawn(process.execPath, [BIN, 'run', job, '--target', target, ...common], { env, stdio: 'ignore' }),
    open: async (source) => {
      const { documents } = await command('findings', '--json', '--all', '--source', source);
      return (documents[0] as unknown as { findings: Found[] }).findings;
    },
    stop: async () => {
      for (const owner of owners) owner.stop();
      await proxy.stop();
      await Promise.all([moto.stop(), bucket.stop()]);
    },
  };
}

/** As the trust policy of the role would have it: moto does not look at it. */
function isInvited(parameters: URLSearchParams): boolean {
  const role = parameters.get('RoleArn') ?? '';
  return role.endsWith(`:role/${ROLE}`) && parameters.get('ExternalId') === EXTERNAL_ID;
}

async function makeBucket({ endpoint }: Server): Promise<string> {
  const credentials = { accessKeyId: 'sightline-test', secretAccessKey: 'sightline-test-secret' };
  const client = new S3Client({ endpoint, region: REGION, forcePathStyle: true, credentials });
  await client.send(new CreateBucketCommand({ Bucket: 'findings' }));
  client.destroy();
  return `s3://findings/real?region=${REGION}`;
}

function configurationOf(programs: Readonly<Record<string, string>>): string {
  const accounts = Object.entries(ACCOUNTS).map(([account, name]) => ({
    account,
    name,
    team: `team-${name}`,
  }));
  const same = {
    ...{ schedule: '0 3 * * *', accounts: { cloud: 'aws' }, credentials: 'audit', regions: [REGION] },
    ...{ attempts: 1, timeout: '15m' },
  };
  return JSON.stringify({
    accounts,
    credentials: {
      audit: {
        aws: {
          roleArn: `arn:aws:iam::{account}:role/${ROLE}`,
          externalId: { env: 'EXTERNAL_ID' },
          keys: { accessKeyId: 'auditor', secretAccessKey: { env: 'AUDIT_SECRET' } },
          region: REGION,
        },
      },
    },
    collector: {
      scanners: Object.fromEntries(Object.entries(programs).map(([name, program]) => [name, { program }])),
    },
    jobs: [
      { name: 'scoutsuite', scanner: 'scoutsuite', ...same, args: ['--services', 's3', 'iam', 'ec2'] },
      {
        name: 'prowler',
        scanner: 'prowler',
        ...same,
        args: ['--services', 's3', 'ec2', '--scan-unused-services'],
      },
    ],
  });
}

/** Processes that a process started, by the kernel's book. */
export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((id) => id !== '')
    .map(Number);
}

export async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
  return child.exitCode;
}
