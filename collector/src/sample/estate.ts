import { ACCOUNTS, COMPANY } from './accounts.ts';
import { FLAWS } from './catalogue/index.ts';
import { KINDS } from './kinds.ts';
import type { Account, Flaw, Kind, Resource, Week } from './model.ts';
import { base32, type Chance, chanceOf, sha1, uuid } from './random.ts';
import { PINS, WEEKS } from './story.ts';
import { openWeeks } from './timeline.ts';

export interface Estate {
  /** Resources of a kind that exist in this week, in a fixed order. */
  resources(account: Account, kind: Kind, week: Week): readonly Resource[];
  isOpen(resource: Resource, flaw: Flaw, week: Week): boolean;
}

const TEMPLATE = /\{(\w+)\}/g;

/** Fills `{name}` and the like; what the fields do not know stays as it is. */
export function fill(template: string, fields: Readonly<Record<string, string>>): string {
  return template.replace(TEMPLATE, (whole, key: string) => fields[key] ?? whole);
}

export function flawsOf(kind: Kind): readonly Flaw[] {
  return FLAWS_BY_KIND.get(kind.id) ?? [];
}

const FLAWS_BY_KIND = Map.groupBy(FLAWS, (flaw) => flaw.kind);

function shortName(account: Account): string {
  return account.name.replace('prod-', '').replace('-platform', '');
}

function vpcOf(account: Account, region: string): string {
  return `vpc-0${sha1(`${account.id} ${region}`).slice(0, 16)}`;
}

function idOf(kind: Kind, account: Account, region: string, name: string, uid: string): string {
  const key = `${account.id} ${kind.id} ${region} ${name}`;
  if (kind.id === 'vpc.vpc') return vpcOf(account, region);
  if (kind.ids.startsWith('hex:')) return `${kind.ids.slice(4)}0${sha1(key).slice(0, 16)}`;
  if (kind.ids.startsWith('iam:')) return `${kind.ids.slice(4)}${base32(key, 17)}`;
  switch (kind.ids) {
    case 'scoutid':
      return `scoutid-${sha1(kind.cloud === 'azure' ? uid.toLowerCase() : name)}`;
    case 'uuid':
      return uuid(key);
    case 'number':
      return String(BigInt(`0x${sha1(key).slice(0, 15)}`)).padStart(19, '4');
    case 'zero':
      return '0';
    case 'region':
      return region;
    case 'name':
    default:
      return name;
  }
}

/** Some resources come later and some go: churn that is neither a fix nor neglect. */
function lifetime(
  chance: Chance,
  account: Account,
  key: string,
  index: number,
  count: number,
): readonly [Week, Week] {
  const late = index > 3 && index >= count * 0.8 && chance('late', account.id, key) < 0.6;
  const since = late ? 2 + Math.floor(chance('since', account.id, key) * 9) : 1;
  const gone = index > 3 && chance('gone', account.id, key) < 0.07;
  const until = gone ? since + 1 + Math.floor(chance('until', account.id, key) * 8) : WEEKS;
  return [Math.max(since, account.from), Math.max(until, account.from)];
}

function makeResource(
  chance: Chance,
  account: Account,
  kind: Kind,
  region: string,
  index: number,
  count: number,
): Resource {
  const word = kind.words[index % kind.words.length] ?? kind.id;
  const again = Math.floor(index / kind.words.length);
  const plain = fill(again === 0 ? word : `${word}-${again + 1}`, { account: account.id, region });
  const name = kind.prefixed === true ? `${COMPANY}-${shortName(account)}-${plain}` : plain;
  const environment = account.environment;
  const group = `rg-${shortName(account)}-${environment}`;
  const base = {
    account: account.id,
    region,
    name,
    group,
    vpc: vpcOf(account, region),
    key: sha1(`key ${account.id} ${name}`),
  };
  const hashed = fill(kind.uid, base);
  const id = idOf(kind, account, region, name, hashed);
  const fields = { ...base, id };
  const pinned = PINS.some(
    (pin) => pin.account === account.name && pin.kind === kind.id && pin.resource === name,
  );
  const [since, until] =
    pinned || kind.perRegion === true
      ? [account.from, WEEKS]
      : lifetime(chance, account, `${kind.id} ${name} ${region}`, index, count);
  const tagged = chance('tags', account.id, kind.id, name) < 0.8;
  return {
    kind,
    account,
    region,
    name,
    id,
    uid: fill(kind.uid, fields),
    tags: tagged ? { team: account.team, environment } : {},
    since,
    until,
    fields,
  };
}

function resourcesOf(chance: Chance, account: Account, kind: Kind): Resource[] {
  const first = account.regions[0] ?? 'global';
  if (kind.perRegion === true) {
    return account.regions.flatMap((region) =>
      Array.from({ length: kind.count }, (_, index) =>
        makeResource(chance, account, kind, region, index, kind.count),
      ),
    );
  }
  const fixed = kind.count === 1 || kind.id === 'az.plan';
  const count = fixed ? kind.count : Math.max(1, Math.round(kind.count * account.size));
  return Array.from({ length: count }, (_, index) => {
    const spread = account.regions[index % 3 === 2 ? account.regions.length - 1 : 0] ?? first;
    // An AWS scan reports global services under the region it was started in; the other clouds say "global".
    const home = account.cloud === 'aws' ? first : 'global';
    return makeResource(chance, account, kind, kind.global === true ? home : spread, index, count);
  });
}

/** The whole estate over twelve weeks; a function of the seed alone. */
export function estateOf(seed: number): Estate {
  const chance = chanceOf(seed);
  const resources = new Map<string, readonly Resource[]>();
  const open = new Map<Resource, ReadonlyMap<Flaw, readonly boolean[]>>();
  for (const account of ACCOUNTS) {
    for (const kind of KINDS) {
      if (kind.cloud !== account.cloud) continue;
      const made = resourcesOf(chance, account, kind);
      resources.set(`${account.id} ${kind.id}`, made);
      for (const resource of made) {
        const flaws = flawsOf(kind).filter(({ only }) => only === undefined || only === resource.name);
        open.set(resource, new Map(flaws.map((flaw) => [flaw, openWeeks(chance, resource, flaw)])));
      }
    }
  }
  return {
    resources: (account, kind, week) =>
      (resources.get(`${account.id} ${kind.id}`) ?? []).filter(
        ({ since, until }) => since <= week && week <= until,
      ),
    isOpen: (resource, flaw, week) => open.get(resource)?.get(flaw)?.[week] ?? false,
  };
}
