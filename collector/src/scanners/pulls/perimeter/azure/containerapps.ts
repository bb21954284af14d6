import { z } from 'zod';
import { regionNamed } from '../lists.ts';
import { type AzureFinder, type AzurePlace, listed, resource } from './arm.ts';

const VERSION = '2024-03-01';

/** @see https://learn.microsoft.com/rest/api/containerapps/container-apps/list-by-subscription */
const app = resource.extend({
  properties: z.object({
    managedEnvironmentId: z.string().nullish(),
    environmentId: z.string().nullish(),
    runningStatus: z.string().nullish(),
    configuration: z
      .object({
        ingress: z
          .object({
            external: z.boolean().nullish(),
            fqdn: z.string().nullish(),
            transport: z.string().nullish(),
            customDomains: z.array(z.object({ name: z.string() })).nullish(),
          })
          .nullish(),
      })
      .nullish(),
  }),
});
type App = z.infer<typeof app>;

/** @see https://learn.microsoft.com/rest/api/containerapps/managed-environments/list-by-subscription */
const environment = resource.extend({
  properties: z.object({
    vnetConfiguration: z.object({ internal: z.boolean().nullish() }).nullish(),
    publicNetworkAccess: z.string().nullish(),
  }),
});

/** Container apps that take calls from outside, in environments that do. */
export const containerapps: AzureFinder = {
  service: 'containerapps',
  find: async (place) => {
    const all = await listed(place, 'Microsoft.App/containerApps', VERSION, app);
    const external = all.filter(
      ({ properties: { configuration, runningStatus } }) =>
        configuration?.ingress?.external === true && runningStatus !== 'Stopped',
    );
    if (external.length === 0) return;
    const environments = await listed(place, 'Microsoft.App/managedEnvironments', VERSION, environment);
    const inside = new Set(
      environments
        .filter(
          ({ properties: { vnetConfiguration, publicNetworkAccess } }) =>
            vnetConfiguration?.internal === true || publicNetworkAccess === 'Disabled',
        )
        .map(({ id }) => id.toLowerCase()),
    );
    for (const one of external) addApp(place, one, inside);
  },
};

function addApp(
  place: AzurePlace,
  { id, name, location, tags, properties }: App,
  inside: ReadonlySet<string>,
): void {
  const { managedEnvironmentId, environmentId, configuration } = properties;
  if (inside.has((managedEnvironmentId ?? environmentId ?? '').toLowerCase())) return;
  const { fqdn, customDomains, transport } = configuration?.ingress ?? {};
  const hosts = [fqdn ?? '', ...(customDomains ?? []).map((domain) => domain.name)];
  for (const host of new Set(hosts.map((one) => one.toLowerCase()))) {
    if (host === '' || host.includes('*')) continue;
    place.add({
      type: 'container app',
      id,
      name,
      region: regionNamed(location),
      endpoint: transport?.toLowerCase() === 'tcp' ? host : `https://${host}`,
      tags: tags ?? {},
      detail: '',
    });
  }
}
