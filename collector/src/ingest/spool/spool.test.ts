import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../../../test/support/memory-store.ts';
import { StoreError } from '../../errors.ts';
import type { Body } from '../../store/object-store.ts';
import { linesOf, readBatch } from './batch-file.ts';
import { batchNameOf } from './keys.ts';
import { Spool, SpoolFullError, type SpoolLimits } from './spool.ts';

/** A store whose puts are answered when the test says so. */
class HeldStore extends MemoryStore {
  readonly held: { readonly key: string; readonly answer: (error?: Error) => void }[] = [];

  override async put(key: string, body: Body): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.held.push({ key, answer: (error) => (error === undefined ? resolve() : reject(error)) });
    });
    await super.put(key, body);
  }
}

const LIMITS: SpoolLimits = { lingerMs: 20, batchBytes: 1_000, waitingBytes: 3_000, backlogBytes: 1_000_000 };

function spoolOn(store: MemoryStore, limits: Partial<SpoolLimits> = {}): Spool {
  return new Spool({ ...LIMITS, ...limits, store, owner: 'one', now: () => 1_800_000_000_000 });
}

const event = (text: string): { lines: Buffer; count: number } => ({ lines: Buffer.from(text), count: 1 });
const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));
const until = async (holds: () => boolean): Promise<void> => {
  for (let tries = 0; !holds() && tries < 600; tries++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect(holds()).toBe(true);
};

describe('the spool', () => {
  it('answers nobody before the batch is in the bucket, and all of its requests then', async () => {
    const store = new HeldStore();
    const spool = spoolOn(store);
    let answered = 0;
    const waiting = ['{"a":1}', '{"a":2}', '{"a":3}'].map((line) =>
      spool.add('falco', event(line)).then(() => answered++),
    );
    await until(() => store.held.length === 1);
    await soon();
    expect(answered).toBe(0);
    expect(store.objects.size).toBe(0);
    store.held[0]?.answer();
    await Promise.all(waiting);
    const [key = ''] = store.objects.keys();
    expect(batchNameOf(key)).toMatchObject({ owner: 'one', seq: 0, events: 3, bytes: 24 });
    const lines = linesOf((await readBatch(store, key)) ?? Buffer.alloc(0));
    expect(lines.map(String)).toEqual(['{"a":1}', '{"a":2}', '{"a":3}']);
  });

  it('does not wait once a batch is large enough, and keeps feeds apart', async () => {
    const store = new MemoryStore();
    const spool = spoolOn(store, { lingerMs: 1_000_000 });
    const large = spool.add('falco', event(`"${'x'.repeat(1_100)}"`));
    let other = false;
    void spool.add('eventbridge', event('{}')).then(() => (other = true));
    await large;
    expect([...store.objects.keys()]).toEqual([expect.stringMatching(/^spool\/falco\/batches\//)]);
    expect(other).toBe(false);
    await spool.close();
    expect(other).toBe(true);
  });

  it('tells every request of a batch that the store did not take it, and goes on with the next', async () => {
    const store = new HeldStore();
    const spool = spoolOn(store);
    const failing = [spool.add('falco', event('1')), spool.add('falco', event('2'))];
    await until(() => store.held.length === 1);
    store.held[0]?.answer(new StoreError('away', 'Wait.'));
    for (const one of failing) await expect(one).rejects.toThrow(StoreError);
    expect(spool.waitingBytes).toBe(0);
    const next = spool.add('falco', event('3'));
    await until(() => store.held.length === 2);
    store.held[1]?.answer();
    await next;
    expect(store.objects.size).toBe(1);
  });

  it('takes no more than memory is for it, and takes more when the store has caught up', async () => {
    const store = new HeldStore();
    const spool = spoolOn(store);
    const big = event('x'.repeat(1_200));
    const first = [spool.add('falco', big), spool.add('falco', big)];
    expect(() => spool.add('falco', big)).toThrow(SpoolFullError);
    await until(() => store.held.length === 2);
    for (const { answer } of store.held) answer();
    await Promise.all(first);
    const more = spool.add('falco', big);
    await until(() => store.held.length === 3);
    store.held[2]?.answer();
    await more;
  });

  it('takes no more while too much waits in the bucket, counting its own since somebody looked', async () => {
    const store = new MemoryStore();
    const spool = spoolOn(store, { backlogBytes: 100, lingerMs: 1 });
    spool.sawBacklog(99, spool.mark());
    await spool.add('falco', event('{"a":1}'));
    expect(() => spool.add('falco', event('2'))).toThrow(/wait in the bucket/);
    spool.sawBacklog(0, spool.mark());
    await spool.add('falco', event('3'));
  });

  it('knows which of its batches are whole', async () => {
    const store = new HeldStore();
    const spool = spoolOn(store, { batchBytes: 1 });
    const all = ['1', '2'].map((text) => spool.add('falco', event(text)));
    await until(() => store.held.length === 2);
    expect(spool.settledBelow).toBe(0);
    store.held.find(({ key }) => batchNameOf(key)?.seq === 0)?.answer();
    await all[0];
    expect(spool.settledBelow).toBe(1);
    store.held.find(({ key }) => batchNameOf(key)?.seq === 1)?.answer();
    await all[1];
    expect(spool.settledBelow).toBe(2);
  });

  it('brings what it has to the bucket before it ends, and takes nothing after', async () => {
    const store = new MemoryStore();
    const spool = spoolOn(store, { lingerMs: 1_000_000 });
    const last = spool.add('falco', event('{}'));
    await spool.close();
    await last;
    expect(store.objects.size).toBe(1);
    expect(() => spool.add('falco', event('{}'))).toThrow(/ending/);
  });
});
