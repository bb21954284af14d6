import * as path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { emptyFolder, folderOf, sightline } from '../cli/support.ts';
import { CLIENT, CLIENT_SECRET, type FakeAzure, startFakeAzure, TENANT } from '../support/fake-azure.ts';

const SUBSCRIPTION = '11111111-0000-4000-8000-000000000000';
const ROOT = `/subscriptions/${SUBSCRIPTION}`;
const GROUP = `${ROOT}/resourceGroups/shop/providers`;
/** Each of these starts processes. */
const SLOW = { timeout: 120_000 };

const resource = (id: string, properties: object, more: object = {}) => ({
  id: `${GROUP}/${id}`,
  name: id.slice(id.lastIndexOf('/') + 1),
  ...{ location: 'westeurope', tags: { owner: 'core' }, properties },
  ...more,
});

const address = (name: string, owner: string | null, more: object = {}) =>
  resource(`Microsoft.Network/publicIPAddresses/${name}`, {
    ...{ publicIPAddressVersion: 'IPv4', publicIPAllocationMethod: 'Static' },
    ...(owner === null ? {} : { ipConfiguration: { id: `${GROUP}/${owner}` } }),
    ...more,
  });

const site = (name: string, properties: object = {}, kind = 'app,linux') =>
  resource(
    `Microsoft.Web/sites/${name}`,
    {
      ...{ state: 'Running', enabled: true, publicNetworkAccess: null },
      ...{ defaultHostName: `${name}.azurewebsites.net`, hostNames: [`${name}.azurewebsites.net`] },
      ...properties,
    },
    { kind, location: 'West Europe', tags: null },
  );

const recordSet = (name: string, type: string, properties: object, zone = 'example.org') => ({
  id: `${GROUP}/Microsoft.Network/dnszones/${zone}/${type}/${name}`,
  ...{ name, type: `Microsoft.Network/dnszones/${type}` },
  properties: {
    fqdn: `${name === '@' ? '' : `${name}.`}${zone}.`,
    TTL: 300,
    targetResource: {},
    ...properties,
  },
});

