import { createServer } from 'node:net';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SightlineError, StoreError } from '../../collector/src/errors.ts';
import { rawReport } from '../../collector/src/ingest/raw.ts';
import { inputReader } from '../../collector/src/ingest/stored-input.ts';
import { decompress } from '../../collector/src/lake/compression.ts';
import { Committer } from '../../collector/src/lake/committer.ts';
import { encodeHead } from '../../collector/src/lake/head.ts';
import { readHistory } from '../../collector/src/lake/history.ts';
import { headKey } from '../../collector/src/lake/keys.ts';
import { readHeads } from '../../collector/src/lake/lake.ts';
import { rebuildScope } from '../../collector/src/lake/rebuild.ts';
import { publishReport } from '../../collector/src/reports/publish.ts';
import { bufferInput } from '../../collector/src/sources/input/index.ts';
import { FilesystemStore, openStore } from '../../collector/src/store/index.ts';
import { isSwapped, type ObjectStore } from '../../collector/src/store/object-store.ts';
import { startMoto } from '../support/servers.ts';
import { byFingerprint, checkScope } from '../support/invariants.ts';
import { randomFrom } from '../support/random.ts';
import { serverKind } from './stores.ts';
import { ACCOUNT, HOUR, ingest, perform, SCOPE_ID, T0, type Task } from './tasks.ts';

/** Every kind of object that the lake keeps. */
const LIFE: readonly Task[] = [
  ingest(0, 1),
  { do: 'config', settings: 'owners', at: T0 + HOUR },
  ingest(2, 2),
  { do: 'verdict', account: ACCOUNT, at: T0 + 3 * HOUR, nth: 3, reason: 'known' },
  { do: 'fold', account: ACCOUNT, keep: 2 },
  ingest(4, 3),
];

let folder: string;
let store: ObjectStore;

