import { z } from 'zod';
import { nearest } from './nearest.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** One thing that is wrong, with where it is. */
export interface Problem {
  readonly path: Path;
  /** `mutes[0].expires`; '' for the file as a whole. */
  readonly where: string;
  /** Whether the name of the key is wrong, and not its value. */
  readonly key: string | null;
  readonly message: string;
}

/** What the schema has against a file, one sentence each. `input` is the file as it was validated. */
export function describeIssues(issues: readonly Issue[], input: unknown, schema: z.ZodType): Problem[] {
  return issues.flatMap((issue) => describe(issue, [], input, schema));
}

function describe(issue: Issue, base: Path, input: unknown, schema: z.ZodType): Problem[] {
  const path = [...base, ...issue.path];
  if (issue.code === 'invalid_union') return union(issue, path, input, schema);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const meant = nearest(key, knownKeys(schema, path));
      const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
      return problem([...path, key], `there is no such key${hint}`, key);
    });
  }
  return [problem(path, sentence(issue, valueAt(input, path)))];
}

/** Of the ways in which a value could have been meant, the one that got furthest; a list of them says nothing to anybody. */
function union(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: Path,
  input: unknown,
  schema: z.ZodType,
): Problem[] {
  const value = valueAt(input, path);
  const tried = issue.errors.filter((errors) => !errors.some(isWrongType));
  const best = tried[0];
  if (best !== undefined) return best.flatMap((inner) => describe(inner, path, input, schema));
  return [problem(path, wrongText(value) ?? `must not be ${kindOf(value)}`)];
}

function isWrongType(issue: Issue): boolean {
  return issue.path.length === 0 && issue.code === 'invalid_type';
}

function sentence(issue: Issue, value: unknown): string {
  if (issue.code === 'invalid_type') {
    if (value === undefined) return 'is missing';
    if (issue.expected === 'string') return wrongText(value) ?? `must be text, not ${kindOf(value)}`;
    return `must be ${expectedOf(issue.expected)}, not ${kindOf(value)}`;
  }
  if (issue.code === 'invalid_value') {
    return value === undefined ? 'is missing' : `must be one of ${issue.values.map(String).join(', ')}`;
  }
  if (issue.code === 'too_small' && (issue.origin === 'number' || issue.origin === 'int')) {
    return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`;
  }
  return issue.code === 'too_big' ? `must be at most ${issue.maximum}` : issue.message;
}

/** YAML reads `012345678901` as a number and drops the zero: an account id has to be in quotes. */
function wrongText(value: unknown): string | undefined {
  if (typeof value !== 'number' && typeof value !== 'boolean' && typeof value !== 'bigint') return undefined;
  const kind = typeof value === 'boolean' ? 'true or false' : 'a number';
  return `YAML reads this as ${kind}, but it is text: put it in quotes`;
}

function expectedOf(expected: string): string {
  const words: Readonly<Record<string, string>> = {
    object: 'a mapping',
    record: 'a mapping',
    array: 'a list',
    int: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
  };
  return words[expected] ?? expected;
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'number') return Number.isInteger(value) ? 'a number' : 'a fraction';
  return typeof value === 'boolean' ? 'true or false' : 'that';
}

function problem(path: Path, message: string, key: string | null = null): Problem {
  return { path, where: placeOf(path), key, message };
}

/** `mutes[0].match.rule` */
export function placeOf(path: Path): string {
  let place = '';
  for (const part of path) {
    if (typeof part === 'number') place += `[${part}]`;
    else place += place === '' ? String(part) : `.${String(part)}`;
  }
  return place;
}

function valueAt(input: unknown, path: Path): unknown {
  let value = input;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = new Map<PropertyKey, unknown>(Object.entries(value)).get(
      typeof part === 'number' ? String(part) : part,
    );
  }
  return value;
}

/** The keys that a mapping at `path` may have. */
function knownKeys(schema: z.ZodType, path: Path): string[] {
  let nodes: readonly z.core.$ZodType[] = unwrapped(schema);
  for (const part of path) nodes = nodes.flatMap((node) => stepInto(node, part)).flatMap(unwrapped);
  return nodes.flatMap((node) => (node instanceof z.ZodObject ? Object.keys(node.shape) : []));
}

function stepInto(node: z.core.$ZodType, part: PropertyKey): z.core.$ZodType[] {
  if (node instanceof z.ZodArray) return [node.element];
  if (node instanceof z.ZodRecord) return [node.valueType];
  if (!(node instanceof z.ZodObject)) return [];
  const shape: Readonly<Record<PropertyKey, z.core.$ZodType>> = node.shape;
  const inner = Object.hasOwn(shape, part) ? shape[part] : undefined;
  return inner === undefined ? [] : [inner];
}

function unwrapped(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  ) {
    return unwrapped(schema.def.innerType);
  }
  if (schema instanceof z.ZodPipe) return [...unwrapped(schema.def.in), ...unwrapped(schema.def.out)];
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(unwrapped);
  return [schema];
}
