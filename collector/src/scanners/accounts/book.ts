import type { Logger } from 'pino';
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
import { type Found, idOf, keyOf, readFound } from './found.ts';

export type { Discovery } from './discovery.ts';

export interface AccountBookOptions {
  readonly entries: readonly AccountEntry[];
  readonly discoveries: readonly Discovery[];
  readonly credentials: Readonly<Record<string, CredentialSource>>;
  readonly store: ObjectStore;
  readonly context: CredentialContext;
  readonly now: () => EpochMs;
  readonly log: Logger;
  /** Takes up a list, whoever found it: `asked` by this collector, or by another one that may have died over it. */
  readonly onList?: (name: string, asked: boolean) => Promise<void>;
}

/** After a failure, the list of before is used so long before it is asked for again. */
const RETRY_MS = 60_000;

/** Which accounts there are: those of the configuration, of the environment, and those that are found by asking. */
export class AccountBook {
  readonly #options: AccountBookOptions;
  readonly #own: readonly Account[];
  readonly #found = new Map<string, Found>();
  readonly #nextAt = new Map<string, EpochMs>();
  /** Lists that were asked for and could not be taken up yet. */
  readonly #owed = new Set<string>();
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
    const stored = await readFound(this.#options.store, name);
    const fresh = stored !== null && now() - stored.at < discovery.refresh;
    const before = stored ?? known ?? null;
    const current = fresh ? stored : await this.#ask(discovery, before);
    if (fresh) this.#note(name, stored.problem);
    this.#found.set(name, current);
    const taken = await this.#takeUp(name, current !== before && Number.isFinite(current.at));
    this.#nextAt.set(name, Math.max(taken ? current.at + discovery.refresh : 0, now() + RETRY_MS));
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
      const found: Found = { at: now(), accounts, problem, labels: discovery.labels ?? [] };
      await this.#options.store.put(keyOf(name), Buffer.from(JSON.stringify(found)), {
        contentType: 'application/json',
        cacheControl: 'no-store',
      });
      return found;
    } catch (error) {
      this.problems.set(name, messageOf(error));
      log.error({ discovery: name, err: error }, 'accounts could not be found anew');
      return before ?? { at: Number.NEGATIVE_INFINITY, accounts: [], problem: null, labels: [] };
    }
  }

  /** @returns false: to be tried again; scans go on with what was found all the same */
  async #takeUp(name: string, asked: boolean): Promise<boolean> {
    try {
      await this.#options.onList?.(name, asked || this.#owed.has(name));
      this.#owed.delete(name);
      return true;
    } catch (error) {
      if (asked) this.#owed.add(name);
      this.#options.log.error({ discovery: name, err: error }, 'found accounts could not be put into force');
      return false;
    }
  }

  #note(name: string, problem: string | null): void {
    if (problem === null) this.problems.delete(name);
    else this.problems.set(name, problem);
  }
}

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