/** A process that starts now and remembers nothing. */
const collector = (own: ObjectStore = store): Committer =>
  new Committer({ store: own, now: () => Date.now() });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sightline-errors-'));
  store = new FilesystemStore(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function bodyOf(key: string): Promise<Buffer> {
  return (await store.get(key))?.body ?? Buffer.alloc(0);
}

async function overwrite(key: string, body: Uint8Array): Promise<void> {
  if (!isSwapped(key)) return store.put(key, body);
  await store.replace(key, body, (await store.get(key))?.etag ?? null);
}

async function keysOf(prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys.sort();
}

/** Everything that is read of a scope: head, state, history, inputs. */
async function readAll(): Promise<unknown> {
  const committer = collector();
  const { head, state } = await committer.readBase(SCOPE_ID);
  if (head === null) throw new Error('no head');
  const commits: unknown[] = [];
  const read = inputReader(store);
  for await (const commit of readHistory(store, head)) {
    const change = await read(commit.input, head);
    const config = await committer.configs.byDigest(commit.config);
    commits.push(commit, change, config);
  }
  await committer.configs.current();
  return { head, findings: byFingerprint(state.findings.values()), commits };
}

const DAMAGES: readonly { readonly title: string; damage: (body: Buffer) => Buffer }[] = [
  { title: 'empty', damage: () => Buffer.alloc(0) },
  { title: 'cut in the middle', damage: (body) => body.subarray(0, body.length / 2) },
  { title: 'cut at the end', damage: (body) => body.subarray(0, -1) },
  { title: 'other JSON', damage: () => Buffer.from('{"format":1,"hello":"world"}') },
  { title: 'a page of a proxy', damage: () => Buffer.from('<html><body>Sign in</body></html>') },
];

describe('an object that something else has damaged', () => {
  beforeEach(async () => {
    for (const task of LIFE) await perform(collector(), task);
  });

  const kinds = ['heads/', 'state/', 'commits/', 'segments/', 'config/', 'verdicts/'];

  /** The objects of that kind that the scope needs: what is left over from earlier is nobody's concern. */
  async function neededOf(prefix: string): Promise<string[]> {
    const head = await collector().readHead(SCOPE_ID);
    const named = new Set([
      head?.state?.key,
      ...(head?.commits ?? []).map(({ id }) => `commits/${SCOPE_ID}/${id}.json.gz`),
    ]);
    const keys = await keysOf(prefix);
    return prefix === 'state/' || prefix === 'commits/' ? keys.filter((key) => named.has(key)) : keys;
  }

  it.each(kinds)('in %s is an error that names it and the next step', async (prefix) => {
    const keys = await neededOf(prefix);
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) {
      const whole = await bodyOf(key);
      for (const { title, damage } of DAMAGES) {
        await overwrite(key, damage(whole));
        const error: unknown = await readAll().catch((thrown: unknown) => thrown);
        expect(error, `${key}, ${title}`).toBeInstanceOf(SightlineError);
        expect(error, `${key}, ${title}`).toMatchObject({ code: 'corrupt' });
        if (!(error instanceof SightlineError)) continue;
        expect(error.message, title).toContain(key);
        expect(error.hint, title).toMatch(/rebuild|backup/);
      }
      await overwrite(key, whole);
    }
    await readAll();
  });

  it.each([...kinds, 'raw/'])(
    'by one bit in %s is an error, or reads as if nothing had happened',
    async (prefix) => {
      const wanted = await readAll();
      const random = randomFrom(11);
      let noticed = 0;
      const keys = await neededOf(prefix);
      for (let flip = 0; flip < 40; flip++) {
        const key = keys[flip % keys.length] ?? '';
        const whole = await bodyOf(key);
        const damaged = Buffer.from(whole);
        const bit = Math.floor(random() * whole.length * 8);
        damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        await overwrite(key, damaged);
        const read: unknown = await readAll().catch((thrown: unknown) => thrown);
        if (read instanceof Error) {
          // A flipped format looks like one of the future.
          expect(read, `${key}, bit ${bit}: ${read.message}`).toBeInstanceOf(SightlineError);
          noticed++;
        } else {
          expect(read, `${key}, bit ${bit}`).toEqual(wanted);
        }
        await overwrite(key, whole);
      }
      // A few bits of a compressed file's header mean nothing.
      expect(noticed).toBeGreaterThan(32);
    },
  );

  it('is noticed by one bit in a large report too, which a thread of its own compresses', async () => {
    const random = randomFrom(12);
    const text = Buffer.from(Array.from({ length: 500_000 }, () => `"${random()}"`).join(','));
    const raw = await rawReport(bufferInput('large.json', text), 'prowler', 'json');
    await raw.store(store);
    await raw.dispose();
    const whole = await bodyOf(raw.key);
    expect(decompress(whole).equals(text)).toBe(true);
    let noticed = 0;
    for (let flip = 0; flip < 20; flip++) {
      const damaged = Buffer.from(whole);
      const bit = Math.floor(random() * whole.length * 8);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      try {
        decompress(damaged);
      } catch {
        noticed++;
      }
    }
    expect(noticed).toBe(20);
  });

  it('stops a commit, and nothing is written over it', async () => {
    const key = headKey(SCOPE_ID);
    const broken = (await bodyOf(key)).subarray(0, 100);
    await overwrite(key, broken);
    await expect(perform(collector(), ingest(5, 5))).rejects.toMatchObject({ code: 'corrupt' });
    await expect(readHeads(collector())).rejects.toMatchObject({ code: 'corrupt' });
    await expect(publishReport(collector(), { version: '0' })).rejects.toMatchObject({ code: 'corrupt' });
    expect(await bodyOf(key)).toEqual(broken);
  });

  it.each(['missing', 'damaged'])('is mended by a rebuild where it is a state that is %s', async (how) => {
    const before = await collector().readBase(SCOPE_ID);
    const key = before.head?.state?.key ?? '';
    if (how === 'missing') await store.remove([key]);
    else await store.put(key, (await bodyOf(key)).subarray(0, 1000));
    const error: unknown = await perform(collector(), ingest(5, 5)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'corrupt', message: expect.stringContaining(key) as string });
    expect(error).toMatchObject({ hint: expect.stringContaining('sightline rebuild') as string });

    await rebuildScope(collector(), SCOPE_ID, inputReader(store));
    const after = await collector().readBase(SCOPE_ID);
    expect(byFingerprint(after.state.findings.values())).toEqual(
      byFingerprint(before.state.findings.values()),
    );
    await perform(collector(), ingest(5, 5));
    await checkScope(collector(), SCOPE_ID, inputReader(store), 'mended');
  });

  it('is not taken for one where it was written by a newer Sightline', async () => {
    const { head, etag } = await collector().readHeadWithTag(SCOPE_ID);
    if (head === null) throw new Error('no head');
    const text = encodeHead(head).toString('utf8');
    const newer = Buffer.from(
      JSON.stringify({ ...(JSON.parse(text) as object), format: 2, cells: 'in another way' }),
    );
    await store.replace(headKey(SCOPE_ID), newer, etag);
    await expect(perform(collector(), ingest(5, 5))).rejects.toMatchObject({
      code: 'unsupported',
      hint: 'Upgrade this collector.',
    });
    expect(await bodyOf(headKey(SCOPE_ID))).toEqual(newer);
  });
});

