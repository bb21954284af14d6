import { z } from 'zod';
import type { EpochMs } from '../../findings/model.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import type { Role } from '../../warehouse/access.ts';

export const TOKENS_PREFIX = 'access/tokens/';

const list = z.array(z.string());

const recordSchema = z.object({
  format: z.literal(1),
  id: z.string().regex(/^[0-9a-f]{16}$/),
  name: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  roles: z.array(z.enum(['viewer', 'ingest', 'operator'])).min(1),
  accounts: list.nullable(),
  teams: list.nullable(),
  createdBy: z.string(),
  createdAt: z.number(),
  expiresAt: z.number().nullable(),
  revokedBy: z.string().nullable(),
  revokedAt: z.number().nullable(),
});

/** What the bucket keeps of a token: who it is, and never the token itself. Times are milliseconds. */
export interface TokenRecord {
  readonly id: string;
  readonly name: string;
  /** Of the whole token, hexadecimal. */
  readonly sha256: string;
  readonly roles: readonly Role[];
  readonly accounts: readonly string[] | null;
  readonly teams: readonly string[] | null;
  readonly createdBy: string;
  readonly createdAt: EpochMs;
  readonly expiresAt: EpochMs | null;
  readonly revokedBy: string | null;
  readonly revokedAt: EpochMs | null;
}

export type TokenState = 'valid' | 'expired' | 'revoked';

export function stateOf(record: TokenRecord, now: EpochMs): TokenState {
  if (record.revokedAt !== null) return 'revoked';
  return record.expiresAt !== null && record.expiresAt < now ? 'expired' : 'valid';
}

export function tokenKey(id: string): string {
  return `${TOKENS_PREFIX}${id}.json`;
}

/** @throws StoreError */
export async function writeRecord(store: ObjectStore, record: TokenRecord): Promise<void> {
  const body = Buffer.from(JSON.stringify({ format: 1, ...record }, null, 2));
  await store.put(tokenKey(record.id), body, { contentType: 'application/json' });
}

/** undefined where there is none; null where what is there is no record of a token, or that of another. @throws StoreError */
export async function readRecord(store: ObjectStore, key: string): Promise<TokenRecord | null | undefined> {
  const stored = await store.get(key);
  if (stored === undefined) return undefined;
  try {
    const { format: _format, ...record } = recordSchema.parse(JSON.parse(stored.body.toString('utf8')));
    return tokenKey(record.id) === key ? record : null;
  } catch {
    return null;
  }
}
