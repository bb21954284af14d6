import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AccountBook, type Discovery } from '../../collector/src/scanners/accounts/book.ts';
import type { AzureAccess } from '../../collector/src/scanners/credentials/azure.ts';
import { grant } from '../../collector/src/scanners/credentials/index.ts';
import { configuredAccount } from '../../collector/src/scanners/accounts/configured.ts';
import type { Account } from '../../collector/src/scanners/job.ts';
import { Secrets } from '../../collector/src/scanners/secrets.ts';
import { folderOf } from '../cli/support.ts';
import {
  CLIENT,
  CLIENT_SECRET,
  type FakeAzure,
  fakeToken,
  startFakeAzure,
  TENANT,
} from '../support/fake-azure.ts';
import { listen } from '../support/listener.ts';
import { MemoryStore } from '../support/memory-store.ts';

const id = (digit: number): string => `${String(digit).repeat(8)}-0000-4000-8000-000000000000`;

const log = pino({ level: 'silent' });

describe('subscriptions of Azure, against a server that behaves as its documentation says', () => {
  let azure: FakeAzure;
  let access: AzureAccess;

  beforeAll(async () => {
    azure = await startFakeAzure();
  });
  afterAll(async () => {
    await azure.stop();
  });
  beforeEach(() => {
    azure.decide = () => 'pass';
    azure.linksTo = undefined;
    azure.grants.length = 0;
    azure.subscriptions = [
      { id: id(1), name: 'payments', state: 'Enabled', tags: { team: 'core', environment: 'production' } },
      { id: id(2), name: 'website', state: 'Enabled', tags: { team: 'web', environment: 'production' } },
      { id: id(3), name: 'closed', state: 'Disabled' },
      { id: id(4), name: 'sandbox', state: 'Enabled' },
      { id: id(5), name: 'late to pay', state: 'PastDue' },
    ];
    azure.groups = {
      prod: ['prod-web', id(1).toUpperCase(), id(2), id(3)],
      'prod-web': [id(2)],
    };
    access = {
      ...{ tenantId: TENANT, clientId: CLIENT, clientSecret: { env: 'SECRET' } },
      ...{ authorityHost: azure.url, endpoint: azure.url },
    };
  });
  afterEach(() => vi.unstubAllEnvs());

  function book(
    source: Partial<NonNullable<Discovery['azure']>> = {},
    store = new MemoryStore(),
    env: Record<string, string> = { SECRET: CLIENT_SECRET },
  ): AccountBook {
    return new AccountBook({
      entries: [],
      discoveries: [
        {
          ...{ name: 'tenant', refresh: 3_600_000, minimumShare: 0.5 },
          azure: { teamTag: 'team', environmentTag: 'environment', credentials: 'reader', ...source },
        },
      ],
      credentials: { reader: { azure: access } },
      store,
      context: { env, secrets: new Secrets(env, Date.now), log },
      now: () => store.clock,
      log,
    });
  }

  const names = (accounts: readonly Account[]): (string | null)[] => accounts.map(({ name }) => name).sort();

  it('are found with their names and tags over all pages, if they are enabled', async () => {
    const found = await book().all();
    expect(names(found)).toEqual(['payments', 'sandbox', 'website']);
    expect(found.find(({ name }) => name === 'payments')).toMatchObject({
      ...{ cloud: 'azure', account: id(1), team: 'core', environment: 'production', origin: 'tenant' },
      labels: { team: 'core', environment: 'production' },
    });
    expect(azure.grants.map((grant) => grant.get('scope'))).toEqual([
      expect.stringContaining(`${azure.url}/.default`),
    ]);
  });

  it('are chosen by management group with all below it, by tag, and by id or name', async () => {
    const only = async (source: Partial<NonNullable<Discovery['azure']>>): Promise<(string | null)[]> =>
      names(await book(source).all());
    expect(await only({ include: { managementGroups: ['prod'] } })).toEqual(['payments', 'website']);
    expect(await only({ exclude: { managementGroups: ['prod-web'] } })).toEqual(['payments', 'sandbox']);
    expect(
      await only({ include: { managementGroups: ['prod'] }, exclude: { managementGroups: ['prod-web'] } }),
    ).toEqual(['payments']);
    expect(await only({ include: { tags: { team: ['w*'] } } })).toEqual(['website']);
    expect(await only({ exclude: { accounts: ['sand*', id(1)] } })).toEqual(['website']);
  });

  it('are found in spite of throttling, errors and lost connections', async () => {
    const fates = [429, 'reset', 503, 500] as const;
    azure.count = 0;
    azure.decide = (_request, count) => (count % 2 === 1 ? (fates[(count >> 1) % 4] ?? 'pass') : 'pass');
    azure.tokenFates = [503, 429];
    const accounts = book({ include: { managementGroups: ['prod'] } });
    expect(names(await accounts.all())).toEqual(['payments', 'website']);
    expect(accounts.problems.size).toBe(0);
    expect(azure.tokenFates).toEqual([]);
  }, 60_000);

  it('stay as they were found last when Azure refuses; the missing right is named', async () => {
    const store = new MemoryStore();
    const before = names(await book({}, store).all());
    store.clock += 4_000_000;
    azure.decide = (request) => (request.url?.startsWith('/subscriptions') === true ? 403 : 'pass');
    const later = book({}, store);
    expect(names(await later.all())).toEqual(before);
    expect(later.problems.get('tenant')).toBe(
      'Azure does not answer Microsoft.Resources/subscriptions/read: it answered 403 AuthorizationFailed',
    );
  });

  it('that are in a group and can not be read are a problem, not gone', async () => {
    azure.groups['prod'] = [id(1), id(9)];
    const store = new MemoryStore();
    const accounts = book({ include: { managementGroups: ['prod'] } }, store);
    expect(names(await accounts.all())).toEqual(['payments']);
    expect(accounts.problems.get('tenant')).toContain(
      `1 subscriptions of the management groups can't be read (${id(9)})`,
    );
    // Whoever takes the list from the bucket hears of it too.
    const other = book({ include: { managementGroups: ['prod'] } }, store);
    await other.all();
    expect(other.problems).toEqual(accounts.problems);
  });

  it('are not asked for at another host, whatever a page says', async () => {
    azure.linksTo = 'https://elsewhere.example.org';
    const accounts = book();
    expect(await accounts.all()).toEqual([]);
    expect(accounts.problems.get('tenant')).toBe('Azure sends on to another host for the rest of a list');
  });

  it('say what is wrong with a secret, and not the secret', async () => {
    const accounts = book({}, new MemoryStore(), { SECRET: 'not-the-right-one' });
    await accounts.all();
    expect(accounts.problems.get('tenant')).toBe(
      `Azure gives the application ${CLIENT} no token: AADSTS7000215: Invalid client secret provided`,
    );
  });

  it('are read with the token of a workload identity', async () => {
    const folder = folderOf({ token: 'projected-token\n' });
    access = { ...access, clientSecret: undefined, federatedTokenFile: `${folder}/token` };
    expect(names(await book().all())).toEqual(['payments', 'sandbox', 'website']);
    expect(azure.grants[0]?.get('client_assertion_type')).toContain('jwt-bearer');
  });

  it('are read without credentials by what the environment holds', async () => {
    const env = {
      ...{ AZURE_TENANT_ID: TENANT, AZURE_CLIENT_ID: CLIENT, AZURE_CLIENT_SECRET: CLIENT_SECRET },
      ...{ AZURE_AUTHORITY_HOST: `${azure.url}/`, AZURE_RESOURCE_MANAGER_ENDPOINT: azure.url },
    };
    const found = await book({ credentials: undefined }, new MemoryStore(), env).all();
    expect(names(found)).toEqual(['payments', 'sandbox', 'website']);
  });

  it('are read with the managed identity of the machine where nothing else is said', async () => {
    const asked: URLSearchParams[] = [];
    const identity = await listen((request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://127.0.0.1');
      asked.push(searchParams);
      const isRight = request.headers['x-identity-header'] === 'of-the-machine';
      response.writeHead(isRight ? 200 : 403, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          access_token: fakeToken(),
          expires_on: String(Math.floor(Date.now() / 1000) + 3600),
          resource: searchParams.get('resource'),
          token_type: 'Bearer',
        }),
      );
    });
    vi.stubEnv('IDENTITY_ENDPOINT', `${identity.url}/msi/token`);
    vi.stubEnv('IDENTITY_HEADER', 'of-the-machine');
    try {
      const env = { AZURE_RESOURCE_MANAGER_ENDPOINT: azure.url };
      const found = await book({ credentials: undefined }, new MemoryStore(), env).all();
      expect(names(found)).toEqual(['payments', 'sandbox', 'website']);
      expect(asked.map((one) => one.get('resource'))).toContain(azure.url);
    } finally {
      await identity.stop();
    }
  });

  it('are scanned in the cloud that the credentials are of', async () => {
    const env = { SECRET: CLIENT_SECRET };
    const granted = await grant(
      { azure: { ...access, authorityHost: 'https://login.microsoftonline.us' } },
      configuredAccount({ account: id(1) }),
      { env, secrets: new Secrets(env, Date.now), log },
    );
    expect(granted.env).toMatchObject({
      AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.us',
      AZURE_CLIENT_SECRET: CLIENT_SECRET,
    });
  });
});
