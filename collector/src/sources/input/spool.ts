import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { ReportError } from '../../errors.ts';
import type { ReportInput } from '../adapter.ts';
import { bufferInput, fileInput, unreadable } from './basic.ts';
import { type InputLimits, showBytes } from './limits.ts';

/** What the spooled reports of one archive have in common. */
export class Budget {
  readonly #limits: InputLimits;
  #total = 0;

  constructor(limits: InputLimits) {
    this.#limits = limits;
  }

  /** Counts bytes of a report that has `bytes` by now, made from `compressed` bytes (null: it was not compressed). */
  spend(name: string, added: number, bytes: number, compressed: number | null): void {
    const { maxBytes, maxTotalBytes, maxRatio, ratioFromBytes } = this.#limits;
    this.#total += added;
    if (bytes > maxBytes) {
      throw new ReportError(
        'too_large',
        `${name}: the report has more than ${showBytes(maxBytes)}`,
        'Raise the limit of bytes per report if that is right.',
      );
    }
    if (compressed !== null && bytes > ratioFromBytes && bytes > compressed * maxRatio) {
      throw new ReportError(
        'archive',
        `${name}: it unpacks to more than ${maxRatio} times its size, as decompression bombs do`,
        'Check where the file comes from; raise the limit of the ratio if it is a report.',
      );
    }
    if (this.#total > maxTotalBytes) {
      throw new ReportError(
        'archive',
        `${name}: the archive unpacks to more than ${showBytes(maxTotalBytes)}`,
        'Give its reports in several archives, or raise the limit of bytes per archive.',
      );
    }
  }
}

/** A new file that nobody else can open, and that is gone when it is closed, or when the process ends. */
function temporaryFile(name: string): { fd: number; remove: () => void } {
  const file = path.join(os.tmpdir(), `sightline-${crypto.randomBytes(12).toString('hex')}`);
  try {
    const fd = fs.openSync(file, 'wx+', 0o600);
    try {
      fs.unlinkSync(file);
      return { fd, remove: () => undefined };
    } catch {
      // Windows: an open file can't be unlinked
      return {
        fd,
        remove: () => {
          fs.rmSync(file, { force: true });
        },
      };
    }
  } catch (error) {
    throw unreadable(name, error);
  }
}

export interface SpoolOptions {
  readonly limits: InputLimits;
  readonly budget: Budget;
  /** Compressed bytes that have gone in, where the stream decompresses. */
  readonly compressed?: () => number;
}

function bytesOf(part: unknown): Buffer {
  if (Buffer.isBuffer(part)) return part;
  return part instanceof Uint8Array ? Buffer.from(part) : Buffer.from(String(part));
}

/** Reads a stream to its end, into memory while it is small, then into a temporary file that `close` removes. */
export async function spool(
  name: string,
  stream: AsyncIterable<unknown>,
  options: SpoolOptions,
): Promise<ReportInput> {
  const { limits, budget, compressed } = options;
  const chunks: Buffer[] = [];
  let bytes = 0;
  let file: { fd: number; remove: () => void } | null = null;
  const discard = (): void => {
    if (file === null) return;
    fs.closeSync(file.fd);
    file.remove();
  };
  try {
    for await (const part of stream) {
      const chunk = bytesOf(part);
      bytes += chunk.length;
      budget.spend(name, chunk.length, bytes, compressed?.() ?? null);
      if (file === null && bytes <= limits.memoryBytes) {
        chunks.push(chunk);
        continue;
      }
      file ??= temporaryFile(name);
      for (const kept of chunks.splice(0)) writeAll(name, file.fd, kept);
      writeAll(name, file.fd, chunk);
    }
  } catch (error) {
    discard();
    throw error instanceof ReportError ? error : unreadable(name, error);
  }
  if (file === null) return bufferInput(name, Buffer.concat(chunks));
  return fileInput(name, file.fd, bytes, file.remove);
}

function writeAll(name: string, fd: number, chunk: Buffer): void {
  try {
    for (let done = 0; done < chunk.length;) done += fs.writeSync(fd, chunk, done);
  } catch (error) {
    throw unreadable(name, error);
  }
}
