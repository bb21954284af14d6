import * as crypto from 'node:crypto';
import type { Logger } from 'pino';
import type { EpochMs } from '../../findings/model.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import { TOKEN_IN_TEXT } from './token-text.ts';
import type { Actor, AuditEntry } from './types.ts';

const MAX_TEXT = 2_000;
const MAX_ITEMS = 1_000;
const MAX_DEPTH = 8;

/** Where audit entries go. */
export interface AuditTrail {
  readonly log: Logger;
  readonly store: ObjectStore;
  readonly now: () => EpochMs;
}

/**
 * Writes who changed what: an object in the bucket for each change (`audit/<day>/<time>-<id>.json`), so that no writer waits for
 * another and nothing is ever written over, and then a line in the log with `audit: true`.
 * @throws StoreError
 */
export async function writeAudit(
  { log, store, now }: AuditTrail,
  { subject, address }: Actor,
  { action, target, before, after }: AuditEntry,
): Promise<void> {
  const at = new Date(now()).toISOString();
  const entry = {
    at,
    subject: recorded(subject),
    action,
    target: recorded(target),
    ...(before === undefined ? {} : { before: recorded(before) }),
    ...(after === undefined ? {} : { after: recorded(after) }),
    address: recorded(address),
  };
  const [day = '', time = ''] = at.replaceAll(':', '').split('T');
  const key = `audit/${day}/${time}-${crypto.randomBytes(6).toString('hex')}.json`;
  const body = Buffer.from(JSON.stringify({ format: 1, ...entry }, null, 2));
  await store.put(key, body, { contentType: 'application/json' });
  log.info({ audit: true, ...entry, key }, 'audit');
}

/** As printable() of the command line knows them; JSON itself escapes only those below U+0020. */
const CONTROLS = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const JWT_IN_TEXT = /\bey[\w-]{8,}\.[\w-]+\.[\w-]*/g;

/** A value as it may be written down: bounded, with nothing that a terminal or viewer would obey, and without secrets. */
export function recorded(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return recordedText(value);
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value !== 'object') return undefined;
  if (depth >= MAX_DEPTH) return '…';
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value) || value instanceof Set) {
    const items: readonly unknown[] = [...value];
    const kept = items.slice(0, MAX_ITEMS).map((item) => recorded(item, depth + 1));
    return items.length > MAX_ITEMS ? [...kept, `… and ${items.length - MAX_ITEMS} more`] : kept;
  }
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return Object.fromEntries(
    entries
      .slice(0, MAX_ITEMS)
      .map(([key, inner]) => [recordedText(String(key)), recorded(inner, depth + 1)]),
  );
}

function recordedText(text: string): string {
  const safe = text
    .slice(0, MAX_TEXT)
    .replace(TOKEN_IN_TEXT, 'slt_…')
    .replace(JWT_IN_TEXT, 'ey…')
    .replace(CONTROLS, (control) => `\\u{${(control.codePointAt(0) ?? 0).toString(16)}}`);
  return text.length > MAX_TEXT ? `${safe}…` : safe;
}
