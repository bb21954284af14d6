import { isPlaceContainer, regionName } from './place.ts';
import type { Facts, PathNode } from './paths.ts';
import type { Rule } from './reader.ts';
import { singular } from './text.ts';

/** What an item's path says: whose, where, which resource, and what of it. */
export interface Located {
  /** Subscription or project on the path; null where it has none. */
  readonly account: string | null;
  readonly region: string;
  readonly resourceType: string | null;
  readonly resourceId: string;
  readonly resourceName: string | null;
  /** Rest of the path below the resource, without indexes of lists and the rule's own suffix. */
  readonly locator: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** ScoutSuite's ids of resources that the provider knows by name only: SHA-1, newer ones with a prefix. */
const MADE_ID = /^(?:scoutid-)?[0-9a-f]{40}$/i;
const DIGITS = /^\d+$/;

interface Walked {
  readonly segments: readonly string[];
  /** Of the objects on the path, outermost first. */
  readonly facts: readonly Facts[];
  /** Positions in `segments` that are indexes into a list. */
  readonly indexes: ReadonlySet<number>;
  /** Position of the first segment behind service, subscription, project, region and zone. */
  readonly base: number;
}

function walk(paths: PathNode, segments: readonly string[]): Walked {
  const facts: Facts[] = [];
  const indexes = new Set<number>();
  let node: PathNode | undefined = paths;
  for (const [position, segment] of segments.entries()) {
    if (node.list) indexes.add(position);
    node = node.children?.get(segment);
    if (node === undefined) break;
    if (node.facts !== null) facts.push(node.facts);
  }
  let base = 1;
  for (;;) {
    const container = segments[base];
    if (container === undefined || !isPlaceContainer(container)) break;
    const from = base + 1;
    base = facts.find((fact) => fact.from === from)?.to ?? from + 1;
  }
  return { segments, facts, indexes, base: Math.min(base, segments.length) };
}

function placeOf(walked: Walked, kinds: readonly string[]): string | null {
  const { segments, facts, base } = walked;
  const known = facts.find((fact) => kinds.includes(fact.container) && fact.to <= base);
  if (known !== undefined) return known.key;
  const position = segments.findIndex((segment, at) => at > 0 && at < base && kinds.includes(segment));
  return position < 0 ? null : (segments[position + 1] ?? null);
}

function regionOf(walked: Walked): string {
  const given = placeOf(walked, ['regions']) ?? placeOf(walked, ['zones']);
  const places = [given, ...walked.facts.map((fact) => fact.place).reverse()];
  for (const place of places) {
    const name = place === null ? null : regionName(place);
    if (name !== null) return name;
  }
  return 'global';
}

interface Resource {
  readonly type: string | null;
  readonly id: string;
  readonly name: string | null;
  readonly tags: Readonly<Record<string, string>>;
  /** Its segments: `parents` up to its container, `to` behind its key. */
  readonly parents: readonly string[];
  readonly to: number;
}

/** ScoutSuite gives buckets the ARN of their objects. */
function tidyArn(arn: string): string {
  return arn.startsWith('arn:aws') && /:s3:::[^/]+\/\*$/.test(arn) ? arn.slice(0, -2) : arn;
}

function ownId(facts: Facts): string | null {
  if (facts.id !== null && !MADE_ID.test(facts.id)) return facts.id;
  if (facts.name === null) return facts.id;
  // Azure's names are unique in their resource group only, and its ids are hashed.
  return facts.resourceGroup === null ? facts.name : `${facts.resourceGroup}/${facts.name}`;
}

function fromFacts(walked: Walked, facts: Facts): Resource | null {
  const id = facts.arn === null ? ownId(facts) : tidyArn(facts.arn);
  if (id === null) return null;
  // An ARN says it all; an id or name may be unique below its parents only.
  const parents =
    facts.arn === null ? walked.segments.slice(walked.base, Math.max(walked.base, facts.from - 1)) : [];
  return { type: singular(facts.container), id, name: facts.name, tags: facts.tags, parents, to: facts.to };
}

/** The resource that the rule's own path (`ec2.regions.id.vpcs.id`) points at, where the object itself says nothing. */
function fromTemplate(walked: Walked, template: string | null | undefined): Resource | null {
  const { segments, indexes, base } = walked;
  const parts = template?.split('.') ?? [];
  if (parts.length > segments.length) return null;
  let found = -1;
  for (const [position, part] of parts.entries()) {
    const segment = segments[position] ?? '';
    if (part !== 'id') {
      if (part !== segment) return null;
    } else if (position >= base && !indexes.has(position) && !DIGITS.test(segment)) {
      found = position;
    }
  }
  const id = segments[found];
  if (id === undefined) return null;
  const container = segments[found - 1] ?? '';
  const parents = segments.slice(base, Math.max(base, found - 1));
  return { type: singular(container), id, name: null, tags: {}, parents, to: found + 1 };
}

function fromPlace(walked: Walked): Resource | null {
  const { segments, facts, base } = walked;
  if (base < 3) return null;
  const place = facts.findLast((fact) => fact.to === base);
  const id = place?.key ?? segments[base - 1] ?? '';
  const container = place?.container ?? segments[base - 2] ?? '';
  return { type: singular(container), id, name: place?.name ?? null, tags: {}, parents: [], to: base };
}

/** What no object stands for: the account's password policy is `password_policy`. */
function fromPath(walked: Walked, rest: number, service: string): Resource {
  const { segments, base } = walked;
  const own = segments.slice(base, Math.max(rest, base));
  const [head] = own.length > 0 ? own : segments.slice(base);
  return { type: null, id: head ?? service, name: null, tags: {}, parents: [], to: base + 1 };
}

function resourceOf(walked: Walked, rule: Rule, service: string, rest: number): Resource {
  for (const facts of walked.facts.toReversed()) {
    if (facts.from < walked.base) break;
    const resource = fromFacts(walked, facts);
    if (resource !== null) return resource;
  }
  return fromTemplate(walked, rule.texts.path) ?? fromPlace(walked) ?? fromPath(walked, rest, service);
}

/** Position of the first segment of the rule's constant suffix, or behind the last segment. */
function suffixStart(item: string, segments: readonly string[], suffix: string | null | undefined): number {
  if (suffix === null || suffix === undefined || suffix === '' || !item.endsWith(`.${suffix}`))
    return segments.length;
  return segments.length - suffix.split('.').length;
}

export function locate(paths: PathNode, service: string, rule: Rule, item: string): Located {
  const segments = item.split('.');
  const walked = walk(paths, segments);
  const rest = suffixStart(item, segments, rule.texts.id_suffix);
  const resource = resourceOf(walked, rule, service, rest);
  const below = segments
    .slice(resource.to, Math.max(resource.to, rest))
    .filter((_, offset) => !walked.indexes.has(resource.to + offset));
  return {
    account: placeOf(walked, ['subscriptions', 'projects']),
    region: regionOf(walked),
    resourceType: resource.type,
    resourceId: resource.id,
    resourceName: resource.name,
    locator: [...resource.parents, ...below].join('.'),
    tags: resource.tags,
  };
}
