import { Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import { messageOf, ReportError } from '../../errors.ts';
import type { ReportInput } from '../adapter.ts';
import type { InputLimits } from './limits.ts';
import { type Budget, spool } from './spool.ts';

export type Packing = 'gzip' | 'zstd' | 'zip' | null;

/** How a file is packed, by its first bytes. */
export function packingOf(input: ReportInput): Packing {
  const start = Buffer.alloc(4);
  const length = input.readAt(start, 0);
  if (length >= 2 && start[0] === 0x1f && start[1] === 0x8b) return 'gzip';
  if (length < 4) return null;
  switch (start.readUInt32BE(0)) {
    case 0x28b52ffd:
      return 'zstd';
    case 0x504b0304: // a file first
    case 0x504b0506: // an empty archive
      return 'zip';
    default:
      return null;
  }
}

const CHUNK = 256 * 1024;

/** The bytes of an input as a stream; `count` hears how many have gone out. */
function streamOf(input: ReportInput, from: number, count: (bytes: number) => void): Readable {
  function* chunks(): Generator<Buffer> {
    for (let position = from; ;) {
      const chunk = Buffer.allocUnsafe(CHUNK);
      const length = input.readAt(chunk, position);
      if (length <= 0) return;
      position += length;
      count(position);
      yield chunk.subarray(0, length);
    }
  }
  return Readable.from(chunks(), { objectMode: false, highWaterMark: CHUNK });
}

function decompressor(name: string, packing: 'gzip' | 'zstd'): zlib.Gunzip | zlib.ZstdDecompress {
  if (packing === 'gzip') return zlib.createGunzip({ chunkSize: CHUNK });
  // Node has zstd since 22.15; `engines` begins at 22.12.
  const create: unknown = Reflect.get(zlib, 'createZstdDecompress');
  if (typeof create !== 'function') {
    throw new ReportError(
      'unsupported',
      `${name}: this version of Node.js can't unpack zstd`,
      'Use Node.js 22.15 or newer, or unpack the file first (zstd -d).',
    );
  }
  return zlib.createZstdDecompress({ chunkSize: CHUNK });
}

function damaged(name: string, packing: string, error: unknown): ReportError {
  const message = messageOf(error);
  if (/unexpected end|premature/i.test(message)) {
    return new ReportError(
      'truncated',
      `${name}: the ${packing} file ends in the middle`,
      'The copy was cut off; copy the whole file again.',
    );
  }
  return new ReportError(
    'archive',
    `${name}: the ${packing} file is damaged: ${message}`,
    'Copy or pack the file again.',
    undefined,
    error,
  );
}

/** Whether a further frame starts at `position`: of data, or one to be skipped (pzstd writes those). */
function frameAt(input: ReportInput, position: number): boolean {
  const start = Buffer.alloc(4);
  if (input.readAt(start, position) < 4) return false;
  const magic = start.readUInt32LE(0);
  return magic === 0xfd2fb528 || (magic & 0xfffffff0) === 0x184d2a50;
}

async function* unpacked(
  input: ReportInput,
  packing: 'gzip' | 'zstd',
  count: (bytes: number) => void,
): AsyncGenerator {
  for (let position = 0; ;) {
    const unpack = decompressor(input.name, packing);
    const source = streamOf(input, position, count);
    const failures: ReportError[] = [];
    const fail = (error: Error): void => {
      const failure = error instanceof ReportError ? error : damaged(input.name, packing, error);
      failures.push(failure);
      unpack.destroy(failure);
      source.destroy();
    };
    source.on('error', fail);
    unpack.on('error', fail);
    try {
      yield* source.pipe(unpack);
    } catch (error) {
      throw failures[0] ?? error;
    } finally {
      source.destroy();
      unpack.destroy();
    }
    // Node reads all members of a gzip file, but of a zstd file the first frame only.
    position += unpack.bytesWritten;
    if (packing === 'gzip' || position >= input.size) return;
    if (!frameAt(input, position))
      throw damaged(input.name, packing, 'something else follows the packed report');
  }
}

/** Unpacks into memory or a temporary file; closes `input` in any case. */
export async function decompress(
  input: ReportInput,
  packing: 'gzip' | 'zstd',
  limits: InputLimits,
  budget: Budget,
): Promise<ReportInput> {
  let read = 0;
  const count = (bytes: number): void => {
    read = bytes;
  };
  try {
    return await spool(input.name, unpacked(input, packing, count), {
      limits,
      budget,
      compressed: () => read,
    });
  } finally {
    input.close();
  }
}
