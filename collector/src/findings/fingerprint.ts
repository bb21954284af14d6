import * as crypto from 'node:crypto';
import type { Fingerprint } from './model.ts';

/** What a finding is told apart by. Never severity, texts, dates, versions, tags, or a line number where anything better exists. */
export interface Identity {
  readonly source: string;
  readonly cloud: string;
  readonly account: string;
  readonly region: string;
  readonly rule: string;
  readonly resource: string;
  readonly locator: string;
}

const VERSION = 'v1';

function part(value: string): string {
  const folded = value.trim().toLowerCase();
  return `${folded.length}:${folded}|`;
}

/**
 * First 128 bits of SHA-256 over the length-prefixed parts, as 32 hexadecimal digits. The length prefix counts UTF-16
 * units and keeps `a|b` + `c` apart from `a` + `b|c`.
 */
export function fingerprint(identity: Identity): Fingerprint {
  const text =
    part(VERSION) +
    part(identity.source) +
    part(identity.cloud) +
    part(identity.account) +
    part(identity.region) +
    part(identity.rule) +
    part(identity.resource) +
    part(identity.locator);
  return crypto.hash('sha256', text, 'hex').slice(0, 32);
}
