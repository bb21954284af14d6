import pLimit from 'p-limit';
import { z } from 'zod';
import { regionNamed } from '../lists.ts';
import { type AzureFinder, type AzurePlace, below, listed, reference, resource } from './arm.ts';

const VERSION = '2023-12-01';

/** @see https://learn.microsoft.com/rest/api/appservice/web-apps/list */
const site = resource.extend({
  kind: z.string().nullish(),
  properties: z.object({
    state: z.string().nullish(),
    enabled: z.boolean().nullish(),
    publicNetworkAccess: z.string().nullish(),
    defaultHostName: z.string().nullish(),
    hostNames: z.array(z.string()).nullish(),
    hostNameSslStates: z
      .array(z.object({ name: z.string().nullish(), sslState: z.string().nullish() }))
      .nullish(),
    hostingEnvironmentProfile: reference,
  }),
});
type Site = z.infer<typeof site>;

/** @see https://learn.microsoft.com/rest/api/appservice/app-service-environments/list */
const environment = resource.extend({
  properties: z.object({ internalLoadBalancingMode: z.string().nullish() }),
});

/** Sites whose slots are asked for at once. */
const AT_ONCE = 4;

/** Web apps and function apps that run, with their slots, by each name that they answer to. */
export const appservice: AzureFinder = {
  service: 'appservice',
  find: async (place) => {
    const sites = await listed(place, 'Microsoft.Web/sites', VERSION, site);
    const inside = await insideOf(place, sites);
    for (const one of sites) addSite(place, one, inside);
    const limit = pLimit(AT_ONCE);
    const slots = await Promise.all(
      sites.map((one) =>
        limit(() =>
          below(
            place,
            one,
            { path: 'slots', right: 'Microsoft.Web/sites/slots/read', version: VERSION },
            site,
          ),
        ),
      ),
    );
    for (const one of slots.flat()) addSite(place, one, inside);
  },
};

function addSite(place: AzurePlace, one: Site, inside: ReadonlySet<string>): void {
  const { id, name, kind, location, tags, properties } = one;
  const { state, enabled, publicNetworkAccess, hostingEnvironmentProfile } = properties;
  const runs = enabled !== false && (state ?? 'Running') === 'Running';
  if (!runs || publicNetworkAccess === 'Disabled') return;
  if (inside.has((hostingEnvironmentProfile?.id ?? '').toLowerCase())) return;
  for (const endpoint of endpointsOf(properties)) {
    place.add({
      type: typeOf(kind ?? '', id),
      id,
      name,
      region: regionNamed(location),
      endpoint,
      tags: tags ?? {},
      detail: '',
    });
  }
}

/** Azure has a certificate for its own names; a name of one's own may have none. */
function endpointsOf({ defaultHostName, hostNames, hostNameSslStates }: Site['properties']): Set<string> {
  const own = (defaultHostName ?? '').toLowerCase();
  const open = new Set(
    (hostNameSslStates ?? [])
      .filter(({ sslState }) => sslState === 'Disabled')
      .map((host) => (host.name ?? '').toLowerCase()),
  );
  const hosts = [own, ...(hostNames ?? []).map((host) => host.toLowerCase())];
  return new Set(
    hosts
      .filter((host) => host !== '' && !host.includes('*'))
      .map((host) => `${host !== own && open.has(host) && !isOfAzure(host) ? 'http' : 'https'}://${host}`),
  );
}

function isOfAzure(host: string): boolean {
  return /\.(azurewebsites\.net|azurewebsites\.us|chinacloudsites\.cn|appserviceenvironment\.(net|us|cn))$/.test(
    host,
  );
}

function typeOf(kind: string, id: string): string {
  const app = kind.includes('workflowapp')
    ? 'logic app'
    : kind.includes('functionapp')
      ? 'function app'
      : 'web app';
  return /\/slots\//i.test(id) ? `slot of a ${app}` : app;
}

/** Ids, in lower case, of environments that only their own network reaches. */
async function insideOf(place: AzurePlace, sites: readonly Site[]): Promise<ReadonlySet<string>> {
  if (!sites.some(({ properties }) => properties.hostingEnvironmentProfile?.id !== undefined))
    return new Set();
  const all = await listed(place, 'Microsoft.Web/hostingEnvironments', VERSION, environment);
  return new Set(
    all
      .filter(({ properties }) => /Web/.test(properties.internalLoadBalancingMode ?? ''))
      .map(({ id }) => id.toLowerCase()),
  );
}
