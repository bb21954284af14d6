import { z } from 'zod';
import { CloudRefusal } from '../../../cloud/http.ts';
import { asked } from '../found.ts';
import { APP_ENGINE, type GcpFinder, type GcpPlace, labels, pagesOf } from './api.ts';

/** @see https://cloud.google.com/appengine/docs/admin-api/reference/rest/v1/apps */
const application = z.object({
  defaultHostname: z.string().optional(),
  locationId: z.string().optional(),
  servingStatus: z.string().optional(),
});
const services = z.object({
  services: z
    .array(
      z.object({
        name: z.string(),
        id: z.string(),
        labels,
        networkSettings: z.object({ ingressTrafficAllowed: z.string().optional() }).optional(),
      }),
    )
    .optional(),
});
const mappings = z.object({ domainMappings: z.array(z.object({ id: z.string() })).optional() });

const INSIDE = ['INGRESS_TRAFFIC_ALLOWED_INTERNAL_ONLY', 'INGRESS_TRAFFIC_ALLOWED_INTERNAL_AND_LB'];

/**
 * The two oldest locations of App Engine have names of their own; jobs and all other services say it otherwise.
 * @see https://cloud.google.com/appengine/docs/standard/locations
 */
const REGIONS: Readonly<Record<string, string>> = {
  'europe-west': 'europe-west1',
  'us-central': 'us-central1',
};

/** Services of the project's application that take calls from everywhere, and the domains that lead to it. */
export const appengine: GcpFinder = {
  service: 'appengine',
  find: async (place) => {
    const app = await applicationOf(place);
    if (app?.defaultHostname === undefined || (app.servingStatus ?? 'SERVING') !== 'SERVING') return;
    const host = app.defaultHostname.toLowerCase();
    const { locationId = 'global' } = app;
    const region = REGIONS[locationId] ?? locationId;
    const path = `apps/${place.account}`;
    const pages = await pagesOf(place, APP_ENGINE, 'appengine.services.list', `${path}/services`, services);
    const open = pages
      .flatMap((one) => one.services ?? [])
      .filter(({ networkSettings }) => !INSIDE.includes(networkSettings?.ingressTrafficAllowed ?? ''));
    for (const { name, id, ...one } of open) {
      place.add({
        type: 'App Engine service',
        ...{ id: name, name: id, region, tags: one.labels ?? {}, detail: '' },
        endpoint: `https://${id === 'default' ? '' : `${id}-dot-`}${host}`,
      });
    }
    if (open.length === 0) return;
    const domains = await pagesOf(
      place,
      APP_ENGINE,
      'appengine.applications.get',
      `${path}/domainMappings`,
      mappings,
    );
    for (const { id } of domains.flatMap(({ domainMappings }) => domainMappings ?? [])) {
      if (id.includes('*')) continue;
      place.add({
        type: 'App Engine domain',
        id: `${path}/domainMappings/${id}`,
        ...{ name: id, region, tags: {}, detail: '' },
        endpoint: `https://${id.toLowerCase()}`,
      });
    }
  },
};

/** undefined where the project has none. */
async function applicationOf({ api, account }: GcpPlace): Promise<z.infer<typeof application> | undefined> {
  return asked('appengine.applications.get', async () => {
    try {
      return await api.service(APP_ENGINE).get(`apps/${account}`, application);
    } catch (error) {
      if (error instanceof CloudRefusal && error.status === 404) return undefined;
      throw error;
    }
  });
}
