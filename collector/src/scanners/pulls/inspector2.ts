import type * as Sdk from '@aws-sdk/client-inspector2';
import { cellOf } from '../../findings/cells.ts';
import type { PullKind } from '../kinds/kind.ts';
import { accountOf, asked, askedPages, enter, groupsOf, isNotForThisAccount, regionsOf } from './aws.ts';
import { gapsOf, listRegions, type Tell } from './regions.ts';
import type { PullEnd, PullRequest } from './request.ts';

/** As many as one call, and one filter of a list, takes. */
const ACCOUNTS_AT_ONCE = 100;
const ACCOUNTS_IN_FILTER = 10;
const PAGE = 100;
/** Why the state of an account can't be told, where nobody could give a right or wait. */
const OUT_OF_REACH = ['ACCOUNT_IS_ISOLATED', 'BLOCKED_BY_ORGANIZATION_POLICY'];

export const inspector2: PullKind = {
  run: 'pull',
  id: 'inspector2',
  title: 'Amazon Inspector',
  per: 'account',
  clouds: ['aws'],
  modes: [],
  pull,
};

/** All active findings, each time: what is not among them any more is over, wherever Inspector is at work. */
async function pull(request: PullRequest): Promise<PullEnd> {
  const sdk = await import('@aws-sdk/client-inspector2');
  const settings = await enter(request);
  const regions = await regionsOf(request, settings);
  const about = { source: 'inspector2', mode: 'snapshot', list: 'findings' } as const;
  const listed = await listRegions(request, about, regions, async function* (region, tell) {
    const client = new sdk.Inspector2Client(settings(region));
    try {
      const accounts = await watched(sdk, client, region, request, tell);
      if (accounts.length === 0) return null;
      const groups = groupsOf(accounts, ACCOUNTS_IN_FILTER);
      for (const group of groups) {
        const own = groups.length === 1 ? {} : { awsAccountId: group.map((value) => equals(value)) };
        const pages = sdk.paginateListFindings(
          { client },
          { filterCriteria: { findingStatus: [equals('ACTIVE')], ...own }, maxResults: PAGE },
          { abortSignal: request.signal },
        );
        for await (const page of askedPages('inspector2:ListFindings', region, pages))
          yield page.findings ?? [];
        yield { whole: [{ accounts: group, cells: [cellOf('inspector2', region)] }] };
      }
      return [];
    } finally {
      client.destroy();
    }
  });
  return { gaps: gapsOf(listed) };
}

/**
 * The accounts that Inspector looks at here, as far as this one may know: where it is switched off, its list is empty, which says
 * nothing.
 */
async function watched(
  sdk: typeof Sdk,
  client: Sdk.Inspector2Client,
  region: string,
  request: PullRequest,
  { gap, note }: Tell,
): Promise<string[]> {
  const ids = [accountOf(request), ...(await members(sdk, client, region, request))];
  const on: string[] = [];
  for (const group of groupsOf(ids, ACCOUNTS_AT_ONCE)) {
    const command = new sdk.BatchGetAccountStatusCommand({ accountIds: [...group] });
    const answer = client.send(command, { abortSignal: request.signal });
    const { accounts, failedAccounts } = await asked('inspector2:BatchGetAccountStatus', region, answer);
    for (const { accountId = '', errorCode = 'no reason' } of failedAccounts ?? []) {
      const tell = OUT_OF_REACH.includes(errorCode) ? note : gap;
      tell(`inspector2:BatchGetAccountStatus in ${region}: ${errorCode} of ${accountId}`);
    }
    for (const { accountId, state } of accounts ?? [])
      if (accountId !== undefined && state?.status === 'ENABLED') on.push(accountId);
  }
  return on;
}

function equals(value: string): Sdk.StringFilter {
  return { comparison: 'EQUALS', value };
}

/** Of the organization that this account administers Inspector for; else nobody. */
async function members(
  sdk: typeof Sdk,
  client: Sdk.Inspector2Client,
  region: string,
  { signal }: PullRequest,
): Promise<string[]> {
  const ids: string[] = [];
  const pages = sdk.paginateListMembers({ client }, { onlyAssociated: true }, { abortSignal: signal });
  try {
    for await (const page of askedPages('inspector2:ListMembers', region, pages))
      for (const { accountId } of page.members ?? []) if (accountId !== undefined) ids.push(accountId);
  } catch (error) {
    if (!isNotForThisAccount(error)) throw error;
  }
  return ids;
}
