import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateAccountCommand,
  CreateOrganizationalUnitCommand,
  CreateOrganizationCommand,
  DescribeCreateAccountStatusCommand,
  ListRootsCommand,
  MoveAccountCommand,
  OrganizationsClient,
  TagResourceCommand,
} from '@aws-sdk/client-organizations';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  AccountBook,
  type AccountBookOptions,
  type Discovery,
} from '../../collector/src/scanners/accounts/book.ts';
import { awsKeys, grant } from '../../collector/src/scanners/credentials/index.ts';
import type { Account } from '../../collector/src/scanners/job.ts';
import { Secrets } from '../../collector/src/scanners/secrets.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { type Server, startMoto } from '../support/servers.ts';
import { emptyFolder, fixture, folderOf, type Ran, sightline } from '../cli/support.ts';

const moto = await startMoto();
const skipped = typeof moto === 'string';
const server = moto as Server;

type Labels = Readonly<Record<string, string>>;

const log = pino({ level: 'silent' });

describe.skipIf(skipped)('accounts of AWS, against a simulated one', () => {
  let proxy: FaultProxy;
  /** As the SDK's clients of the collector see it: through the proxy. */
  let env: Record<string, string>;
  let secrets: Secrets;
  const ids = new Map<string, string>();
  let units: { readonly prod: string; readonly team: string };

  beforeAll(async () => {
    proxy = await startFaultProxy(server);
    env = { ...server.env, AWS_ENDPOINT_URL: proxy.endpoint, AWS_ENDPOINT_URL_S3: proxy.endpoint };
    // Clients read the address of the services from the environment of the process, as they do in life.
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    units = await makeOrganization(ids);
    const secretsManager = new SecretsManagerClient({});
    await secretsManager.send(
      new CreateSecretCommand({
        Name: 'scanner',
        SecretString: JSON.stringify({ token: 'from-the-manager' }),
      }),
    );
    const ssm = new SSMClient({});
    await ssm.send(
      new PutParameterCommand({ Name: '/scanner/token', Value: 'from-ssm', Type: 'SecureString' }),
    );
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await proxy.stop();
    await server.stop();
  });
  beforeEach(() => {
    secrets = new Secrets(env, Date.now);
    proxy.decide = () => 'pass';
  });

  const id = (name: string): string => ids.get(name) ?? '';

  function book(
    store: MemoryStore,
    more: Partial<Discovery> = {},
    aws: Partial<Discovery['aws']> = {},
    rest: Partial<AccountBookOptions> = {},
  ): AccountBook {
    return new AccountBook({
      entries: [{ account: id('payments'), name: 'ours', labels: { tier: '1' } }],
      discoveries: [
        {
          name: 'organization',
          refresh: 3_600_000,
          minimumShare: 0.5,
          ...more,
          aws: { teamTag: 'team', environmentTag: 'environment', ...aws },
        },
      ],
      credentials: {},
      store,
      context: { env, secrets, log },
      now: () => store.clock,
      log,
      ...rest,
    });
  }

  const names = (accounts: readonly Account[]): (string | null)[] => accounts.map(({ name }) => name).sort();

  it('are found with their names and tags; what the configuration says wins', async () => {
    const found = await book(new MemoryStore()).all();
    const payments = found.filter(({ account }) => account === id('payments'));
    expect(payments).toMatchObject([
      { name: 'ours', team: 'core', environment: 'production', labels: { tier: '1', team: 'core' } },
    ]);
    expect(names(found)).toEqual(expect.arrayContaining(['sandbox', 'website']));
  });

  it('are chosen by organizational unit with all below it, by tag, and by name', async () => {
    const only = async (aws: Partial<Discovery['aws']>): Promise<(string | null)[]> =>
      names(await book(new MemoryStore(), {}, aws).all());
    expect(await only({ include: { ous: [units.prod] } })).toEqual(['ours', 'website']);
    expect(await only({ include: { ous: [units.team] } })).toEqual(['ours', 'website']);
    expect(await only({ include: { tags: { team: ['web*'] } } })).toEqual(['ours', 'website']);
    expect(await only({ exclude: { ous: [units.prod], accounts: ['master'] } })).toEqual(['ours', 'sandbox']);
    expect(await only({ exclude: { tags: { environment: ['production'] }, accounts: ['master'] } })).toEqual([
      'ours',
      'sandbox',
    ]);
  });

  it('are found in spite of throttling, errors and lost connections', async () => {
    const faults = [429, 500, 'cut-before', 503, 'cut-after'] as const;
    proxy.decide = (_request, count) =>
      count % 3 === 0 ? (faults[(count / 3) % faults.length] ?? 'pass') : 'pass';
    const accounts = book(new MemoryStore());
    const found = await accounts.all();
    expect(accounts.problems.size).toBe(0);
    expect(names(found)).toEqual(expect.arrayContaining(['ours', 'sandbox', 'website']));
  }, 120_000);

  it('stay as they were found last when the organization does not answer', async () => {
    const store = new MemoryStore();
    const before = names(await book(store).all());
    store.clock += 4_000_000;
    proxy.decide = () => 400;
    const later = book(store);
    expect(names(await later.all())).toEqual(before);
    expect(later.problems.get('organization')).toContain('organizations:');
  });

  it('that vanish in great number are not believed to be gone', async () => {
    const store = new MemoryStore();
    const before = names(await book(store).all());
    store.clock += 4_000_000;
    const filtered = book(store, { minimumShare: 0.9 }, { include: { accounts: ['sandbox'] } });
    expect(names(await filtered.all())).toEqual(before);
    expect(filtered.problems.get('organization')).toMatch(/^only 1 of \d accounts were found/);
  });

  it('are asked for once in an hour by all collectors together', async () => {
    const store = new MemoryStore();
    await book(store).all();
    const asked = proxy.count;
    await book(store).all();
    expect(proxy.count).toBe(asked);
  });

  it('are taken up by whoever sees the list; again and again while that fails', async () => {
    const store = new MemoryStore();
    const told: string[] = [];
    let fails = true;
    const onList = (name: string, asked: boolean): Promise<void> => {
      told.push(`${name} ${asked ? 'asked' : 'seen'}`);
      return fails ? Promise.reject(new Error('the store is away')) : Promise.resolve();
    };
    const first = book(store, {}, {}, { onList });
    expect((await first.all()).length).toBeGreaterThan(2);
    await first.all();
    expect(told).toEqual(['organization asked']);
    fails = false;
    store.clock += 61_000;
    await first.all();
    await book(store, {}, {}, { onList }).all();
    expect(told.slice(1)).toEqual(['organization asked', 'organization seen']);
    // No answer is no new list.
    store.clock += 4_000_000;
    proxy.decide = () => 400;
    await book(store, {}, {}, { onList }).all();
    expect(told.slice(3)).toEqual(['organization seen']);
  });

  it('give their name, team and chosen tags to the findings of a job; what changes there, changes', async () => {
    const organizations = new OrganizationsClient({});
    const tag = async (tags: Record<string, string>): Promise<void> => {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      await organizations.send(new TagResourceCommand({ ResourceId: id('website'), Tags }));
    };
    await tag({ 'cost-center': '42', scanned: 'today' });
    const report = fixture('prowler/fixtures/v3.ocsf.json');
    const scanner = folderOf({
      'scanner.mjs': `import { readFileSync, writeFileSync } from 'node:fs';
        const [, , output, account] = process.argv;
        const text = readFileSync(${JSON.stringify(report)}, 'utf8').replaceAll('123456789012', account);
        writeFileSync(output + '/report.ocsf.json', text);`,
    });
    const folder = folderOf({
      'sightline.yaml': `
accounts:
  - { account: '${id('payments')}', name: ours }
discovery:
  - name: organization
    labels: [cost-center]
    refresh: 1s
    aws: { include: { accounts: [website, payments] } }
jobs:
  - name: stub
    scanner: command
    accounts: {}
    attempts: 1
    command: ['${process.execPath}', '${scanner}/scanner.mjs', '{output}', '{account}']
`,
    });
    const run = async (...args: string[]): Promise<Ran> => {
      const ran = await sightline([...args, '--store', `${folder}/data`], { env, cwd: folder });
      expect(ran.code, ran.stderr).toBe(0);
      return ran;
    };
    const owners = async (): Promise<unknown[]> => {
      const [document] = (await run('findings', '--all', '--json')).documents;
      const findings = document?.['findings'] as Record<string, unknown>[];
      const seen = findings.map(({ account, accountName, team, environment, labels }) =>
        JSON.stringify({ account, accountName, team, environment, cost: (labels as Labels)['cost-center'] }),
      );
      return [...new Set(seen)].sort().map((one) => JSON.parse(one) as unknown);
    };
    const check = async (): Promise<string> => {
      const [document] = (await run('doctor', '--json')).documents;
      const checks = document?.['checks'] as { name: string; status: string; detail: string }[];
      const found = checks.find(({ name }) => name === 'found: organization');
      return `${found?.status ?? ''}: ${found?.detail ?? ''}`;
    };
    expect(await check()).toMatch(/^ok: nothing yet/);
    await run('config', 'apply', '--by', 'ops');
    await run('run', 'stub');
    const payments = {
      account: id('payments'),
      accountName: 'ours',
      team: 'core',
      environment: 'production',
    };
    const website = { ...payments, account: id('website'), accountName: 'website', cost: '42' };
    expect(new Set(await owners())).toEqual(new Set([payments, { ...website, team: 'web' }]));
    expect(await check()).toBe('ok: 2 accounts, in force');

    // Looking at the list is not putting it into force; `doctor` knows the difference.
    await tag({ team: 'shop', scanned: 'again' });
    await sleep(1_100);
    await run('status');
    expect(await check()).toBe(`warn: what was found of 1 account is not in force: aws/${id('website')}`);
    await run('run', 'stub', '--target', `aws/${id('payments')}`);
    expect(new Set(await owners())).toEqual(new Set([payments, { ...website, team: 'shop' }]));
    expect(await check()).toBe('ok: 2 accounts, in force');

    // What is tried out on findings is tried on them as they are.
    writeFileSync(
      `${folder}/mutes.yaml`,
      `mutes: [{ id: lab, owner: ops, reason: r, expires: '2099-01-01', match: { label: { cost-center: '42' } } }]`,
    );
    const [preview] = (await run('mutes', 'preview', '--json', '--config', 'mutes.yaml')).documents;
    expect(preview).toMatchObject({ rules: [{ state: 'in force' }] });

    const shown = (await run('config', 'show')).stdout;
    expect(shown).toContain(`#     account: "${id('website')}"\n#     name: website\n#     team: shop\n`);
    writeFileSync(`${folder}/shown.yaml`, shown);
    expect((await run('config', 'apply', '--by', 'ops', '--config', 'shown.yaml')).stdout).toBe(
      'nothing changes\n',
    );
    expect(new Set(await owners())).toEqual(new Set([payments, { ...website, team: 'shop' }]));
  }, 240_000);

  it('are entered by a role in each, with external id and session policy', async () => {
    const bodies: string[] = [];
    proxy.decide = (request) => {
      request.on('data', (chunk: Buffer) => bodies.push(chunk.toString()));
      return 'pass';
    };
    const access = {
      roleArn: 'arn:aws:iam::{account}:role/sightline-audit',
      externalId: { env: 'EXTERNAL_ID' },
      sessionPolicy: { Version: '2012-10-17', Statement: [] },
    };
    secrets = new Secrets({ ...env, EXTERNAL_ID: 'shared-secret' }, Date.now);
    const context = { env, secrets, log };
    for (const account of ['111111111111', '222222222222']) {
      const target: Account = {
        ...{ cloud: 'aws', account, name: null, team: null, environment: null },
        ...{ labels: {}, enabled: true, credentials: null, origin: 'configuration' },
      };
      const granted = await grant({ aws: access }, target, context);
      expect(granted.env['AWS_SESSION_TOKEN']).toBeDefined();
      expect(granted.env['AWS_EC2_METADATA_DISABLED']).toBe('true');
      expect(granted.env['AWS_ENDPOINT_URL']).toBe(proxy.endpoint);
      // The store's, wherever that is.
      expect(granted.env['AWS_ENDPOINT_URL_S3']).toBeUndefined();
      expect(granted.secrets).toContain(granted.env['AWS_SECRET_ACCESS_KEY']);
    }
    const sent = decodeURIComponent(bodies.join('\n'));
    expect(sent).toContain('arn:aws:iam::222222222222:role/sightline-audit');
    expect(sent).toContain('ExternalId=shared-secret');
    expect(sent).toContain('"Version":"2012-10-17"');
  });

  it('take a token of an OpenID Connect issuer', async () => {
    const folder = folderOf({ token: 'eyJhbGciOiJub25lIn0.e30.\n' });
    const keys = await awsKeys(
      { webIdentity: { roleArn: 'arn:aws:iam::333333333333:role/web', tokenFile: `${folder}/token` } },
      '333333333333',
      { env, secrets, log },
    );
    expect(keys.sessionToken).toBeDefined();
  });

  it('have secrets in Secrets Manager and SSM; what is wrong names the right that it takes', async () => {
    expect(await secrets.read({ secretsManager: 'scanner', key: 'token' })).toBe('from-the-manager');
    expect(await secrets.read({ ssm: '/scanner/token' })).toBe('from-ssm');
    await expect(secrets.read({ secretsManager: 'nothing' })).rejects.toMatchObject({
      message: expect.stringContaining('ResourceNotFoundException') as string,
      hint: expect.stringContaining('secretsmanager:GetSecretValue') as string,
    });
    await expect(secrets.read({ ssm: '/nothing' })).rejects.toMatchObject({
      hint: expect.stringContaining('ssm:GetParameter') as string,
    });
  });

  it('are tried out by doctor: who the scanner would be, and whose keys are wrong', async () => {
    const folder = folderOf({
      'sightline.yaml': `
accounts:
  - { account: '111111111111', name: one }
  - { account: '222222222222', name: two, credentials: fixed }
credentials:
  role: { aws: { roleArn: 'arn:aws:iam::{account}:role/audit' } }
  fixed: { aws: { roleArn: 'arn:aws:iam::111111111111:role/audit' } }
jobs:
  - { name: nightly, scanner: prowler, schedule: '0 3 * * *', accounts: {}, credentials: role }
`,
    });
    const { code, documents } = await sightline(
      [
        'doctor',
        '--json',
        '--account',
        'all',
        '--store',
        emptyFolder(),
        '--config',
        `${folder}/sightline.yaml`,
      ],
      { env },
    );
    const checks = documents[0]?.['checks'] as { name: string; status: string; detail: string }[];
    expect(checks.filter(({ name }) => name.startsWith('account'))).toMatchObject([
      { name: 'account aws/111111111111 (role)', status: 'ok' },
      {
        name: 'account aws/222222222222 (fixed)',
        status: 'fail',
        detail: 'the keys are of the account 111111111111',
      },
    ]);
    expect(code).toBe(1);
  });
});

