import type { Logger } from 'pino';
import { z } from 'zod';
import { messageOf } from '../../errors.ts';
import type { EpochMs } from '../../findings/model.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import type { CredentialContext, CredentialSource } from '../credentials/index.ts';
import type { Account } from '../job.ts';
import {
  type AccountEntry,
  ACCOUNTS_VARIABLE,
  accountsOfEnvironment,
  configuredAccount,
} from './configured.ts';
import { type Discovery, discover } from './discovery.ts';

export type { Discovery } from './discovery.ts';

export interface AccountBookOptions {
  readonly entries: readonly AccountEntry[];
  readonly discoveries: readonly Discovery[];
  readonly credentials: Readonly<Record<string, CredentialSource>>;
  readonly store: ObjectStore;
  readonly context: CredentialContext;
  readonly now: () => EpochMs;
  readonly log: Logger;
}

const accountSchema = z.object({
  cloud: z.string(),
  account: z.string(),
  name: z.string().nullable(),
  team: z.string().nullable(),
  environment: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  enabled: z.boolean(),
  credentials: z.string().nullable(),
  origin: z.string(),
});
const foundSchema = z.object({
  at: z.number(),
  accounts: z.array(accountSchema),
  problem: z.string().nullable().default(null),
});

interface Found {
  readonly at: EpochMs;
  readonly accounts: readonly Account[];
  /** What could not be seen, where the rest could; others than the collector that asked say it too. */
  readonly problem: string | null;
}

/** After a failure, the list of before is used so long before it is asked for again. */
const RETRY_MS = 60_000;

/** Which accounts there are: those of the configuration, of the environment, and those that are found by asking. */
export class AccountBook {
  readonly #options: AccountBookOptions;
  readonly #own: readonly Account[];
  readonly #found = new Map<string, Found>();
  readonly #nextAt = new Map<string, EpochMs>();
  /** Why a discovery's list is an old one, by its name. */
  readonly problems = new Map<string, string>();

  constructor(options: AccountBookOptions) {
    this.#options = options;
    const entries = options.entries.map(configuredAccount);
    const others = accountsOfEnvironment(options.context.env[ACCOUNTS_VARIABLE] ?? '');
    this.#own = distinct([...entries, ...others]);
  }

  async all(): Promise<readonly Account[]> {
    const found: Account[] = [];
    for (const discovery of this.#options.discoveries) found.push(...(await this.#discover(discovery)));
    // What the configuration says of an account wins; what it leaves open is as it was found.
    const known = new Map(found.map((account) => [idOf(account), account]));
    const own = this.#own.map((account) => merged(account, known.get(idOf(account))));
    return distinct([...own, ...found]);
  }

  async #discover(discovery: Discovery): Promise<readonly Account[]> {
    const { name } = discovery;
    const { now } = this.#options;
    const known = this.#found.get(name);
    if (known !== undefined && now() < (this.#nextAt.get(name) ?? 0)) return known.accounts;
    const stored = await this.#stored(name);
    const fresh = stored !== null && now() - stored.at < discovery.refresh;
    const current = fresh ? stored : await this.#ask(discovery, stored ?? known ?? null);
    if (fresh) this.#note(name, stored.problem);
    this.#found.set(name, current);
    this.#nextAt.set(name, Math.max(current.at + discovery.refresh, now() + RETRY_MS));
    return current.accounts;
  }

  /** @returns the list of before where there is no new one: no answer is not the same as no accounts */
  async #ask(discovery: Discovery, before: Found | null): Promise<Found> {
    const { name, minimumShare } = discovery;
    const { context, credentials, log, now } = this.#options;
    try {
      let { accounts, problem } = await discover(discovery, credentials, context);
      if (before !== null && accounts.length < before.accounts.length * minimumShare) {
        const few = `only ${accounts.length} of ${before.accounts.length} accounts were found: the others are scanned all the same`;
        problem = problem === null ? few : `${few}; ${problem}`;
        accounts = [...distinct([...accounts, ...before.accounts])];
      }
      if (problem !== null) log.warn({ discovery: name }, problem);
      this.#note(name, problem);
      const found: Found = { at: now(), accounts, problem };
      await this.#options.store.put(keyOf(name), Buffer.from(JSON.stringify(found)), {
        contentType: 'application/json',
        cacheControl: 'no-store',
      });
      return found;
    } catch (error) {
      this.problems.set(name, messageOf(error));
      log.error({ discovery: name, err: error }, 'accounts could not be found anew');
      return before ?? { at: Number.NEGATIVE_INFINITY, accounts: [], problem: null };
    }
  }

  #note(name: string, problem: string | null): void {
    if (problem === null) this.problems.delete(name);
    else this.problems.set(name, problem);
  }

  /** What a collector found last. */
  async #stored(name: string): Promise<Found | null> {
    const stored = await this.#options.store.get(keyOf(name));
    if (stored === undefined) return null;
    try {
      return foundSchema.parse(JSON.parse(stored.body.toString('utf8')));
    } catch {
      // Of another version, or damaged: asked for again.
      return null;
    }
  }
}

const keyOf = (name: string): string => `discovery/${name}.json`;
export const idOf = ({ cloud, account }: Pick<Account, 'cloud' | 'account'>): string => `${cloud}/${account}`;

function merged(own: Account, found: Account | undefined): Account {
  if (found === undefined) return own;
  return {
    ...own,
    name: own.name ?? found.name,
    team: own.team ?? found.team,
    environment: own.environment ?? found.environment,
    labels: { ...found.labels, ...own.labels },
  };
}

/** The first of each. */
function distinct(accounts: readonly Account[]): readonly Account[] {
  const seen = new Map<string, Account>();
  for (const account of accounts) if (!seen.has(idOf(account))) seen.set(idOf(account), account);
  return [...seen.values()];
}
