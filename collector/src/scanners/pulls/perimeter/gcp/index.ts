import { EVERY_SERVICE, gcpApi } from '../../../cloud/gcp.ts';
import type { PullRequest } from '../../request.ts';
import type { Discovered } from '../found.ts';
import { accessOf, askLists } from '../lists.ts';
import { type GcpFinder, unlessDisabled } from './api.ts';
import { appengine } from './appengine.ts';
import { cloudrun } from './cloudrun.ts';
import { compute } from './compute.ts';
import { dns } from './dns.ts';
import { functions } from './functions.ts';

const FINDERS: readonly GcpFinder[] = [compute, cloudrun, functions, appengine, dns];

export const GCP_SERVICES: readonly string[] = FINDERS.map(({ service }) => service);

/** @throws ScanError where there is no token to ask with */
export async function gcpPerimeter(
  request: PullRequest,
  project: string,
  services: readonly string[],
): Promise<Discovered> {
  const { context, signal } = request;
  const api = await gcpApi(accessOf(request, 'gcp'), context, { scope: EVERY_SERVICE, signal });
  // Without a token every service would fail with the same words.
  await api.who();
  const finders = FINDERS.filter(({ service }) => services.includes(service)).map(unlessDisabled);
  return askLists(request, project, api, finders);
}
