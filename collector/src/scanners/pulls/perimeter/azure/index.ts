import { azureApi } from '../../../cloud/azure.ts';
import type { PullRequest } from '../../request.ts';
import type { Discovered } from '../found.ts';
import { accessOf, askLists } from '../lists.ts';
import { apim } from './apim.ts';
import { appservice } from './appservice.ts';
import type { AzureFinder } from './arm.ts';
import { cdn } from './cdn.ts';
import { containerapps } from './containerapps.ts';
import { dns } from './dns.ts';
import { network } from './network.ts';

const FINDERS: readonly AzureFinder[] = [network, appservice, containerapps, apim, cdn, dns];

export const AZURE_SERVICES: readonly string[] = FINDERS.map(({ service }) => service);

/** @throws ScanError where there is no token to ask with */
export async function azurePerimeter(
  request: PullRequest,
  subscription: string,
  services: readonly string[],
): Promise<Discovered> {
  const api = await azureApi(accessOf(request, 'azure'), request.context, request.signal);
  // Without a token every service would fail with the same words.
  await api.who();
  const finders = FINDERS.filter(({ service }) => services.includes(service));
  return askLists(request, subscription, api, finders);
}
