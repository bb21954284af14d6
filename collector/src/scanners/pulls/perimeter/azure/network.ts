import { z } from 'zod';
import { lastOf, regionNamed } from '../lists.ts';
import { type AzureFinder, type AzurePlace, listed, reference, resource } from './arm.ts';
import { gatewaySites } from './gateways.ts';

const VERSION = '2023-11-01';

/** @see https://learn.microsoft.com/rest/api/virtualnetwork/public-ip-addresses/list-all */
const publicAddress = resource.extend({
  properties: z.object({
    ipAddress: z.string().nullish(),
    publicIPAddressVersion: z.string().nullish(),
    publicIPAllocationMethod: z.string().nullish(),
    dnsSettings: z.object({ fqdn: z.string().nullish() }).nullish(),
    ipConfiguration: reference,
    natGateway: reference,
  }),
});
export type PublicAddress = z.infer<typeof publicAddress>;

/** @see https://learn.microsoft.com/rest/api/virtualnetwork/network-interfaces/list-all */
const networkInterface = resource.extend({ properties: z.object({ virtualMachine: reference }) });

/** Public IPv4 addresses that belong to something, and the sites of application gateways that have one. */
export const network: AzureFinder = {
  service: 'network',
  find: async (place) => {
    const addresses = await listed(place, 'Microsoft.Network/publicIPAddresses', VERSION, publicAddress);
    const attached = addresses.filter(({ properties }) => ownerId(properties) !== null);
    const machines = await machinesOf(place, attached);
    for (const address of attached) addAddress(place, address, machines);
    const gateways = attached.some(({ properties }) =>
      /\/applicationGateways\//i.test(ownerId(properties) ?? ''),
    );
    if (gateways) await gatewaySites(place, attached, VERSION);
  },
};

function addAddress(
  place: AzurePlace,
  { id, name, location, tags, properties }: PublicAddress,
  machines: ReadonlyMap<string, string>,
): void {
  const { ipAddress, publicIPAddressVersion, publicIPAllocationMethod, dnsSettings } = properties;
  if (publicIPAddressVersion === 'IPv6') return;
  const fqdn = (dnsSettings?.fqdn ?? '').replace(/\.$/, '').toLowerCase();
  // An address that changes is stood for by its name, if it has one.
  const changes = publicIPAllocationMethod === 'Dynamic' && fqdn !== '';
  const endpoint = changes ? fqdn : (ipAddress ?? '');
  // A dynamic address of what is switched off is nobody's.
  if (endpoint === '' || !ipAddress) return;
  const owner = ownerOf(ownerId(properties) ?? '', machines);
  place.add({
    type: owner.type,
    id,
    name: owner.name || name,
    region: regionNamed(location),
    endpoint,
    tags: tags ?? {},
    detail: `Its address is ${name}${fqdn === '' || changes ? '' : `, known as ${fqdn}`}.`,
  });
}

function ownerId({ ipConfiguration, natGateway }: PublicAddress['properties']): string | null {
  return ipConfiguration?.id ?? natGateway?.id ?? null;
}

/** Names of virtual machines, by the ids of their interfaces in lower case. Asked only where an address belongs to an interface. */
async function machinesOf(
  place: AzurePlace,
  addresses: readonly PublicAddress[],
): Promise<ReadonlyMap<string, string>> {
  const any = addresses.some(({ properties }) => /\/networkInterfaces\//i.test(ownerId(properties) ?? ''));
  if (!any) return new Map();
  const interfaces = await listed(place, 'Microsoft.Network/networkInterfaces', VERSION, networkInterface);
  return new Map(
    interfaces.flatMap(({ id, properties: { virtualMachine } }) =>
      virtualMachine?.id === undefined ? [] : [[id.toLowerCase(), lastOf(virtualMachine.id)] as const],
    ),
  );
}

/** `…/providers/Microsoft.Network/loadBalancers/shop-prod-lb/frontendIPConfigurations/public`: the thing itself is its third part. */
const OWNER = /^(.*\/providers\/[^/]+\/([^/]+)\/([^/]+))/i;

const TYPES: Readonly<Record<string, string>> = {
  networkinterfaces: 'network interface',
  loadbalancers: 'load balancer',
  applicationgateways: 'application gateway',
  virtualnetworkgateways: 'virtual network gateway',
  azurefirewalls: 'firewall',
  bastionhosts: 'bastion',
  natgateways: 'NAT gateway',
  virtualmachinescalesets: 'scale set',
};

function ownerOf(id: string, machines: ReadonlyMap<string, string>): { type: string; name: string } {
  const [, whole = '', kind = '', name = ''] = OWNER.exec(id) ?? [];
  const machine = machines.get(whole.toLowerCase());
  if (machine !== undefined) return { type: 'virtual machine', name: machine };
  return { type: TYPES[kind.toLowerCase()] ?? 'public address', name };
}
