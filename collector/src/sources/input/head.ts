import type { ReportInput } from '../adapter.ts';

const HEAD_BYTES = 64 * 1024;
/** White space before a report is skipped this far. */
const MOST_BLANKS = 16 * 1024 * 1024;

/** Start of the report, 64 KiB at most, without byte order mark and leading white space. */
export function headOf(input: ReportInput): string {
  const bytes = Buffer.alloc(HEAD_BYTES);
  for (let position = 0; position < MOST_BLANKS;) {
    const length = readFully(input, bytes, position);
    const text = bytes
      .toString('utf8', 0, length)
      .replace(/^\uFEFF/, '')
      .trimStart();
    if (text !== '') return position === 0 ? text : text.slice(0, HEAD_BYTES);
    if (length === 0) return '';
    position += length;
  }
  return '';
}

function readFully(input: ReportInput, bytes: Buffer, position: number): number {
  let length = 0;
  while (length < bytes.length) {
    const read = input.readAt(bytes.subarray(length), position + length);
    if (read <= 0) break;
    length += read;
  }
  return length;
}
