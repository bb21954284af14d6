import { ReportError } from '../../errors.ts';
import { decompress } from '../../lake/compression.ts';
import type { ObjectStore } from '../../store/object-store.ts';

/** The lines of a batch. @returns null where it is not there (any more) @throws ReportError where it can't be read; StoreError */
export async function readBatch(store: ObjectStore, key: string): Promise<Buffer | null> {
  const stored = await store.get(key);
  if (stored === undefined) return null;
  try {
    return decompress(stored.body);
  } catch (error) {
    throw new ReportError(
      'archive',
      `${key}: the batch is damaged`,
      'Something else changed it.',
      undefined,
      error,
    );
  }
}

const NEWLINE = 0x0a;

/** Without their ends; empty ones are left out. */
export function linesOf(text: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < text.length;) {
    const end = text.indexOf(NEWLINE, start);
    const stop = end === -1 ? text.length : end;
    if (stop > start) lines.push(text.subarray(start, stop));
    start = stop + 1;
  }
  return lines;
}

const LINE_END = Buffer.from('\n');

export function joined(lines: readonly Buffer[]): Buffer {
  return Buffer.concat(lines.flatMap((line) => [line, LINE_END]));
}
