import * as path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { emptyFolder, folderOf, sightline } from '../cli/support.ts';
import { type FakeGoogle, startFakeGoogle } from '../support/fake-google.ts';

const PROJECT = 'shop-prod';
const COMPUTE = `/compute/v1/projects/${PROJECT}`;
const LINK = `https://www.googleapis.com${COMPUTE}`;
/** Each of these starts processes. */
const SLOW = { timeout: 120_000 };
const SERVICES = ['COMPUTE', 'RUN', 'CLOUDFUNCTIONS', 'APPENGINE', 'DNS', 'CLOUDRESOURCEMANAGER'];

describe('the perimeter of a project of Google Cloud, against a server that behaves as its documentation says', () => {
  let google: FakeGoogle;
  let data: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    google = await startFakeGoogle();
    env = {
      KEY: google.key,
      ...Object.fromEntries(
        SERVICES.map((name) => [`CLOUDSDK_API_ENDPOINT_OVERRIDES_${name}`, google.url] as const),
      ),
      // As Google's own tools have it.
      CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${google.url}/compute/v1/`,
    };
  });
  afterAll(async () => {
    await google.stop();
  });
  beforeEach(() => {
    data = path.join(emptyFolder(), 'data');
    google.decide = () => 'pass';
    google.count = 0;
    google.disabled = {};
    google.projects = [
      { projectId: PROJECT, name: 'projects/4711', parent: 'organizations/1', state: 'ACTIVE' },
    ];
    google.pages = exposed();
  });

  const configured = (more = ''): string =>
    folderOf({
      'sightline.yaml': `
credentials:
  reader: { gcp: { key: { env: KEY } } }
accounts:
  - { account: ${PROJECT}, cloud: gcp, name: shop, team: core }
jobs:
  - name: edge
    scanner: perimeter
    accounts: { cloud: gcp }
    credentials: reader
    attempts: 1
${more}`,
    });
  const run = (folder: string, ...args: string[]) =>
    sightline([...args, '--json', '--config', `${folder}/sightline.yaml`, '--store', data], { env });
  const findings = async (folder: string, ...args: string[]): Promise<Record<string, unknown>[]> => {
    const { documents } = await run(folder, 'findings', '--rule', 'exposed-asset', ...args);
    return documents[0]?.['findings'] as Record<string, unknown>[];
  };
  const shown = (all: readonly Record<string, unknown>[]) =>
    all
      .map(({ service, region, resourceName, locator }) =>
        [service, region, resourceName, locator].map(String).join(' '),
      )
      .sort();
  const of = (...services: string[]) =>
    EXPOSED.filter((one) => services.includes(one.slice(0, one.indexOf(' '))));

  it('is every service that faces the internet, each by a name that people know', SLOW, async () => {
    const folder = configured();
    const { code, documents } = await run(folder, 'run', 'edge');
    expect([code, documents[0]]).toMatchObject([0, { outcome: 'complete', reason: null }]);
    const open = await findings(folder);
    expect(shown(open)).toEqual(EXPOSED);
    expect(open.find(({ resourceName }) => resourceName === 'bastion')).toMatchObject({
      resourceId: `projects/${PROJECT}/zones/europe-west1-b/instances/bastion`,
      description: expect.stringContaining('It is a e2-small in europe-west1-b.') as string,
      labels: { tier: 'edge' },
    });
    expect(open.find(({ resourceName }) => resourceName === 'mail')).toMatchObject({
      description: expect.stringContaining('It listens on 25-26/TCP.') as string,
    });
  });

  it('is only what is wanted, by service, region, name and label', SLOW, async () => {
    const folder = configured(`
    regions: [europe-west1]
    discover: { services: [compute, dns, appengine], exclude: { names: ['mail'], tags: { tier: [edge], zone: ['*'] } } }
`);
    expect((await run(folder, 'run', 'edge')).code).toBe(0);
    expect(shown(await findings(folder))).toEqual([
      ...EXPOSED.filter((line) => line.startsWith('appengine ')),
      'compute europe-west1 nat 198.51.100.30',
      'compute global site https://198.51.100.20',
    ]);
  });

  it(
    'stays as it was where a right is missing or a place is silent; elsewhere what is gone is fixed',
    SLOW,
    async () => {
      const folder = configured();
      expect((await run(folder, 'run', 'edge')).code).toBe(0);
      const outcome = async () => (await run(folder, 'run', 'edge')).documents[0];
      google.decide = (request) =>
        request.url?.includes('/aggregated/forwardingRules?') === true ? 403 : 'pass';
      expect(await outcome()).toMatchObject({
        outcome: 'partial',
        reason: 'compute.forwardingRules.list: it answered 403 PERMISSION_DENIED',
      });
      google.decide = () => 'pass';
      google.pages[`${COMPUTE}/aggregated/instances`] = [
        {
          items: { 'zones/europe-west1-b': { warning: { code: 'UNREACHABLE' } } },
          unreachables: [`${LINK}/zones/europe-west1-b`],
        },
      ];
      expect(await outcome()).toMatchObject({
        outcome: 'partial',
        reason: 'compute.instances.list in europe-west1-b: it does not answer',
      });
      expect(shown(await findings(folder, '--status', 'open'))).toEqual(EXPOSED);
      google.pages[`${COMPUTE}/aggregated/instances`] = [{ items: {} }];
      google.pages[`/apis/serving.knative.dev/v1/namespaces/${PROJECT}/services`] = [
        { items: [], unreachable: ['europe-west9'] },
      ];
      expect(await outcome()).toMatchObject({
        outcome: 'partial',
        reason: 'run.services.list in europe-west9: it does not answer',
      });
      expect(shown(await findings(folder, '--status', 'open'))).toEqual(
        EXPOSED.filter((one) => !/ (bastion|worker) /.test(one)),
      );
      google.pages[`/apis/serving.knative.dev/v1/namespaces/${PROJECT}/services`] = [{ items: [] }];
      expect(await outcome()).toMatchObject({ outcome: 'complete' });
      expect(shown(await findings(folder, '--status', 'fixed'))).toEqual(
        EXPOSED.filter((one) => /^cloudrun | (bastion|worker) /.test(one)),
      );
    },
  );

  it('has nothing of services that the project has not enabled', SLOW, async () => {
    const folder = configured();
    expect((await run(folder, 'run', 'edge')).code).toBe(0);
    google.disabled = { '/dns/': 'projects/4711', '/v2/': `projects/${PROJECT}` };
    expect((await run(folder, 'run', 'edge')).documents[0]).toMatchObject({ outcome: 'complete' });
    expect(shown(await findings(folder, '--status', 'fixed'))).toEqual(of('dns', 'functions'));
  });

  it('is not known where a service is not enabled for the credentials: nothing closes', SLOW, async () => {
    const folder = configured();
    expect((await run(folder, 'run', 'edge')).code).toBe(0);
    google.disabled = { '/v1/apps/': 'projects/1' };
    expect((await run(folder, 'run', 'edge')).documents[0]).toMatchObject({
      outcome: 'partial',
      reason: 'appengine: its API is not enabled in projects/1, which these credentials are from',
    });
    google.decide = (request) => (request.url?.startsWith('/v3/') === true ? 403 : 'pass');
    expect((await run(folder, 'run', 'edge')).documents[0]).toMatchObject({
      outcome: 'partial',
      reason: expect.stringContaining('takes resourcemanager.projects.get') as string,
    });
    expect(shown(await findings(folder, '--status', 'open'))).toEqual(EXPOSED);
  });

  it('is found in spite of throttling, errors and lost connections', SLOW, async () => {
    const fates = [429, 'reset', 500] as const;
    google.decide = (_request, count) =>
      count % 4 === 1 ? (fates[Math.floor(count / 4) % fates.length] ?? 'pass') : 'pass';
    const folder = configured();
    expect((await run(folder, 'run', 'edge')).documents[0]).toMatchObject({ outcome: 'complete' });
    expect(shown(await findings(folder))).toEqual(EXPOSED);
  });

  it('may be without an application of App Engine', SLOW, async () => {
    const { [`/v1/apps/${PROJECT}`]: _app, ...rest } = exposed();
    google.pages = rest;
    const folder = configured();
    expect((await run(folder, 'run', 'edge')).documents[0]).toMatchObject({ outcome: 'complete' });
    expect(shown(await findings(folder))).toEqual(EXPOSED.filter((one) => !one.startsWith('appengine ')));
  });

  it('can not be asked where nothing is allowed, or with credentials of another cloud', SLOW, async () => {
    const folder = configured(`    discover: { services: [dns] }`);
    google.decide = () => 403;
    expect((await run(folder, 'run', 'edge')).documents[0]).toMatchObject({
      outcome: 'failed',
      reason:
        'nothing of the account could be asked: dns.managedZones.list: it answered 403 PERMISSION_DENIED',
    });
    const other = folderOf({
      'sightline.yaml': `
credentials:
  other: { azure: { tenantId: t, clientId: c, clientSecret: { env: KEY } } }
accounts:
  - { account: ${PROJECT}, cloud: gcp, credentials: other }
jobs:
  - { name: edge, scanner: perimeter, accounts: { cloud: gcp }, attempts: 1 }
`,
    });
    expect((await run(other, 'run', 'edge')).documents[0]).toMatchObject({
      outcome: 'failed',
      reason: `the credentials for gcp/${PROJECT} are not of gcp`,
    });
  });
});

const EXPOSED = [
  'appengine europe-west1 admin https://admin-dot-shop-prod.ew.r.appspot.com',
  'appengine europe-west1 default https://shop-prod.ew.r.appspot.com',
  'appengine europe-west1 app.example.org https://app.example.org',
  'cloudrun europe-west1 orders https://orders-4711.europe-west1.run.app',
  'cloudrun europe-west1 orders https://orders-abc-ew.a.run.app',
  'compute europe-west1 bastion 198.51.100.7',
  'compute europe-west1 mail 198.51.100.21',
  'compute europe-west1 nat 198.51.100.30',
  'compute global site https://198.51.100.20',
  'compute us-central1 worker 198.51.100.8',
  'dns global example.org example.org',
  'dns global vpn.example.org vpn.example.org',
  'functions europe-west1 hook https://europe-west1-shop-prod.cloudfunctions.net/hook',
].sort();

/** What faces the internet, and beside it what does not. */
function exposed(): Record<string, readonly object[]> {
  const instance = (zone: string, name: string, natIP: string | null, status = 'RUNNING') => ({
    ...{ name, status, selfLink: `${LINK}/zones/${zone}/instances/${name}` },
    ...{ machineType: `${LINK}/zones/${zone}/machineTypes/e2-small`, labels: { tier: 'edge' } },
    networkInterfaces: [
      {
        networkIP: '10.0.0.7',
        accessConfigs: [
          { type: 'ONE_TO_ONE_NAT', name: 'external-nat', ...(natIP === null ? {} : { natIP }) },
        ],
      },
    ],
  });
  const rule = (region: string | null, name: string, more: object) => ({
    ...{ name, IPProtocol: 'TCP', loadBalancingScheme: 'EXTERNAL_MANAGED' },
    selfLink: `${LINK}/${region === null ? 'global' : `regions/${region}`}/forwardingRules/${name}`,
    ...more,
  });
  const reserved = (name: string, address: string, more: object = {}) => ({
    ...{ name, address, addressType: 'EXTERNAL', status: 'IN_USE' },
    selfLink: `${LINK}/regions/europe-west1/addresses/${name}`,
    ...more,
  });
  const nothing = { warning: { code: 'NO_RESULTS_ON_PAGE', message: 'There are no results for scope.' } };
  const service = (name: string, annotations: Record<string, string>, url: string) => ({
    metadata: {
      ...{ name, namespace: '4711', annotations },
      labels: { 'cloud.googleapis.com/location': 'europe-west1' },
    },
    status: { url },
  });
  const functions = `projects/${PROJECT}/locations/europe-west1/functions`;
  const fn = (name: string, more: object = {}) => ({
    ...{ name: `${functions}/${name}`, state: 'ACTIVE', environment: 'GEN_2' },
    url: `https://europe-west1-shop-prod.cloudfunctions.net/${name}`,
    serviceConfig: { ingressSettings: 'ALLOW_ALL' },
    ...more,
  });
  return {
    [`${COMPUTE}/aggregated/instances`]: [
      {
        items: {
          'zones/europe-west1-b': {
            instances: [
              instance('europe-west1-b', 'bastion', '198.51.100.7'),
              instance('europe-west1-b', 'off', '198.51.100.9', 'TERMINATED'),
              instance('europe-west1-b', 'inside', null),
            ],
          },
          'zones/asia-east1-a': nothing,
        },
      },
      {
        items: {
          'zones/us-central1-a': { instances: [instance('us-central1-a', 'worker', '198.51.100.8')] },
        },
      },
    ],
    [`${COMPUTE}/aggregated/forwardingRules`]: [
      {
        items: {
          global: {
            forwardingRules: [
              rule(null, 'site', {
                ...{ IPAddress: '198.51.100.20', portRange: '443-443' },
                target: `${LINK}/global/targetHttpsProxies/site`,
              }),
              rule(null, 'site-six', {
                ...{ IPAddress: '2001:db8::20', ipVersion: 'IPV6', portRange: '443-443' },
                target: `${LINK}/global/targetHttpsProxies/site`,
              }),
            ],
          },
          'regions/europe-west1': {
            forwardingRules: [
              rule('europe-west1', 'mail', {
                ...{ IPAddress: '198.51.100.21', portRange: '25-26', loadBalancingScheme: 'EXTERNAL' },
              }),
              rule('europe-west1', 'inside', {
                ...{ IPAddress: '10.0.0.20', loadBalancingScheme: 'INTERNAL' },
              }),
            ],
          },
          'regions/asia-east1': nothing,
        },
      },
    ],
    [`${COMPUTE}/aggregated/addresses`]: [
      {
        items: {
          'regions/europe-west1': {
            addresses: [
              reserved('bastion', '198.51.100.7', {
                users: [`${LINK}/zones/europe-west1-b/instances/bastion`],
              }),
              reserved('off', '198.51.100.9', {
                users: [`${LINK}/zones/europe-west1-b/instances/off`],
              }),
              reserved('nat', '198.51.100.30', { users: [`${LINK}/regions/europe-west1/routers/out`] }),
              reserved('nat-auto', '198.51.100.31', { purpose: 'NAT_AUTO' }),
              reserved('spare', '198.51.100.32', { status: 'RESERVED' }),
              reserved('inside', '10.0.0.9', { addressType: 'INTERNAL' }),
            ],
          },
        },
      },
    ],
    [`/apis/serving.knative.dev/v1/namespaces/${PROJECT}/services`]: [
      {
        items: [
          service(
            'orders',
            {
              'run.googleapis.com/ingress': 'all',
              'run.googleapis.com/urls':
                '["https://orders-4711.europe-west1.run.app","https://orders-abc-ew.a.run.app"]',
            },
            'https://orders-abc-ew.a.run.app',
          ),
          service('inside', { 'run.googleapis.com/ingress': 'internal' }, 'https://inside-abc-ew.a.run.app'),
        ],
      },
    ],
    [`/v2/projects/${PROJECT}/locations/-/functions`]: [
      { functions: [fn('inside', { serviceConfig: { ingressSettings: 'ALLOW_INTERNAL_ONLY' } })] },
      { functions: [fn('hook'), fn('on-upload', { eventTrigger: { eventType: 'x' } })] },
    ],
    [`/v1/apps/${PROJECT}`]: [
      {
        ...{ name: `apps/${PROJECT}`, id: PROJECT, locationId: 'europe-west', servingStatus: 'SERVING' },
        defaultHostname: 'shop-prod.ew.r.appspot.com',
      },
    ],
    [`/v1/apps/${PROJECT}/services`]: [
      {
        services: [
          { name: `apps/${PROJECT}/services/default`, id: 'default' },
          { name: `apps/${PROJECT}/services/admin`, id: 'admin' },
          {
            ...{ name: `apps/${PROJECT}/services/jobs`, id: 'jobs' },
            networkSettings: { ingressTrafficAllowed: 'INGRESS_TRAFFIC_ALLOWED_INTERNAL_ONLY' },
          },
        ],
      },
    ],
    [`/v1/apps/${PROJECT}/domainMappings`]: [{ domainMappings: [{ id: 'app.example.org' }] }],
    [`/dns/v1/projects/${PROJECT}/managedZones`]: [
      {
        managedZones: [
          { name: 'public', dnsName: 'example.org.', visibility: 'public', labels: {} },
          { name: 'private', dnsName: 'inside.example.org.', visibility: 'private' },
        ],
      },
    ],
    [`/dns/v1/projects/${PROJECT}/managedZones/public/rrsets`]: [
      {
        rrsets: [
          { name: 'example.org.', type: 'NS', ttl: 21600, rrdatas: ['ns-cloud-a1.googledomains.com.'] },
          { name: 'vpn.example.org.', type: 'A', ttl: 300, rrdatas: ['198.51.100.20'] },
          { name: 'vpn.example.org.', type: 'AAAA', ttl: 300, rrdatas: ['2001:db8::20'] },
        ],
      },
      {
        rrsets: [
          {
            ...{ name: 'example.org.', type: 'A', ttl: 300 },
            routingPolicy: { wrr: { items: [{ weight: 1, rrdatas: ['198.51.100.21'] }] } },
          },
          { name: 'inside.example.org.', type: 'A', ttl: 300, rrdatas: ['10.0.0.7'] },
          { name: '*.example.org.', type: 'A', ttl: 300, rrdatas: ['198.51.100.22'] },
        ],
      },
    ],
  };
}
