import * as path from 'node:path';

/**
 * Content types by the extension of a key. A scanner's script is text when it is a raw report, so that no other site
 * can run it and read the findings out of it.
 */
const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  gif: 'image/gif',
  html: 'text/html; charset=utf-8',
  ico: 'image/x-icon',
  jpg: 'image/jpeg',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json; charset=utf-8',
  map: 'application/json; charset=utf-8',
  png: 'image/png',
  svg: 'image/svg+xml',
  ttf: 'font/ttf',
  woff: 'font/woff',
  woff2: 'font/woff2',
};

const TEXT = 'text/plain; charset=utf-8';
const RAW_TYPES: Readonly<Record<string, string>> = {
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
};

export type Encoding = 'zstd' | 'gzip';

/** Of a key under `reports/`; null for what is not served. */
export function typeOf(key: string): string | null {
  return TYPES[path.posix.extname(key).slice(1).toLowerCase()] ?? null;
}

/** Type and encoding of a raw report's key: `raw/prowler/<digest>.json.zst`; null for any other key. */
export function rawContentOf(key: string): { readonly type: string; readonly encoding: Encoding } | null {
  const match = /\.([a-z]{1,8})\.(zst|gz)$/.exec(key);
  if (match === null) return null;
  const [, extension = '', compression] = match;
  return { type: RAW_TYPES[extension] ?? TEXT, encoding: compression === 'zst' ? 'zstd' : 'gzip' };
}

export function isFont(key: string): boolean {
  return /\.(woff2?|ttf)$/i.test(key);
}
