import { readFile } from 'node:fs/promises';
import { messageOf, ScanError } from '../../errors.ts';
import { proxyAgents } from '../../proxy.ts';
import { regionOf, type SecretRef } from '../secrets.ts';
import type { CredentialContext, Granted } from './index.ts';
import { type EndingKeys, serveKeys } from './key-server.ts';

/** How to get into AWS accounts; an empty one is the default chain of the AWS SDK: environment, profile, web identity, role of the machine. */
export interface AwsAccess {
  /** Taken on in each account; `{account}` stands for its id. */
  readonly roleArn?: string | undefined;
  readonly externalId?: string | SecretRef | undefined;
  /** Narrows what the role may in this session. */
  readonly sessionPolicy?: Readonly<Record<string, unknown>> | undefined;
  readonly policyArns?: readonly string[] | undefined;
  readonly sessionSeconds?: number | undefined;
  /** What takes the role on, where it is not the default chain: keys, or a token of an OpenID Connect issuer. */
  readonly keys?:
    { readonly accessKeyId: string | SecretRef; readonly secretAccessKey: SecretRef } | undefined;
  readonly webIdentity?: { readonly roleArn: string; readonly tokenFile: string } | undefined;
  readonly region?: string | undefined;
  /** Whether the scanner asks for keys as it needs them; undefined: as its kind can. */
  readonly refresh?: boolean | undefined;
}

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

const SESSION = 'sightline';
/** What a role that was taken on by another role gets at most. */
const DEFAULT_SESSION_SECONDS = 3_600;

/** Addresses of the services, and who signed their certificates: the scanner has to go where the collector does. */
const PASSED = ['AWS_CA_BUNDLE', 'AWS_USE_FIPS_ENDPOINT', 'AWS_USE_DUALSTACK_ENDPOINT'];
/** Where the store's bucket is: a scanner that went there would look for the account's buckets in the wrong house. */
const STORE_ONLY = 'AWS_ENDPOINT_URL_S3';

/** @param refreshes whether the scanner's SDK can ask for keys by itself */
export async function awsEnvironment(
  access: AwsAccess,
  account: string,
  context: CredentialContext,
  refreshes: boolean,
): Promise<Granted> {
  const keys = await awsKeys(access, account, context);
  const { region } = regionOf(access.region, context.env);
  const passed = Object.entries(context.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined &&
      entry[0] !== STORE_ONLY &&
      (PASSED.includes(entry[0]) || entry[0].startsWith('AWS_ENDPOINT_URL')),
  );
  const common = {
    ...Object.fromEntries(passed),
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    // Keys that have run out must not be replaced by those of the machine, which may be of another account.
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  if ((access.refresh ?? refreshes) && isEnding(keys)) {
    const server = await serveKeys(
      keys,
      async () => {
        const next = await awsKeys(access, account, context);
        if (isEnding(next)) return next;
        throw new ScanError('the new keys have no end', 'Try again.', 'credentials');
      },
      context.log,
    );
    return {
      env: {
        ...common,
        ...server.env,
        // Profiles of the machine's user come before such an address.
        AWS_SHARED_CREDENTIALS_FILE: `{folder}/${NO_PROFILES}`,
        AWS_CONFIG_FILE: `{folder}/${NO_PROFILES}`,
      },
      files: { [NO_PROFILES]: '' },
      secrets: server.secrets,
      end: () => server.close(),
    };
  }
  return {
    env: {
      ...common,
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      ...(keys.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: keys.sessionToken }),
    },
    files: {},
    secrets: [keys.secretAccessKey, ...(keys.sessionToken === undefined ? [] : [keys.sessionToken])],
  };
}

const NO_PROFILES = 'no-aws-profiles';

function isEnding(keys: AwsKeys): keys is EndingKeys {
  return keys.sessionToken !== undefined && keys.expiration !== undefined;
}

