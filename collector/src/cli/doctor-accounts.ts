import pLimit from 'p-limit';
import { messageOf, SightlineError } from '../errors.ts';
import { AccountBook, idOf } from '../scanners/accounts/book.ts';
import { type AwsAccess, awsKeys, grant } from '../scanners/credentials/index.ts';
import type { Account } from '../scanners/job.ts';
import { regionOf, Secrets } from '../scanners/secrets.ts';
import type { LoadedConfig } from '../config/index.ts';
import type { CliContext, Opened } from './context.ts';
import { type Check, fail, ok, warn } from './doctor-check.ts';

const AT_ONCE = 8;

/** Whether scanners would get into accounts: their secrets, their roles, and whether these are of the account that is meant. */
export async function checkAccounts(
  context: CliContext,
  config: LoadedConfig,
  { store }: Opened,
  wanted: readonly string[],
): Promise<Check[]> {
  const { scanning } = config;
  const secrets = new Secrets(context.env, context.now);
  const credentialContext = { env: context.env, secrets, log: context.log };
  const book = new AccountBook({
    entries: scanning.accounts,
    discoveries: scanning.discovery,
    credentials: scanning.credentials,
    store,
    context: credentialContext,
    now: context.now,
    log: context.log,
  });
  const accounts = await book.all();
  const checks = scanning.discovery.map(({ name }) => {
    const problem = book.problems.get(name);
    const found = accounts.filter(({ origin }) => origin === name).length;
    return problem === undefined
      ? ok(`discovery ${name}`, `${found} accounts`)
      : fail(`discovery ${name}`, problem, 'See docs/scanning.md for the rights that it needs.');
  });
  const missing = wanted.filter(
    (name) => name !== 'all' && !accounts.some((account) => isCalled(account, name)),
  );
  for (const name of missing)
    checks.push(
      fail(
        `account ${name}`,
        'there is no such account',
        'Add it to `accounts`, or to what a `discovery` finds.',
      ),
    );
  const chosen = wanted.includes('all')
    ? accounts.filter(({ enabled }) => enabled)
    : accounts.filter((account) => wanted.some((name) => isCalled(account, name)));
  const limit = pLimit(AT_ONCE);
  return [
    ...checks,
    ...(await Promise.all(
      chosen.flatMap((account) =>
        namesFor(account, config).map((name) =>
          limit(async () => {
            const source = name === null ? null : (scanning.credentials[name] ?? null);
            const label = `account ${idOf(account)}${name === null ? '' : ` (${name})`}`;
            try {
              if (account.cloud === 'aws') {
                return await checkAws(label, account, source?.aws ?? {}, credentialContext);
              }
              if (source === null)
                return warn(
                  label,
                  'no credentials are named for it',
                  'Name an entry of `credentials` in its job.',
                );
              await grant(source, account, credentialContext);
              return ok(
                label,
                'its secrets can be read; whether the cloud takes them is seen by the scanner',
              );
            } catch (error) {
              const next = error instanceof SightlineError ? error.hint : 'See `sightline doctor --verbose`.';
              return fail(label, messageOf(error), next);
            }
          }),
        ),
      ),
    )),
  ];
}

/** The credentials with which jobs would scan it; null: the default chain. */
function namesFor(account: Account, { scanning }: LoadedConfig): (string | null)[] {
  if (account.credentials !== null) return [account.credentials];
  const names = scanning.jobs
    .filter(({ accounts, enabled }) => enabled && accounts !== undefined)
    .map(({ credentials }) => credentials ?? null)
    .filter((name) => name === null || isOf(account.cloud, name, scanning.credentials));
  return names.length === 0 ? [null] : [...new Set(names)];
}

function isOf(cloud: string, name: string, all: LoadedConfig['scanning']['credentials']): boolean {
  const source = all[name];
  return { aws: source?.aws, azure: source?.azure, gcp: source?.gcp }[cloud] !== undefined;
}

async function checkAws(
  label: string,
  { account }: Account,
  access: AwsAccess,
  context: Parameters<typeof awsKeys>[2],
): Promise<Check> {
  const { GetCallerIdentityCommand, STSClient } = await import('@aws-sdk/client-sts');
  const credentials = await awsKeys(access, account, context);
  const client = new STSClient({ ...regionOf(access.region, context.env), credentials });
  try {
    // Needs no right: whoever may not call it has keys that are wrong or have run out.
    const { Account: got, Arn: arn } = await client.send(new GetCallerIdentityCommand({}));
    if (got === account) return ok(label, arn ?? 'the keys are of this account');
    return fail(
      label,
      `the keys are of the account ${got ?? 'unknown'}`,
      'Give `credentials` a roleArn with {account} in it, or name others for this account.',
    );
  } finally {
    client.destroy();
  }
}

function isCalled(account: Account, name: string): boolean {
  return [account.account, account.name, idOf(account)].includes(name);
}
