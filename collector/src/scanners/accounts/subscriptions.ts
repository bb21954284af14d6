import { z } from 'zod';
import { messageOf, ScanError } from '../../errors.ts';
import { type AzureApi, azureApi } from '../cloud/azure.ts';
import { CloudRefusal } from '../cloud/http.ts';
import type { AzureAccess } from '../credentials/azure.ts';
import type { CredentialContext } from '../credentials/index.ts';
import type { Account } from '../job.ts';
import { foundAccount, isSelected, type Selection } from './selection.ts';

interface GroupSelection extends Selection {
  /** Ids of management groups, with all that is below them. */
  readonly managementGroups?: readonly string[] | undefined;
}

export interface SubscriptionSource {
  readonly include?: GroupSelection | undefined;
  readonly exclude?: GroupSelection | undefined;
  readonly teamTag: string;
  readonly environmentTag: string;
}

/** @see https://learn.microsoft.com/rest/api/resources/subscriptions/list */
const subscription = z.object({
  subscriptionId: z.string(),
  displayName: z.string().nullish(),
  state: z.string(),
  tags: z.record(z.string(), z.string()).nullish(),
});
/** @see https://learn.microsoft.com/rest/api/managementgroups/management-groups/get-descendants */
const descendant = z.object({ type: z.string(), name: z.string() });

/**
 * The enabled subscriptions that the credentials may read.
 * @returns with them, what of the management groups they may not
 * @throws ScanError that names the missing right
 */
export async function enabledSubscriptions(
  source: SubscriptionSource,
  access: AzureAccess | undefined,
  origin: string,
  context: CredentialContext,
): Promise<{ accounts: Account[]; problem: string | null }> {
  const api = await azureApi(access, context);
  const [all, included, excluded] = await Promise.all([
    asked('Microsoft.Resources/subscriptions/read', () =>
      api.list('/subscriptions?api-version=2022-12-01', subscription),
    ),
    below(api, source.include?.managementGroups),
    below(api, source.exclude?.managementGroups),
  ]);
  const accounts = all
    .filter(({ state }) => state === 'Enabled')
    .map(({ subscriptionId, displayName, tags }) =>
      foundAccount(
        {
          cloud: 'azure',
          account: subscriptionId.toLowerCase(),
          name: displayName ?? null,
          labels: tags ?? {},
        },
        source,
        origin,
      ),
    )
    .filter(({ account }) => included === null || included.has(account))
    .filter(({ account }) => excluded?.has(account) !== true)
    .filter((account) => isSelected(account, source.include, source.exclude));
  return { accounts, problem: unseen(all, included, excluded) };
}

/** Ids of the subscriptions in these groups and all below them; null where nothing was asked for. */
async function below(
  api: AzureApi,
  groups: readonly string[] | undefined,
): Promise<ReadonlySet<string> | null> {
  if (groups === undefined) return null;
  const found = new Set<string>();
  for (const group of groups) {
    const path = `/providers/Microsoft.Management/managementGroups/${encodeURIComponent(group)}/descendants`;
    const all = await asked(`Microsoft.Management/managementGroups/descendants/read on ${group}`, () =>
      api.list(`${path}?api-version=2020-05-01`, descendant),
    );
    for (const { type, name } of all) if (/\/subscriptions$/i.test(type)) found.add(name.toLowerCase());
  }
  return found;
}

/** Of subscriptions that are in a group, those that the list of subscriptions lacks: who has no right on one does not see it there. */
function unseen(
  all: readonly z.infer<typeof subscription>[],
  included: ReadonlySet<string> | null,
  excluded: ReadonlySet<string> | null,
): string | null {
  const seen = new Set(all.map(({ subscriptionId }) => subscriptionId.toLowerCase()));
  const hidden = [...(included ?? [])].filter((id) => !seen.has(id) && excluded?.has(id) !== true);
  if (hidden.length === 0) return null;
  const some = hidden.slice(0, 3).join(', ') + (hidden.length > 3 ? ', …' : '');
  return `${hidden.length} subscriptions of the management groups can't be read (${some}): give these credentials the role Reader on the groups`;
}

async function asked<T>(right: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ScanError) throw error;
    const refused = error instanceof CloudRefusal && [401, 403, 404].includes(error.status);
    throw new ScanError(
      `Azure does not answer ${right}: ${messageOf(error)}`,
      refused
        ? `Allow ${right.split(' ')[0] ?? ''} to these credentials: the role Reader on the management group has it.`
        : 'Try again; the accounts that were found last are used meanwhile.',
      'credentials',
      error,
    );
  }
}
