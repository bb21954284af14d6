import { z } from 'zod';
import { regionNamed } from '../lists.ts';
import { type AzureFinder, listed, resource } from './arm.ts';

/** @see https://learn.microsoft.com/rest/api/apimanagement/api-management-service/list */
const service = resource.extend({
  properties: z.object({
    gatewayUrl: z.string().nullish(),
    developerPortalUrl: z.string().nullish(),
    virtualNetworkType: z.string().nullish(),
    publicNetworkAccess: z.string().nullish(),
    hostnameConfigurations: z
      .array(z.object({ type: z.string().nullish(), hostName: z.string().nullish() }))
      .nullish(),
  }),
});

/** Gateways and developer portals of API Management outside of private networks, by each of their names. */
export const apim: AzureFinder = {
  service: 'apim',
  find: async (place) => {
    const all = await listed(place, 'Microsoft.ApiManagement/service', '2022-08-01', service);
    for (const { id, name, location, tags, properties } of all) {
      if (properties.virtualNetworkType === 'Internal' || properties.publicNetworkAccess === 'Disabled')
        continue;
      for (const [endpoint, type] of sitesOf(properties))
        place.add({ type, id, name, region: regionNamed(location), endpoint, tags: tags ?? {}, detail: '' });
    }
  },
};

const TYPES: Readonly<Record<string, string>> = { Proxy: 'API gateway', DeveloperPortal: 'developer portal' };

function sitesOf({
  gatewayUrl,
  developerPortalUrl,
  hostnameConfigurations,
}: z.infer<typeof service>['properties']): Map<string, string> {
  const sites = new Map<string, string>();
  const add = (host: string | null | undefined, type: string | undefined): void => {
    if (type !== undefined && host && !host.includes('*')) sites.set(`https://${host.toLowerCase()}`, type);
  };
  add(URL.parse(gatewayUrl ?? '')?.host, TYPES['Proxy']);
  add(URL.parse(developerPortalUrl ?? '')?.host, TYPES['DeveloperPortal']);
  for (const { type, hostName } of hostnameConfigurations ?? []) add(hostName, TYPES[type ?? '']);
  return sites;
}
