import type * as Sdk from '@aws-sdk/client-ecr';
import * as z from 'zod';
import { cellOf } from '../../findings/cells.ts';
import type { PullKind } from '../kinds/kind.ts';
import { accountOf, askedPages, enter, refusalOf, regionsOf } from './aws.ts';
import { imagesOf } from './ecr-images.ts';
import { gapsOf, listRegions, type Tell } from './regions.ts';
import type { PullEnd, PullRequest } from './request.ts';

/** In the place of a repository, whose names have no capitals: that the list of them is known, also where it is empty. */
const LIST = 'ECR';
const DEFAULT_IMAGES = 1;
const PAGE = 1000;
/** What a scan ends with that says what it found. `ACTIVE` is one that goes on for ever (of Inspector). */
const SCANNED = ['COMPLETE', 'ACTIVE'];
/** Not scanned; or not there any more since it was listed. */
const NOTHING_THERE = ['ScanNotFoundException', 'ImageNotFoundException', 'RepositoryNotFoundException'];

/** Repositories with findings, by region: if one is not there any more, neither is what was found in it. */
const cursorShape = z
  .object({ repositories: z.record(z.string(), z.array(z.string())) })
  .catch({ repositories: {} });

export const ecr: PullKind = {
  run: 'pull',
  id: 'ecr',
  title: 'Amazon ECR',
  per: 'account',
  clouds: ['aws'],
  modes: [],
  pull,
};

/** What the scans of the newest images of each repository found. */
async function pull(request: PullRequest): Promise<PullEnd> {
  const sdk = await import('@aws-sdk/client-ecr');
  const settings = await enter(request);
  const regions = await regionsOf(request, settings);
  const repositories = { ...cursorShape.parse(request.cursor).repositories };
  const about = { source: 'ecr', mode: 'snapshot', list: 'images' } as const;
  const listed = await listRegions(request, about, regions, async function* (region, tell) {
    const client = new sdk.ECRClient(settings(region));
    try {
      const names = await repositoriesIn(sdk, client, region, request);
      const before = repositories[region] ?? [];
      const covered = before.filter((name) => !names.includes(name));
      const flagged: string[] = [];
      for (const name of names) {
        const read = { whole: true, found: 0 };
        yield* scansOf(sdk, client, region, name, request, tell, read);
        if (read.whole) covered.push(name);
        if (read.found > 0 || (!read.whole && before.includes(name))) flagged.push(name);
      }
      repositories[region] = flagged;
      const cells = [LIST, ...covered].map((name) => cellOf(name, region));
      return [{ accounts: [accountOf(request)], cells }];
    } finally {
      client.destroy();
    }
  });
  return { gaps: gapsOf(listed), cursor: { repositories } };
}

async function repositoriesIn(
  sdk: typeof Sdk,
  client: Sdk.ECRClient,
  region: string,
  { signal }: PullRequest,
): Promise<string[]> {
  const names: string[] = [];
  const pages = sdk.paginateDescribeRepositories({ client }, { maxResults: PAGE }, { abortSignal: signal });
  for await (const page of askedPages('ecr:DescribeRepositories', region, pages))
    for (const { repositoryName } of page.repositories ?? [])
      if (repositoryName !== undefined) names.push(repositoryName);
  return names;
}

/** @param read whether every image had a scan that is done, and how much was found */
async function* scansOf(
  sdk: typeof Sdk,
  client: Sdk.ECRClient,
  region: string,
  repositoryName: string,
  request: PullRequest,
  { note }: Tell,
  read: { whole: boolean; found: number },
): AsyncGenerator<readonly object[], void> {
  const newest = request.job.images ?? DEFAULT_IMAGES;
  const missing = (image: string, why: string): void => {
    read.whole = false;
    note(`${repositoryName} in ${region}: the image ${image} has no scan that is done (${why})`);
  };
  for (const { imageDigest, name } of await imagesOf(sdk, client, region, repositoryName, newest, request)) {
    const pages = sdk.paginateDescribeImageScanFindings(
      { client },
      { repositoryName, imageId: { imageDigest }, maxResults: PAGE },
      { abortSignal: request.signal },
    );
    try {
      for await (const page of askedPages('ecr:DescribeImageScanFindings', region, pages)) {
        const { imageScanStatus, imageScanFindings, imageId, registryId = accountOf(request) } = page;
        const status = imageScanStatus?.status ?? 'in no state';
        if (!SCANNED.includes(status)) {
          missing(name, status);
          break;
        }
        const { findings = [], enhancedFindings = [] } = imageScanFindings ?? {};
        read.found += findings.length + enhancedFindings.length;
        yield [{ registryId, repositoryName, region, imageId, imageScanStatus, imageScanFindings }];
      }
    } catch (error) {
      if (!NOTHING_THERE.includes(refusalOf(error))) throw error;
      missing(name, refusalOf(error));
    }
  }
}
