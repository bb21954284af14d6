/**
 * A process of its own that adds to a counter by compare-and-swap: `increment.ts <store> <key> <name> <times>`.
 * The counter remembers how much each writer added, so that a writer whose answer got lost finds out what came of it.
 */
import { z } from 'zod';
import { openStore } from '../../collector/src/store/index.ts';
import {
  PreconditionFailedError,
  UnknownOutcomeError,
  type ObjectStore,
} from '../../collector/src/store/object-store.ts';

const counter = z.object({ total: z.number(), by: z.record(z.string(), z.number()) });
type Counter = z.infer<typeof counter>;

async function increment(store: ObjectStore, key: string, name: string, nth: number): Promise<void> {
  for (;;) {
    const found = await store.get(key);
    const before: Counter = found ? counter.parse(JSON.parse(found.body.toString())) : { total: 0, by: {} };
    if (before.by[name] === nth) return;
    const after: Counter = { total: before.total + 1, by: { ...before.by, [name]: nth } };
    try {
      await store.replace(key, Buffer.from(JSON.stringify(after)), found?.etag ?? null);
      return;
    } catch (error) {
      if (!(error instanceof PreconditionFailedError || error instanceof UnknownOutcomeError)) throw error;
    }
  }
}

const [url = '', key = '', name = '', times = ''] = process.argv.slice(2);
const store = openStore(url);
for (let nth = 1; nth <= Number(times); nth++) await increment(store, key, name, nth);
await store.close();
process.stdout.write(`${times}\n`);
