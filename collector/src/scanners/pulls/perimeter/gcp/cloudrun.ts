import { z } from 'zod';
import type { GcpService } from '../../../cloud/gcp.ts';
import { type GcpFinder, labels, pagesOf } from './api.ts';

/**
 * The second version lists one region at a time; this one, asked without a region, all of them.
 * @see https://cloud.google.com/run/docs/reference/rest/v1/namespaces.services/list
 */
const RUN: GcpService = {
  name: 'run',
  base: 'apis/serving.knative.dev/v1',
  paging: {
    size: ['limit', '300'],
    token: 'continue',
    next: z
      .object({ metadata: z.object({ continue: z.string().optional() }).optional() })
      .transform(({ metadata }) => metadata?.continue),
  },
};

const page = z.object({
  items: z
    .array(
      z.object({
        metadata: z.object({
          name: z.string(),
          labels,
          annotations: z.record(z.string(), z.string()).optional(),
        }),
        status: z.object({ url: z.string().optional() }).optional(),
      }),
    )
    .optional(),
  unreachable: z.array(z.string()).optional(),
});

const LOCATION = 'cloud.googleapis.com/location';
const INGRESS = 'run.googleapis.com/ingress';
/** All addresses of a service, as JSON; the one in its status is among them. */
const URLS = 'run.googleapis.com/urls';

/** Services of Cloud Run that take calls from everywhere. Those behind a load balancer only are the load balancer's. */
export const cloudrun: GcpFinder = {
  service: 'cloudrun',
  find: async (place) => {
    const pages = await pagesOf(
      place,
      RUN,
      'run.services.list',
      `namespaces/${place.account}/services`,
      page,
    );
    for (const { items, unreachable } of pages) {
      for (const region of unreachable ?? [])
        place.miss(`run.services.list in ${region}: it does not answer`);
      for (const { metadata, status } of items ?? []) {
        const { name, annotations = {} } = metadata;
        if ((annotations[INGRESS] ?? 'all') !== 'all') continue;
        const { [LOCATION]: region = 'global', ...own } = metadata.labels ?? {};
        for (const endpoint of urlsOf(status?.url, annotations[URLS])) {
          place.add({
            type: 'Cloud Run service',
            id: `projects/${place.account}/locations/${region}/services/${name}`,
            ...{ name, region, endpoint, tags: own, detail: '' },
          });
        }
      }
    }
  },
};

function urlsOf(url: string | undefined, all: string | undefined): Set<string> {
  const more = z.array(z.string()).safeParse(parsed(all));
  const sites = [...(url === undefined ? [] : [url]), ...(more.success ? more.data : [])];
  return new Set(sites.filter((one) => one.startsWith('https://')).map((one) => one.replace(/\/+$/, '')));
}

function parsed(json: string | undefined): unknown {
  try {
    return JSON.parse(json ?? '[]');
  } catch {
    return [];
  }
}