describe('the perimeter of a subscription of Azure, against a server that behaves as its documentation says', () => {
  let azure: FakeAzure;
  let data: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    azure = await startFakeAzure();
    env = { SECRET: CLIENT_SECRET, NODE_EXTRA_CA_CERTS: azure.certificateFile };
  });
  afterAll(async () => {
    await azure.stop();
  });
  beforeEach(() => {
    data = path.join(emptyFolder(), 'data');
    azure.decide = () => 'pass';
    azure.count = 0;
    azure.resources = exposed();
  });

  const configured = (more = ''): string =>
    folderOf({
      'sightline.yaml': `
credentials:
  reader:
    azure:
      tenantId: ${TENANT}
      clientId: ${CLIENT}
      clientSecret: { env: SECRET }
      authorityHost: ${azure.url}
      endpoint: ${azure.url}
accounts:
  - { account: '${SUBSCRIPTION}', name: shop, team: core }
jobs:
  - name: edge
    scanner: perimeter
    accounts: { cloud: azure }
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

  it('is every service that faces the internet, each by a name that people know', SLOW, async () => {
    const folder = configured();
    const { code, documents } = await run(folder, 'run', 'edge');
    expect([code, documents[0]]).toMatchObject([0, { outcome: 'complete', reason: null }]);
    const open = await findings(folder);
    expect(shown(open)).toEqual(EXPOSED);
    expect(open.find(({ resourceName }) => resourceName === 'shop-prod-web')).toMatchObject({
      resourceType: 'virtual machine',
      description: expect.stringContaining(
        'Its address is web-ip, known as web.westeurope.cloudapp.azure.com.',
      ) as string,
      labels: { owner: 'core' },
    });
  });

  it('is only what is wanted, by service, region, name and tag', SLOW, async () => {
    const folder = configured(`
    regions: [West Europe]
    discover: { services: [network, cdn, dns], exclude: { names: ['*-nat'], tags: { zone: ['example.*'] } } }
`);
    expect((await run(folder, 'run', 'edge')).code).toBe(0);
    expect(shown(await findings(folder))).toEqual(
      EXPOSED.filter((one) => /^(network westeurope|cdn global)/.test(one) && !one.includes('-nat ')),
    );
  });

  it(
    'stays as it was where a right is missing, and says which; elsewhere what is gone is fixed',
    SLOW,
    async () => {
      const folder = configured();
      expect((await run(folder, 'run', 'edge')).code).toBe(0);
      azure.resources[`${ROOT}/providers/Microsoft.Network/publicIPAddresses`] = [];
      azure.resources[`${ROOT}/providers/Microsoft.Web/sites`] = [];
      azure.decide = (request) =>
        request.url?.includes('/Microsoft.Network/publicIPAddresses?') === true ? 403 : 'pass';
      const { documents } = await run(folder, 'run', 'edge');
      expect(documents[0]).toMatchObject({
        outcome: 'partial',
        reason: 'Microsoft.Network/publicIPAddresses/read: it answered 403 AuthorizationFailed',
      });
      expect(shown(await findings(folder, '--status', 'open'))).toEqual(
        EXPOSED.filter((one) => !one.startsWith('appservice ')),
      );
      azure.decide = () => 'pass';
      expect((await run(folder, 'run', 'edge')).documents[0]).toMatchObject({ outcome: 'complete' });
      expect(shown(await findings(folder, '--status', 'fixed'))).toEqual(
        EXPOSED.filter((one) => /^(appservice|network) /.test(one)),
      );
    },
  );

  it('is found in spite of throttling, errors and lost connections', SLOW, async () => {
    const fates = [429, 'reset', 500] as const;
    azure.decide = (_request, count) => (count % 5 === 1 ? (fates[((count / 5) % 3) | 0] ?? 'pass') : 'pass');
    const folder = configured();
    expect((await run(folder, 'run', 'edge')).documents[0]).toMatchObject({ outcome: 'complete' });
    expect(shown(await findings(folder))).toEqual(EXPOSED);
  });

  it('has nothing of services that the subscription never registered', SLOW, async () => {
    azure.decide = (request) =>
      /\/Microsoft\.(App|Cdn|ApiManagement)\//.test(request.url ?? '') ? 409 : 'pass';
    const folder = configured();
    expect((await run(folder, 'run', 'edge')).documents[0]).toMatchObject({ outcome: 'complete' });
    expect(shown(await findings(folder))).toEqual(
      EXPOSED.filter((one) => /^(appservice|network|dns) /.test(one)),
    );
  });

  it('can not be asked without a token: that fails, and nothing closes', SLOW, async () => {
    const folder = configured();
    expect((await run(folder, 'run', 'edge')).code).toBe(0);
    env = { ...env, SECRET: 'not-the-right-one' };
    const { code, documents } = await run(folder, 'run', 'edge');
    env = { ...env, SECRET: CLIENT_SECRET };
    expect([code, documents[0]]).toMatchObject([
      expect.any(Number),
      {
        outcome: 'failed',
        reason: `Azure gives the application ${CLIENT} no token: AADSTS7000215: Invalid client secret provided`,
      },
    ]);
    expect(shown(await findings(folder, '--status', 'open'))).toEqual(EXPOSED);
  });
});

const EXPOSED = [
  'apim northeurope api https://api.azure-api.net',
  'apim northeurope api https://api.example.org',
  'appservice westeurope jobs https://jobs.azurewebsites.net',
  'appservice westeurope shop http://old.example.org',
  'appservice westeurope shop https://shop.azurewebsites.net',
  'appservice westeurope shop https://www.example.org',
  'appservice westeurope shop/staging https://shop-staging.azurewebsites.net',
  'cdn global files https://files.azureedge.net',
  'cdn global front https://front-abc.z01.azurefd.net',
  'cdn global old.example.net https://old.example.net',
  'cdn global www.example.net https://www.example.net',
  'containerapps westeurope orders https://orders.blue.westeurope.azurecontainerapps.io',
  'dns global example.org example.org',
  'dns global vpn.example.org vpn.example.org',
  'network northeurope shop-prod-nat 198.51.100.9',
  'network westeurope shop-prod-gate 198.51.100.8',
  'network westeurope shop-prod-gate https://pay.example.org:8443',
  'network westeurope shop-prod-lb lb.westeurope.cloudapp.azure.com',
  'network westeurope shop-prod-web 198.51.100.7',
].sort();

/** What faces the internet, and beside it what does not. */
function exposed(): Record<string, readonly unknown[]> {
  const of = (type: string): string => `${ROOT}/providers/${type}`;
  const gate = `${GROUP}/Microsoft.Network/applicationGateways/shop-prod-gate`;
  const listener = (frontend: string, hostName: string) => ({
    properties: {
      ...{ protocol: 'Https', hostName, frontendPort: { id: `${gate}/frontendPorts/tls` } },
      frontendIPConfiguration: { id: `${gate}/frontendIPConfigurations/${frontend}` },
    },
  });
  return {
    [of('Microsoft.Network/publicIPAddresses')]: [
      address('web-ip', 'Microsoft.Network/networkInterfaces/web-nic/ipConfigurations/one', {
        ipAddress: '198.51.100.7',
        dnsSettings: { fqdn: 'web.westeurope.cloudapp.azure.com' },
      }),
      address(
        'gate-ip',
        'Microsoft.Network/applicationGateways/shop-prod-gate/frontendIPConfigurations/out',
        {
          ipAddress: '198.51.100.8',
        },
      ),
      address('lb-ip', 'Microsoft.Network/loadBalancers/shop-prod-lb/frontendIPConfigurations/out', {
        ...{ ipAddress: '198.51.100.10', publicIPAllocationMethod: 'Dynamic' },
        dnsSettings: { fqdn: 'lb.westeurope.cloudapp.azure.com' },
      }),
      {
        ...address('nat-ip', null, {
          ipAddress: '198.51.100.9',
          natGateway: { id: `${GROUP}/Microsoft.Network/natGateways/shop-prod-nat` },
        }),
        location: 'northeurope',
      },
      address('spare', null, { ipAddress: '198.51.100.11' }),
      address('off', 'Microsoft.Network/networkInterfaces/off-nic/ipConfigurations/one'),
      address('six', 'Microsoft.Network/networkInterfaces/web-nic/ipConfigurations/six', {
        ...{ ipAddress: '2001:db8::7', publicIPAddressVersion: 'IPv6' },
      }),
    ],
    [of('Microsoft.Network/networkInterfaces')]: [
      resource('Microsoft.Network/networkInterfaces/other-nic', {}),
      resource('Microsoft.Network/networkInterfaces/spare-nic', { virtualMachine: null }),
      resource('Microsoft.Network/networkInterfaces/web-nic', {
        virtualMachine: { id: `${GROUP}/Microsoft.Compute/virtualMachines/shop-prod-web` },
      }),
    ],
    [of('Microsoft.Network/applicationGateways')]: [
      resource('Microsoft.Network/applicationGateways/shop-prod-gate', {
        operationalState: 'Running',
        frontendIPConfigurations: [
          {
            id: `${gate}/frontendIPConfigurations/out`,
            properties: {
              publicIPAddress: { id: `${GROUP}/Microsoft.Network/publicIPAddresses/GATE-IP` },
            },
          },
          {
            id: `${gate}/frontendIPConfigurations/in`,
            properties: { privateIPAddress: '10.0.0.7' },
          },
        ],
        frontendPorts: [{ id: `${gate}/frontendPorts/tls`, properties: { port: 8443 } }],
        httpListeners: [listener('out', 'pay.example.org'), listener('in', 'inside.example.org')],
      }),
    ],
    [of('Microsoft.Web/sites')]: [
      site('shop', {
        hostNames: ['shop.azurewebsites.net', 'www.example.org', 'old.example.org'],
        hostNameSslStates: [
          { name: 'shop.azurewebsites.net', sslState: 'Disabled' },
          { name: 'www.example.org', sslState: 'SniEnabled' },
          { name: 'old.example.org', sslState: 'Disabled' },
        ],
      }),
      site('jobs', {}, 'functionapp,linux'),
      site('stopped', { state: 'Stopped' }),
      site('closed', { publicNetworkAccess: 'Disabled' }),
      site('inside', {
        hostingEnvironmentProfile: { id: `${GROUP}/Microsoft.Web/hostingEnvironments/Island` },
      }),
    ],
    [of('Microsoft.Web/hostingEnvironments')]: [
      resource('Microsoft.Web/hostingEnvironments/island', { internalLoadBalancingMode: 'Web, Publishing' }),
    ],
    [`${GROUP}/Microsoft.Web/sites/shop/slots`]: [
      {
        ...site('shop/slots/staging', {
          defaultHostName: 'shop-staging.azurewebsites.net',
          hostNames: ['shop-staging.azurewebsites.net'],
        }),
        name: 'shop/staging',
      },
    ],
    [of('Microsoft.App/containerApps')]: [
      containerApp('orders', true, 'blue'),
      containerApp('internal', false, 'blue'),
      containerApp('hidden', true, 'island'),
    ],
    [of('Microsoft.App/managedEnvironments')]: [
      resource('Microsoft.App/managedEnvironments/blue', { vnetConfiguration: null }),
      resource('Microsoft.App/managedEnvironments/island', { vnetConfiguration: { internal: true } }),
    ],
    [of('Microsoft.ApiManagement/service')]: [
      resource(
        'Microsoft.ApiManagement/service/api',
        {
          ...{ gatewayUrl: 'https://api.azure-api.net', virtualNetworkType: 'External' },
          hostnameConfigurations: [
            { type: 'Proxy', hostName: 'api.azure-api.net' },
            { type: 'Proxy', hostName: 'api.example.org' },
            { type: 'Management', hostName: 'manage.example.org' },
          ],
        },
        { location: 'North Europe' },
      ),
      resource('Microsoft.ApiManagement/service/inside', {
        ...{ gatewayUrl: 'https://inside.azure-api.net', virtualNetworkType: 'Internal' },
      }),
    ],
    [of('Microsoft.Cdn/profiles')]: [
      resource('Microsoft.Cdn/profiles/door', {}, { sku: { name: 'Standard_AzureFrontDoor' } }),
      resource('Microsoft.Cdn/profiles/content', {}, { sku: { name: 'Standard_Microsoft' } }),
    ],
    [`${GROUP}/Microsoft.Cdn/profiles/door/afdEndpoints`]: [
      resource('Microsoft.Cdn/profiles/door/afdEndpoints/front', {
        ...{ hostName: 'front-abc.z01.azurefd.net', enabledState: 'Enabled' },
      }),
      resource('Microsoft.Cdn/profiles/door/afdEndpoints/off', {
        ...{ hostName: 'off-abc.z01.azurefd.net', enabledState: 'Disabled' },
      }),
    ],
    [`${GROUP}/Microsoft.Cdn/profiles/door/customDomains`]: [
      resource('Microsoft.Cdn/profiles/door/customDomains/www', {
        ...{ hostName: 'www.example.net', domainValidationState: 'Approved' },
      }),
      resource('Microsoft.Cdn/profiles/door/customDomains/old', {
        ...{ hostName: 'old.example.net', domainValidationState: 'PendingRevalidation' },
      }),
      resource('Microsoft.Cdn/profiles/door/customDomains/new', {
        ...{ hostName: 'new.example.net', domainValidationState: 'Pending' },
      }),
    ],
    [`${GROUP}/Microsoft.Cdn/profiles/content/endpoints`]: [
      resource('Microsoft.Cdn/profiles/content/endpoints/files', {
        ...{ hostName: 'files.azureedge.net', resourceState: 'Running', customDomains: [] },
      }),
    ],
    [of('Microsoft.Network/dnsZones')]: [
      resource('Microsoft.Network/dnszones/example.org', { zoneType: 'Public' }, { location: 'global' }),
    ],
    [`${GROUP}/Microsoft.Network/dnszones/example.org/recordsets`]: [
      recordSet('@', 'NS', { NSRecords: [{ nsdname: 'ns1-01.azure-dns.com.' }] }),
      recordSet('@', 'A', { targetResource: { id: `${GROUP}/Microsoft.Network/publicIPAddresses/web-ip` } }),
      recordSet('vpn', 'A', { ARecords: [{ ipv4Address: '198.51.100.20' }] }),
      recordSet('vpn', 'AAAA', { AAAARecords: [{ ipv6Address: '2001:db8::20' }] }),
      recordSet('inside', 'A', { ARecords: [{ ipv4Address: '10.0.0.7' }] }),
      recordSet('*', 'CNAME', { CNAMERecord: { cname: 'shop.azurewebsites.net' } }),
      recordSet('_proof', 'CNAME', { CNAMERecord: { cname: 'x.example.com' } }),
    ],
  };
}

function containerApp(name: string, external: boolean, environment: string): unknown {
  return resource(`Microsoft.App/containerApps/${name}`, {
    managedEnvironmentId: `${GROUP}/Microsoft.App/managedEnvironments/${environment}`,
    configuration: {
      ingress: {
        ...{ external, transport: 'Auto' },
        fqdn: `${name}.${environment}.westeurope.azurecontainerapps.io`,
      },
    },
  });
}
