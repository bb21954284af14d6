import type { ReportInput } from '../adapter.ts';
import { replaced, type Replacement } from './view.ts';

const WINDOW = 1024 * 1024;

/**
 * The XML report with the named elements emptied. Goes by the tags' bytes alone (in whatever encoding keeps ASCII as it is), so that
 * it can't be led astray by what stands inside them.
 */
export async function emptyElements(input: ReportInput, names: readonly string[]): Promise<ReportInput> {
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
        replacements.push({ start: inside.start, end: position + end, bytes: Buffer.alloc(0) });
        at = end;
        inside = null;
      }
    }
    if (isLast) break;
    // A tag may lie across the border of two windows.
    position += Math.max(at, length - longest);
  }
  return replaced(
    input,
    replacements.filter(({ start, end }) => end > start),
  );
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
