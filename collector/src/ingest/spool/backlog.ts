import type { EpochMs } from '../../findings/model.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import { batchesPrefix, batchNameOf, type Feed, rejectedPrefix } from './keys.ts';

/** What of a feed waits in the bucket, whoever took it in. */
export interface Backlog {
  readonly feed: Feed;
  readonly batches: number;
  readonly events: number;
  /** Compressed. */
  readonly bytes: number;
  /** When the one was written that has waited longest; null where none waits. */
  readonly oldestAt: EpochMs | null;
  /** Objects that were set aside because they could not be read. */
  readonly rejected: number;
  /** Collectors that left batches, with when each left its oldest. */
  readonly owners: ReadonlyMap<string, EpochMs>;
}

/** Costs two requests, and one more per thousand batches. @throws StoreError */
export async function backlogOf(store: ObjectStore, feed: Feed): Promise<Backlog> {
  let [batches, events, bytes, rejected] = [0, 0, 0, 0];
  const owners = new Map<string, EpochMs>();
  for await (const { key, size, modifiedAt } of store.list(batchesPrefix(feed))) {
    const name = batchNameOf(key);
    if (name === null) continue;
    batches++;
    events += name.events;
    bytes += size;
    owners.set(name.owner, Math.min(modifiedAt, owners.get(name.owner) ?? Infinity));
  }
  for await (const _ of store.list(rejectedPrefix(feed))) rejected++;
  const oldestAt = owners.size === 0 ? null : Math.min(...owners.values());
  return { feed, batches, events, bytes, oldestAt, rejected, owners };
}
