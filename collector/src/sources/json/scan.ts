import { BACKSLASH, QUOTE } from './bytes.ts';

const FOUR_SPACES = 0x20202020;
const FOUR_QUOTES = QUOTE * 0x01010101;
const FOUR_BACKSLASHES = BACKSLASH * 0x01010101;
const ONES = 0x01010101;
const HIGH_BITS = 0x80808080 | 0;

/** The bytes of a buffer, four at a time: reports are mostly strings and indentation, and one test for four bytes doubles the scan's speed. */
export function fourByFour(buffer: Uint8Array): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/**
 * Index of the first quote or backslash at or after `p`, or at most 3 before it; at most `length`.
 * A word holds the byte b where (x - 1…) & ~x & 0x80… of x = word ^ bbbb is not 0 (the zero-byte test; it may only err
 * towards stopping early).
 */
export function overText(view: DataView, p: number, length: number): number {
  const last = length - 4;
  while (p <= last) {
    const word = view.getInt32(p, true);
    const quote = word ^ FOUR_QUOTES;
    const backslash = word ^ FOUR_BACKSLASHES;
    if ((((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash)) & HIGH_BITS) return p;
    p += 4;
  }
  return p;
}

/** Index behind a run of spaces from `p` on, or at most 3 before it. */
export function overSpaces(view: DataView, p: number, length: number): number {
  const last = length - 4;
  while (p <= last && view.getInt32(p, true) === FOUR_SPACES) p += 4;
  return p;
}
