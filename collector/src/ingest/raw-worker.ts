import * as crypto from 'node:crypto';
import { once } from 'node:events';
import * as fs from 'node:fs';
import type { Writable } from 'node:stream';
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
/** Of what the compressor hands out. */
const OUT_CHUNK = 256 * 1024;
/** Half the time of level 3, for 3 % more bytes. */
const ZSTD_LEVEL = 1;
const GZIP_LEVEL = 3;

/** Fills `target` from `position`; returns the part that was filled. */
function readInto(target: Buffer, source: RawJob['source'], position: number): Uint8Array {
  if ('bytes' in source) return source.bytes.subarray(position, position + target.length);
  const wanted = Math.min(target.length, source.size - position);
  const read = fs.readSync(source.fd, target, 0, wanted, position);
  if (read === 0) throw new Error('the file became shorter while it was read');
  return target.subarray(0, read);
}

/**
 * Digest of the report as it is, and the report compressed: once through, a megabyte at a time. The next megabyte is
 * read and digested while the last one is compressed, so there are two buffers, used by turns.
 */
async function digestAndCompress(job: RawJob): Promise<RawDone> {
  const size = 'bytes' in job.source ? job.source.bytes.length : job.source.size;
  const hash = crypto.createHash('sha256');
  const compressor = job.zstd
    ? zlib.createZstdCompress({
        chunkSize: OUT_CHUNK,
        params: { ...ZSTD_CHECKED.params, [zlib.constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL },
      })
    : zlib.createGzip({ chunkSize: OUT_CHUNK, level: GZIP_LEVEL });
  const out = fs.openSync(job.path, 'w', 0o600);
  let compressed = 0;
  try {
    // Straight to disk: this thread has nothing else to do.
    compressor.on('data', (chunk: Buffer) => {
      for (let at = 0; at < chunk.length;) at += fs.writeSync(out, chunk, at);
      compressed += chunk.length;
    });
    const ended = once(compressor, 'end');
    // Awaited below; a failure before that must not count as unhandled.
    ended.catch(() => undefined);
    const buffers = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)] as const;
    let written = Promise.resolve();
    for (let position = 0, turn = 0; position < size; turn++) {
      const part = readInto(buffers[turn % 2 === 0 ? 0 : 1], job.source, position);
      hash.update(part);
      await written;
      written = write(compressor, part);
      position += part.length;
    }
    await written;
    compressor.end();
    await ended;
  } finally {
    fs.closeSync(out);
  }
  return { digest: hash.digest('hex'), compressed };
}

/** Resolves when the bytes have been taken in, and their buffer may be used again. */
function write(compressor: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    compressor.write(bytes, (error) => (error == null ? resolve() : reject(error)));
  });
}

// Started by raw.ts only, with a RawJob.
parentPort?.postMessage(await digestAndCompress(workerData as RawJob));
