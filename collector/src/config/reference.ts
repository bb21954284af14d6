import { z } from 'zod';
import { fileSchema } from './schema.ts';

/** As much of JSON Schema as the configuration needs. */
interface Node {
  readonly [keyword: string]: unknown;
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly anyOf?: readonly Node[];
  readonly enum?: readonly unknown[];
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | boolean;
  readonly required?: readonly string[];
  readonly $defs?: Readonly<Record<string, Node>>;
}

/** What a person may write, for editors: `# yaml-language-server: $schema=…` in the first line of the file. */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = plainSchema();
  return { $schema, title: 'sightline.yaml', ...withVariables(schema) };
}

function plainSchema(): Node {
  // Only the keywords above are looked at, and zod writes them as JSON Schema defines them.
  return z.toJSONSchema(fileSchema, { io: 'input', override: restoreDefault }) as Node;
}

/** zod leaves out the default of what is read from text, since the default is not text; here it is what a person would write. */
function restoreDefault({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodType;
  jsonSchema: Record<string, unknown>;
}): void {
  const value = z.globalRegistry.get(zodSchema)?.['default'];
  if (value !== undefined) jsonSchema['default'] = value;
  else if (JSON.stringify(jsonSchema['default']) === '{}') delete jsonSchema['default'];
}

const VARIABLE: Node = { type: 'string', pattern: '\\$\\{' };

/** A number may also come out of the environment: `port: ${PORT}`. */
function withVariables(node: Node): Readonly<Record<string, unknown>> {
  const inner = Object.fromEntries(
    Object.entries(node).map(([keyword, value]) => [keyword, isData(keyword) ? value : within(value)]),
  );
  if (node.type !== 'number' && node.type !== 'integer' && node.type !== 'boolean') return inner;
  const { description, default: given, ...plain }: Record<string, unknown> = inner;
  return {
    ...(description === undefined ? {} : { description }),
    ...(given === undefined ? {} : { default: given }),
    anyOf: [plain, VARIABLE],
  };
}

function within(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(within);
  if (typeof value !== 'object' || value === null) return value;
  return withVariables(Object.fromEntries(Object.entries(value)));
}

function isData(keyword: string): boolean {
  return ['default', 'enum', 'required', 'description', 'propertyNames'].includes(keyword);
}

/** The tables of docs/configuration.md: every key with its default and meaning. */
export function configReference(): string {
  const schema = plainSchema();
  const sections = Object.entries(schema.properties ?? {}).map(([name, node]) =>
    sectionOf(name, node, schema),
  );
  const match = schema.$defs?.['Match'];
  if (match !== undefined) sections.push(sectionOf('match', match, schema));
  const secret = schema.$defs?.['Secret'];
  if (secret !== undefined) sections.push(secretSection(secret, schema));
  return sections.join('\n\n');
}

function sectionOf(name: string, node: Node, root: Node): string {
  const rows = rowsOf(name, node, root, false);
  const table = tableOf(['key', 'value', 'default', 'meaning'], rows);
  const heading = [`### ${name}`, ''];
  // A section of one row says it all in the row.
  if (rows.length === 1) return [...heading, ...table].join('\n');
  return [...heading, ...(node.description === undefined ? [] : [node.description, '']), ...table].join('\n');
}

function secretSection(secret: Node, root: Node): string {
  const fields = new Map<string, Node>();
  for (const option of secret.anyOf ?? []) {
    for (const [name, node] of Object.entries(option.properties ?? {}))
      if (!fields.has(name)) fields.set(name, node);
  }
  return sectionOf('secret', { ...secret, properties: Object.fromEntries(fields) }, root);
}

/** Aligned as the formatter of the repository aligns it. */
function tableOf(heading: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = heading.map((name, column) =>
    Math.max(3, name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(heading), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}

function rowsOf(path: string, node: Node, root: Node, required: boolean): string[][] {
  const isMatch = node.$ref?.endsWith('Match') === true;
  const isApart = isMatch || node.$ref?.endsWith('Secret') === true;
  const target = resolved(node, root);
  const children = isApart ? [] : childrenOf(path, target, root);
  const top = !/[.[]/.test(path);
  if (children.length > 0 && top) return children;
  const own = [
    `\`${path}\``,
    isMatch ? 'see [match](#match)' : kindOf(node, root),
    required ? 'required' : defaultOf(node),
    isMatch ? '' : (node.description ?? '').replaceAll('|', '\\|'),
  ];
  return children.length > 0 && node.description === undefined ? children : [own, ...children];
}

function childrenOf(path: string, node: Node, root: Node): string[][] {
  const object =
    node.properties === undefined
      ? (node.anyOf?.find(({ properties }) => properties !== undefined) ?? node)
      : node;
  if (object.items !== undefined) return childrenOf(`${path}[]`, resolved(object.items, root), root);
  if (object.properties !== undefined) {
    if (isDays(object)) return [];
    const { required } = object;
    return Object.entries(object.properties).flatMap(([name, child]) =>
      rowsOf(`${path}.${name}`, child, root, required?.includes(name) === true),
    );
  }
  if (typeof object.additionalProperties === 'object') {
    return childrenOf(`${path}.*`, resolved(object.additionalProperties, root), root);
  }
  return [];
}

/** Five keys that are all alike need no rows of their own. */
function isDays(node: Node): boolean {
  return node.properties !== undefined && Object.hasOwn(node.properties, 'informational');
}

function kindOf(node: Node, root: Node): string {
  if (node.$ref?.endsWith('Patterns') === true) return 'pattern or list of them';
  if (node.$ref?.endsWith('Bytes') === true) return 'bytes, or `500MB`, `4GiB`';
  if (node.$ref?.endsWith('Duration') === true) return '`90s`, `10m`, `2h`, `7d`';
  if (node.$ref?.endsWith('Secret') === true) return 'see [secret](#secret)';
  const target = resolved(node, root);
  if (node.$ref?.endsWith('Severity') === true) return 'severity, in any case';
  if (target.enum !== undefined) return target.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (isDays(target)) return 'days by severity';
  if (target.anyOf !== undefined) return target.anyOf.map((option) => kindOf(option, root)).join(' or ');
  if (typeof target.additionalProperties === 'object') {
    return `${kindOf(target.additionalProperties, root)}, by name`;
  }
  const words: Readonly<Record<string, string>> = {
    string: 'text',
    integer: 'whole number',
    number: 'number',
    boolean: '`true`, `false`',
    object: 'mapping',
    array: 'list',
  };
  return words[target.type ?? ''] ?? 'any value';
}

function defaultOf(node: Node): string {
  const { default: value } = node;
  if (value === undefined || (typeof value === 'object' && JSON.stringify(value) === '{}')) return '';
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function resolved(node: Node, root: Node): Node {
  const name = node.$ref?.split('/').at(-1);
  return (name === undefined ? undefined : root.$defs?.[name]) ?? node;
}
