import * as crypto from 'node:crypto';
import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { linesOf } from '../../collector/src/ingest/spool/batch-file.ts';
import { type Drained, drain, type Feed, Spool } from '../../collector/src/ingest/spool/index.ts';
import { Committer } from '../../collector/src/lake/committer.ts';
import { decompress } from '../../collector/src/lake/compression.ts';
import { readHeads } from '../../collector/src/lake/lake.ts';
import { readHistory } from '../../collector/src/lake/history.ts';
import { fixture } from '../../collector/src/sources/testing/reports.ts';
import type { Body, ETag, ObjectInfo, StoredObject } from '../../collector/src/store/object-store.ts';
import { MemoryStore } from '../support/memory-store.ts';

vi.setConfig({ testTimeout: 120_000 });

const T0 = Date.UTC(2026, 8, 7, 12);
const MINUTE = 60_000;
const log = pino({ level: 'silent' });

/** One bucket, and a clock for all who use it. */
class World {
  readonly store = new MemoryStore();
  ahead = 0;

  constructor() {
    this.store.clock = T0;
  }

  now = (): number => this.store.clock + this.ahead;

  async push(owner: string, feed: Feed, lines: readonly string[], batches = 1): Promise<Spool> {
    const spool = new Spool({
      store: this.store,
      owner,
      now: this.now,
      lingerMs: 1,
      batchBytes: 1,
      waitingBytes: 1e9,
      backlogBytes: 1e9,
    });
    const size = Math.ceil(lines.length / batches);
    for (let at = 0; at < lines.length; at += size) {
      const part = lines.slice(at, at + size);
      await spool.add(feed, { lines: Buffer.from(part.join('\n')), count: part.length });
    }
    return spool;
  }

  async drain(
    owner: string,
    feed: Feed,
    { settledBelow = 0, store = this.store }: { settledBelow?: number; store?: MemoryStore } = {},
  ): Promise<Drained[]> {
    const done: Drained[] = [];
    const runs = drain(feed, {
      committer: new Committer({ store, now: this.now }),
      owner,
      settledBelow,
      takeOverMs: 2 * MINUTE,
      reportBytes: 1e6,
      log,
    });
    for await (const one of runs) done.push(one);
    return done;
  }

  keys(prefix: string): string[] {
    return [...this.store.objects.keys()].filter((key) => key.startsWith(prefix));
  }

  /** Ids of all events in the reports that commits name, as often as they are there. */
  async committed(): Promise<string[]> {
    const committer = new Committer({ store: this.store, now: this.now });
    const raws = new Set<string>();
    for (const head of await readHeads(committer)) {
      for await (const { input } of readHistory(this.store, head)) {
        if (input.kind === 'run') raws.add(input.raw.key);
      }
    }
    return [...raws]
      .flatMap((key) => linesOf(decompress(this.store.objects.get(key)?.body ?? Buffer.alloc(0))))
      .map((line) => /"uuid":"([^"]+)"/.exec(line.toString())?.[1] ?? 'none')
      .sort();
  }
}

function falcoEvent(uuid: string, cluster = 'prod', extra: object = {}): string {
  return JSON.stringify({
    uuid,
    hostname: 'node-1',
    output: 'A shell was spawned',
    output_fields: { 'k8s.cluster.name': cluster, 'k8s.ns.name': 'shop', 'k8s.pod.name': `web-${uuid}` },
    priority: 'Notice',
    rule: `Rule ${uuid.length}`,
    source: 'syscall',
    tags: [],
    time: new Date(T0 - 1_000).toISOString(),
    ...extra,
  });
}

const ids = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => `e${String(n).padStart(3, '0')}`);

describe('events that wait in the bucket', () => {
  it('become one commit of each scope, and are gone from the spool', async () => {
    const world = new World();
    const uuids = ids(40);
    const spool = await world.push(
      'one',
      'falco',
      uuids.map((uuid, n) => falcoEvent(uuid, n % 2 === 0 ? 'a' : 'b')),
      8,
    );
    const [only, ...more] = await world.drain('one', 'falco', { settledBelow: spool.settledBelow });
    expect(more).toEqual([]);
    expect(only).toMatchObject({ batches: 8, events: 40, rejected: 0 });
    expect(only?.scopes.map(({ scope, status }) => [scope, status])).toEqual([
      ['falco/kubernetes/a', 'committed'],
      ['falco/kubernetes/b', 'committed'],
    ]);
    expect(await world.committed()).toEqual(uuids);
    expect(world.keys('spool/')).toEqual(['spool/falco/ledger.json']);
  });

  it('are left to their own collector for two minutes, and then taken over by any', async () => {
    const world = new World();
    await world.push(
      'one',
      'falco',
      ids(3).map((uuid) => falcoEvent(uuid)),
    );
    world.ahead += 1.9 * MINUTE;
    expect(await world.drain('two', 'falco')).toEqual([]);
    world.ahead += 0.2 * MINUTE;
    expect(await world.drain('two', 'falco')).toMatchObject([{ events: 3 }]);
    expect(await world.committed()).toEqual(ids(3));
  });

  it('are not taken while they may still be under way to the store', async () => {
    const world = new World();
    await world.push(
      'one',
      'falco',
      ids(4).map((uuid) => falcoEvent(uuid)),
      2,
    );
    expect(await world.drain('one', 'falco', { settledBelow: 1 })).toMatchObject([{ batches: 1, events: 2 }]);
    expect(world.keys('spool/falco/batches/')).toHaveLength(1);
  });

  it('are counted once where many collectors take them at the same time', async () => {
    const world = new World();
    const uuids = ids(60);
    await world.push(
      'gone',
      'falco',
      uuids.map((uuid) => falcoEvent(uuid)),
      20,
    );
    world.ahead += 3 * MINUTE;
    const drained = await Promise.all(['a', 'b', 'c', 'd'].map((owner) => world.drain(owner, 'falco')));
    expect(drained.flat().reduce((sum, { events }) => sum + events, 0)).toBe(60);
    expect(await world.committed()).toEqual(uuids);
    expect(world.keys('spool/falco/batches/')).toEqual([]);
  });
});

