import { messageOf, ScanError } from '../errors.ts';
import { proxyAgents } from '../proxy.ts';
import { azureApi } from '../scanners/cloud/azure.ts';
import { gcpApi } from '../scanners/cloud/gcp.ts';
import { CloudRefusal } from '../scanners/cloud/http.ts';
import {
  type AwsAccess,
  awsKeys,
  type CredentialContext,
  type CredentialSource,
} from '../scanners/credentials/index.ts';
import type { Account } from '../scanners/job.ts';
import {
  awsRights,
  azureRights,
  gcpRights,
  type NeededRight,
  neededRights,
  type RightState,
} from '../scanners/rights/index.ts';
import { regionOf } from '../scanners/secrets.ts';
import { type Check, fail, ok, warn } from './doctor-check.ts';
import { plural } from './output.ts';

/** Jobs that would get into an account in one way. */
export interface Entry {
  readonly account: Account;
  readonly source: CredentialSource | null;
  /** Kinds of the jobs that would; none where no job looks at the account. */
  readonly scanners: readonly string[];
  readonly regions: readonly string[];
}

/** Who the scanners would be, and what they would lack. @throws SightlineError and what the clouds throw */
export async function checkEntry(label: string, entry: Entry, context: CredentialContext): Promise<Check> {
  const { account, source, scanners } = entry;
  const needed = neededRights(scanners, account.cloud);
  switch (account.cloud) {
    case 'aws':
      return checkAws(label, entry, needed, context);
    case 'azure': {
      const api = await azureApi(source?.azure, context);
      const who = await api.who();
      const rights = await answered('Azure', () => azureRights(needed, account.account, api));
      return verdict(label, who, rights, 'azure');
    }
    case 'gcp': {
      const api = await gcpApi(source?.gcp, context);
      const who = await api.who();
      const rights = await answered('Google', () => gcpRights(needed, account.account, api));
      return verdict(label, who, rights, 'gcp');
    }
    default:
      return ok(label, `nobody asks ${account.cloud} for rights`);
  }
}

/** @throws ScanError */
async function answered<T>(cloud: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ScanError) throw error;
    const refused = error instanceof CloudRefusal;
    throw new ScanError(
      `${cloud} does not say which rights there are: ${messageOf(error)}`,
      !refused
        ? UNTRIED
        : error.status === 401
          ? 'The cloud does not take the token: check the key, and the clock of this machine.'
          : 'Check that there is such an account, and that these credentials are of its tenant or organization.',
      'credentials',
      error,
    );
  }
}

async function checkAws(
  label: string,
  { account: { account }, source, regions }: Entry,
  needed: readonly NeededRight[],
  context: CredentialContext,
): Promise<Check> {
  const { GetCallerIdentityCommand, STSClient } = await import('@aws-sdk/client-sts');
  const access: AwsAccess = source?.aws ?? {};
  const keys = await awsKeys(access, account, context);
  const where = regionOf(access.region, context.env);
  const client = new STSClient({ ...where, credentials: keys, requestHandler: proxyAgents() });
  try {
    // Needs no right: whoever may not call it has keys that are wrong or have run out.
    const { Account: got, Arn: arn = 'somebody' } = await client.send(new GetCallerIdentityCommand({}));
    if (got !== account) {
      return fail(
        label,
        `the keys are of the account ${got ?? 'unknown'}`,
        'Give `credentials` a roleArn with {account} in it, or name others for this account.',
      );
    }
    const identity = {
      ...{ keys, arn, region: regions[0] ?? where.region },
      roleArn: access.roleArn?.replaceAll('{account}', account) ?? access.webIdentity?.roleArn ?? null,
      isNarrowed: access.sessionPolicy !== undefined || access.policyArns !== undefined,
    };
    return verdict(label, arn, await awsRights(needed, identity, context.env), 'aws');
  } finally {
    client.destroy();
  }
}

function verdict(label: string, who: string, rights: readonly RightState[], cloud: string): Check {
  const missing = rights.filter(({ state }) => state === 'missing').map(({ right }) => right);
  const unknown = rights.filter(({ state }) => state === 'unknown');
  const there = rights.length - missing.length - unknown.length;
  if (rights.length === 0)
    return { ...ok(label, `${who}; no job asks for a right that is known here`), rights };
  const counted = `${who}; ${there} of ${plural(rights.length, 'right')} there`;
  if (missing.length > 0) return { ...fail(label, counted, ADVICE[cloud]?.(missing) ?? ''), rights };
  if (unknown.length === 0) return { ...ok(label, counted), rights };
  // What can't be tried by a call that names nothing is no reason to worry while the others are there.
  return there > 0
    ? { ...ok(label, `${counted}, ${unknown.length} can't be tried`), rights }
    : { ...warn(label, `${who}; none of ${plural(rights.length, 'right')} could be tried`, UNTRIED), rights };
}

const UNTRIED = 'Check that this machine gets through to the cloud, and try again.';

/** What to add, in the words of the cloud. */
const ADVICE: Readonly<Record<string, (missing: readonly string[]) => string>> = {
  aws: (missing) =>
    `Add to the policy of the role (deploy/aws has all of it): ${JSON.stringify({
      Effect: 'Allow',
      Action: [...missing].sort(),
      Resource: '*',
    })}`,
  azure: (missing) =>
    `Give the application the role Reader on the subscription or a management group above it (deploy/azure), or a role with "actions": ${JSON.stringify([...missing].sort())}`,
  gcp: (missing) =>
    `Give the service account the roles of deploy/gcp on the project or a folder above it, or a role with: ${[...missing].sort().join(', ')}`,
};
