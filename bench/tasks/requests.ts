import { ingestReport } from '../../collector/src/ingest/ingest.ts';
import { Committer } from '../../collector/src/lake/committer.ts';
import { countingStore, type Counts, openStore } from '../../collector/src/store/index.ts';
import type { Measured } from './main.ts';
import { since, withReport } from './reports.ts';

function total({ get, read, put, replace, remove, list }: Counts): number {
  return get + read + put + replace + remove + list;
}

/**
 * Requests to a bucket for one run: into an empty bucket, by a collector that has the scope in memory (warm), and by one
 * that was just started (cold). Each run changes some findings, so that a state is written.
 */
export async function requests([url = '', ...files]: readonly string[]): Promise<Measured> {
  const [first = '', second = '', third = ''] = files;
  const store = countingStore(openStore(url));
  /** Which configuration is in force is asked once per process, not per run. */
  const started = async (): Promise<Committer> => {
    const committer = new Committer({ store, now: Date.now });
    await committer.configs.current();
    return committer;
  };
  const count = async (committer: Committer, file: string): Promise<number> => {
    store.reset();
    await withReport(file, (report) => ingestReport(committer, report));
    return total(store.counts);
  };
  const start = performance.now();
  const committer = await started();
  const empty = await count(committer, first);
  const warm = await count(committer, second);
  const warmSame = await count(committer, second);
  store.reset();
  const fresh = await started();
  const once = total(store.counts);
  const cold = await count(fresh, third);
  await store.close();
  return { seconds: since(start), facts: { empty, warm, warmSame, cold, once } };
}