/** A store as a process sees it that is killed at its nth request: before the request is done, or after. */
class DyingStore extends MemoryStore {
  requests = 0;
  readonly #inner: MemoryStore;
  readonly #dieAt: number;
  readonly #after: boolean;

  constructor(inner: MemoryStore, dieAt: number, after: boolean) {
    super();
    this.#inner = inner;
    this.#dieAt = dieAt;
    this.#after = after;
  }

  async #ask<T>(work: () => Promise<T>): Promise<T> {
    const at = this.requests++;
    if (at > this.#dieAt || (at === this.#dieAt && !this.#after)) throw new Error('killed');
    const done = await work();
    if (at === this.#dieAt) throw new Error('killed');
    return done;
  }

  override get(key: string): Promise<StoredObject | undefined> {
    return this.#ask(() => this.#inner.get(key));
  }

  override put(key: string, body: Body): Promise<void> {
    return this.#ask(() => this.#inner.put(key, body));
  }

  override replace(key: string, body: Uint8Array, expected: ETag | null): Promise<ETag> {
    return this.#ask(() => this.#inner.replace(key, body, expected));
  }

  /** Killed between two of them, too. */
  override async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.#ask(() => this.#inner.remove([key]));
  }

  override async *list(prefix: string): AsyncIterable<ObjectInfo> {
    await this.#ask(() => Promise.resolve());
    yield* this.#inner.list(prefix);
  }
}

describe('a collector that is killed while it commits', () => {
  it('loses nothing and counts nothing twice, whenever it is', async () => {
    const uuids = ids(12);
    let moments = 0;
    for (const after of [false, true]) {
      for (let dieAt = 0; ; dieAt++) {
        const world = new World();
        await world.push(
          'one',
          'falco',
          uuids.map((uuid, n) => falcoEvent(uuid, n % 3 === 0 ? 'a' : 'b')),
          4,
        );
        const dying = new DyingStore(world.store, dieAt, after);
        await world.drain('one', 'falco', { settledBelow: 9, store: dying }).catch(() => undefined);
        if (dying.requests <= dieAt) break;
        moments++;
        // More comes before anybody takes over.
        await world.push('two', 'falco', [falcoEvent('new')]);
        world.ahead += 20 * MINUTE;
        await world.drain('two', 'falco', { settledBelow: 9 });
        expect(await world.committed(), `killed ${after ? 'after' : 'before'} request ${dieAt}`).toEqual([
          ...uuids,
          'new',
        ]);
        expect(world.keys('spool/falco/batches/')).toEqual([]);
        const ledger = world.store.objects.get('spool/falco/ledger.json')?.body.toString();
        expect(JSON.parse(ledger ?? '')).toMatchObject({ runs: [] });
      }
    }
    expect(moments).toBeGreaterThan(30);
  });

  it('finds that its run was taken over, and leaves it to the other', async () => {
    const world = new World();
    const uuids = ids(6);
    await world.push(
      'one',
      'falco',
      uuids.map((uuid) => falcoEvent(uuid)),
      3,
    );
    // It sleeps where it has committed and not yet said so: at its second write to the ledger.
    let writes = 0;
    const slow = new (class extends MemoryStore {
      override get = (key: string) => world.store.get(key);
      override put = (key: string, body: Body) => world.store.put(key, body);
      override list = (prefix: string) => world.store.list(prefix);
      override remove = (keys: readonly string[]) => world.store.remove(keys);
      override async replace(key: string, body: Uint8Array, expected: ETag | null): Promise<ETag> {
        if (key.startsWith('spool/') && ++writes === 2) {
          world.ahead += 20 * MINUTE;
          await world.drain('two', 'falco');
        }
        return world.store.replace(key, body, expected);
      }
    })();
    const own = await world.drain('one', 'falco', { settledBelow: 9, store: slow });
    expect(own).toEqual([]);
    expect(await world.committed()).toEqual(uuids);
    expect(world.keys('spool/falco/batches/')).toEqual([]);
  });
});

