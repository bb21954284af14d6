import { z } from 'zod';
import { globMatches } from '../../findings/settings.ts';
import type { AzureApi } from '../cloud/azure.ts';
import { CloudRefusal } from '../cloud/http.ts';
import type { NeededRight, RightState } from './index.ts';

const permission = z.object({
  actions: z.array(z.string()).optional(),
  notActions: z.array(z.string()).optional(),
});

/**
 * Which of these an identity has on a subscription, by the roles it has there.
 * @throws CloudSilence, ScanError
 * @see https://learn.microsoft.com/rest/api/authorization/permissions
 */
export async function azureRights(
  needed: readonly NeededRight[],
  subscription: string,
  api: AzureApi,
): Promise<readonly RightState[]> {
  const path = `/subscriptions/${encodeURIComponent(subscription)}/providers/Microsoft.Authorization/permissions`;
  let granted: z.infer<typeof permission>[];
  try {
    granted = await api.list(`${path}?api-version=2022-04-01`, permission);
  } catch (error) {
    // Any role that reads may read this: who may not has none.
    if (!(error instanceof CloudRefusal) || ![403, 404].includes(error.status)) throw error;
    granted = [];
  }
  return needed.map((one) => ({ ...one, state: isGranted(one.right, granted) ? 'ok' : 'missing' }));
}

/** Roles add up; what one leaves out of its own, another may give. */
function isGranted(right: string, granted: readonly z.infer<typeof permission>[]): boolean {
  return granted.some(
    ({ actions = [], notActions = [] }) =>
      actions.some((pattern) => globMatches(pattern, right)) &&
      !notActions.some((pattern) => globMatches(pattern, right)),
  );
}
