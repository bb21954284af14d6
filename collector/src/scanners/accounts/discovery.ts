import type { CredentialContext, CredentialSource } from '../credentials/index.ts';
import type { Account } from '../job.ts';
import { organizationAccounts, type OrganizationSource } from './organizations.ts';
import { activeProjects, type ProjectSource } from './projects.ts';
import { enabledSubscriptions, type SubscriptionSource } from './subscriptions.ts';

/** An entry of `credentials`; none: the default chain of the cloud's own library. */
interface Named {
  readonly credentials?: string | undefined;
}

/** An entry of `discovery`. Exactly one of the clouds is there. */
export interface Discovery {
  readonly name: string;
  readonly aws?: (OrganizationSource & Named) | undefined;
  readonly azure?: (SubscriptionSource & Named) | undefined;
  readonly gcp?: (ProjectSource & Named) | undefined;
  /** Tags that become labels of findings. */
  readonly labels?: readonly string[] | undefined;
  /** Milliseconds. */
  readonly refresh: number;
  readonly minimumShare: number;
}

export interface Discovered {
  readonly accounts: Account[];
  /** What could not be seen, where the rest could. */
  readonly problem: string | null;
}

/** @throws ScanError that names the missing right */
export async function discover(
  { name, aws, azure, gcp }: Discovery,
  credentials: Readonly<Record<string, CredentialSource>>,
  context: CredentialContext,
): Promise<Discovered> {
  const source = credentials[(aws ?? azure ?? gcp)?.credentials ?? ''];
  if (azure !== undefined) return enabledSubscriptions(azure, source?.azure, name, context);
  if (gcp !== undefined)
    return { accounts: await activeProjects(gcp, source?.gcp, name, context), problem: null };
  if (aws === undefined) return { accounts: [], problem: null };
  return { accounts: await organizationAccounts(aws, source?.aws ?? {}, name, context), problem: null };
}
