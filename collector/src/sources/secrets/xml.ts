import type { ReportInput } from '../adapter.ts';
import { replaced, type Replacement } from './view.ts';

const WINDOW = 1024 * 1024;

/** No address is longer. */
const LONGEST_CHANGED = 64 * 1024;

/** What is to stand in an element, of what stands there: as bytes, one a character, with the entities of XML as they are. */
export type ElementChange = (content: string) => string;

/**
 * The XML report with the named elements emptied, and with the content of others changed. Goes by the tags' bytes alone (in whatever
 * encoding keeps ASCII as it is), so that it can't be led astray by what stands inside them.
 */
export async function emptyElements(
  input: ReportInput,
  emptied: readonly string[],
  changed: Readonly<Record<string, ElementChange>> = {},
): Promise<ReportInput> {
  const names = [...emptied, ...Object.keys(changed)];
  const opening = new RegExp(`<(${names.join('|')})>`, 'g');
  const longest = Math.max(...names.map((name) => name.length)) + 3;
  const replacements: Replacement[] = [];
  const window = Buffer.alloc(WINDOW);
  let inside: { readonly name: string; readonly start: number } | null = null;
  for (let position = 0; ;) {
    const length = fill(input, window, position);
    const text = window.toString('latin1', 0, length);
    const isLast = length < WINDOW;
    let at = 0;
    for (;;) {
      if (inside === null) {
        opening.lastIndex = at;
        const found = opening.exec(text);
        if (found === null) break;
        at = found.index + found[0].length;
        inside = { name: found[1] ?? '', start: position + at };
      } else {
        const end = text.indexOf(`</${inside.name}>`, at);
        if (end < 0) break;
        const whole = { start: inside.start, end: position + end };
        const change = Object.hasOwn(changed, inside.name) ? changed[inside.name] : undefined;
        const bytes = changedBytes(input, whole, change);
        if (bytes !== null) replacements.push({ ...whole, bytes });
        at = end;
        inside = null;
      }
    }
    if (isLast) break;
    // A tag may lie across the border of two windows.
    position += Math.max(at, length - longest);
  }
  return replaced(input, replacements);
}

/** @returns null where it stays as it is */
function changedBytes(
  input: ReportInput,
  { start, end }: { readonly start: number; readonly end: number },
  change: ElementChange | undefined,
): Buffer | null {
  if (end === start) return null;
  if (change === undefined || end - start > LONGEST_CHANGED) return Buffer.alloc(0);
  const bytes = Buffer.alloc(end - start);
  fill(input, bytes, start);
  const content = bytes.toString('latin1');
  const clean = change(content);
  return clean === content ? null : Buffer.from(clean, 'latin1');
}

/** No command line is longer. */
const LONGEST_MATCH = 64 * 1024;

/**
 * The XML report with the first group of every match of a pattern changed: for the command lines that scanners put into attributes and
 * comments.
 * @param pattern with the flags `d` and `g`; sees ASCII as it is, and any other byte as some character
 */
export async function changeMatches(
  input: ReportInput,
  pattern: RegExp,
  change: (text: string) => string,
): Promise<ReportInput> {
  const replacements: Replacement[] = [];
  const window = Buffer.alloc(WINDOW);
  for (let position = 0; ;) {
    const length = fill(input, window, position);
    let at = 0;
    for (const { indices } of window.toString('latin1', 0, length).matchAll(pattern)) {
      const [start, end] = indices?.[1] ?? [0, 0];
      at = indices?.[0]?.[1] ?? at;
      const text = window.toString('utf8', start, end);
      const clean = change(text);
      if (clean === text) continue;
      replacements.push({ start: position + start, end: position + end, bytes: Buffer.from(clean) });
    }
    if (length < WINDOW) return replaced(input, replacements);
    // One may lie across the border of two windows.
    position += Math.max(at, length - LONGEST_MATCH);
  }
}

function fill(input: ReportInput, target: Buffer, position: number): number {
  let length = 0;
  while (length < target.length) {
    const read = input.readAt(target.subarray(length), position + length);
    if (read <= 0) break;
    length += read;
  }
  return length;
}
