import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Outcome } from './results.ts';
import { markdownOf } from './table.ts';

const DOCUMENT = fileURLToPath(new URL('../../docs/performance.md', import.meta.url));
const IMAGES = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const BEGIN = '<!-- results: begin -->';
const END = '<!-- results: end -->';

/**
 * Puts results between the markers of docs/performance.md, a section per benchmark, and the pictures beside it. Sections of
 * benchmarks that were not run stay.
 * @param names of all benchmarks, in the order of the sections
 */
export function updateDocument(
  outcomes: readonly Outcome[],
  names: readonly string[],
  machine: string,
): void {
  const text = fs.readFileSync(DOCUMENT, 'utf8');
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${DOCUMENT} has no markers for the results`);
  const sections = sectionsOf(text.slice(begin + BEGIN.length, end));
  for (const outcome of outcomes) {
    sections.set(outcome.name, markdownOf(outcome, machine));
    for (const { file, svg } of outcome.figures ?? []) fs.writeFileSync(path.join(IMAGES, file), svg);
  }
  const inOrder = names.map((name) => sections.get(name)).filter((section) => section !== undefined);
  const next = `${text.slice(0, begin + BEGIN.length)}\n\n${inOrder.join('\n\n')}\n\n${text.slice(end)}`;
  fs.writeFileSync(DOCUMENT, next);
}

/** By name; what stands before the first is left out. */
function sectionsOf(text: string): Map<string, string> {
  const [, ...parts] = text.split(/^### /m);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf(':')), `### ${part.trimEnd()}`]));
}
