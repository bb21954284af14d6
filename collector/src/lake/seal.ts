import { sha256 } from './keys.ts';

/** `,"check":"<16 hexadecimal digits>"}` */
const SEAL = /^,"check":"([0-9a-f]{16})"}$/;
const SEAL_BYTES = 28;

/**
 * JSON takes a flipped bit inside of a number or a name without a word. So the last field of a sealed object is a hash of all
 * the bytes before it.
 * @param text of an object that has fields
 */
export function sealed(text: string): Buffer {
  const start = text.slice(0, text.lastIndexOf('}')).trimEnd();
  return Buffer.from(`${start},"check":"${checkOf(start)}"}`);
}

/** Whether the bytes are those that `sealed` made. */
export function isSealed(bytes: Buffer): boolean {
  const start = bytes.length - SEAL_BYTES;
  if (start < 0) return false;
  const check = SEAL.exec(bytes.toString('latin1', start))?.[1];
  return check !== undefined && checkOf(bytes.subarray(0, start)) === check;
}

function checkOf(start: string | Uint8Array): string {
  return sha256(start).slice(0, 16);
}
