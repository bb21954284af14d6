import { Readable } from 'node:stream';
import type { ReportInput } from '../adapter.ts';
import { openStream } from '../input/open.ts';

/** Bytes that stand in the place of others. Ranges come in order and do not overlap. */
export interface Replacement {
  readonly start: number;
  /** First byte that stays. */
  readonly end: number;
  readonly bytes: Buffer;
}

/** A larger report goes into a temporary file: whoever compresses it would have to hold it in memory otherwise. */
const IN_MEMORY = 8 * 1024 * 1024;
const CHUNK = 1024 * 1024;

/**
 * The report with some of its bytes replaced; the same input where nothing is. The caller closes both.
 */
export async function replaced(
  input: ReportInput,
  replacements: readonly Replacement[],
): Promise<ReportInput> {
  if (replacements.length === 0) return input;
  const chunks = chunksOf(input, replacements);
  const clean = await openStream(Readable.from(chunks, { objectMode: false }), input.name, {
    limits: { maxBytes: Infinity, memoryBytes: IN_MEMORY },
  });
  return { ...clean, name: input.name };
}

function* chunksOf(input: ReportInput, replacements: readonly Replacement[]): Generator<Buffer> {
  let position = 0;
  for (const { start, end, bytes } of replacements) {
    yield* copyOf(input, position, start);
    if (bytes.length > 0) yield bytes;
    position = end;
  }
  yield* copyOf(input, position, Infinity);
}

function* copyOf(input: ReportInput, from: number, to: number): Generator<Buffer> {
  for (let position = from; position < to;) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, to - position, input.size - position + 1));
    const read = input.readAt(chunk, position);
    if (read <= 0) return;
    yield chunk.subarray(0, read);
    position += read;
  }
}
