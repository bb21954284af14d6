import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { AccessConfig } from '../../config/index.ts';
import type { Role } from '../../warehouse/access.ts';
import { fetchFrom, KeysUnavailable, notTooOften, remoteKeys, verify } from './jwt.ts';
import { isLoopback } from '../../config/loopback.ts';
import { type BearerCheck, type Checked, refuse } from './types.ts';

type OidcConfig = NonNullable<AccessConfig['oidc']>;

/** Signatures with a private key only: with HS256, anybody could sign with the key that is published. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];
/** In the claim of accounts or teams: all of them. */
const ALL = '*';

export function oidcCheck(config: OidcConfig, log: Logger): BearerCheck {
  const keys = issuerKeys(config);
  const warn = (reason: string): void => {
    log.warn({ issuer: config.issuer, reason }, 'the keys of the issuer can not be read');
  };
  return {
    async check(jwt) {
      const { issuer, audience } = config;
      const verified = await verify(jwt, keys, { algorithms: ALGORITHMS, issuer, audience }, warn);
      return verified.ok ? accessOfClaims(verified.claims, config) : verified;
    },
  };
}

const discovered = z.object({ issuer: z.string(), jwks_uri: z.string() });

/** @see OpenID Connect Discovery 1.0, section 4 */
function issuerKeys({ issuer, jwksUrl }: OidcConfig): JWTVerifyGetKey {
  let keys: JWTVerifyGetKey | undefined = jwksUrl === undefined ? undefined : remoteKeys(jwksUrl);
  const discover = notTooOften(async () => {
    const where = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const response = await fetchFrom(where);
    const document = discovered.safeParse(await response.json().catch(() => undefined));
    if (!document.success) throw new KeysUnavailable(`${where} is no discovery document`);
    const { issuer: named, jwks_uri } = document.data;
    if (named !== issuer) throw new KeysUnavailable(`${where} is of the issuer ${JSON.stringify(named)}`);
    if (!isTrustworthy(jwks_uri)) throw new KeysUnavailable(`${where} names keys without https`);
    return remoteKeys(jwks_uri);
  });
  return async (header, token) => {
    keys ??= await discover();
    return keys(header, token);
  };
}

function isTrustworthy(url: string): boolean {
  const { protocol, hostname } = URL.parse(url) ?? {};
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname ?? ''));
}

function accessOfClaims(claims: JWTPayload, config: OidcConfig): Checked {
  const accounts = boundsOf(claims, config.accountsClaim);
  const teams = boundsOf(claims, config.teamsClaim);
  if (accounts?.length === 0 || teams?.length === 0) {
    return refuse(
      'forbidden',
      'The token names no account or team to see, which this server asks of tokens of its issuer.',
    );
  }
  return {
    ok: true,
    access: { subject: subjectOf(claims), roles: rolesOf(claims, config), accounts, teams },
  };
}

/** An address that nobody has verified could be anybody's. */
function subjectOf({ sub, email, email_verified: verified }: JWTPayload): string {
  return `oidc:${typeof email === 'string' && verified === true ? email : String(sub)}`;
}

function rolesOf(claims: JWTPayload, { rolesClaim, roles, defaultRole }: OidcConfig): ReadonlySet<Role> {
  const values = valuesOf(claimOf(claims, rolesClaim));
  const found = values.flatMap((value) => (Object.hasOwn(roles, value) ? [roles[value]] : []));
  const known = found.filter((role) => role !== undefined);
  if (known.length === 0 && defaultRole !== undefined) return new Set([defaultRole]);
  return new Set(known);
}

/** null for all: only where nothing is asked, or the claim says so. */
function boundsOf(claims: JWTPayload, name: string | undefined): readonly string[] | null {
  if (name === undefined) return null;
  const claim = claimOf(claims, name);
  const values = Array.isArray(claim) ? valuesOf(claim) : typeof claim === 'string' ? [claim] : [];
  return values.includes(ALL) ? null : values;
}

/** A claim by its name, which may itself hold dots (`https://example.org/roles`), else by the way to it. */
function claimOf(claims: JWTPayload, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = new Map<string, unknown>(Object.entries(value)).get(part);
  }
  return value;
}

/** A list, or text with spaces as `scope` has it. */
function valuesOf(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return [...new Set([claim, ...claim.split(' ')])];
  return Array.isArray(claim) ? claim.filter((value) => typeof value === 'string') : [];
}
