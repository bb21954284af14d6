import { z } from 'zod';
import type { ObjectStore } from '../../store/object-store.ts';
import type { Account } from '../job.ts';

/** The list of a discovery as the bucket holds it, for all collectors. */

const accountSchema = z.object({
  cloud: z.string(),
  account: z.string(),
  name: z.string().nullable(),
  team: z.string().nullable(),
  environment: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  enabled: z.boolean(),
  credentials: z.string().nullable(),
  origin: z.string(),
});
const foundSchema = z.object({
  at: z.number(),
  accounts: z.array(accountSchema),
  /** What could not be seen, where the rest could; others than the collector that asked say it too. */
  problem: z.string().nullable().default(null),
  /** Tags that become labels of findings, as the collector that asked was told: others may have another file. */
  labels: z.array(z.string()).readonly().default([]),
});

export type Found = Omit<z.infer<typeof foundSchema>, 'accounts'> & { readonly accounts: readonly Account[] };

export const keyOf = (name: string): string => `discovery/${name}.json`;
export const idOf = ({ cloud, account }: Pick<Account, 'cloud' | 'account'>): string => `${cloud}/${account}`;

/** What a collector found last; null: nothing that can be read. */
export async function readFound(store: ObjectStore, name: string): Promise<Found | null> {
  const stored = await store.get(keyOf(name));
  if (stored === undefined) return null;
  try {
    return foundSchema.parse(JSON.parse(stored.body.toString('utf8')));
  } catch {
    // Of another version, or damaged: asked for again.
    return null;
  }
}
