import { z } from 'zod';
import { siteOf } from '../found.ts';
import { regionNamed } from '../lists.ts';
import { type AzurePlace, listed, reference, resource } from './arm.ts';
import type { PublicAddress } from './network.ts';

/** @see https://learn.microsoft.com/rest/api/application-gateway/application-gateways/list-all */
const gateway = resource.extend({
  properties: z.object({
    operationalState: z.string().nullish(),
    frontendIPConfigurations: z
      .array(z.object({ id: z.string(), properties: z.object({ publicIPAddress: reference }) }))
      .nullish(),
    frontendPorts: z
      .array(z.object({ id: z.string(), properties: z.object({ port: z.number().nullish() }) }))
      .nullish(),
    httpListeners: z
      .array(
        z.object({
          properties: z.object({
            protocol: z.string().nullish(),
            hostName: z.string().nullish(),
            hostNames: z.array(z.string()).nullish(),
            frontendIPConfiguration: reference,
            frontendPort: reference,
          }),
        }),
      )
      .nullish(),
  }),
});
type Gateway = z.infer<typeof gateway>;

/** Sites that listeners of application gateways answer to on a public address, by their names. */
export async function gatewaySites(
  place: AzurePlace,
  addresses: readonly PublicAddress[],
  version: string,
): Promise<void> {
  const known = new Map(addresses.map((address) => [address.id.toLowerCase(), address]));
  const all = await listed(place, 'Microsoft.Network/applicationGateways', version, gateway);
  for (const one of all.filter(({ properties }) => properties.operationalState !== 'Stopped')) {
    for (const site of sitesOf(one, known)) {
      place.add({
        type: 'application gateway',
        id: one.id,
        name: one.name,
        region: regionNamed(one.location),
        endpoint: site,
        tags: one.tags ?? {},
        detail: '',
      });
    }
  }
}

function sitesOf({ properties }: Gateway, addresses: ReadonlyMap<string, PublicAddress>): Set<string> {
  const { frontendIPConfigurations, frontendPorts, httpListeners } = properties;
  const outside = new Map(
    (frontendIPConfigurations ?? []).flatMap(({ id, properties: { publicIPAddress } }) =>
      publicIPAddress?.id === undefined
        ? []
        : [[id.toLowerCase(), publicIPAddress.id.toLowerCase()] as const],
    ),
  );
  const ports = new Map(
    (frontendPorts ?? []).map(({ id, properties: { port } }) => [id.toLowerCase(), port ?? 0]),
  );
  const sites = new Set<string>();
  for (const { properties: listener } of httpListeners ?? []) {
    const address = outside.get((listener.frontendIPConfiguration?.id ?? '').toLowerCase());
    if (address === undefined) continue;
    const named = [listener.hostName ?? '', ...(listener.hostNames ?? [])].filter((host) => host !== '');
    const own = addresses.get(address)?.properties.dnsSettings?.fqdn ?? '';
    // One without names answers to all: its address stands for it, by a name where it has one.
    const hosts = named.length > 0 ? named : own === '' ? [] : [own];
    const port = ports.get((listener.frontendPort?.id ?? '').toLowerCase()) ?? 0;
    for (const host of hosts.filter((one) => !one.includes('*')))
      sites.add(siteOf(host.toLowerCase(), [{ protocol: listener.protocol ?? '', port }]));
  }
  return sites;
}
