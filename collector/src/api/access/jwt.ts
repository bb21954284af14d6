import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
} from 'jose';
import { messageOf } from '../../errors.ts';
import { refuse, type Refusal } from './types.ts';

const FETCH_TIMEOUT_MS = 5_000;
/** Keys that fail to come are not asked for with every request. */
const RETRY_MS = 5_000;
/** Between two looks for a key id that is not there: whoever invents ids must not make us ask for each. */
const COOLDOWN_MS = 30_000;
/** As long as Grafana lets its keys be cached. */
const KEYS_AGE_MS = 3_600_000;
/** Clocks differ. */
const TOLERANCE_SECONDS = 60;

/** Who could tell whether a token is right does not answer. */
export class KeysUnavailable extends Error {}

/** GET of JSON from an issuer. @throws KeysUnavailable */
export async function fetchFrom(url: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, {
      redirect: 'error',
      signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
      ...init,
    });
  } catch (error) {
    throw new KeysUnavailable(`${url} does not answer: ${causeOf(error)}`);
  }
  if (response.status === 200) return response;
  await response.body?.cancel();
  throw new KeysUnavailable(`${url} answered ${response.status}`);
}

/** The keys published at an address, kept for an hour. They throw KeysUnavailable. */
export function remoteKeys(url: string): JWTVerifyGetKey {
  const fetchKeys = notTooOften((init: RequestInit) => fetchFrom(url, init));
  return createRemoteJWKSet(new URL(url), {
    timeoutDuration: FETCH_TIMEOUT_MS,
    cooldownDuration: COOLDOWN_MS,
    cacheMaxAge: KEYS_AGE_MS,
    [customFetch]: (_url, init) => fetchKeys(init),
  });
}

/** For a while after a failure, fails at once with the same reason. */
export function notTooOften<A extends unknown[], T>(
  work: (...args: A) => Promise<T>,
): (...args: A) => Promise<T> {
  let failed: { readonly at: number; readonly error: unknown } | undefined;
  return async (...args) => {
    if (failed !== undefined && performance.now() - failed.at < RETRY_MS) throw failed.error;
    try {
      const value = await work(...args);
      failed = undefined;
      return value;
    } catch (error) {
      failed = { at: performance.now(), error };
      throw error;
    }
  };
}

export type Verified = { readonly ok: true; readonly claims: JWTPayload } | Refusal;

/** Checks signature, issuer, audience and times. Never throws for what a caller sent. */
export async function verify(
  jwt: string,
  keys: JWTVerifyGetKey,
  options: Pick<JWTVerifyOptions, 'algorithms' | 'audience' | 'issuer'>,
  log: (reason: string) => void,
): Promise<Verified> {
  try {
    const { payload, protectedHeader } = await jwtVerify(jwt, keys, {
      ...options,
      clockTolerance: TOLERANCE_SECONDS,
      requiredClaims: ['exp', 'sub', 'iss', 'aud'],
    });
    // The same keys sign other things: a notice of log-out is no token of its person.
    if (!['jwt', 'at+jwt', undefined].includes(protectedHeader.typ?.toLowerCase()))
      return refuse('wrong', 'The token is of another kind.');
    return { ok: true, claims: payload };
  } catch (error) {
    if (isUnavailable(error)) {
      log(messageOf(error));
      return refuse('unsure', 'The keys that could verify the token can not be read.');
    }
    return refuse('wrong', wrongBecause(error));
  }
}

function isUnavailable(error: unknown): boolean {
  return (
    error instanceof KeysUnavailable ||
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    // What jose throws for an answer that is no JSON; all it says of tokens has a code of its own.
    (error instanceof errors.JOSEError && error.code === 'ERR_JOSE_GENERIC')
  );
}

function wrongBecause(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired.';
  if (error instanceof errors.JWTClaimValidationFailed)
    return `The token is not for this server, or not yet: see its claim "${error.claim}".`;
  return 'The token is no valid one: its signature or form is wrong.';
}

function causeOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
}
