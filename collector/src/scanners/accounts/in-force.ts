import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { DiscoveredAccount, Settings } from '../../findings/settings.ts';
import type { Committer } from '../../lake/committer.ts';
import { commitConfig, readHeads } from '../../lake/lake.ts';
import type { Account } from '../job.ts';
import { type Found, idOf, readFound } from './found.ts';

/**
 * Makes the list of a discovery a part of the settings in force, and commits these to every scope, where findings would carry
 * something else. Safe to repeat after a crash, and by any number of collectors: the list is read from the bucket in each
 * round of the conditional write, so an older one that somebody still holds can't undo a newer one.
 * @param asked this collector asked for the list: it also takes up the scopes that one which died has left behind
 */
export async function putIntoForce(
  { committer, log }: { readonly committer: Committer; readonly log: Logger },
  name: string,
  asked: boolean,
): Promise<void> {
  const by = `discovery ${name}`;
  const { config, changed } = await committer.configs.apply(
    async (inForce) => {
      const found = await readFound(committer.store, name);
      return found === null ? inForce : withFound(inForce, name, found, committer);
    },
    by,
    committer.now(),
  );
  if (!changed && !asked) return;
  const scopes = await commitConfig(committer, config);
  if (changed || scopes.length > 0)
    log.info(
      { discovery: name, configuration: config.seq, scopes: scopes.length },
      'found accounts are in force',
    );
}

/** Ids of the accounts of which findings would carry something else than they do. A list with a problem is not believed. */
export function differing({ discovered }: Settings, name: string, found: Found): string[] {
  if (found.problem !== null) return [];
  const known = new Map(
    discovered.filter(({ discovery }) => discovery === name).map((one) => [idOf(one), one]),
  );
  return distinct(found)
    .filter((account) => !isDeepStrictEqual(known.get(idOf(account)), carriedOf(account, name, found.labels)))
    .map(idOf);
}

async function withFound(
  inForce: Settings,
  name: string,
  found: Found,
  committer: Committer,
): Promise<Settings> {
  if (differing(inForce, name, found).length === 0) return inForce;
  const carried = distinct(found)
    .map((account) => carriedOf(account, name, found.labels))
    .filter((one) => one !== undefined);
  const listed = new Set(found.accounts.map(idOf));
  const others = inForce.discovered.filter(({ discovery }) => discovery !== name);
  const gone = inForce.discovered.filter((one) => one.discovery === name && !listed.has(idOf(one)));
  const discovered = [...others, ...carried, ...(await withScope(gone, committer))].sort(byPlace);
  return { ...inForce, discovered };
}

/** Those with findings, open or closed: they still belong to a team, and a list that is wrong for an hour must not change them. */
async function withScope(
  gone: readonly DiscoveredAccount[],
  committer: Committer,
): Promise<readonly DiscoveredAccount[]> {
  if (gone.length === 0) return [];
  const scanned = new Set((await readHeads(committer)).map(idOf));
  return gone.filter((one) => scanned.has(idOf(one)));
}

function distinct({ accounts }: Found): Account[] {
  return [...new Map(accounts.map((account) => [idOf(account), account])).values()];
}

/** Without keys for what is not known: it has to be equal to what comes back from the bucket. */
function carriedOf(
  { cloud, account, name, team, environment, labels }: Account,
  discovery: string,
  wanted: readonly string[],
): DiscoveredAccount | undefined {
  const chosen = Object.entries(labels).filter(([label]) => wanted.includes(label));
  const facts = {
    ...(name === null ? {} : { name }),
    ...(team === null ? {} : { team }),
    ...(environment === null ? {} : { environment }),
    ...(chosen.length === 0 ? {} : { labels: Object.fromEntries(chosen) }),
  };
  return Object.keys(facts).length === 0 ? undefined : { discovery, cloud, account, ...facts };
}

function byPlace(a: DiscoveredAccount, b: DiscoveredAccount): number {
  return order(a.discovery, b.discovery) || order(a.cloud, b.cloud) || order(a.account, b.account);
}

/** The same on every machine, whatever its language. */
function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
