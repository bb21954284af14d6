import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AccountBook, type Discovery } from '../../collector/src/scanners/accounts/book.ts';
import { gcpApi } from '../../collector/src/scanners/cloud/gcp.ts';
import type { GcpAccess } from '../../collector/src/scanners/credentials/gcp.ts';
import type { Account } from '../../collector/src/scanners/job.ts';
import { Secrets } from '../../collector/src/scanners/secrets.ts';
import { folderOf } from '../cli/support.ts';
import {
  type FakeGoogle,
  SERVICE_ACCOUNT,
  startFakeGoogle,
  workloadIdentity,
} from '../support/fake-google.ts';
import { MemoryStore } from '../support/memory-store.ts';

const OVERRIDE = 'CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER';

const log = pino({ level: 'silent' });

describe('projects of Google Cloud, against a server that behaves as its documentation says', () => {
  let google: FakeGoogle;
  let access: GcpAccess;
  let env: Record<string, string>;

  beforeAll(async () => {
    google = await startFakeGoogle();
  });
  afterAll(async () => {
    await google.stop();
  });
  beforeEach(() => {
    google.decide = () => 'pass';
    google.exchanges.length = 0;
    env = { [OVERRIDE]: `${google.url}/`, KEY: google.key };
    access = { key: { env: 'KEY' } };
    google.folders = [
      { name: 'folders/10', parent: 'organizations/1', state: 'ACTIVE' },
      { name: 'folders/11', parent: 'folders/10', state: 'ACTIVE' },
      { name: 'folders/12', parent: 'folders/10', state: 'ACTIVE' },
      { name: 'folders/13', parent: 'folders/10', state: 'DELETE_REQUESTED' },
    ];
    google.projects = [
      {
        ...{ projectId: 'payments-prod', parent: 'folders/11', state: 'ACTIVE', displayName: 'Payments' },
        labels: { team: 'core', environment: 'production' },
      },
      { projectId: 'website-prod', parent: 'folders/12', state: 'ACTIVE', labels: { team: 'web' } },
      { projectId: 'old-prod', parent: 'folders/12', state: 'DELETE_REQUESTED' },
      { projectId: 'sys-123', parent: 'folders/12', state: 'ACTIVE' },
      { projectId: 'sandbox', parent: 'organizations/1', state: 'ACTIVE' },
    ];
  });
  afterEach(() => vi.unstubAllEnvs());

  function book(source: Partial<NonNullable<Discovery['gcp']>> = {}, store = new MemoryStore()): AccountBook {
    return new AccountBook({
      entries: [],
      discoveries: [
        {
          ...{ name: 'google', refresh: 3_600_000, minimumShare: 0.5 },
          gcp: { teamLabel: 'team', environmentLabel: 'environment', credentials: 'reader', ...source },
        },
      ],
      credentials: { reader: { gcp: access } },
      store,
      context: { env, secrets: new Secrets(env, Date.now), log },
      now: () => store.clock,
      log,
    });
  }

  const ids = (accounts: readonly Account[]): string[] => accounts.map(({ account }) => account).sort();
  const ALL = ['payments-prod', 'sandbox', 'sys-123', 'website-prod'];

  it('are found with their names and labels over all pages, if they are active', async () => {
    const found = await book().all();
    expect(ids(found)).toEqual(ALL);
    expect(found.find(({ account }) => account === 'payments-prod')).toMatchObject({
      ...{ cloud: 'gcp', name: 'Payments', team: 'core', environment: 'production', origin: 'google' },
    });
  });

  it('are chosen by folder or organization with all below it, by label, and by id or name', async () => {
    const only = async (source: Partial<NonNullable<Discovery['gcp']>>): Promise<string[]> =>
      ids(await book(source).all());
    expect(await only({ include: { folders: ['organizations/1'] } })).toEqual(ALL);
    expect(await only({ include: { folders: ['10'] } })).toEqual([
      'payments-prod',
      'sys-123',
      'website-prod',
    ]);
    expect(
      await only({ include: { folders: ['organizations/1'] }, exclude: { folders: ['folders/12'] } }),
    ).toEqual(['payments-prod', 'sandbox']);
    expect(await only({ include: { labels: { team: ['c*'] } } })).toEqual(['payments-prod']);
    expect(await only({ exclude: { accounts: ['sys-*', 'Payments'] } })).toEqual(['sandbox', 'website-prod']);
  });

  it('are found in spite of throttling, errors and lost connections', async () => {
    const fates = [429, 'reset', 503, 500] as const;
    google.count = 0;
    google.decide = (_request, count) => (count % 3 === 1 ? (fates[(count / 3) & 3] ?? 'pass') : 'pass');
    const accounts = book({ include: { folders: ['organizations/1'] } });
    expect(ids(await accounts.all())).toEqual(ALL);
    expect(accounts.problems.size).toBe(0);
  }, 60_000);

  it('stay as they were found last when Google refuses; the missing right is named', async () => {
    const store = new MemoryStore();
    const source = { include: { folders: ['organizations/1'] } };
    const before = ids(await book(source, store).all());
    store.clock += 4_000_000;
    google.decide = (request) => (request.url?.startsWith('/v3/folders') === true ? 403 : 'pass');
    const later = book(source, store);
    expect(ids(await later.all())).toEqual(before);
    expect(later.problems.get('google')).toBe(
      'Google does not answer resourcemanager.folders.list on organizations/1: it answered 403 PERMISSION_DENIED',
    );
  });

  it('are read with a workload identity', async () => {
    const folder = folderOf({ token: 'projected-token' });
    access = {
      credentialsFile: `${folderOf({ 'wif.json': workloadIdentity(google, `${folder}/token`) })}/wif.json`,
    };
    expect(ids(await book().all())).toEqual(ALL);
    expect(google.exchanges[0]?.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:token-exchange');
    expect(google.exchanges[0]?.get('scope')).toContain('cloud-platform.read-only');
  });

  it('are read without credentials as the machine that this runs on', async () => {
    vi.stubEnv('GCE_METADATA_HOST', `127.0.0.1:${google.port}`);
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', '');
    vi.stubEnv('HOME', folderOf({}));
    expect(ids(await book({ credentials: undefined }).all())).toEqual(ALL);
    const api = await gcpApi(undefined, { env, secrets: new Secrets(env, Date.now), log });
    expect(await api.who()).toBe(SERVICE_ACCOUNT);
  });

  it('are asked for where the universe of the key is', async () => {
    env = {
      KEY: JSON.stringify({ ...(JSON.parse(google.key) as object), universe_domain: 'cloud.invalid' }),
    };
    const accounts = book();
    await expect(
      gcpApi(access, { env, secrets: new Secrets(env, Date.now), log }).then((api) => api.who()),
    ).resolves.toBe(SERVICE_ACCOUNT);
    expect(accounts.problems.size).toBe(0);
  });

  it('say what is wrong with a key, and nothing of it', async () => {
    env['KEY'] = '{"type":"service_account","private_key":"-----BEGIN';
    const accounts = book();
    await accounts.all();
    expect(accounts.problems.get('google')).toBe(
      'the key is neither a key of a service account nor the configuration of a workload identity',
    );
  });
});
