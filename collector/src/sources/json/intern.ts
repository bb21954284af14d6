const SLOTS = 4096;
const LONGEST = 64;

/**
 * Keys seen before, by their bytes. Reports repeat a few hundred keys millions of times; looking one up costs no
 * allocation. Direct-mapped: a slot holds the last key that fell on it, so foreign keys (ids) can't fill it up.
 */
const slots: string[] = new Array<string>(SLOTS).fill('');

export const HASH_START = 0x811c9dc5 | 0;

/** One step of FNV-1a. */
export function hashStep(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193);
}

function same(text: string, bytes: Uint8Array, start: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}

/** The ASCII text of `bytes[start, end)`, the same string object as last time where possible. */
export function internAscii(bytes: Buffer, start: number, end: number, hash: number): string {
  const length = end - start;
  if (length > LONGEST || length === 0) return bytes.toString('latin1', start, end);
  const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
  const known = slots[slot];
  if (known !== undefined && same(known, bytes, start, length)) return known;
  const text = bytes.toString('latin1', start, end);
  slots[slot] = text;
  return text;
}
