import * as fs from 'node:fs';
import { fileURLToPath } from 'node:url';

const DOCUMENT = fileURLToPath(new URL('../../docs/performance.md', import.meta.url));
const BEGIN = '<!-- results: begin -->';
const END = '<!-- results: end -->';

/** Puts the results between the markers of docs/performance.md. */
export function updateDocument(markdown: string): void {
  const text = fs.readFileSync(DOCUMENT, 'utf8');
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${DOCUMENT} has no markers for the results`);
  const next = `${text.slice(0, begin + BEGIN.length)}\n\n${markdown}\n\n${text.slice(end)}`;
  fs.writeFileSync(DOCUMENT, next);
}
