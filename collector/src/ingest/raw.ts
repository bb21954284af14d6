import * as crypto from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Worker } from 'node:worker_threads';
import * as zlib from 'node:zlib';
import { ReportError } from '../errors.ts';
import { hasZstd, ZSTD_CHECKED } from '../lake/compression.ts';
import { rawKey, sha256 } from '../lake/keys.ts';
import type { ReportInput } from '../sources/adapter.ts';
import type { Body, ObjectStore } from '../store/object-store.ts';
import type { RawDone, RawJob } from './raw-worker.ts';

/** A report on its way into the bucket as it came in. */
export interface RawReport {
  /** SHA-256 of the decompressed bytes. */
  readonly digest: string;
  readonly key: string;
  /** Decompressed. */
  readonly bytes: number;
  /** Puts it into the bucket; a second call does nothing. */
  store(to: ObjectStore): Promise<void>;
  /** Removes what was kept on disk. */
  dispose(): Promise<void>;
}

/** Below this, starting a thread (some 50 ms) costs more than the work does. */
const SMALL_BYTES = 4 << 20;

const CONTENT_TYPES: Record<string, string> = {
  json: 'application/json',
  csv: 'text/csv',
  xml: 'application/xml',
  js: 'text/javascript',
};

/**
 * Digests and compresses a report; a large one in a thread of its own, so that it costs no time beside parsing. Call it first,
 * parse, then await it.
 */
export async function rawReport(input: ReportInput, source: string, format: string): Promise<RawReport> {
  if (input.size <= SMALL_BYTES) return smallReport(bytesOf(input), source, format);
  // Not awaited: parsing, which comes next, lets go of this thread only at its end, and the other has to run by then.
  const dir = mkdtempSync(path.join(tmpdir(), 'sightline-raw-'));
  const file = path.join(dir, crypto.randomBytes(8).toString('hex'));
  const dispose = (): Promise<void> => rm(dir, { recursive: true, force: true });
  try {
    const from = input.fd === undefined ? { bytes: bytesOf(input) } : { fd: input.fd, size: input.size };
    const { digest, compressed } = await run({ source: from, path: file, zstd: hasZstd });
    return made(digest, { path: file, size: compressed }, input.size, source, format, dispose);
  } catch (error) {
    await dispose();
    throw error;
  }
}

function smallReport(bytes: Buffer, source: string, format: string): RawReport {
  const body = hasZstd ? zlib.zstdCompressSync(bytes, ZSTD_CHECKED) : zlib.gzipSync(bytes);
  return made(sha256(bytes), body, bytes.length, source, format, () => Promise.resolve());
}

function made(
  digest: string,
  body: Body,
  bytes: number,
  source: string,
  format: string,
  dispose: () => Promise<void>,
): RawReport {
  const key = rawKey(source, digest, `${format}.${hasZstd ? 'zst' : 'gz'}`);
  const options = {
    contentType: CONTENT_TYPES[format] ?? 'application/octet-stream',
    contentEncoding: hasZstd ? 'zstd' : 'gzip',
  };
  let stored: Promise<void> | undefined;
  return { digest, key, bytes, store: (to) => (stored ??= to.put(key, body, options)), dispose };
}

function bytesOf(input: ReportInput): Buffer {
  const bytes = Buffer.alloc(input.size);
  for (let at = 0; at < bytes.length;) {
    const read = input.readAt(bytes.subarray(at), at);
    if (read === 0) break;
    at += read;
  }
  return bytes;
}

async function run(job: RawJob): Promise<RawDone> {
  // In the package this file and the worker are .js, in a checkout .ts.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./raw-worker.${extension}`, import.meta.url), { workerData: job });
  return new Promise((resolve, reject) => {
    worker.once('message', (done: RawDone) => resolve(done));
    worker.once('error', (error: Error) => {
      reject(
        new ReportError(
          'unreadable',
          `the report could not be copied: ${error.message}`,
          'Check the free space of the folder for temporary files (TMPDIR) and that nothing changes the report while it is read.',
          undefined,
          error,
        ),
      );
    });
  });
}
