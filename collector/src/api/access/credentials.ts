import type { Request } from 'express';

export type Credentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed' }
  /** `byBrowser`: a browser sends it by itself, also where another site's page asks. */
  | { readonly kind: 'secret'; readonly secret: string; readonly byBrowser: boolean };

const MALFORMED = { kind: 'malformed' } as const;

/** What the header Authorization brings. With Basic the password is the token, and the name does not matter. */
export function credentialsOf(header: string | undefined): Credentials {
  if (header === undefined || header.trim() === '') return { kind: 'none' };
  const [, scheme = '', value = ''] = /^ *([A-Za-z]+) +([^ ]+) *$/.exec(header) ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return { kind: 'secret', secret: value, byBrowser: false };
    case 'basic':
      return passwordOf(value);
    default:
      return MALFORMED;
  }
}

/** @see RFC 7617 */
function passwordOf(value: string): Credentials {
  const text = Buffer.from(value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  const secret = text.slice(colon + 1);
  return colon === -1 || secret === '' ? MALFORMED : { kind: 'secret', secret, byBrowser: true };
}

/**
 * Whether a page of another site asks for a change: with the credentials that the browser remembers, or from the machine that needs
 * none. Browsers say so in Sec-Fetch-Site, older ones in Origin; what is no browser says neither.
 */
export function isForeignChange(request: Request): boolean {
  if (request.method === 'GET' || request.method === 'HEAD') return false;
  const site = request.get('Sec-Fetch-Site');
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const origin = request.get('Origin');
  return origin !== undefined && URL.parse(origin)?.host !== request.get('Host')?.toLowerCase();
}

/**
 * The address that a request comes from. Each proxy of ours adds the one it saw to the end of X-Forwarded-For; what stands before
 * those anybody can have written.
 */
export function addressOf(request: Request, proxies: number): string {
  const direct = request.socket.remoteAddress ?? '';
  const forwarded = (request.get('X-Forwarded-For') ?? '').split(',').map((part) => part.trim());
  const seen = [...forwarded.filter((part) => part !== ''), direct];
  const address = seen[Math.max(0, seen.length - 1 - proxies)] ?? direct;
  return address.replace(/^::ffff:(?=\d+\.)/, '').slice(0, 60);
}
