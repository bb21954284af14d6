import * as crypto from 'node:crypto';
import type { EpochMs, Scope } from '../findings/model.ts';

/** Names of everything in the bucket. Only characters that every store and file system takes. */

export const CURRENT_CONFIG_KEY = 'config/current.json';

/** `source/cloud/account`. A slash inside a part (an image, a repository) is encoded, so that the three stay apart. */
export function scopeOf(source: string, cloud: string, account: string): Scope {
  return [source, cloud, account].map((part) => part.replace(/[%/]/g, encodeURIComponent)).join('/');
}

/** Readable slug and hash: `prowler-aws-123456789012-1f0c…`. */
export function scopeIdOf(scope: Scope): string {
  const slug = scope
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
  return `${slug}-${sha256(scope).slice(0, 12)}`;
}

export const headKey = (scopeId: string): string => `heads/${scopeId}.json`;
export const stateKey = (scopeId: string, commitId: string): string => `state/${scopeId}/${commitId}.parquet`;
export const commitKey = (scopeId: string, commitId: string): string =>
  `commits/${scopeId}/${commitId}.json.gz`;
export const verdictKey = (scopeId: string, id: string): string => `verdicts/${scopeId}/${id}.json`;
export const configKey = (digest: string): string => `config/${digest}.json`;

/** The name holds a hash of the content, so that a damaged one is known as such. */
export function segmentKey(scopeId: string, from: number, to: number, body: Uint8Array): string {
  return `segments/${scopeId}/${padded(from)}-${padded(to)}-${segmentHash(body)}.parquet`;
}

export function segmentHash(body: Uint8Array): string {
  return sha256(body).slice(0, 16);
}

/** `extension` names content and compression: `js.zst`. */
export function rawKey(source: string, digest: string, extension: string): string {
  return `raw/${source.replace(/[^a-z0-9]+/gi, '-')}/${digest}.${extension}`;
}

/** Sequence, input and chance: no name ever gets two contents, and a listing is in order. */
export function commitIdOf(generation: number, seq: number, inputId: string, nonce: string): string {
  return `${padded(generation, 3)}-${padded(seq)}-${sha256(inputId).slice(0, 8)}-${nonce}`;
}

/** Only for names; 48 bits are enough beside sequence and input. */
export function randomNonce(): string {
  return crypto.randomBytes(6).toString('hex');
}

export function runIdOf(scope: Scope, observedAt: EpochMs, rawDigest: string): string {
  return sha256(`run|${scope}|${observedAt}|${rawDigest}`).slice(0, 32);
}

export function sha256(text: string | Uint8Array): string {
  return crypto.hash('sha256', text, 'hex');
}

function padded(value: number, digits = 8): string {
  return String(value).padStart(digits, '0');
}
