import pLimit from 'p-limit';
import { z } from 'zod';
import { type AzureFinder, type AzurePlace, below, listed, type Resource, resource } from './arm.ts';

const VERSION = '2023-05-01';

const profile = resource.extend({ sku: z.object({ name: z.string().nullish() }).nullish() });
/** @see https://learn.microsoft.com/rest/api/frontdoor/azurefrontdoorstandardpremium/afd-endpoints/list-by-profile */
const frontDoorEndpoint = resource.extend({
  properties: z.object({ hostName: z.string().nullish(), enabledState: z.string().nullish() }),
});
/** @see https://learn.microsoft.com/rest/api/frontdoor/azurefrontdoorstandardpremium/afd-custom-domains/list-by-profile */
const domain = resource.extend({
  properties: z.object({ hostName: z.string().nullish(), domainValidationState: z.string().nullish() }),
});
/** @see https://learn.microsoft.com/rest/api/cdn/endpoints/list-by-profile */
const endpoint = resource.extend({
  properties: z.object({
    hostName: z.string().nullish(),
    resourceState: z.string().nullish(),
    isHttpsAllowed: z.boolean().nullish(),
    customDomains: z
      .array(z.object({ properties: z.object({ hostName: z.string().nullish() }).nullish() }))
      .nullish(),
  }),
});

/** It takes calls, also while its certificate is to be renewed: that may take 45 days. */
const SERVED = ['Approved', 'PendingRevalidation'];

/** Profiles asked for their endpoints at once. */
const AT_ONCE = 4;

/** Endpoints of Front Door (Standard, Premium) and of the CDN that are enabled, and their domains. */
export const cdn: AzureFinder = {
  service: 'cdn',
  find: async (place) => {
    const profiles = await listed(place, 'Microsoft.Cdn/profiles', VERSION, profile);
    const limit = pLimit(AT_ONCE);
    await Promise.all(
      profiles.map((one) =>
        limit(() =>
          /AzureFrontDoor$/.test(one.sku?.name ?? '') ? frontDoor(place, one) : contentNetwork(place, one),
        ),
      ),
    );
  },
};

async function frontDoor(place: AzurePlace, owner: Resource): Promise<void> {
  const endpoints = await below(
    place,
    owner,
    { path: 'afdEndpoints', right: 'Microsoft.Cdn/profiles/afdendpoints/read', version: VERSION },
    frontDoorEndpoint,
  );
  const enabled = endpoints.filter(({ properties }) => properties.enabledState !== 'Disabled');
  for (const one of enabled) addHost(place, 'Front Door endpoint', one, owner, one.properties.hostName);
  // A domain leads to an endpoint, and to nothing where none is enabled.
  if (enabled.length === 0) return;
  const domains = await below(
    place,
    owner,
    { path: 'customDomains', right: 'Microsoft.Cdn/profiles/customdomains/read', version: VERSION },
    domain,
  );
  for (const one of domains) {
    const { hostName, domainValidationState } = one.properties;
    // Its own name is the host's with other signs between.
    if (SERVED.includes(domainValidationState ?? ''))
      addHost(place, 'Front Door domain', { ...one, name: hostName ?? one.name }, owner, hostName);
  }
}

async function contentNetwork(place: AzurePlace, owner: Resource): Promise<void> {
  const endpoints = await below(
    place,
    owner,
    { path: 'endpoints', right: 'Microsoft.Cdn/profiles/endpoints/read', version: VERSION },
    endpoint,
  );
  for (const one of endpoints) {
    const { hostName, resourceState, isHttpsAllowed, customDomains } = one.properties;
    if (resourceState === 'Stopped') continue;
    const scheme = isHttpsAllowed === false ? 'http' : 'https';
    for (const host of [hostName, ...(customDomains ?? []).map(({ properties }) => properties?.hostName)])
      addHost(place, 'CDN endpoint', one, owner, host, scheme);
  }
}

/** They answer in every region. */
function addHost(
  place: AzurePlace,
  type: string,
  { id, name, tags }: Resource,
  owner: Resource,
  host: string | null | undefined,
  scheme = 'https',
): void {
  if (!host || host.includes('*')) return;
  place.add({
    type,
    id,
    name,
    region: 'global',
    endpoint: `${scheme}://${host.toLowerCase()}`,
    tags: { ...owner.tags, ...tags },
    detail: `It is in the profile ${owner.name}.`,
  });
}
