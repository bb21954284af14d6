import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { UsageError } from '../errors.ts';
import { interpolate } from './interpolate.ts';
import { describeIssues, type Problem } from './issues.ts';
import { type ConfigFile, fileSchema } from './schema.ts';

type Env = Readonly<Record<string, string | undefined>>;

const MAX_SHOWN = 10;

/** Reads the text of a configuration file. @throws UsageError `config` that names file, line and column of what is wrong */
export function parseConfig(text: string, name: string, env: Env): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  refuse(
    document.errors.map(({ pos, message }) => `${at(pos[0])}: ${message}`),
    'Correct the YAML.',
  );
  refuse(
    interpolate(document, env).map(({ node, message }) => `${at(node.range?.[0] ?? 0)}: ${message}`),
    'Set the variable, or give a default.',
  );
  const value = withoutEmptySections(plain(document, name));
  const parsed = fileSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  refuse(
    describeIssues(parsed.error.issues, value, fileSchema)
      .map((problem) => ({ problem, offset: offsetOf(document, problem) }))
      .sort((a, b) => a.offset - b.offset)
      .map(({ problem, offset }) => `${at(offset)}: ${sentenceOf(problem)}`),
    'docs/configuration.md describes every setting.',
  );
  throw parsed.error;
}

function sentenceOf({ where, message }: Problem): string {
  return where === '' ? `the file ${message}` : `${where}: ${message}`;
}

function refuse(problems: readonly string[], hint: string): void {
  if (problems.length === 0) return;
  const shown = problems.slice(0, MAX_SHOWN);
  if (problems.length > shown.length) shown.push(`… and ${problems.length - shown.length} more`);
  throw new UsageError(shown.join('\n'), hint, 'config');
}

function plain(document: Document.Parsed, name: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch (error) {
    throw new UsageError(
      `${name}: its aliases (*name) can't be followed`,
      'Write out what they stand for.',
      'config',
      error,
    );
  }
}

/** An empty file, and a section whose entries are all commented out, say nothing; deeper down an empty value is a mistake. */
function withoutEmptySections(value: unknown): unknown {
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, section]) => section !== null));
}

/** Where a problem lies in the text: at its key or value, else at the nearest thing around it. */
function offsetOf(document: Document.Parsed, problem: Problem): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [depth, part] of problem.path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    const last = depth === problem.path.length - 1;
    if (isSeq(node) && typeof part === 'number') {
      node = node.items[part];
    } else if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && sameKey(key.value, part));
      if (pair === undefined) break;
      offset = startOf(pair.key) ?? offset;
      if (last && problem.key !== null) return offset;
      node = pair.value;
    } else {
      break;
    }
    offset = startOf(node) ?? offset;
  }
  return offset;
}

function sameKey(key: unknown, part: PropertyKey): boolean {
  return String(key).toLowerCase() === String(part).toLowerCase();
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? (node.range?.[0] ?? undefined) : undefined;
}
