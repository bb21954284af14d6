import pLimit from 'p-limit';
import { messageOf, ScanError } from '../../../errors.ts';
import type { PullRequest } from '../request.ts';
import { type Discovered, type Found, Refused } from './found.ts';

/** An account of a cloud whose services list what they have in all regions at once. */
export interface ListPlace<Api> {
  readonly account: string;
  readonly api: Api;
  /** Adds an asset; what is found before a call is refused stays found. */
  readonly add: (asset: Omit<Found, 'service'>) => void;
  /** Tells what did not answer where the rest did: nothing of the service closes then. */
  readonly miss: (gap: string) => void;
}

/** What a service of such a cloud exposes. One file each, and one line in the cloud's index.ts. */
export interface ListFinder<Api> {
  /** Names the service in findings and what is covered. */
  readonly service: string;
  /** Asks all there is to ask. @throws Refused; nothing that was not found then closes */
  readonly find: (place: ListPlace<Api>) => Promise<void>;
}

/** Services asked at once. */
const AT_ONCE = 4;
/** Where what has no region is. */
const GLOBAL = 'global';

export async function askLists<Api>(
  { job, signal }: PullRequest,
  account: string,
  api: Api,
  finders: readonly ListFinder<Api>[],
): Promise<Discovered> {
  const found: Found[] = [];
  const covered: string[] = [];
  const gaps: string[] = [];
  const wanted = job.regions.length === 0 ? null : new Set([...job.regions.map(regionNamed), GLOBAL]);
  const limit = pLimit(AT_ONCE);
  const ask = async ({ service, find }: ListFinder<Api>): Promise<void> => {
    signal.throwIfAborted();
    const missed: string[] = [];
    try {
      await find({
        account,
        api,
        add: (asset) => {
          if (wanted === null || wanted.has(asset.region)) found.push({ ...asset, service });
        },
        miss: (gap) => missed.push(gap),
      });
    } catch (error) {
      signal.throwIfAborted();
      missed.push(
        error instanceof Refused
          ? `${error.right}: ${messageOf(error.cause)}`
          : `${service}: ${messageOf(error)}`,
      );
    }
    // One list is of all regions: where a part of it is missing, nobody knows which assets that would have been.
    if (missed.length === 0) covered.push(...[...(wanted ?? ['*'])].map((region) => `${service}@${region}`));
    gaps.push(...missed);
  };
  await Promise.all(finders.map((finder) => limit(() => ask(finder))));
  return { found, covered: covered.sort(), gaps: gaps.sort() };
}

/** The section of the credentials that is for this cloud; undefined where the cloud's own defaults are meant. */
export function accessOf<Cloud extends 'azure' | 'gcp'>(
  { credentials, on }: PullRequest,
  cloud: Cloud,
): NonNullable<PullRequest['credentials']>[Cloud] {
  if (credentials === null || credentials[cloud] !== undefined) return credentials?.[cloud];
  throw new ScanError(
    `the credentials for ${cloud}/${on.kind === 'account' ? on.account.account : ''} are not of ${cloud}`,
    `Give them a section \`${cloud}\`, or name other credentials in the job or the account.`,
    'credentials',
  );
}

/** `westeurope` of `West Europe`, as some services write it. */
export function regionNamed(location: string | null | undefined): string {
  return (location ?? '').toLowerCase().replace(/\s+/g, '') || GLOBAL;
}

/** What comes last in an id or a link: the name of the thing. */
export function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
