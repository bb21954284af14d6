import * as crypto from 'node:crypto';

/** A uniform number in [0, 1) that depends on nothing but its arguments. */
export type Chance = (...parts: readonly (string | number)[]) => number;

/** FNV-1a over the parts, stirred by the finaliser of MurmurHash3: cheap, and good enough to decide who has a flaw. */
export function chanceOf(seed: number): Chance {
  return (...parts) => {
    let hash = (0x811c9dc5 ^ seed) >>> 0;
    for (const part of parts) {
      const text = String(part);
      for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
      hash = Math.imul(hash ^ 0x1f, 0x01000193);
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
  };
}

export function sha1(text: string): string {
  return crypto.hash('sha1', text, 'hex');
}

/** Sixteen letters and digits as AWS uses in IAM ids. */
export function base32(text: string, length: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bytes = crypto.hash('sha256', text, 'buffer');
  let out = '';
  for (let i = 0; i < length; i++) out += alphabet.charAt((bytes[i] ?? 0) & 31);
  return out;
}

export function uuid(text: string): string {
  const h = sha1(text);
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20, 32)}`;
}
