import * as fs from 'node:fs';
import * as path from 'node:path';
import * as ts from 'typescript';

/** The texts of the plugin, for translators: made from the source, where each stands beside its key. */

export interface Strings {
  [key: string]: string | Strings;
}

const SRC = path.resolve(import.meta.dirname, '../src');
const PLUGIN = 'sightline-findings-datasource';
export const FILE = path.join(SRC, `locales/en-US/${PLUGIN}.json`);

/** @throws Error where a key has two texts, or is also the beginning of another */
export function stringsOfSource(): Strings {
  const all = new Map<string, string>();
  for (const name of fs.readdirSync(SRC, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!/(?<!\.test)\.tsx?$/.test(name) || name.startsWith('testing')) continue;
    const text = fs.readFileSync(path.join(SRC, name), 'utf8');
    const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
    for (const [key, words] of stringsIn(source)) {
      if ((all.get(key) ?? words) !== words)
        throw new Error(`${name}: the key ${key} has another text elsewhere: ${all.get(key) ?? ''}`);
      all.set(key, words);
    }
  }
  return nested([...all].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function* stringsIn(node: ts.Node): Generator<[key: string, text: string]> {
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 't') {
    const [key, text] = node.arguments;
    if (
      key !== undefined &&
      text !== undefined &&
      ts.isStringLiteralLike(key) &&
      ts.isStringLiteralLike(text)
    )
      yield [key.text, text.text];
  }
  if (ts.isJsxElement(node) && node.openingElement.tagName.getText() === 'Trans') {
    const key = /i18nKey="([^"]+)"/.exec(node.openingElement.getText())?.[1];
    const text = node.children.map((child) => child.getText()).join('');
    if (key !== undefined) yield [key, text.replaceAll(/\s+/g, ' ').trim()];
  }
  const children: ts.Node[] = [];
  node.forEachChild((child) => void children.push(child));
  for (const child of children) yield* stringsIn(child);
}

function nested(strings: readonly (readonly [key: string, text: string])[]): Strings {
  const root: Strings = {};
  for (const [key, text] of strings) {
    const names = key.split('.');
    const last = names.pop() ?? '';
    let place = root;
    for (const name of names) {
      const next = (place[name] ??= {});
      if (typeof next === 'string') throw new Error(`${key}: ${name} is a text already`);
      place = next;
    }
    if (place[last] !== undefined) throw new Error(`${key} is the beginning of another key`);
    place[last] = text;
  }
  return root;
}

if (process.argv[1] === import.meta.filename) {
  fs.mkdirSync(path.dirname(FILE), { recursive: true });
  fs.writeFileSync(FILE, `${JSON.stringify(stringsOfSource(), null, 2)}\n`);
}