describe('a collector that is held up while it reads its batches', () => {
  it.each(['falco', 'eventbridge'] as const)(
    'does not commit the half of them that another has left it (%s)',
    async (feed) => {
      const world = new World();
      const uuids = ids(6);
      const template = JSON.stringify(JSON.parse(fixture('guardduty', 'eventbridge.json').toString()));
      const lines = uuids.map((uuid) =>
        feed === 'falco' ? falcoEvent(uuid) : template.replace('{', `{"uuid":"${uuid}",`),
      );
      await world.push('one', feed, lines, 3);
      let reads = 0;
      const slow = new (class extends MemoryStore {
        override put = (key: string, body: Body) => world.store.put(key, body);
        override list = (prefix: string) => world.store.list(prefix);
        override remove = (keys: readonly string[]) => world.store.remove(keys);
        override replace = (key: string, body: Uint8Array, expected: ETag | null) =>
          world.store.replace(key, body, expected);
        override async get(key: string): Promise<StoredObject | undefined> {
          if (key.includes('/batches/') && ++reads === 2) {
            world.ahead += 20 * MINUTE;
            expect(await world.drain('two', feed)).toMatchObject([{ events: 6 }]);
          }
          return world.store.get(key);
        }
      })();
      expect(await world.drain('one', feed, { settledBelow: 9, store: slow })).toEqual([]);
      expect(await world.committed()).toEqual(uuids);
      expect(world.keys(`spool/${feed}/rejected/`)).toEqual([]);
    },
  );
});

describe('what can not be read', () => {
  it('is set aside and stops nothing else', async () => {
    const world = new World();
    const bad = falcoEvent('bad', 'prod', { priority: 'Loud' });
    const spool = await world.push('one', 'falco', [falcoEvent('e1'), bad, falcoEvent('e2')]);
    await world.push('two', 'falco', [falcoEvent('e3')]);
    const damaged = world.keys('spool/falco/batches/').find((key) => key.includes('-two-')) ?? '';
    world.store.objects.set(damaged, {
      body: crypto.randomBytes(40),
      etag: 'x',
      modifiedAt: world.store.clock,
    });
    world.ahead += 3 * MINUTE;
    const [done] = await world.drain('one', 'falco', { settledBelow: spool.settledBelow });
    expect(done).toMatchObject({ batches: 2, events: 2, rejected: 2 });
    expect(await world.committed()).toEqual(['e1', 'e2']);
    const kept = world.keys('spool/falco/rejected/');
    expect(kept).toHaveLength(2);
    const lines = kept.filter((key) => !key.includes('-two-'));
    expect(decompress(world.store.objects.get(lines[0] ?? '')?.body ?? Buffer.alloc(0)).toString()).toBe(
      `${bad}\n`,
    );
    expect(world.keys('spool/falco/batches/')).toEqual([]);
  });
});

describe('events of EventBridge', () => {
  const securityHub = (id: string, minute: number, state: 'ACTIVE' | 'ARCHIVED'): string => {
    const event = JSON.parse(fixture('asff', 'eventbridge.json').toString()) as {
      time: string;
      detail: { findings: Record<string, unknown>[] };
    };
    const time = new Date(T0 - MINUTE * (60 - minute)).toISOString();
    event.time = time;
    event.detail.findings = event.detail.findings.slice(0, 1).map((finding) => ({
      ...finding,
      Id: id,
      RecordState: state,
      Workflow: { Status: 'NEW' },
      WorkflowState: 'NEW',
      Compliance: { Status: 'FAILED' },
      UpdatedAt: time,
    }));
    return JSON.stringify(event);
  };
  const guardDuty = JSON.stringify(JSON.parse(fixture('guardduty', 'eventbridge.json').toString()));

  it('go to the sources that they are of', async () => {
    const world = new World();
    const spool = await world.push('one', 'eventbridge', [securityHub('f1', 1, 'ACTIVE'), guardDuty]);
    const [done] = await world.drain('one', 'eventbridge', { settledBelow: spool.settledBelow });
    expect(done?.scopes.map(({ scope }) => scope.replace(/\/\d+$/, ''))).toEqual([
      'asff/aws',
      'guardduty/aws',
    ]);
  });

  it('leave a finding as its newest event says, in whatever order they came', async () => {
    for (const [first, second, standing] of [
      ['ACTIVE', 'ARCHIVED', 'fixed'],
      ['ARCHIVED', 'ACTIVE', 'open'],
    ] as const) {
      for (const swapped of [false, true]) {
        const world = new World();
        const events = [securityHub('f1', 10, first), securityHub('f1', 20, second)];
        if (swapped) events.reverse();
        const spool = await world.push('one', 'eventbridge', [...events, securityHub('f2', 30, 'ACTIVE')]);
        await world.drain('one', 'eventbridge', { settledBelow: spool.settledBelow });
        const committer = new Committer({ store: world.store, now: world.now });
        const [head] = await readHeads(committer);
        const { findings } = await committer.stateFor(head ?? null);
        const found = [...findings.values()].find(({ sourceFindingId }) => sourceFindingId === 'f1');
        expect(found?.scanner ?? 'none', `${first}, ${second}, ${swapped ? 'swapped' : 'in order'}`).toBe(
          standing,
        );
      }
    }
  });
});
