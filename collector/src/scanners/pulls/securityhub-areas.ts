import type * as Sdk from '@aws-sdk/client-securityhub';
import { type AwsSettings, firstRegion, gapOf, refusalOf } from './aws.ts';
import type { PullRequest } from './request.ts';

/** A region that is asked, and those whose findings it gives: itself, and those that it collects from. */
export interface Area {
  readonly region: string;
  readonly gives: readonly string[];
}

/**
 * Where findings are collected in one region, that one is asked instead of all that it collects from.
 * Without the right to know of it each region is asked by itself, which says the same in more calls.
 */
export async function aggregation(
  sdk: typeof Sdk,
  settings: (region: string) => AwsSettings,
  regions: readonly string[],
  request: PullRequest,
): Promise<Area[]> {
  const home = await aggregatorOf(sdk, settings, regions, request);
  const gives = home === null ? [] : linked(home, regions);
  const rest = regions.filter((region) => !gives.includes(region));
  const [first] = gives;
  return [...(first === undefined ? [] : [{ region: first, gives }]), ...rest.map(alone)];
}

function alone(region: string): Area {
  return { region, gives: [region] };
}

/** The region that collects comes first. */
function linked(home: Sdk.GetFindingAggregatorCommandOutput, regions: readonly string[]): string[] {
  const { FindingAggregationRegion: first, RegionLinkingMode: mode, Regions: named = [] } = home;
  if (first === undefined) return [];
  const others = regions.filter((region) => {
    if (region === first) return false;
    if (mode === 'ALL_REGIONS') return true;
    if (mode === 'ALL_REGIONS_EXCEPT_SPECIFIED') return !named.includes(region);
    return mode === 'SPECIFIED_REGIONS' && named.includes(region);
  });
  return [first, ...others];
}

async function aggregatorOf(
  sdk: typeof Sdk,
  settings: (region: string) => AwsSettings,
  regions: readonly string[],
  request: PullRequest,
): Promise<Sdk.GetFindingAggregatorCommandOutput | null> {
  const { signal: abortSignal, log } = request;
  for (const region of new Set([firstRegion(request), ...regions])) {
    const client = new sdk.SecurityHubClient(settings(region));
    try {
      const list = await client.send(new sdk.ListFindingAggregatorsCommand({}), { abortSignal });
      const arn = list.FindingAggregators?.[0]?.FindingAggregatorArn;
      if (arn === undefined) return null;
      const command = new sdk.GetFindingAggregatorCommand({ FindingAggregatorArn: arn });
      return await client.send(command, { abortSignal });
    } catch (error) {
      if (abortSignal.aborted) throw error;
      // Not switched on in this region: the next may know.
      if (refusalOf(error) === 'InvalidAccessException') continue;
      const reason = gapOf('securityhub:ListFindingAggregators', region, error);
      log.warn({ reason }, 'it is not known which region collects findings: each is asked by itself');
      return null;
    } finally {
      client.destroy();
    }
  }
  return null;
}
