import { request as forward } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AwsKeys } from '../../collector/src/scanners/credentials/aws.ts';
import { callAws } from '../../collector/src/scanners/rights/aws-call.ts';
import { neededRights } from '../../collector/src/scanners/rights/index.ts';
import { iam, PROBES } from '../../collector/src/scanners/rights/probes.ts';
import { emptyFolder, folderOf, sightline } from '../cli/support.ts';
import { CLIENT, CLIENT_SECRET, type FakeAzure, startFakeAzure, TENANT } from '../support/fake-azure.ts';
import { type FakeGoogle, SERVICE_ACCOUNT, startFakeGoogle } from '../support/fake-google.ts';
import { bodyOf, type Listener, listen } from '../support/listener.ts';
import { type Server, startMoto, startVersitygw } from '../support/servers.ts';

interface Told {
  readonly code: number | null;
  readonly stdout: string;
  readonly checks: readonly {
    readonly name: string;
    readonly status: string;
    readonly detail: string;
    readonly next: string | null;
    readonly rights?: readonly { right: string; state: string; neededBy: string[] }[];
  }[];
}

async function doctor(config: string, env: Record<string, string>, ...more: string[]): Promise<Told> {
  const folder = folderOf({ 'sightline.yaml': config });
  const where = ['--store', emptyFolder(), '--config', `${folder}/sightline.yaml`];
  const { code, stdout, stderr } = await sightline(['doctor', '--account', 'all', ...where, ...more], {
    env,
  });
  if (!more.includes('--json')) return { code, stdout: stdout + stderr, checks: [] };
  const { checks } = JSON.parse(stdout) as Pick<Told, 'checks'>;
  return { code, stdout, checks: checks.filter(({ name }) => name.startsWith('account')) };
}

const states = (check: Told['checks'][number] | undefined, state: string): string[] =>
  (check?.rights ?? []).filter((one) => one.state === state).map(({ right }) => right);

const moto = await startMoto();
const server = moto as Server;

