import * as fs from 'node:fs';
import type { Measured } from './main.ts';
import { since } from './reports.ts';

/** What any reader in JavaScript is measured against: the whole report through `JSON.parse`. */
export async function jsonParse([path = '']: readonly string[]): Promise<Measured> {
  const start = performance.now();
  const value: unknown = JSON.parse(await fs.promises.readFile(path, 'utf8'));
  return { seconds: since(start), facts: { elements: Array.isArray(value) ? value.length : 1 } };
}

const WINDOW = 1 << 20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = [0x7b, 0x5b];
const CLOSE = [0x7d, 0x5d];

/**
 * The least that reading JSON takes in plain JavaScript: every byte looked at once, strings and depth known. Nothing is
 * kept.
 */
export function scan([path = '']: readonly string[]): Promise<Measured> {
  const start = performance.now();
  const steps = new Int8Array(256);
  for (const byte of OPEN) steps[byte] = 1;
  for (const byte of CLOSE) steps[byte] = -1;
  const buffer = Buffer.allocUnsafe(WINDOW);
  const fd = fs.openSync(path, 'r');
  let depth = 0;
  let deepest = 0;
  let inString = false;
  let escaped = false;
  for (;;) {
    const length = fs.readSync(fd, buffer, 0, WINDOW, null);
    if (length === 0) break;
    for (let i = 0; i < length; i++) {
      const byte = buffer[i] ?? 0;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
      } else if (byte === QUOTE) {
        inString = true;
      } else {
        depth += steps[byte] ?? 0;
        if (depth > deepest) deepest = depth;
      }
    }
  }
  fs.closeSync(fd);
  return Promise.resolve({ seconds: since(start), facts: { deepest } });
}
