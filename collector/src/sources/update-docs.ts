import { readFileSync, writeFileSync } from 'node:fs';
import type { SourceAdapter } from './adapter.ts';
import { adapters } from './registry.ts';

/** Writes docs/sources.md anew: `node collector/src/sources/update-docs.ts`. */
export const PAGE = new URL('../../../docs/sources.md', import.meta.url);

const START = '<!-- From here on made from the adapters by collector/src/sources/update-docs.ts -->';

/** The page with what the adapters say of themselves; what stands before is written by hand. */
export function sourcesPage(page: string): string {
  const [written = ''] = page.split(START);
  return `${written}${START}\n\n${adapters.map(sectionOf).join('\n')}`;
}

function sectionOf(adapter: SourceAdapter): string {
  const { id, title, formats, about } = adapter;
  return [
    `## ${title}`,
    '',
    `Source \`${id}\`, mode \`${about.mode}\`.`,
    '',
    ...formats.map((format) => `- Reads ${format}.`),
    `- Scope: ${about.scope}.`,
    `- A finding is told apart by ${about.identity}.`,
    `- It closes when ${about.closes}.`,
    `- Severity: ${about.severity}.`,
    ...(adapter.redact === undefined ? [] : ['- Secrets are taken out before anything is stored.']),
    '',
  ].join('\n');
}

if (import.meta.main) writeFileSync(PAGE, sourcesPage(readFileSync(PAGE, 'utf8')));
