import pLimit from 'p-limit';
import { messageOf, ScanError, SightlineError } from '../errors.ts';
import { AccountBook } from '../scanners/accounts/book.ts';
import { idOf } from '../scanners/accounts/found.ts';
import type { Account } from '../scanners/job.ts';
import { Secrets } from '../scanners/secrets.ts';
import { TaskList } from '../scanners/tasks.ts';
import type { LoadedConfig } from '../config/index.ts';
import type { CliContext, Opened } from './context.ts';
import { type Check, fail, ok, warn } from './doctor-check.ts';
import { checkEntry, type Entry } from './doctor-rights.ts';
import { jobOf } from './scanning.ts';

const AT_ONCE = 8;

/** Whether scanners would get into accounts, who they would be there, and which rights they would lack. */
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
  const chosen = wanted.includes('all')
    ? accounts.filter(({ enabled }) => enabled)
    : accounts.filter((account) => wanted.some((name) => isCalled(account, name)));
  const limit = pLimit(AT_ONCE);
  return [
    ...discoveryChecks(config, book, accounts),
    ...unknownNames(accounts, wanted),
    ...(await Promise.all(
      chosen.flatMap((account) =>
        waysInto(account, config).map(([name, jobs]) =>
          limit(async () => {
            const label = `account ${idOf(account)}${name === null ? '' : ` (${name})`}`;
            try {
              const source = sourceOf(name, account, config);
              if (source === null && account.cloud !== 'aws')
                return warn(
                  label,
                  'no credentials are named for it',
                  'Name an entry of `credentials` in its job.',
                );
              const entry: Entry = {
                ...{ account, source },
                scanners: [...new Set(jobs.map(({ scanner }) => scanner))],
                regions: jobs.flatMap(({ regions }) => regions),
              };
              return await checkEntry(label, entry, credentialContext);
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

function discoveryChecks(
  { scanning }: LoadedConfig,
  { problems }: AccountBook,
  accounts: readonly Account[],
): Check[] {
  return scanning.discovery.map(({ name }) => {
    const problem = problems.get(name);
    const found = accounts.filter(({ origin }) => origin === name).length;
    return problem === undefined
      ? ok(`discovery ${name}`, `${found} accounts`)
      : fail(`discovery ${name}`, problem, 'See docs/scanning.md for the rights that it needs.');
  });
}

function unknownNames(accounts: readonly Account[], wanted: readonly string[]): Check[] {
  return wanted
    .filter((name) => name !== 'all' && !accounts.some((account) => isCalled(account, name)))
    .map((name) =>
      fail(
        `account ${name}`,
        'there is no such account',
        'Add it to `accounts`, or to what a `discovery` finds.',
      ),
    );
}

type Jobs = LoadedConfig['scanning']['jobs'];

/** The credentials with which jobs would scan it, each with those jobs; null: the default chain. */
function waysInto(account: Account, { scanning }: LoadedConfig): [string | null, Jobs][] {
  const list = new TaskList([], { scanners: {} });
  const ways = new Map<string | null, Jobs[number][]>();
  for (const job of scanning.jobs) {
    const looksAtIt = job.accounts !== undefined && list.of(jobOf(job), [account]).length > 0;
    if (!job.enabled || !looksAtIt) continue;
    const name = account.credentials ?? job.credentials ?? null;
    ways.set(name, [...(ways.get(name) ?? []), job]);
  }
  return ways.size === 0 ? [[account.credentials, []]] : [...ways];
}

/** @throws ScanError where they are of another cloud */
function sourceOf(name: string | null, { cloud }: Account, { scanning }: LoadedConfig): Entry['source'] {
  if (name === null) return null;
  const source = scanning.credentials[name];
  const { aws, azure, gcp } = source ?? {};
  const own = new Map<string, unknown>(Object.entries({ aws, azure, gcp })).get(cloud);
  if (source === undefined || own !== undefined) return source ?? null;
  throw new ScanError(
    `the credentials ${name} are not of ${cloud}`,
    `Let the job take accounts of their cloud only, or name others for this account.`,
    'credentials',
  );
}

function isCalled(account: Account, name: string): boolean {
  return [account.account, account.name, idOf(account)].includes(name);
}
