/** Bounds of what is opened, against mistakes and decompression bombs. Every one can be configured. */
export interface InputLimits {
  /** Decompressed bytes of one report. */
  readonly maxBytes: number;
  /** Decompressed bytes of all reports of one archive. */
  readonly maxTotalBytes: number;
  /** Decompressed bytes per compressed byte, looked at beyond `ratioFromBytes`. Prowler’s OCSF reaches 59 (gzip -9) and 117 (zstd -19). */
  readonly maxRatio: number;
  readonly ratioFromBytes: number;
  /** Files in one archive. */
  readonly maxEntries: number;
  /** Streams and decompressed reports up to this size are kept in memory, larger ones in a temporary file. */
  readonly memoryBytes: number;
}

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

export const DEFAULT_LIMITS: InputLimits = {
  maxBytes: 4 * GIB,
  maxTotalBytes: 16 * GIB,
  maxRatio: 200,
  ratioFromBytes: 64 * MIB,
  maxEntries: 10_000,
  memoryBytes: 8 * MIB,
};

/** `4 GiB`, `200 bytes`: for messages. */
export function showBytes(bytes: number): string {
  if (bytes >= GIB) return `${+(bytes / GIB).toFixed(1)} GiB`;
  if (bytes >= MIB) return `${+(bytes / MIB).toFixed(1)} MiB`;
  return `${bytes} bytes`;
}