/** @throws ScanError `credentials` */
export async function awsKeys(
  access: AwsAccess,
  account: string,
  { env, secrets }: CredentialContext,
): Promise<AwsKeys> {
  const { STSClient, AssumeRoleCommand, AssumeRoleWithWebIdentityCommand } =
    await import('@aws-sdk/client-sts');
  const region = regionOf(access.region, env);
  const base = async (): Promise<AwsKeys | undefined> => {
    if (access.keys !== undefined) {
      return {
        accessKeyId: await secrets.text(access.keys.accessKeyId),
        secretAccessKey: await secrets.read(access.keys.secretAccessKey),
      };
    }
    if (access.webIdentity === undefined) return undefined;
    const { roleArn, tokenFile } = access.webIdentity;
    const client = new STSClient({ ...region, requestHandler: proxyAgents() });
    try {
      const { Credentials } = await client.send(
        new AssumeRoleWithWebIdentityCommand({
          RoleArn: roleArn,
          RoleSessionName: SESSION,
          WebIdentityToken: (await readFile(tokenFile, 'utf8')).trim(),
        }),
      );
      return keysOf(Credentials);
    } catch (error) {
      throw refused(`the token in ${tokenFile} does not give the role ${roleArn}`, TRUST_OIDC, error);
    } finally {
      client.destroy();
    }
  };
  const given = await base();
  const client = new STSClient({
    ...region,
    requestHandler: proxyAgents(),
    ...(given === undefined ? {} : { credentials: given }),
  });
  try {
    if (access.roleArn === undefined) return given ?? (await defaultKeys(() => client.config.credentials()));
    const roleArn = access.roleArn.replaceAll('{account}', account);
    return await assume(roleArn, async () => {
      const { Credentials } = await client.send(
        new AssumeRoleCommand({
          RoleArn: roleArn,
          RoleSessionName: SESSION,
          DurationSeconds: access.sessionSeconds ?? DEFAULT_SESSION_SECONDS,
          ...(access.externalId === undefined ? {} : { ExternalId: await secrets.text(access.externalId) }),
          ...(access.sessionPolicy === undefined ? {} : { Policy: JSON.stringify(access.sessionPolicy) }),
          ...(access.policyArns === undefined
            ? {}
            : { PolicyArns: access.policyArns.map((arn) => ({ arn })) }),
        }),
      );
      return keysOf(Credentials);
    });
  } finally {
    client.destroy();
  }
}

const TRUST_OIDC =
  "The role's trust policy has to allow sts:AssumeRoleWithWebIdentity to the issuer, with the token's audience and subject.";

async function defaultKeys(chain: () => Promise<AwsKeys>): Promise<AwsKeys> {
  try {
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = await chain();
    return {
      ...{ accessKeyId, secretAccessKey },
      ...(sessionToken === undefined ? {} : { sessionToken }),
      ...(expiration === undefined ? {} : { expiration }),
    };
  } catch (error) {
    throw refused(
      'there are no AWS credentials',
      'Set AWS_PROFILE or AWS_ACCESS_KEY_ID, give the machine or pod a role, or write `credentials` in sightline.yaml.',
      error,
    );
  }
}

async function assume(roleArn: string, work: () => Promise<AwsKeys>): Promise<AwsKeys> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ScanError) throw error;
    throw refused(
      `the role ${roleArn} can't be taken on`,
      "The collector needs sts:AssumeRole on it, and the role's trust policy has to name the collector, with the same external id.",
      error,
    );
  }
}

function keysOf(
  found:
    | {
        AccessKeyId?: string | undefined;
        SecretAccessKey?: string | undefined;
        SessionToken?: string | undefined;
        Expiration?: Date | undefined;
      }
    | undefined,
): AwsKeys {
  const {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
    Expiration: expiration,
  } = found ?? {};
  if (accessKeyId === undefined || secretAccessKey === undefined) throw new Error('the answer holds no keys');
  return {
    ...{ accessKeyId, secretAccessKey },
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(expiration === undefined ? {} : { expiration }),
  };
}

function refused(message: string, hint: string, error: unknown): ScanError {
  const why = error instanceof Error && error.name !== 'Error' ? error.name : messageOf(error);
  return new ScanError(`${message}: ${why}`, hint, 'credentials', error);
}
