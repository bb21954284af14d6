import type { Request } from 'express';
import type { Logger } from 'pino';
import type { Access } from '../../warehouse/access.ts';

/** How the server knows who asks. `openAccess` makes it out of the configuration; `noAccess` is for tests and other tools. */
export interface AccessOptions {
  /** null: nobody is asked who they are, and everybody is `everyone`. */
  readonly checks: AccessChecks | null;
  readonly everyone: Access;
  /** null: no limit (this machine only). */
  readonly rateLimit: RateLimits | null;
  /** Reverse proxies in front, each of which adds an address to X-Forwarded-For. */
  readonly proxies: number;
  readonly log: Logger;
}

/** Per minute. */
export interface RateLimits {
  /** Requests of one subject, or of one address that says nothing of itself. */
  readonly requests: number;
  /** Reports brought by one subject. */
  readonly ingest: number;
  /** Wrong credentials from one address. */
  readonly failures: number;
}

export interface AccessChecks {
  readonly tokens: TokenCheck;
  readonly oidc: BearerCheck | null;
  /** Narrows what a token sees to what the person in Grafana may see. */
  readonly grafana: IdentityCheck | null;
}

export type Checked = { readonly ok: true; readonly access: Access } | Refusal;

export interface Refusal {
  readonly ok: false;
  /**
   * `wrong`: 401. `forbidden`: 403, we know who it is. `unsure`: 503, the credentials may be right, and what could tell does
   * not answer: a 401 would make callers throw good credentials away.
   */
  readonly reason: 'wrong' | 'forbidden' | 'unsure';
  /** For the caller; holds nothing of the credentials. */
  readonly detail: string;
}

export interface TokenCheck {
  /** @param reread whether an unknown token is worth a look at the store */
  check(token: string, reread: boolean): Promise<Checked>;
}

export interface BearerCheck {
  check(jwt: string): Promise<Checked>;
}

export interface IdentityCheck {
  /** @param jwt the header X-Grafana-Id, undefined where there is none */
  narrow(access: Access, jwt: string | undefined): Promise<Checked>;
}

/** One change that somebody made. */
export interface AuditEntry {
  /** What was done, in a fixed word: `verdict.set`, `config.apply`, `report.ingest`. */
  readonly action: string;
  /** To what: a fingerprint, a scope, a key. */
  readonly target: string;
  /** As it was and as it is after, as far as it is worth keeping. */
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Who changes something. */
export interface Actor {
  readonly subject: string;
  /** Where the request came from; null for the command line. */
  readonly address: string | null;
}

export interface Audit {
  /**
   * Writes the entry of a request's caller to the bucket and the log. To be waited for before the change is acknowledged.
   * @throws StoreError when the bucket does not take it
   */
  record(request: Request, entry: AuditEntry): Promise<void>;
}

export function refuse(reason: Refusal['reason'], detail: string): Refusal {
  return { ok: false, reason, detail };
}