describe('a store that does not answer', () => {
  it('is an error of the store with exit status 4', { timeout: 60_000 }, async () => {
    const port = await closedPort();
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    const nowhere = openStore(`s3://faults?endpoint=http://127.0.0.1:${port}`);
    const error: unknown = await perform(collector(nowhere), ingest(0, 1)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ exitCode: 4, code: 'store' });
    await nowhere.close();
    vi.unstubAllEnvs();
  });

  it('leaves nothing half done where it stops answering in the middle', async () => {
    await perform(collector(), ingest(0, 1));
    const before = await readAll();
    for (let writes = 0; writes < 4; writes++) {
      const failing = new FailingStore(folder, writes);
      await expect(perform(collector(failing), ingest(1, 2))).rejects.toBeInstanceOf(StoreError);
      expect(await readAll(), `after ${writes} writes`).toEqual(before);
    }
    await perform(collector(new FailingStore(folder, 4)), ingest(1, 2));
    expect(await checkScope(collector(), SCOPE_ID, inputReader(store), 'at last')).toHaveLength(2);
    expect(readdirSync(join(folder, 'heads')).filter((name) => !name.includes('@'))).toEqual([]);
  });
});

/** A disk that goes away after so many writes. */
class FailingStore extends FilesystemStore {
  #left: number;

  constructor(where: string, writes: number) {
    super(where);
    this.#left = writes;
  }

  override async put(...args: Parameters<FilesystemStore['put']>): Promise<void> {
    this.#spend();
    return super.put(...args);
  }

  override async replace(...args: Parameters<FilesystemStore['replace']>): Promise<string> {
    this.#spend();
    return super.replace(...args);
  }

  #spend(): void {
    if (this.#left-- <= 0) throw new StoreError('the disk is gone', 'Mount it again.');
  }
}

async function closedPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new Error('no port'));
      });
    });
  });
}

const moto = await serverKind('moto', await startMoto());
afterAll(() => moto.stop());

describe.skipIf(moto.skip)('a simulated AWS', () => {
  it('holds what a folder holds after the same tasks', { timeout: 60_000 }, async () => {
    const there = openStore(moto.url());
    for (const own of [there, store]) for (const task of LIFE) await perform(collector(own), task);
    const rows = await Promise.all(
      [there, store].map(async (own) => {
        await checkScope(collector(own), SCOPE_ID, inputReader(own), own.description);
        const { state } = await collector(own).readBase(SCOPE_ID);
        return byFingerprint(state.findings.values()).map((finding) => ({
          ...finding,
          verdict: finding.verdict?.kind,
        }));
      }),
    );
    expect(rows[0]).toEqual(rows[1]);
    await there.close();
  });
});
