import { messageOf } from '../../errors.ts';
import { awsKeys } from '../credentials/index.ts';
import { regionOf } from '../secrets.ts';
import type { PullRequest } from './request.ts';

/** What the clients of all AWS services are made with. Where the services are comes from the SDK's own variables (AWS_ENDPOINT_URL…). */
export interface AwsSettings {
  readonly region: string;
  readonly credentials: () => Promise<{
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
    readonly expiration: Date;
  }>;
  readonly maxAttempts: number;
  readonly retryMode: 'adaptive';
}

/** Throttled, failing and reset calls are waited for and tried again, but not for ever. */
const MAX_ATTEMPTS = 8;
/** Keys of a role last an hour, or fifteen minutes at the least: fetched again well before. */
const FRESH_MS = 10 * 60_000;
/** Where lists of regions, and what has no region, are asked for. */
export const HOME_REGION = 'us-east-1';

/** Settings for clients in each region, which share one session in the account. */
export function awsSettings(request: PullRequest): (region: string) => AwsSettings {
  const { credentials: source, context, on } = request;
  const account = on.kind === 'account' ? on.account.account : '';
  let keys: { readonly until: number; readonly found: ReturnType<AwsSettings['credentials']> } | undefined;
  const credentials: AwsSettings['credentials'] = () => {
    if (keys === undefined || Date.now() >= keys.until) {
      const until = Date.now() + FRESH_MS;
      const expiration = new Date(until);
      const found = awsKeys(source?.aws ?? {}, account, context).then((one) => ({ ...one, expiration }));
      found.catch(() => (keys = undefined));
      keys = { until, found };
    }
    return keys.found;
  };
  return (region) => ({ region, credentials, maxAttempts: MAX_ATTEMPTS, retryMode: 'adaptive' });
}

/** The region to begin with: of the credentials, else of the environment. */
export function firstRegion({ credentials, context }: PullRequest): string {
  return regionOf(credentials?.aws?.region, context.env).region;
}

/**
 * The regions to ask: those of the job, else all that the account has switched on.
 * @throws the SDK's error where ec2:DescribeRegions is not allowed
 */
export async function regionsOf(
  request: PullRequest,
  settings: (region: string) => AwsSettings,
): Promise<readonly string[]> {
  if (request.job.regions.length > 0) return request.job.regions;
  // Only here: most collectors never ask.
  const { DescribeRegionsCommand, EC2Client } = await import('@aws-sdk/client-ec2');
  const client = new EC2Client(settings(firstRegion(request)));
  try {
    const { Regions } = await client.send(new DescribeRegionsCommand({}), { abortSignal: request.signal });
    return (Regions ?? []).flatMap(({ RegionName }) => (RegionName === undefined ? [] : [RegionName])).sort();
  } finally {
    client.destroy();
  }
}

/** A right is missing, in the words that AWS's services have for it. */
export function isDenied(error: unknown): boolean {
  return (
    error instanceof Error &&
    /AccessDenied|Unauthorized|AuthFailure|NotAuthorized|^OptInRequired/.test(error.name)
  );
}

/** What was asked for and by what it was refused: `guardduty:ListDetectors in eu-west-1: AccessDeniedException`. */
export function gapOf(right: string, region: string, error: unknown): string {
  const why = error instanceof Error && error.name !== 'Error' ? error.name : messageOf(error);
  return `${right} in ${region}: ${why}`;
}
