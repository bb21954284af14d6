import type { JsonCursor } from '../json/cursor.ts';

/** What the report says of one object that lies on the path of an item. */
export interface Facts {
  /** Its key, and the key of the container that holds it: `sg-1` in `security_groups`. */
  readonly key: string;
  readonly container: string;
  /** Segments of the item path before its key, and through its key (a key may hold dots). */
  readonly from: number;
  readonly to: number;
  arn: string | null;
  id: string | null;
  name: string | null;
  resourceGroup: string | null;
  place: string | null;
  tags: Record<string, string>;
}

/** One segment of the item paths, below `services`. */
export interface PathNode {
  children: Map<string, PathNode> | null;
  facts: Facts | null;
  /** The segments below are indexes into a list. */
  list: boolean;
}

export function pathNode(): PathNode {
  return { children: null, facts: null, list: false };
}

/** Deeper paths than any cloud has are not resolved; they would only cost memory. */
const MOST_SEGMENTS = 128;
const LONGEST_TEXT = 2048;
const MOST_TAGS = 64;

export function addPath(root: PathNode, segments: readonly string[]): void {
  if (segments.length > MOST_SEGMENTS) return;
  let node = root;
  for (const segment of segments) {
    node.children ??= new Map();
    let child = node.children.get(segment);
    if (child === undefined) node.children.set(segment, (child = pathNode()));
    node = child;
  }
}

/** The node of a key, which takes several segments where it holds dots (`user@example.com`), and how many. */
export function descend(node: PathNode, key: string): { node: PathNode; segments: number } | null {
  const whole = node.children?.get(key);
  if (whole !== undefined) return { node: whole, segments: 1 };
  if (node.children === null || !key.includes('.')) return null;
  let below: PathNode | undefined = node;
  const segments = key.split('.');
  for (const segment of segments) {
    below = below.children?.get(segment);
    if (below === undefined) return null;
  }
  return { node: below, segments: segments.length };
}

/**
 * Reads the value at the cursor, taking the facts of every object that a path runs through and skipping the rest.
 * As deep as the paths are, and no deeper than the cursor allows.
 */
export function resolve(
  cursor: JsonCursor,
  node: PathNode,
  key: string,
  container: string,
  depth: number,
  width = 1,
): void {
  const kind = cursor.kind();
  if (kind === 'array' && node.children !== null) resolveList(cursor, node, key, depth);
  else if (kind === 'object') resolveObject(cursor, node, key, container, depth, width);
  else cursor.skip();
}

function resolveList(cursor: JsonCursor, node: PathNode, key: string, depth: number): void {
  node.list = true;
  cursor.enterArray();
  for (let index = 0; cursor.nextElement(); index++) {
    const segment = String(index);
    const child = node.children?.get(segment);
    if (child === undefined) cursor.skip();
    else resolve(cursor, child, segment, key, depth + 1);
  }
}

function resolveObject(
  cursor: JsonCursor,
  node: PathNode,
  key: string,
  container: string,
  depth: number,
  width: number,
): void {
  const facts: Facts = {
    key,
    container,
    from: depth - width,
    to: depth,
    arn: null,
    id: null,
    name: null,
    resourceGroup: null,
    place: null,
    tags: {},
  };
  cursor.enterObject();
  for (let name = cursor.nextKey(); name !== null; name = cursor.nextKey()) {
    const below = descend(node, name);
    const kind = below === null ? null : cursor.kind();
    if (below !== null && (kind === 'object' || kind === 'array')) {
      resolve(cursor, below.node, name, key, depth + below.segments, below.segments);
    } else {
      takeFact(cursor, facts, name);
    }
  }
  node.facts = facts;
}

function takeFact(cursor: JsonCursor, facts: Facts, name: string): void {
  switch (name) {
    case 'arn':
    case 'Arn': {
      const arn = shortText(cursor);
      if (arn?.startsWith('arn:') === true) facts.arn = arn;
      return;
    }
    case 'id':
      facts.id = shortText(cursor);
      return;
    case 'name':
      facts.name = shortText(cursor);
      return;
    case 'resource_group_name':
      facts.resourceGroup = shortText(cursor);
      return;
    case 'region':
    case 'location':
    case 'zone':
      facts.place ??= shortText(cursor);
      return;
    case 'tags':
    case 'Tags':
    case 'labels':
      takeTags(cursor, facts.tags);
      return;
    default:
      cursor.skip();
  }
}

function shortText(cursor: JsonCursor): string | null {
  const text = cursor.text()?.trim() ?? '';
  return text === '' || text.length > LONGEST_TEXT ? null : text;
}

/** Tags come as an object, as `[{Key, Value}]` (AWS), or as `["key:value"]` (ScoutSuite's Azure). */
function takeTags(cursor: JsonCursor, tags: Record<string, string>): void {
  let left = MOST_TAGS;
  const put = (name: string | null, value: string | null): void => {
    if (name === null || value === null || left-- <= 0) return;
    Object.defineProperty(tags, name, { value, enumerable: true, configurable: true, writable: true });
  };
  const kind = cursor.kind();
  if (kind === 'object') {
    cursor.enterObject();
    for (let name = cursor.nextKey(); name !== null; name = cursor.nextKey()) {
      // Users' tags are the whole answer of ListUserTags: {IsTruncated, Tags}.
      if (name === 'Tags' && cursor.kind() === 'array') takeTags(cursor, tags);
      else if (name === 'IsTruncated') cursor.skip();
      else put(name, shortText(cursor));
    }
  } else if (kind === 'array') {
    cursor.enterArray();
    while (cursor.nextElement()) {
      if (cursor.kind() === 'object') {
        takePair(cursor, put);
        continue;
      }
      const text = shortText(cursor);
      const colon = text?.indexOf(':') ?? -1;
      if (text !== null && colon > 0) put(text.slice(0, colon), text.slice(colon + 1).trim());
    }
  } else {
    cursor.skip();
  }
}

function takePair(cursor: JsonCursor, put: (name: string | null, value: string | null) => void): void {
  let tag: string | null = null;
  let value: string | null = null;
  cursor.enterObject();
  for (let name = cursor.nextKey(); name !== null; name = cursor.nextKey()) {
    if (name === 'Key' || name === 'key' || name === 'TagKey') tag = shortText(cursor);
    else if (name === 'Value' || name === 'value' || name === 'TagValue') value = shortText(cursor) ?? '';
    else cursor.skip();
  }
  put(tag, value);
}