describe.skipIf(typeof moto === 'string')('rights in accounts of AWS, against a simulated one', () => {
  const AUDITED = '111111111111';
  const OTHER = '222222222222';
  let env: Record<string, string>;

  beforeAll(async () => {
    const root = { AWS_ENDPOINT_URL: server.endpoint };
    const first: AwsKeys = { accessKeyId: 'sightline-test', secretAccessKey: 'sightline-test-secret' };
    const call = async (keys: AwsKeys, action: string, values: Record<string, string>): Promise<string> => {
      const { status, text } = await callAws(iam(action, values), keys, 'us-east-1', root);
      expect(status, text).toBe(200);
      return text;
    };
    for (const account of [AUDITED, OTHER]) {
      const inside = await inAccount(account);
      await call(inside, 'CreateRole', {
        RoleName: 'audit',
        AssumeRolePolicyDocument: policy(['sts:AssumeRole'], { Principal: { AWS: '*' } }),
      });
      const allowed =
        account === AUDITED
          ? ['iam:*', 'ec2:Describe*', 's3:ListAllMyBuckets', 'guardduty:ListDetectors', 'securityhub:*']
          : ['*'];
      await call(inside, 'PutRolePolicy', {
        ...{ RoleName: 'audit', PolicyName: 'p', PolicyDocument: policy(allowed, { Resource: '*' }) },
      });
    }
    await call(first, 'CreateUser', { UserName: 'collector' });
    await call(first, 'PutUserPolicy', {
      ...{ UserName: 'collector', PolicyName: 'p' },
      PolicyDocument: policy(['sts:*'], { Resource: '*' }),
    });
    const made = await call(first, 'CreateAccessKey', { UserName: 'collector' });
    env = {
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: /<AccessKeyId>([^<]+)/.exec(made)?.[1] ?? '',
      AWS_SECRET_ACCESS_KEY: /<SecretAccessKey>([^<]+)/.exec(made)?.[1] ?? '',
    };
    // From here on the simulated AWS asks everybody for rights.
    await fetch(`${server.endpoint}/moto-api/reset-auth`, { method: 'POST', body: '0' });
  });
  afterAll(async () => {
    await server.stop();
  });

  async function inAccount(account: string): Promise<AwsKeys> {
    const { AssumeRoleCommand, STSClient } = await import('@aws-sdk/client-sts');
    const client = new STSClient({
      ...{ region: 'us-east-1', endpoint: server.endpoint },
      credentials: { accessKeyId: 'sightline-test', secretAccessKey: 'sightline-test-secret' },
    });
    const { Credentials: found } = await client.send(
      new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${account}:role/any`, RoleSessionName: 'test' }),
    );
    client.destroy();
    return {
      accessKeyId: found?.AccessKeyId ?? '',
      secretAccessKey: found?.SecretAccessKey ?? '',
      sessionToken: found?.SessionToken ?? '',
    };
  }

  function policy(actions: readonly string[], more: object): string {
    return JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: actions, ...more }],
    });
  }

  const CONFIG = `
accounts:
  - { account: '${AUDITED}', name: narrow }
  - { account: '${OTHER}', name: wide }
credentials:
  audit: { aws: { roleArn: 'arn:aws:iam::{account}:role/audit' } }
jobs:
  - { name: nightly, scanner: prowler, accounts: {}, credentials: audit }
  - { name: idle, scanner: scoutsuite, accounts: {}, credentials: audit, enabled: false }
`;

  it('are tried one by one where they can not be simulated, and those that lack are named', async () => {
    const { code, checks } = await doctor(CONFIG, env, '--json');
    const [narrow, wide] = checks;
    expect(narrow).toMatchObject({ name: `account aws/${AUDITED} (audit)`, status: 'fail' });
    expect(narrow?.detail).toMatch(
      new RegExp(`^arn:aws:sts::${AUDITED}:assumed-role/audit/sightline; \\d+ of `),
    );
    expect(states(narrow, 'ok')).toEqual(
      expect.arrayContaining(['iam:GetAccountSummary', 'ec2:DescribeRegions', 's3:ListAllMyBuckets']),
    );
    expect(states(narrow, 'missing')).toEqual(
      expect.arrayContaining([
        'rds:DescribeDBInstances',
        'kms:ListKeys',
        'lambda:ListFunctions',
        'sqs:ListQueues',
      ]),
    );
    expect(states(narrow, 'missing')).not.toContain('ec2:DescribeRegions');
    expect(narrow?.rights?.[0]?.neededBy).toEqual(['prowler']);
    const statement = JSON.parse(/\{"Effect.*\}/.exec(narrow?.next ?? '')?.[0] ?? '{}') as {
      Action: string[];
    };
    expect(statement.Action).toEqual([...states(narrow, 'missing')].sort());
    expect(wide?.status).toBe('ok');
    expect(states(wide, 'missing')).toEqual([]);
    expect(code).toBe(1);
  }, 60_000);

  it('are shown to people: what lacks, and with --verbose what is there', async () => {
    const short = await doctor(CONFIG, env);
    expect(short.stdout).toMatch(/missing +rds:DescribeDBInstances \(prowler\)/);
    expect(short.stdout).not.toMatch(/ok +ec2:DescribeRegions/);
    expect(short.stdout).not.toContain('not tried');
    const long = await doctor(CONFIG, env, '--verbose');
    expect(long.stdout).toMatch(/ok +ec2:DescribeRegions \(prowler\)/);
    expect(long.stdout).toMatch(/not tried +s3:GetBucketPolicy \(prowler\)/);
  }, 60_000);

  it('are simulated for the role where that may be asked, and nothing else is called then', async () => {
    const asked: URLSearchParams[] = [];
    const front = await simulating((action) => action !== 'kms:ListKeys', asked);
    try {
      const { checks } = await doctor(CONFIG, { ...env, AWS_ENDPOINT_URL: front.url }, '--json');
      expect(states(checks[0], 'missing')).toEqual(['kms:ListKeys']);
      expect(states(checks[0], 'unknown')).toEqual([]);
      expect(asked.map((one) => one.get('PolicySourceArn')).sort()).toEqual([
        `arn:aws:iam::${AUDITED}:role/audit`,
        `arn:aws:iam::${OTHER}:role/audit`,
      ]);
    } finally {
      await front.stop();
    }
  }, 60_000);

  it('of a session with a policy of its own are not simulated: it has less than its role', async () => {
    const asked: URLSearchParams[] = [];
    const front = await simulating(() => true, asked);
    try {
      const config = CONFIG.replace(
        "role/audit' }",
        "role/audit', policyArns: ['arn:aws:iam::aws:policy/X'] }",
      );
      const { checks } = await doctor(config, { ...env, AWS_ENDPOINT_URL: front.url }, '--json');
      expect(states(checks[0], 'missing')).toContain('kms:ListKeys');
      expect(asked).toEqual([]);
    } finally {
      await front.stop();
    }
  }, 60_000);

  /** The simulated AWS, with what IAM answers to a simulation: that it does not know. */
  async function simulating(
    allows: (action: string) => boolean,
    asked: URLSearchParams[],
  ): Promise<Listener> {
    return listen((request, response) => {
      void (async () => {
        const body = await bodyOf(request);
        const values = new URLSearchParams(body);
        if (values.get('Action') === 'SimulatePrincipalPolicy') {
          asked.push(values);
          const actions = [...values].filter(([name]) => name.startsWith('ActionNames.member.'));
          const members = actions.map(
            ([, action]) =>
              `<member><MatchedStatements/><EvalActionName>${action}</EvalActionName><EvalResourceName>*</EvalResourceName><EvalDecision>${allows(action) ? 'allowed' : 'implicitDeny'}</EvalDecision></member>`,
          );
          response.writeHead(200, { 'content-type': 'text/xml' });
          response.end(
            `<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults>${members.join('')}</EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`,
          );
          return;
        }
        // The headers go on as they came, Host too: the signature covers them.
        const { hostname, port } = new URL(server.endpoint);
        const { method, url: path, headers } = request;
        const forwarded = forward({ hostname, port, method, path, headers }, (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        });
        forwarded.end(body);
      })();
    });
  }
});

const versitygw = await startVersitygw();

describe.skipIf(typeof versitygw === 'string')('calls of AWS', () => {
  const s3 = versitygw as Server;
  afterAll(async () => {
    await s3.stop();
  });

  it('are signed so that a server that checks signatures takes them', async () => {
    const call = PROBES['s3:ListAllMyBuckets'];
    if (call === undefined) throw new Error('no call');
    const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = s3.env;
    const ask = async (secret: string): Promise<number> =>
      (await callAws(call, { accessKeyId, secretAccessKey: secret }, 'us-east-1', s3.env)).status;
    expect([await ask(secretAccessKey), await ask('wrong')]).toEqual([200, 403]);
  });
});

describe('rights in subscriptions of Azure', () => {
  const id = '11111111-0000-4000-8000-000000000000';
  const config = (azure: FakeAzure): string => `
accounts: [{ account: '${id}', cloud: azure }]
credentials:
  reader:
    azure:
      { tenantId: ${TENANT}, clientId: ${CLIENT}, clientSecret: { env: SECRET }, authorityHost: '${azure.url}', endpoint: '${azure.url}' }
jobs: [{ name: nightly, scanner: prowler, accounts: {}, credentials: reader }]
`;
  let azure: FakeAzure;
  let env: Record<string, string>;
  beforeAll(async () => {
    azure = await startFakeAzure();
    env = { NODE_EXTRA_CA_CERTS: azure.certificateFile, SECRET: CLIENT_SECRET };
  });
  afterAll(async () => {
    await azure.stop();
  });

  it('are those of all roles together, each without what it leaves out', async () => {
    azure.permissions[id] = [
      { actions: ['*/read'], notActions: ['Microsoft.KeyVault/*', 'Microsoft.Sql/*'] },
      { actions: ['Microsoft.Sql/servers/read'], notActions: [] },
      { actions: ['Microsoft.Web/sites/config/list/Action'], notActions: [] },
    ];
    const { code, checks } = await doctor(config(azure), env, '--json');
    expect(checks[0]).toMatchObject({
      status: 'fail',
      detail: expect.stringContaining(`application ${CLIENT} of tenant ${TENANT}`) as string,
      next: expect.stringContaining('"actions": ["Microsoft.KeyVault/vaults/read"]') as string,
    });
    expect(states(checks[0], 'missing')).toEqual(['Microsoft.KeyVault/vaults/read']);
    expect(code).toBe(1);
  }, 60_000);

  it('are all missing where the application has no role', async () => {
    azure.decide = () => 403;
    const { checks } = await doctor(config(azure), env, '--json');
    expect(states(checks[0], 'missing')).toEqual(
      neededRights(['prowler'], 'azure').map(({ right }) => right),
    );
  }, 60_000);
});

describe('rights in projects of Google Cloud', () => {
  const CONFIG = `
accounts: [{ account: payments-prod }]
credentials: { reader: { gcp: { key: { env: KEY } } } }
jobs: [{ name: nightly, scanner: prowler, accounts: {}, credentials: reader }]
`;
  let google: FakeGoogle;
  let env: Record<string, string>;
  beforeAll(async () => {
    google = await startFakeGoogle();
    env = { CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER: google.url, KEY: google.key };
  });
  afterAll(async () => {
    await google.stop();
  });

  it('are those that the project says it gives', async () => {
    const needed = neededRights(['prowler'], 'gcp').map(({ right }) => right);
    google.permissions['payments-prod'] = needed.filter((right) => right !== 'iam.serviceAccountKeys.list');
    const { checks } = await doctor(CONFIG, env, '--json');
    expect(checks[0]).toMatchObject({
      status: 'fail',
      detail: `${SERVICE_ACCOUNT}; ${needed.length - 1} of ${needed.length} rights there`,
      next: expect.stringContaining('a role with: iam.serviceAccountKeys.list') as string,
    });
    google.permissions['payments-prod'] = needed;
    expect(await doctor(CONFIG, env, '--json')).toMatchObject({ code: 0, checks: [{ status: 'ok' }] });
  }, 60_000);

  it('are nobody’s where Google does not take the key', async () => {
    const key = JSON.stringify({ ...(JSON.parse(google.key) as object), client_email: 'other@example.org' });
    const { checks } = await doctor(CONFIG, { ...env, KEY: key }, '--json');
    expect(checks[0]).toMatchObject({
      status: 'fail',
      detail: 'Google does not say which rights there are: it answered 401 UNAUTHENTICATED',
    });
  }, 60_000);
});
