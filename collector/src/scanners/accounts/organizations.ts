import type * as Organizations from '@aws-sdk/client-organizations';
import type {
  Account as AwsAccount,
  OrganizationsClient,
  OrganizationsServiceException,
} from '@aws-sdk/client-organizations';
import pLimit from 'p-limit';
import { messageOf, ScanError } from '../../errors.ts';
import { type AwsAccess, awsKeys } from '../credentials/aws.ts';
import type { CredentialContext } from '../credentials/index.ts';
import type { Account } from '../job.ts';
import { foundAccount, isSelected, type Selection } from './selection.ts';

interface UnitSelection extends Selection {
  /** Organizational units, with all that is below them. */
  readonly ous?: readonly string[] | undefined;
}

export interface OrganizationSource {
  readonly include?: UnitSelection | undefined;
  readonly exclude?: UnitSelection | undefined;
  readonly teamTag: string;
  readonly environmentTag: string;
  readonly region?: string | undefined;
}

/** Organizations answers some ten requests a second; the SDK waits and asks again, but not for ever. */
const AT_ONCE = 4;
const MAX_ATTEMPTS = 8;

type Sdk = typeof Organizations;

/**
 * The active accounts of an AWS organization.
 * @throws ScanError that names the missing right
 */
export async function organizationAccounts(
  source: OrganizationSource,
  access: AwsAccess,
  origin: string,
  context: CredentialContext,
): Promise<Account[]> {
  // Only here: most collectors have no organization to ask.
  const sdk = await import('@aws-sdk/client-organizations');
  const client = new sdk.OrganizationsClient({
    region: source.region ?? context.env['AWS_REGION'] ?? 'us-east-1',
    credentials: await awsKeys(access, '', context),
    maxAttempts: MAX_ATTEMPTS,
    retryMode: 'adaptive',
  });
  try {
    const [all, included, excluded] = await Promise.all([
      listAccounts(sdk, client),
      below(sdk, client, source.include?.ous),
      below(sdk, client, source.exclude?.ous),
    ]);
    const limit = pLimit(AT_ONCE);
    const found = await Promise.all(
      all
        .filter(({ Status, State }) => (State ?? Status) === 'ACTIVE')
        .filter(({ Id }) => included === null || included.has(Id ?? ''))
        .filter(({ Id }) => excluded?.has(Id ?? '') !== true)
        .map((account) =>
          limit(async () => {
            const labels = await tagsOf(sdk, client, account);
            const { Id = '', Name = null } = account;
            return foundAccount({ cloud: 'aws', account: Id, name: Name, labels }, source, origin);
          }),
        ),
    );
    return found.filter((account) => isSelected(account, source.include, source.exclude));
  } finally {
    client.destroy();
  }
}

async function listAccounts(sdk: Sdk, client: OrganizationsClient): Promise<AwsAccount[]> {
  return asked('organizations:ListAccounts', async () => {
    const accounts: AwsAccount[] = [];
    for await (const page of sdk.paginateListAccounts({ client }, {}))
      accounts.push(...(page.Accounts ?? []));
    return accounts;
  });
}

/** Ids of the accounts in these units and all below them; null where nothing was asked for. */
async function below(
  sdk: Sdk,
  client: OrganizationsClient,
  ous: readonly string[] | undefined,
): Promise<ReadonlySet<string> | null> {
  if (ous === undefined) return null;
  const found = new Set<string>();
  const seen = new Set<string>();
  const waiting = [...ous];
  for (let parent = waiting.pop(); parent !== undefined; parent = waiting.pop()) {
    if (seen.has(parent)) continue;
    seen.add(parent);
    const ParentId = parent;
    await asked('organizations:ListAccountsForParent', async () => {
      for await (const { Accounts } of sdk.paginateListAccountsForParent({ client }, { ParentId }))
        for (const { Id } of Accounts ?? []) if (Id !== undefined) found.add(Id);
    });
    await asked('organizations:ListOrganizationalUnitsForParent', async () => {
      for await (const page of sdk.paginateListOrganizationalUnitsForParent({ client }, { ParentId }))
        for (const { Id } of page.OrganizationalUnits ?? []) if (Id !== undefined) waiting.push(Id);
    });
  }
  return found;
}

async function tagsOf(
  sdk: Sdk,
  client: OrganizationsClient,
  { Id }: AwsAccount,
): Promise<Record<string, string>> {
  return asked('organizations:ListTagsForResource', async () => {
    const tags: Record<string, string> = {};
    for await (const page of sdk.paginateListTagsForResource({ client }, { ResourceId: Id }))
      for (const { Key, Value } of page.Tags ?? []) if (Key !== undefined) tags[Key] = Value ?? '';
    return tags;
  });
}

async function asked<T>(right: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = isServiceError(error) ? error.name : messageOf(error);
    throw new ScanError(
      `the organization does not answer ${right}: ${code}`,
      /AccessDenied/.test(code)
        ? `Allow ${right} to these credentials, in the management account or one it delegates to.`
        : 'Try again; the accounts that were found last are used meanwhile.',
      'credentials',
      error,
    );
  }
}

function isServiceError(error: unknown): error is OrganizationsServiceException {
  return error instanceof Error && '$metadata' in error;
}
