import type * as Sdk from '@aws-sdk/client-guardduty';
import * as z from 'zod';
import type { Covered } from '../../sources/common/listing.ts';
import type { PullKind } from '../kinds/kind.ts';
import { accountOf, asked, askedPages, enter, isNotForThisAccount, regionsOf } from './aws.ts';
import { gapsOf, listRegions } from './regions.ts';
import type { PullEnd, PullRequest } from './request.ts';

/** As many as one GetFindings takes. */
const PAGE = 50;
/** What was updated so long before the last run is asked for again: findings appear some minutes after their time. */
const OVERLAP_MS = 15 * 60_000;
/** Findings age out when their scope is told of, also where nothing is new: so often for every member. */
const SWEEP_MS = 24 * 3_600_000;

const cursorShape = z
  .object({ until: z.record(z.string(), z.number()), sweptAt: z.number() })
  .catch({ until: {}, sweptAt: 0 });
type Cursor = z.infer<typeof cursorShape>;

export const guardduty: PullKind = {
  run: 'pull',
  id: 'guardduty',
  title: 'GuardDuty',
  per: 'account',
  clouds: ['aws'],
  modes: [],
  pull,
};

/** What was updated since the last run and is not archived. */
async function pull(request: PullRequest): Promise<PullEnd> {
  const sdk = await import('@aws-sdk/client-guardduty');
  const { observedAt, signal: abortSignal } = request;
  const cursor = cursorShape.parse(request.cursor);
  const settings = await enter(request);
  const regions = await regionsOf(request, settings);
  const sweep = observedAt - cursor.sweptAt >= SWEEP_MS - OVERLAP_MS;
  const about = { source: 'guardduty', mode: 'stream', list: 'Findings' } as const;
  const listed = await listRegions(request, about, regions, async function* (region) {
    const client = new sdk.GuardDutyClient(settings(region));
    try {
      const detectors = await detectorsIn(sdk, client, region, request);
      if (detectors.length === 0) return null;
      const accounts = new Set([accountOf(request)]);
      const since = cursor.until[region];
      for (const DetectorId of detectors) {
        const FindingCriteria = { Criterion: updatedBetween(since, observedAt) };
        const input = { DetectorId, FindingCriteria, MaxResults: PAGE };
        const pages = sdk.paginateListFindings({ client }, input, { abortSignal });
        for await (const { FindingIds = [] } of askedPages('guardduty:ListFindings', region, pages)) {
          if (FindingIds.length === 0) continue;
          const command = new sdk.GetFindingsCommand({ DetectorId, FindingIds });
          const answer = client.send(command, { abortSignal });
          const { Findings } = await asked('guardduty:GetFindings', region, answer);
          yield Findings ?? [];
        }
        if (!sweep) continue;
        for (const id of await members(sdk, client, region, DetectorId, request)) accounts.add(id);
      }
      return [{ accounts: [...accounts], cells: [] }] satisfies Covered[];
    } finally {
      client.destroy();
    }
  });
  const gaps = gapsOf(listed);
  const next: Cursor = {
    until: { ...cursor.until, ...Object.fromEntries(listed.done.map((region) => [region, observedAt])) },
    sweptAt: sweep && gaps.length === 0 ? observedAt : cursor.sweptAt,
  };
  return { gaps, cursor: next };
}

function updatedBetween(since: number | undefined, until: number): Record<string, Sdk.Condition> {
  const from = since === undefined ? {} : { GreaterThanOrEqual: since - OVERLAP_MS };
  return {
    'service.archived': { Equals: ['false'] },
    updatedAt: { ...from, LessThanOrEqual: until },
  };
}

async function detectorsIn(
  sdk: typeof Sdk,
  client: Sdk.GuardDutyClient,
  region: string,
  { signal }: PullRequest,
): Promise<string[]> {
  const ids: string[] = [];
  const pages = sdk.paginateListDetectors({ client }, {}, { abortSignal: signal });
  for await (const page of askedPages('guardduty:ListDetectors', region, pages))
    ids.push(...(page.DetectorIds ?? []));
  return ids;
}

/** Of the organization that this account administers GuardDuty for; else nobody. */
async function members(
  sdk: typeof Sdk,
  client: Sdk.GuardDutyClient,
  region: string,
  DetectorId: string,
  { signal }: PullRequest,
): Promise<string[]> {
  const ids: string[] = [];
  const pages = sdk.paginateListMembers(
    { client },
    { DetectorId, OnlyAssociated: 'true' },
    { abortSignal: signal },
  );
  try {
    for await (const page of askedPages('guardduty:ListMembers', region, pages))
      for (const { AccountId } of page.Members ?? []) if (AccountId !== undefined) ids.push(AccountId);
  } catch (error) {
    if (!isNotForThisAccount(error)) throw error;
  }
  return ids;
}
