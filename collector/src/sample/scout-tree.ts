import type { Estate } from './estate.ts';
import { fill, flawsOf } from './estate.ts';
import type { Account, Kind, Resource, ScoutKind, Week } from './model.ts';

export type Tree = Record<string, unknown>;

/** Replaces the templates in every text of a value, names of attributes included. */
function filled(value: unknown, fields: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') return fill(value, fields);
  if (Array.isArray(value)) return value.map((part) => filled(part, fields));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [fill(key, fields), filled(part, fields)]),
  );
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function child(tree: Tree, key: string): Tree {
  const there = tree[key];
  if (isTree(there)) return there;
  const made: Tree = {};
  tree[key] = made;
  return made;
}

function setAt(tree: Tree, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let at = tree;
  for (const key of keys) at = child(at, key);
  at[last] = value;
}

/** Tags as the tool stores them: pairs on AWS, texts on Azure, nothing on GCP. */
function tagsOf(resource: Resource): Tree {
  const tags = Object.entries(resource.tags);
  if (resource.kind.cloud === 'azure') return { tags: tags.map(([key, value]) => `${key}:${value}`) };
  if (resource.kind.cloud === 'gcp' || tags.length === 0) return {};
  return { Tags: tags.map(([Key, Value]) => ({ Key, Value })) };
}

/** A resource as ScoutSuite has it in its tree, its flaws showing. */
export function nodeOf(estate: Estate, resource: Resource, scout: ScoutKind, week: Week): Tree {
  const node: Tree = {
    ...tagsOf(resource),
    id: resource.id,
    name: resource.kind.id === 'iam.passwordpolicy' ? undefined : resource.name,
  };
  const base = filled(scout.base, resource.fields);
  if (isTree(base)) Object.assign(node, base);
  for (const flaw of flawsOf(resource.kind)) {
    const { attribute } = flaw.rule ?? {};
    if (attribute === undefined) continue;
    const value = estate.isOpen(resource, flaw, week) ? attribute.bad : attribute.good;
    if (value !== undefined)
      setAt(node, fill(attribute.path, resource.fields), filled(value, resource.fields));
  }
  return node;
}

/** What ScoutSuite says of the places that resources lie in. */
function describePlace(container: string, key: string, account: Account, region: string): Tree {
  if (container === 'regions') return { id: key, name: key, region: key };
  if (container === 'vpcs') {
    const arn = `arn:aws:vpc:${region}:${account.id}:virtual-private-cloud/${key}`;
    return { arn, cidr_block: '10.20.0.0/16', default: false, id: key, name: key, state: 'available' };
  }
  if (container === 'keyrings') return { id: key, name: key, location: region };
  return {};
}

/** Puts a resource where its path says and describes the regions, VPCs and key rings on the way. */
export function place(services: Tree, path: string, node: Tree, resource: Resource): void {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let at = services;
  let container = '';
  for (const key of keys) {
    const known = key in at;
    at = child(at, key);
    if (!known) Object.assign(at, describePlace(container, key, resource.account, resource.region));
    container = key;
  }
  at[last] = { ...(isTree(at[last]) ? at[last] : {}), ...node };
}

/** ScoutSuite counts every collection beside it, and in its service. */
export function addCounts(services: Tree, counts: ReadonlyMap<string, ReadonlyMap<string, number>>): void {
  for (const [service, collections] of counts) {
    const tree = services[service];
    if (!isTree(tree)) continue;
    countBeside(tree, new Set([...collections.keys(), 'regions', 'vpcs']));
    for (const [collection, count] of collections) tree[`${collection}_count`] = count;
  }
}

function countBeside(tree: Tree, collections: ReadonlySet<string>): void {
  for (const [key, value] of Object.entries(tree)) {
    if (!isTree(value)) continue;
    if (collections.has(key)) tree[`${key}_count`] = Object.keys(value).length;
    countBeside(value, collections);
  }
}

/** Name of the collection that holds a kind: `security_groups`. Null for what is no collection (the password policy). */
export function collectionOf(kind: Kind): string | null {
  const keys = kind.scout?.node.split('.') ?? [];
  const last = keys.at(-1);
  return last?.startsWith('{') === true ? (keys.at(-2) ?? null) : null;
}
