import type { EpochMs } from '../../findings/model.ts';
import { sha256 } from '../../lake/keys.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import { LEASES, taskKey, type TaskName } from '../task-state.ts';

/** What a task remembers that is too large to stand beside its schedule: the cursor names it. */
export interface Memory {
  /** null where there is none of that name, or not any more. @throws StoreError */
  recall(name: string): Promise<Buffer | null>;
  /** @returns its name. @throws StoreError */
  keep(body: Uint8Array): Promise<string>;
}

export const CURSORS = 'cursors/';
/** What no cursor names any more is kept so long: somebody else's run may just be about to name it. */
const KEPT_MS = 3_600_000;

/** Below `cursors/<job>/<target>/` in the bucket, each under a name of its own: which one counts is settled with the cursor, all at once. */
export function memoryOf(store: ObjectStore, task: TaskName, now: () => EpochMs): Memory {
  const prefix = memoryPrefix(task);
  let recalled: string | null = null;
  return {
    recall: async (name) => {
      if (!/^[0-9a-f]{32}$/.test(name)) return null;
      recalled = name;
      return (await store.get(`${prefix}${name}`))?.body ?? null;
    },
    keep: async (body) => {
      const name = sha256(body).slice(0, 32);
      await store.put(`${prefix}${name}`, body, { contentType: 'application/gzip' });
      const stale: string[] = [];
      for await (const { key, modifiedAt } of store.list(prefix)) {
        const wanted = key === `${prefix}${name}` || key === `${prefix}${recalled ?? ''}`;
        if (!wanted && modifiedAt < now() - KEPT_MS) stale.push(key);
      }
      if (stale.length > 0) await store.remove(stale);
      return name;
    },
  };
}

export function memoryPrefix(task: TaskName): string {
  return `${CURSORS}${taskKey(task).slice(LEASES.length, -'.json'.length)}/`;
}
