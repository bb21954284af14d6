import type * as Sdk from '@aws-sdk/client-macie2';
import { messageOf } from '../../errors.ts';
import { cellOf } from '../../findings/cells.ts';
import type { PullKind } from '../kinds/kind.ts';
import { accountOf, asked, askedPages, enter, isNotForThisAccount, regionsOf } from './aws.ts';
import { gapsOf, listRegions } from './regions.ts';
import type { PullEnd, PullRequest } from './request.ts';

/** As many as one GetFindings takes. */
const PAGE = 50;

export const macie: PullKind = {
  run: 'pull',
  id: 'macie',
  title: 'Amazon Macie',
  per: 'account',
  clouds: ['aws'],
  modes: [],
  pull,
};

/** All findings that are not archived, each time. Macie keeps them for 90 days: then they close, as those do that are archived. */
async function pull(request: PullRequest): Promise<PullEnd> {
  const sdk = await import('@aws-sdk/client-macie2');
  const settings = await enter(request);
  const regions = await regionsOf(request, settings);
  const about = { source: 'macie', mode: 'snapshot', list: 'findings' } as const;
  const { signal: abortSignal } = request;
  const listed = await listRegions(request, about, regions, async function* (region) {
    const client = new sdk.Macie2Client(settings(region));
    try {
      const accounts = [accountOf(request), ...(await members(sdk, client, region, request))];
      const input = { findingCriteria: { criterion: { archived: { eq: ['false'] } } }, maxResults: PAGE };
      const pages = sdk.paginateListFindings({ client }, input, { abortSignal });
      for await (const { findingIds = [] } of askedPages('macie2:ListFindings', region, pages)) {
        if (findingIds.length === 0) continue;
        const answer = client.send(new sdk.GetFindingsCommand({ findingIds }), { abortSignal });
        const { findings } = await asked('macie2:GetFindings', region, answer);
        yield findings ?? [];
      }
      return [{ accounts, cells: [cellOf('macie', region)] }];
    } catch (error) {
      if (isOff(error)) return null;
      throw error;
    } finally {
      client.destroy();
    }
  });
  return { gaps: gapsOf(listed) };
}

/** `Macie is not enabled`, under the name that a missing right has. */
function isOff(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return /macie is not enabled/i.test(messageOf(cause));
}

/** Of the organization that this account administers Macie for; else nobody. */
async function members(
  sdk: typeof Sdk,
  client: Sdk.Macie2Client,
  region: string,
  { signal }: PullRequest,
): Promise<string[]> {
  const ids: string[] = [];
  const pages = sdk.paginateListMembers({ client }, { onlyAssociated: 'true' }, { abortSignal: signal });
  try {
    for await (const page of askedPages('macie2:ListMembers', region, pages))
      for (const { accountId, relationshipStatus } of page.members ?? [])
        if (accountId !== undefined && relationshipStatus === 'Enabled') ids.push(accountId);
  } catch (error) {
    if (isOff(error) || !isNotForThisAccount(error)) throw error;
  }
  return ids;
}
