import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { z } from 'zod';
import type { ObjectStore } from '../../store/object-store.ts';
import type { Engine } from '../engine.ts';

/**
 * The warehouse's file in the bucket, so that another server need not make it anew from millions of events: it takes
 * this one and then only what came since. A cache like the file itself: it may be deleted, and where it does not fit
 * (another layout, another DuckDB, damaged) the warehouse is made from the commits.
 */
const POINTER = 'tables/warehouse/current.json';

const pointerSchema = z.object({
  format: z.literal(1),
  key: z.string().regex(/^tables\/warehouse\/[0-9a-f-]+\.duckdb\.zst$/),
  layout: z.string(),
  /** Of the file, not compressed. */
  sha256: z.string(),
  bytes: z.number(),
  at: z.number(),
});
export type Snapshot = z.infer<typeof pointerSchema>;

/** A few seconds for a gigabyte; a higher level takes three times as long and saves a tenth. */
const ZSTD_LEVEL = 3;

const run = promisify(execFile);

/** The newest snapshot; null where there is none that this version can read. @throws StoreError */
export async function newestSnapshot(store: ObjectStore, layout: string): Promise<Snapshot | null> {
  const stored = await store.get(POINTER);
  if (stored === undefined) return null;
  const parsed = pointerSchema.safeParse(parse(stored.body));
  return parsed.success && parsed.data.layout === layout ? parsed.data : null;
}

/** Puts a snapshot to where the engine will open it. @returns whether it was whole */
export async function fetchSnapshot(store: ObjectStore, snapshot: Snapshot, file: string): Promise<boolean> {
  const body = await store.read(snapshot.key);
  if (body === undefined) return false;
  await fs.mkdir(path.dirname(file), { recursive: true });
  const part = `${file}.${randomUUID()}.part`;
  const digest = createHash('sha256');
  try {
    await pipeline(
      body,
      zlib.createZstdDecompress(),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          digest.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(part),
    );
    if (digest.digest('hex') !== snapshot.sha256) return false;
    await fs.rename(part, file);
    return true;
  } finally {
    await fs.rm(part, { force: true });
  }
}

/** Saves the file as it is now; nothing is written to it meanwhile, queries go on. @throws StoreError */
export async function saveSnapshot(
  engine: Engine,
  store: ObjectStore,
  options: { readonly file: string; readonly staging: string; readonly layout: string; readonly at: number },
): Promise<Snapshot> {
  const copy = path.join(options.staging, `${randomUUID()}.copy`);
  const packed = `${copy}.zst`;
  try {
    await engine.write(async (connection) => {
      await connection.run('CHECKPOINT');
      // By another process: closing a second descriptor of the file in this one would end DuckDB's lock on it.
      await run(process.execPath, [
        '-e',
        'fs.copyFileSync(process.argv[1], process.argv[2])',
        options.file,
        copy,
      ]);
    });
    const digest = createHash('sha256');
    await pipeline(
      createReadStream(copy, { highWaterMark: 1 << 20 }),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          digest.update(chunk);
          yield chunk;
        }
      },
      zlib.createZstdCompress({ params: { [zlib.constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } }),
      createWriteStream(packed),
    );
    const key = `tables/warehouse/${randomUUID()}.duckdb.zst`;
    const [{ size }, { size: bytes }] = await Promise.all([fs.stat(packed), fs.stat(copy)]);
    await store.put(key, { path: packed, size }, { contentType: 'application/zstd' });
    const snapshot: Snapshot = {
      format: 1,
      key,
      layout: options.layout,
      sha256: digest.digest('hex'),
      bytes,
      at: options.at,
    };
    await store.put(POINTER, Buffer.from(JSON.stringify(snapshot)), { contentType: 'application/json' });
    await removeOlder(store, key);
    return snapshot;
  } finally {
    await Promise.all([copy, packed].map((name) => fs.rm(name, { force: true })));
  }
}

const KEEP_OLD_MS = 3_600_000;

/** A server that is just fetching the one before has an hour for it. */
async function removeOlder(store: ObjectStore, newest: string): Promise<void> {
  const old: string[] = [];
  for await (const { key, modifiedAt } of store.list('tables/warehouse/')) {
    if (key.endsWith('.duckdb.zst') && key !== newest && modifiedAt < Date.now() - KEEP_OLD_MS) old.push(key);
  }
  if (old.length > 0) await store.remove(old);
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
