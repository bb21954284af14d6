import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as module from 'node:module';
import { pageStyle } from './style.ts';

/** The parts of the page's script, each after those that it imports. */
const PARTS = [
  'format',
  'dom',
  'charts',
  'rows',
  'trend-drawing',
  'trend',
  'header',
  'places',
  'estate',
  'finding-rows',
  'finding-details',
  'findings',
  'freshness',
  'main',
] as const;

export interface PageAssets {
  readonly script: string;
  readonly style: string;
  /** As a Content-Security-Policy writes it: `'sha256-…'`. */
  readonly scriptHash: string;
  readonly styleHash: string;
}

let cached: PageAssets | undefined;

/** The page's script and style with their hashes; made once per process. */
export function pageAssets(): PageAssets {
  cached ??= makeAssets();
  return cached;
}

function makeAssets(): PageAssets {
  const script = PARTS.map(readPart).join('\n');
  const style = pageStyle();
  return { script, style, scriptHash: cspHash(script), styleHash: cspHash(style) };
}

/** Of the exact text between the tags, in UTF-8. */
export function cspHash(text: string): string {
  return `'sha256-${crypto.hash('sha256', text, 'base64')}'`;
}

/**
 * From source this file is `assets.ts` and its neighbours are TypeScript; in a built package both are JavaScript.
 * Each part becomes a function that gives its exports, and its imports take them from there: that is all the bundling
 * that a dozen files of one's own with named imports need.
 */
function readPart(name: string): string {
  const fromSource = import.meta.url.endsWith('.ts');
  const text = fs.readFileSync(
    new URL(`./client/${name}.${fromSource ? 'ts' : 'js'}`, import.meta.url),
    'utf8',
  );
  const code = fromSource ? withoutTypes(text) : text;
  const exported = [...code.matchAll(/^export (?:async )?(?:function|const|class) (\w+)/gm)].map(
    ([, id]) => id,
  );
  const body = code
    .replace(/^\/\/(?:\/ <|# ).*$/gm, '')
    .replace(/^export \{\s*\};$/gm, '')
    .replace(
      /^import (\{[^}]*\}) from ['"]\.\/([\w-]+)\.[jt]s['"];$/gm,
      (_, names: string, from: string) => `const ${names} = ${partName(from)};`,
    )
    .replace(/^export /gm, '')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{2,}/g, '\n');
  return `const ${partName(name)} = (() => {${body}return { ${exported.join(', ')} };\n})();`;
}

function partName(file: string): string {
  return `part_${file.replaceAll('-', '_')}`;
}

/** Node calls this function experimental, on standard error; that is no news for whoever asked for a report. */
function withoutTypes(source: string): string {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    return module.stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}