/** root ─ prod ─ team: website; payments in prod; sandbox below the root. */
async function makeOrganization(ids: Map<string, string>): Promise<{ prod: string; team: string }> {
  const client = new OrganizationsClient({});
  await client.send(new CreateOrganizationCommand({ FeatureSet: 'ALL' }));
  const { Roots } = await client.send(new ListRootsCommand({}));
  const root = Roots?.[0]?.Id ?? '';
  const unit = async (name: string, parent: string): Promise<string> => {
    const made = await client.send(new CreateOrganizationalUnitCommand({ Name: name, ParentId: parent }));
    return made.OrganizationalUnit?.Id ?? '';
  };
  const prod = await unit('prod', root);
  const team = await unit('team', prod);
  const account = async (name: string, parent: string, tags: Record<string, string>): Promise<void> => {
    const made = await client.send(
      new CreateAccountCommand({ AccountName: name, Email: `${name}@example.org` }),
    );
    const { CreateAccountStatus } = await client.send(
      new DescribeCreateAccountStatusCommand({ CreateAccountRequestId: made.CreateAccountStatus?.Id }),
    );
    const id = CreateAccountStatus?.AccountId ?? '';
    ids.set(name, id);
    if (parent !== root) {
      await client.send(
        new MoveAccountCommand({ AccountId: id, SourceParentId: root, DestinationParentId: parent }),
      );
    }
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    await client.send(new TagResourceCommand({ ResourceId: id, Tags }));
  };
  await account('website', team, { team: 'web', environment: 'production' });
  await account('payments', prod, { team: 'core', environment: 'production' });
  await account('sandbox', root, { team: 'core', environment: 'test' });
  return { prod, team };
}
