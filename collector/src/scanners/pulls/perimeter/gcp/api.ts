import { z } from 'zod';
import { CloudRefusal } from '../../../cloud/http.ts';
import { type GcpApi, type GcpService, MAX_RESULTS } from '../../../cloud/gcp.ts';
import { messageOf } from '../../../../errors.ts';
import { asked, Refused } from '../found.ts';
import { lastOf, type ListFinder, type ListPlace } from '../lists.ts';

export type GcpPlace = ListPlace<GcpApi>;
export type GcpFinder = ListFinder<GcpApi>;

export const COMPUTE: GcpService = { name: 'compute', base: 'compute/v1', paging: MAX_RESULTS };
export const DNS: GcpService = { name: 'dns', base: 'dns/v1', paging: MAX_RESULTS };
export const FUNCTIONS: GcpService = { name: 'cloudfunctions', base: 'v2' };
export const APP_ENGINE: GcpService = { name: 'appengine', base: 'v1' };

export const labels = z.record(z.string(), z.string()).optional();

const ownProject = z.object({ name: z.string() });

/** Every page of a list, with the right that it takes. @throws Refused */
export function pagesOf<T>(
  { api }: GcpPlace,
  service: GcpService,
  right: string,
  path: string,
  page: z.ZodType<T>,
  query: Readonly<Record<string, string>> = {},
): Promise<T[]> {
  return asked(right, () => api.service(service).list(path, query, page));
}

/** Whatever the service lists is not there as long as the project has not enabled it. */
export function unlessDisabled(finder: GcpFinder): GcpFinder {
  const find: GcpFinder['find'] = async (place) => {
    try {
      await finder.find(place);
    } catch (error) {
      const refusal = error instanceof Refused ? error.cause : error;
      if (!(refusal instanceof CloudRefusal) || refusal.reason !== 'SERVICE_DISABLED') throw error;
      const elsewhere = await elsewhereThan(place, refusal.consumer);
      if (elsewhere !== null) place.miss(`${finder.service}: ${elsewhere}`);
    }
  };
  return { ...finder, find };
}

/**
 * Some services have to be enabled where the credentials are from, too: that says nothing of the project that is asked.
 * @returns why nobody knows; null where it is the project itself that lacks the service
 */
async function elsewhereThan({ api, account }: GcpPlace, consumer: string): Promise<string | null> {
  if (lastOf(consumer) === account) return null;
  const disabled = `its API is not enabled in ${consumer || 'a project that is not named'}`;
  if (consumer === '') return disabled;
  try {
    const { name } = await api.get(`projects/${account}`, ownProject);
    return name === consumer ? null : `${disabled}, which these credentials are from`;
  } catch (error) {
    return `${disabled}; whether that is ${account} takes resourcemanager.projects.get: ${messageOf(error)}`;
  }
}

/** `europe-west1` of `…/zones/europe-west1-b`, `…/regions/europe-west1` or `projects/p/locations/europe-west1/services/s`. */
export function regionIn(path: string): string {
  const [, kind = '', place = ''] = /(?:^|\/)(zones|regions|locations)\/([^/]+)/.exec(path) ?? [];
  if (place === '') return 'global';
  // `us-central1-ai1a` is one, too.
  return kind === 'zones' ? place.replace(/-[^-]+$/, '') : place;
}
