import * as zlib from 'node:zlib';
import { SightlineError } from '../errors.ts';

/** Zstandard came to Node with 22.15; older ones write gzip and can't read what newer ones wrote. */
const ZSTD_MAGIC = 0xfd2fb528;

/** True where this Node compresses with Zstandard. */
export const hasZstd = typeof zlib.zstdCompressSync === 'function';

export const PARQUET_CODEC: 'ZSTD' | 'GZIP' = hasZstd ? 'ZSTD' : 'GZIP';

/** With a checksum of the content, which Zstandard leaves out by default: whoever reads it back hears of a flipped bit. */
export const ZSTD_CHECKED: zlib.ZstdOptions = { params: { [zlib.constants.ZSTD_c_checksumFlag]: 1 } };

/** Level 6 would make states 5 % smaller, for a thirtieth of an ingest's time. */
const ZSTD_LEVEL = 3;

export const parquetCompressors = {
  ZSTD: (bytes: Uint8Array): Uint8Array =>
    zlib.zstdCompressSync(bytes, { params: { [zlib.constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } }),
  GZIP: (bytes: Uint8Array): Uint8Array => zlib.gzipSync(bytes),
};

export const parquetDecompressors = {
  ZSTD: (bytes: Uint8Array): Uint8Array => unzstd(bytes),
  GZIP: (bytes: Uint8Array): Uint8Array => zlib.gunzipSync(bytes),
};

function unzstd(bytes: Uint8Array): Uint8Array {
  if (!hasZstd) {
    throw new SightlineError(
      'unsupported',
      'this object is compressed with Zstandard, which this Node.js does not know',
      'Run Sightline on Node.js 22.15 or newer.',
    );
  }
  return zlib.zstdDecompressSync(bytes);
}

/** Undoes whichever of the two was used, told apart by the first bytes. */
export function decompress(bytes: Buffer): Buffer {
  if (bytes.length >= 4 && bytes.readUInt32LE(0) === ZSTD_MAGIC) return Buffer.from(unzstd(bytes));
  return zlib.gunzipSync(bytes);
}
