import { messageOf } from '../errors.ts';
import type { EpochMs } from '../findings/model.ts';
import { type Committer, KEEP_UNNAMED_MS } from '../lake/committer.ts';
import { decodeHead, type Head } from '../lake/head.ts';
import { commitKey } from '../lake/keys.ts';
import { differing } from '../scanners/accounts/in-force.ts';
import { readFound } from '../scanners/accounts/found.ts';
import { freshnessOf } from '../reports/freshness.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { type Check, fail, ok, some, warn } from './doctor-check.ts';
import { plural } from './output.ts';

export interface HeadsRead {
  readonly heads: readonly Head[];
  readonly check: Check;
}

/** Reads every head by itself: one that is damaged must not hide the others. */
export async function readEveryHead(store: ObjectStore): Promise<HeadsRead> {
  const heads: Head[] = [];
  const broken: string[] = [];
  for await (const { key } of store.list('heads/')) {
    try {
      const stored = await store.get(key);
      if (stored !== undefined) heads.push(decodeHead(stored.body, key));
    } catch (error) {
      broken.push(messageOf(error));
    }
  }
  const name = 'heads';
  if (broken.length > 0) {
    return { heads, check: fail(name, some(broken), 'Restore them from a version or backup of the store.') };
  }
  if (heads.length === 0) {
    return {
      heads,
      check: warn(name, 'the store holds no scope yet', 'Take in a report with `sightline ingest`.'),
    };
  }
  return { heads, check: ok(name, `${plural(heads.length, 'scope')} can be read`) };
}

/** What heads name is there, and what is there is named. */
export async function checkObjects(
  store: ObjectStore,
  heads: readonly Head[],
  now: EpochMs,
): Promise<Check[]> {
  const there = new Map<string, EpochMs>();
  for (const folder of ['state/', 'commits/', 'segments/']) {
    for await (const { key, modifiedAt } of store.list(folder)) there.set(key, modifiedAt);
  }
  const states = heads.flatMap(({ state }) => (state === null ? [] : [state.key]));
  const history = heads.flatMap((head) => [
    ...head.commits.map(({ id }) => commitKey(head.scopeId, id)),
    ...head.segments.map(({ key }) => key),
  ]);
  return [
    missing('states', states, there, '`sightline rebuild --scope …` makes a state again from the reports.'),
    missing('history', history, there, 'Restore them from a version or backup of the store.'),
    unnamed(heads, [...states, ...history], there, now),
  ];
}

function missing(
  name: string,
  named: readonly string[],
  there: ReadonlyMap<string, EpochMs>,
  next: string,
): Check {
  const gone = named.filter((key) => !there.has(key));
  if (gone.length > 0) return fail(name, `${plural(gone.length, 'object')} missing: ${some(gone)}`, next);
  return ok(name, `${plural(named.length, 'object')}, all there`);
}

function unnamed(
  heads: readonly Head[],
  named: readonly string[],
  there: ReadonlyMap<string, EpochMs>,
  now: EpochMs,
): Check {
  const known = new Set([...named, ...heads.flatMap(({ superseded }) => superseded.map(({ key }) => key))]);
  const loose = [...there].filter(([key]) => !known.has(key));
  const old = loose.filter(([, at]) => at <= now - KEEP_UNNAMED_MS).length;
  const name = 'unnamed objects';
  if (old === 0) return ok(name, `${loose.length.toLocaleString('en')}, none older than 7 days`);
  return warn(
    name,
    `${plural(old, 'object')} that nothing has named for 7 days`,
    '`sightline fold --remove-unnamed` deletes them.',
  );
}

/** Which scopes were not looked at when they should have been. */
export function checkFreshness(
  heads: readonly Head[],
  cadenceHours: Readonly<Record<string, number>>,
  now: EpochMs,
): Check {
  const late: string[] = [];
  for (const head of heads) {
    const hours = Object.hasOwn(cadenceHours, head.source) ? cadenceHours[head.source] : undefined;
    const fresh = freshnessOf(head, 0, now, hours);
    if (fresh !== null && fresh.state !== 'fresh') late.push(`${head.scope} is ${fresh.state}`);
  }
  const name = 'scans';
  if (late.length === 0) return ok(name, 'every scope was looked at in time');
  return warn(name, some(late), 'See to the scans; `sightline scope retire` is for accounts that are gone.');
}

export async function checkSettings(committer: Committer, heads: readonly Head[]): Promise<Check> {
  const name = 'settings in force';
  const { digest, seq } = await committer.configs.reload();
  if (digest === null) return ok(name, 'the defaults: none were applied');
  const other = heads.filter((head) => head.config !== digest).map(({ scope }) => scope);
  if (other.length === 0) return ok(name, `configuration ${seq}, in every scope`);
  return warn(
    name,
    `${plural(other.length, 'scope')} under an older configuration: ${some(other)}`,
    '`sightline config apply` takes up where it stopped.',
  );
}

/** Whether findings carry what discoveries found. */
export async function checkFound(committer: Committer, discoveries: readonly string[]): Promise<Check[]> {
  const { settings } = await committer.configs.reload();
  const checks = discoveries.map(async (discovery): Promise<Check> => {
    const name = `found: ${discovery}`;
    const found = await readFound(committer.store, discovery);
    if (found === null)
      return ok(name, 'nothing yet: `sightline serve`, `worker` and `run` ask for the accounts');
    if (found.problem !== null) {
      return warn(
        name,
        `findings carry what was found before: ${found.problem}`,
        'A list with a problem changes no finding; docs/scanning.md names the rights that it needs.',
      );
    }
    const other = differing(settings, discovery, found);
    if (other.length === 0) return ok(name, `${plural(found.accounts.length, 'account')}, in force`);
    return warn(
      name,
      `what was found of ${plural(other.length, 'account')} is not in force: ${some(other)}`,
      'The next collector that runs jobs puts it into force; its log says if it could not.',
    );
  });
  return Promise.all(checks);
}
