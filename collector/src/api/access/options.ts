import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { type AccessConfig, isLoopback } from '../../config/index.ts';
import { messageOf, StoreError, UsageError } from '../../errors.ts';
import type { EpochMs } from '../../findings/model.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import { type Access, FULL_ACCESS, type Role } from '../../warehouse/access.ts';
import { grafanaCheck } from './grafana.ts';
import { oidcCheck } from './oidc.ts';
import { noAccess } from './open.ts';
import { type FixedToken, TokenBook } from './token-book.ts';
import { digestOf, readToken } from './token-text.ts';
import type { AccessOptions } from './types.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface OpenAccessOptions {
  readonly config: AccessConfig;
  readonly store: ObjectStore;
  readonly env: Env;
  readonly log: Logger;
  readonly now: () => EpochMs;
  /** The address that the server listens on. */
  readonly host: string;
  /** Where a reverse proxy shows it to others. */
  readonly publicUrl?: string | undefined;
  /** `--insecure-no-access` */
  readonly insecure: boolean;
}

/** `everyone`: nobody is asked, on this machine only. `insecure`: the same for whoever reaches the server. */
export type AccessMode = 'checked' | 'everyone' | 'insecure';

const ANYBODY: Access = { ...FULL_ACCESS, subject: 'anonymous' };

/**
 * Who may do what, out of the configuration, the environment and the tokens in the store.
 * @throws UsageError for a token of the environment that is none, and where others than this machine could ask and nobody would
 * be asked who they are; StoreError where only the store could say whether there are tokens
 */
export async function openAccess(
  options: OpenAccessOptions,
): Promise<{ readonly mode: AccessMode; readonly access: AccessOptions }> {
  const { config, log } = options;
  const { rateLimit, proxies } = config;
  const elsewhere = placesForOthers(options);
  const local = elsewhere.length === 0;
  if (options.insecure) {
    const access = { ...noAccess(log), everyone: local ? FULL_ACCESS : ANYBODY, proxies };
    return { mode: 'insecure', access: { ...access, rateLimit: local ? null : rateLimit } };
  }
  const fromEnv = await tokenOfEnvironment(options.env);
  const fixed = [...config.tokens.map(tokenOfConfig), ...(fromEnv === null ? [] : [fromEnv])];
  const tokens = new TokenBook(options.store, fixed, options.now, log);
  const configured = fixed.length > 0 || config.oidc !== undefined;
  try {
    await tokens.load();
  } catch (error) {
    if (!configured || !(error instanceof StoreError)) throw error;
    log.warn({ reason: messageOf(error) }, 'the tokens in the store can not be read yet');
  }
  if (!configured && tokens.isEmpty) {
    if (local) return { mode: 'everyone', access: { ...noAccess(log), proxies } };
    throw new UsageError(
      `others could read every finding on ${elsewhere.join(' and ')}: nothing says who may`,
      'Make a token with `sightline token create --role viewer`, or set SIGHTLINE_TOKEN (docs/access.md); --insecure-no-access lets anybody in.',
      'config',
    );
  }
  const checks = {
    tokens,
    oidc: config.oidc === undefined ? null : oidcCheck(config.oidc, log),
    grafana: config.grafana === undefined ? null : grafanaCheck(config.grafana, log),
  };
  return { mode: 'checked', access: { checks, everyone: ANYBODY, rateLimit, proxies, log } };
}

/** Where others than this machine reach the server. */
function placesForOthers({ host, publicUrl }: OpenAccessOptions): readonly string[] {
  const shown = publicUrl === undefined ? undefined : URL.parse(publicUrl)?.hostname;
  return [host, ...(shown === undefined ? [] : [shown])].filter((place) => !isLoopback(place));
}

function tokenOfConfig(token: AccessConfig['tokens'][number]): FixedToken {
  return {
    name: token.name,
    digest: Buffer.from(token.sha256, 'hex'),
    roles: token.roles,
    accounts: token.accounts ?? null,
    teams: token.teams ?? null,
  };
}

/** What nobody tries out: 32 characters of `openssl rand -base64 24`. */
const MIN_LENGTH = 32;
const ROLES: readonly Role[] = ['viewer', 'ingest', 'operator'];

/** SIGHTLINE_TOKEN, or the file that SIGHTLINE_TOKEN_FILE names, with the roles of SIGHTLINE_TOKEN_ROLES (viewer). */
async function tokenOfEnvironment(env: Env): Promise<FixedToken | null> {
  const given = filled(env['SIGHTLINE_TOKEN']);
  const file = filled(env['SIGHTLINE_TOKEN_FILE']);
  if (given !== undefined && file !== undefined) {
    throw new UsageError(
      'SIGHTLINE_TOKEN and SIGHTLINE_TOKEN_FILE are both set',
      'Set one of them.',
      'config',
    );
  }
  const token = given ?? (file === undefined ? undefined : await tokenOfFile(file));
  if (token === undefined) return null;
  const name = given === undefined ? 'SIGHTLINE_TOKEN_FILE' : 'SIGHTLINE_TOKEN';
  if (token.length < MIN_LENGTH || /[^\x21-\x7e]/.test(token) || readToken(token).kind === 'damaged') {
    throw new UsageError(
      `${name} holds no token: it has to have ${MIN_LENGTH} printable characters or more, and none missing`,
      'Make one with `sightline token create --print-config`, or with `openssl rand -base64 32`.',
      'config',
    );
  }
  return {
    name: 'environment',
    digest: digestOf(token),
    roles: rolesOf(filled(env['SIGHTLINE_TOKEN_ROLES']) ?? 'viewer'),
    accounts: null,
    teams: null,
  };
}

async function tokenOfFile(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    throw new UsageError(
      `the file that SIGHTLINE_TOKEN_FILE names can't be read: ${messageOf(error)}`,
      'Check the path and who may read it.',
      'config',
      error,
    );
  }
}

function rolesOf(text: string): readonly Role[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  const roles = ROLES.filter((role) => words.includes(role));
  if (roles.length > 0 && words.every((word) => ROLES.some((role) => role === word))) return roles;
  throw new UsageError(
    'SIGHTLINE_TOKEN_ROLES holds what is no role',
    `Roles are ${ROLES.join(', ')}, with commas between them.`,
    'config',
  );
}

function filled(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}
