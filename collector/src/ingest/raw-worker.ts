import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { parentPort, workerData } from 'node:worker_threads';
import { ZSTD_CHECKED } from '../lake/compression.ts';

/** Input and output of this thread; see raw.ts. */
export interface RawJob {
  readonly source: { readonly fd: number; readonly size: number } | { readonly bytes: Uint8Array };
  /** Where the compressed report goes. */
  readonly path: string;
  readonly zstd: boolean;
}

export interface RawDone {
  readonly digest: string;
  readonly compressed: number;
}

const CHUNK = 1 << 20;

function* chunksOf(source: RawJob['source']): Generator<Uint8Array> {
  if ('bytes' in source) {
    for (let at = 0; at < source.bytes.length; at += CHUNK) yield source.bytes.subarray(at, at + CHUNK);
    return;
  }
  for (let at = 0; at < source.size;) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, source.size - at));
    const read = fs.readSync(source.fd, chunk, 0, chunk.length, at);
    if (read === 0) throw new Error('the file became shorter while it was read');
    at += read;
    yield chunk.subarray(0, read);
  }
}

/** Digest of the report as it is, and the report compressed: once through, a megabyte at a time. */
async function digestAndCompress(job: RawJob): Promise<RawDone> {
  const hash = crypto.createHash('sha256');
  const tap = new PassThrough({ highWaterMark: CHUNK });
  tap.on('data', (chunk: Buffer) => hash.update(chunk));
  const compressor = job.zstd ? zlib.createZstdCompress(ZSTD_CHECKED) : zlib.createGzip({ level: 3 });
  await pipeline(
    Readable.from(chunksOf(job.source)),
    tap,
    compressor,
    fs.createWriteStream(job.path, { mode: 0o600 }),
  );
  return { digest: hash.digest('hex'), compressed: fs.statSync(job.path).size };
}

// Started by raw.ts only, with a RawJob.
parentPort?.postMessage(await digestAndCompress(workerData as RawJob));
