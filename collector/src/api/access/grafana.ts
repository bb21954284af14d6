import type { JWTPayload } from 'jose';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { AccessConfig } from '../../config/index.ts';
import type { Access } from '../../warehouse/access.ts';
import { isNothing, narrowed } from './bounds.ts';
import { remoteKeys, verify } from './jwt.ts';
import { type Checked, type IdentityCheck, refuse } from './types.ts';

type GrafanaConfig = NonNullable<AccessConfig['grafana']>;
type Row = GrafanaConfig['rows'][number];

/**
 * What Grafana 12.4 signs (pkg/services/auth/idimpl): `iss` is its root_url with a slash at the end, `aud` is `org:<id>`, `sub` is
 * `user:<number>`, `identifier` the uid. Of teams there is nothing.
 */
const identitySchema = z.object({
  aud: z.union([z.string(), z.array(z.string())]),
  type: z.string(),
  identifier: z.string().min(1),
  email: z.string().optional(),
  email_verified: z.boolean().optional(),
  username: z.string().optional(),
  authenticatedBy: z.string().optional(),
  role: z.string().optional(),
});

type Identity = z.infer<typeof identitySchema>;

/** Log-ins whose names and addresses come from elsewhere: who logs in by password can change theirs to those of others. */
const FROM_ELSEWHERE = /^(oauth_\w+|ldap|auth\.saml|authproxy|jwt)$/;

export function grafanaCheck(config: GrafanaConfig, log: Logger): IdentityCheck {
  const base = config.url.replace(/\/+$/, '');
  const keys = remoteKeys(`${base}/api/signing-keys/keys`);
  const root = (config.issuer ?? config.url).replace(/\/+$/, '');
  const options = { algorithms: ['ES256'], issuer: [root, `${root}/`] };
  const warn = (reason: string): void => {
    log.warn({ grafana: base, reason }, 'the keys of Grafana can not be read');
  };
  return {
    async narrow(access, jwt) {
      if (jwt === undefined) {
        return isExempt(access, config)
          ? { ok: true, access }
          : refuse('wrong', 'This token is only for requests with the identity of a person in Grafana.');
      }
      const verified = await verify(jwt, keys, options, warn);
      if (!verified.ok) return { ...verified, detail: `X-Grafana-Id: ${verified.detail}` };
      return narrowedBy(access, verified.claims, config);
    },
  };
}

function isExempt({ subject, roles }: Access, { required, exempt }: GrafanaConfig): boolean {
  const reads = roles.has('viewer') || roles.has('operator');
  return !required || !reads || exempt.some((name) => subject === `token:${name}`);
}

function narrowedBy(access: Access, claims: JWTPayload, config: GrafanaConfig): Checked {
  const parsed = identitySchema.safeParse(claims);
  if (!parsed.success) return refuse('wrong', 'X-Grafana-Id: it is no identity as Grafana signs it.');
  const identity = parsed.data;
  const orgs = orgsOf(identity);
  if (orgs.length === 0 || config.orgs?.some((org) => orgs.includes(org)) === false)
    return refuse('wrong', 'X-Grafana-Id: it is of another organization.');
  const row = config.rows.find((candidate) => isAbout(candidate, identity, orgs));
  if (row === undefined && config.default === 'none') {
    return refuse('forbidden', 'access.grafana.rows has no row for you, so there is nothing for you to see.');
  }
  const seen = narrowed(access, { accounts: row?.accounts ?? null, teams: row?.teams ?? null });
  if (isNothing(seen)) return refuse('forbidden', 'There is nothing that both you and the token may see.');
  return { ok: true, access: { ...access, ...seen, subject: `${access.subject}/${nameOf(identity)}` } };
}

function isAbout(row: Row, identity: Identity, orgs: readonly number[]): boolean {
  const { email, username } = identity;
  const external = FROM_ELSEWHERE.test(identity.authenticatedBy ?? '');
  return (
    isGiven(row.user, (user) => user === nameOf(identity) || `user:${user}` === nameOf(identity)) &&
    isGiven(
      row.email,
      (wanted) =>
        (external || identity.email_verified === true) && wanted.toLowerCase() === email?.toLowerCase(),
    ) &&
    isGiven(row.login, (login) => external && login.toLowerCase() === username?.toLowerCase()) &&
    isGiven(row.org, (org) => orgs.includes(org)) &&
    isGiven(row.role, (role) => role === (identity.role ?? 'None'))
  );
}

function isGiven<T>(wanted: T | undefined, holds: (wanted: T) => boolean): boolean {
  return wanted === undefined || holds(wanted);
}

/** `user:<uid>`, `service-account:<uid>`, `anonymous:0` */
function nameOf({ type, identifier }: Identity): string {
  return `${type}:${identifier}`;
}

function orgsOf({ aud }: Identity): readonly number[] {
  return [aud].flat().flatMap((audience) => {
    const [, org] = /^org:(\d+)$/.exec(audience) ?? [];
    return org === undefined ? [] : [Number(org)];
  });
}
