import { readFileSync, writeFileSync } from 'node:fs';
import { configJsonSchema, configReference } from './reference.ts';

/** Writes what docs/ holds of the configuration anew: `node collector/src/config/update-docs.ts`. */

const DOCS = new URL('../../../docs/', import.meta.url);
export const PAGE = new URL('configuration.md', DOCS);
export const SCHEMA = new URL('sightline.schema.json', DOCS);

const START = '<!-- From here on made from the schema by collector/src/config/update-docs.ts -->';

/** The page with its tables as the schema has them; what stands before them is written by hand. */
export function configurationPage(page: string): string {
  const [written = ''] = page.split(START);
  return `${written}${START}\n\n${configReference()}\n`;
}

function update(): void {
  writeFileSync(PAGE, configurationPage(readFileSync(PAGE, 'utf8')));
  writeFileSync(SCHEMA, `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
}

if (import.meta.main) update();
