import * as crypto from 'node:crypto';
import * as zlib from 'node:zlib';

/**
 * What a token looks like: `slt_`, 16 hexadecimal digits of its id, 43 characters (base64url) of 256 random bits, 6 characters of
 * a checksum over what stands before. The id finds the record; the checksum tells a token that lost a character on its
 * way from one that never was; the beginning lets scanners for secrets find it (`slt_[0-9a-f]{16}[A-Za-z0-9_-]{49}`).
 */
const PREFIX = 'slt_';
const SHAPE = /^slt_([0-9a-f]{16})[A-Za-z0-9_-]{43}([A-Za-z0-9_-]{6})$/;
/** The same anywhere in a text, also cut off: for taking tokens out of what is written down. */
export const TOKEN_IN_TEXT = /slt_[0-9a-f]{16}[A-Za-z0-9_-]+/g;

export interface NewToken {
  readonly id: string;
  /** Shown once and never kept. */
  readonly token: string;
  readonly sha256: string;
}

export function newToken(): NewToken {
  const id = crypto.randomBytes(8).toString('hex');
  const body = `${PREFIX}${id}${crypto.randomBytes(32).toString('base64url')}`;
  const token = body + checksumOf(body);
  return { id, token, sha256: digestOf(token).toString('hex') };
}

/**
 * SHA-256, and no slow hash: those make guessing what people choose dear. Nobody guesses 256 random bits, and every request
 * would pay for it.
 */
export function digestOf(token: string): Buffer {
  return crypto.createHash('sha256').update(token, 'utf8').digest();
}

export type TokenText =
  | { readonly kind: 'token'; readonly id: string }
  /** Begins as a token does and is none: mistyped or cut off. */
  | { readonly kind: 'damaged' }
  /** Some other secret: a token of the configuration may be one. */
  | { readonly kind: 'other' };

export function readToken(text: string): TokenText {
  if (!text.startsWith(PREFIX)) return { kind: 'other' };
  const [, id, checksum] = SHAPE.exec(text) ?? [];
  if (id === undefined || checksum !== checksumOf(text.slice(0, -6))) return { kind: 'damaged' };
  return { kind: 'token', id };
}

/** CRC-32: it is there against mistakes. Against attacks there is the random part. */
function checksumOf(body: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(zlib.crc32(body));
  return bytes.toString('base64url');
}
