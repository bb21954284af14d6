import type { ReportInput } from '../adapter.ts';
import { JsonCursor } from './cursor.ts';

/** What the start of a JSON document shows. */
export interface Peek {
  /** Kind of the first document: an array, or an object alone or with others behind it. */
  readonly kind: 'array' | 'object';
  /** An array without elements. */
  readonly empty: boolean;
  /** Members of the object, or of the array's first element, as far as the head reaches: scalars as text, others as `{` or `[`. */
  readonly members: ReadonlyMap<string, string>;
  /** Members of the first elements of lists, and of objects, in it: `Findings.ProductArn`. */
  readonly below: ReadonlyMap<string, string>;
}

const DEEPEST = 3;
const MOST = 2000;

/** @returns null where the head is the start of no JSON array or object */
export function peekJson(head: string): Peek | null {
  const first = head[0];
  if (first !== '{' && first !== '[') return null;
  const bytes = Buffer.from(head);
  const input: ReportInput = {
    name: 'the start of the report',
    size: bytes.length,
    readAt: (target, position) => bytes.copy(target, 0, position),
    close: () => undefined,
  };
  const members = new Map<string, string>();
  const below = new Map<string, string>();
  let empty = false;
  try {
    const cursor = new JsonCursor(input, { windowBytes: bytes.length + 1 });
    if (first === '[') {
      cursor.enterArray();
      empty = !cursor.nextElement();
      if (empty || cursor.kind() !== 'object') return { kind: 'array', empty, members, below };
    }
    walk(cursor, '', 0, members, below);
  } catch {
    // The head ends inside the document, or it is no JSON: what was seen until then decides.
  }
  return { kind: first === '[' ? 'array' : 'object', empty, members, below };
}

function walk(
  cursor: JsonCursor,
  prefix: string,
  depth: number,
  members: Map<string, string>,
  below: Map<string, string>,
): void {
  const into = depth === 0 ? members : below;
  cursor.enterObject();
  for (let key = cursor.nextKey(); key !== null; key = cursor.nextKey()) {
    const name = `${prefix}${key}`;
    const kind = cursor.kind();
    if (into.size > MOST) cursor.skip();
    else if (kind === 'object') {
      into.set(name, '{');
      if (depth < DEEPEST) walk(cursor, `${name}.`, depth + 1, members, below);
      else cursor.skip();
    } else if (kind === 'array') {
      into.set(name, '[');
      list(cursor, name, depth, members, below);
    } else into.set(name, cursor.text() ?? 'null');
  }
}

/** The first element alone: it tells what the others are. */
function list(
  cursor: JsonCursor,
  name: string,
  depth: number,
  members: Map<string, string>,
  below: Map<string, string>,
): void {
  cursor.enterArray();
  for (let first = true; cursor.nextElement(); first = false) {
    const kind = cursor.kind();
    if (first) below.set(`${name}[]`, kind === 'object' ? '{' : kind);
    if (first && depth < DEEPEST && kind === 'object') {
      walk(cursor, `${name}.`, depth + 1, members, below);
    } else cursor.skip();
  }
}
