import type { Logger } from 'pino';
import { ScanError } from '../../errors.ts';
import type { Account } from '../job.ts';
import type { Env, Secrets } from '../secrets.ts';
import { type AwsAccess, awsEnvironment } from './aws.ts';
import { type AzureAccess, azureEnvironment } from './azure.ts';
import { type GcpAccess, gcpEnvironment } from './gcp.ts';

export { type AwsAccess, awsKeys, type AwsKeys } from './aws.ts';

/** An entry of `credentials`: how scanners get into accounts of a cloud. Exactly one of the fields is there. */
export interface CredentialSource {
  readonly aws?: AwsAccess | undefined;
  readonly azure?: AzureAccess | undefined;
  readonly gcp?: GcpAccess | undefined;
}

/** What a scanner's process needs to get into an account. */
export interface Granted {
  readonly env: Readonly<Record<string, string>>;
  /** Files to put into the working folder, readable by this user only; `{folder}` in `env` stands for it. */
  readonly files: Readonly<Record<string, string>>;
  /** Values that may be shown nowhere. Grows while keys are replaced. */
  readonly secrets: readonly string[];
  /** To be called when the process has ended. */
  readonly end?: () => Promise<void>;
}

export const NOTHING: Granted = { env: {}, files: {}, secrets: [] };

export interface CredentialContext {
  readonly env: Env;
  readonly secrets: Secrets;
  readonly log: Logger;
}

/**
 * @param refreshes whether the scanner asks for keys of AWS as it needs them
 * @throws ScanError `credentials` that says which right is missing
 */
export async function grant(
  source: CredentialSource | null,
  account: Account,
  context: CredentialContext,
  refreshes = false,
): Promise<Granted> {
  switch (account.cloud) {
    case 'aws':
      return awsEnvironment(source?.aws ?? {}, account.account, context, refreshes);
    case 'azure':
      return source?.azure === undefined ? none(source, account) : azureEnvironment(source.azure, context);
    case 'gcp':
      return source?.gcp === undefined ? none(source, account) : gcpEnvironment(source.gcp, context);
    default:
      return NOTHING;
  }
}

function none(source: CredentialSource | null, { cloud, account }: Account): Granted {
  if (source === null) return NOTHING;
  throw new ScanError(
    `the credentials for ${cloud}/${account} are not of ${cloud}`,
    `Give them a section \`${cloud}\`, or name other credentials in the job or the account.`,
    'credentials',
  );
}
