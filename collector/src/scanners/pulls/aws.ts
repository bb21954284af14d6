import { messageOf, ScanError } from '../../errors.ts';
import { type ProxyAgents, proxyAgents } from '../../proxy.ts';
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
  readonly requestHandler: ProxyAgents & {
    readonly connectionTimeout: number;
    readonly requestTimeout: number;
    readonly throwOnRequestTimeout: boolean;
  };
}

/** Throttled, failing and reset calls are waited for and tried again, but not for ever. */
const MAX_ATTEMPTS = 8;
/** By default an answer that never comes is waited for until the run's own timeout. */
const CONNECT_MS = 10_000;
const ANSWER_MS = 60_000;
/** Keys of a role last an hour, or fifteen minutes at the least: fetched again well before. Those of a machine may last less. */
const FRESH_MS = 10 * 60_000;
const SPARE_MS = 60_000;

/** Settings for clients in each region, which share one session in the account. */
export function awsSettings(request: PullRequest): (region: string) => AwsSettings {
  const { credentials: source, context } = request;
  const account = accountOf(request);
  let until = 0;
  let found: ReturnType<AwsSettings['credentials']> | undefined;
  const fetched: AwsSettings['credentials'] = async () => {
    const one = await awsKeys(source?.aws ?? {}, account, context);
    const ends = Math.min(until, one.expiration?.getTime() ?? Number.POSITIVE_INFINITY);
    until = Math.min(until, ends - SPARE_MS);
    return { ...one, expiration: new Date(ends) };
  };
  const credentials: AwsSettings['credentials'] = () => {
    if (found === undefined || Date.now() >= until) {
      until = Date.now() + FRESH_MS;
      const asked = fetched();
      asked.catch(() => (found = undefined));
      found = asked;
    }
    return found;
  };
  return (region) => ({
    ...{ region, credentials, maxAttempts: MAX_ATTEMPTS, retryMode: 'adaptive' },
    requestHandler: {
      ...proxyAgents(),
      connectionTimeout: CONNECT_MS,
      requestTimeout: ANSWER_MS,
      throwOnRequestTimeout: true,
    },
  });
}

/** The region to begin with: of the credentials, else of the environment. */
export function firstRegion({ credentials, context }: PullRequest): string {
  return regionOf(credentials?.aws?.region, context.env).region;
}

/** Where lists of accounts, and what has no region, are asked for: keys of one partition are nobody's in another. */
export function homeRegion(request: PullRequest): string {
  const first = firstRegion(request);
  if (first.startsWith('cn-')) return 'cn-northwest-1';
  return first.startsWith('us-gov-') ? 'us-gov-west-1' : 'us-east-1';
}

/**
 * Settings as above, once it is known that they lead into the account: of another one's silence, nothing may close in this one.
 * @throws ScanError
 */
export async function enter(request: PullRequest): Promise<(region: string) => AwsSettings> {
  const settings = awsSettings(request);
  const own = settings(firstRegion(request));
  await own.credentials();
  const { GetCallerIdentityCommand, STSClient } = await import('@aws-sdk/client-sts');
  const client = new STSClient(own);
  try {
    const who = client.send(new GetCallerIdentityCommand({}), { abortSignal: request.signal });
    const { Account: account } = await asked('sts:GetCallerIdentity', own.region, who);
    refuseEarlyClock(-client.config.systemClockOffset);
    if (account === accountOf(request)) return settings;
    throw new ScanError(
      `the keys are of the account ${account ?? '(none)'}, and ${accountOf(request)} was to be asked`,
      'Check `credentials` of the job and the account: a `roleArn` with {account} leads into each.',
      'credentials',
    );
  } finally {
    client.destroy();
  }
}

/** Less is made up for by what is asked for twice. The SDK tells of five minutes and more, and signs as AWS's clock has it. */
const MOST_AHEAD_MS = 10 * 60_000;

/** What a pull goes on from next time is the time of this machine: ahead of AWS's, it would pass by what is yet to be found. */
function refuseEarlyClock(aheadMs: number): void {
  if (aheadMs <= MOST_AHEAD_MS) return;
  throw new ScanError(
    `the clock of this machine is ${Math.round(aheadMs / 60_000)} minutes ahead of that of AWS`,
    'Set it (NTP); what is found until then would be missed.',
    'scan',
  );
}

/**
 * The regions to ask: those of the job, else all that the account has switched on.
 * @throws ScanError where ec2:DescribeRegions is not allowed
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
  } catch (error) {
    throw new ScanError(
      gapOf('ec2:DescribeRegions', firstRegion(request), error),
      'Allow ec2:DescribeRegions to these credentials, or say in the job which `regions` to ask.',
      'credentials',
      error,
    );
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

/** A call that was refused or failed for good, by the right that it takes. */
export class Unanswered extends Error {
  constructor(right: string, region: string, cause: unknown) {
    super(gapOf(right, region, cause), { cause });
  }
}

/** @throws Unanswered */
export async function asked<T>(right: string, region: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new Unanswered(right, region, error);
  }
}

/** @throws Unanswered */
export async function* askedPages<T>(
  right: string,
  region: string,
  pages: AsyncIterable<T>,
): AsyncGenerator<T> {
  try {
    for await (const page of pages) yield page;
  } catch (error) {
    throw new Unanswered(right, region, error);
  }
}

/** The name that the service gave to what went wrong; '' for anything else. */
export function refusalOf(error: unknown): string {
  const cause = error instanceof Unanswered ? error.cause : error;
  return cause instanceof Error ? cause.name : '';
}

/**
 * Refused by the service itself, and not for want of a right: only administrators may ask for members, and each service refuses all
 * others in words of its own. For want of a right, all of AWS says `is not authorized to perform`.
 */
export function isNotForThisAccount(error: unknown): boolean {
  const cause = error instanceof Unanswered ? error.cause : error;
  const refused = isDenied(cause) || /^(?:BadRequest|Validation|InvalidInput)/.test(refusalOf(error));
  return refused && !/not authorized to perform/i.test(messageOf(cause));
}

/** Lists are filtered by so many accounts at once. One group needs no filter. */
export function groupsOf(accounts: readonly string[], size: number): readonly (readonly string[])[] {
  const groups: (readonly string[])[] = [];
  for (let from = 0; from < accounts.length; from += size) groups.push(accounts.slice(from, from + size));
  return groups;
}

/** The account that is asked. Jobs on accounts are given no other target. */
export function accountOf({ on }: PullRequest): string {
  return on.kind === 'account' ? on.account.account : '';
}
