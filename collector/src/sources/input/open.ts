import * as fs from 'node:fs';
import type { Readable } from 'node:stream';
import { ReportError } from '../../errors.ts';
import type { ReportInput } from '../adapter.ts';
import { bufferInput, fileInput, unreadable } from './basic.ts';
import { decompress, packingOf } from './decompress.ts';
import { DEFAULT_LIMITS, type InputLimits } from './limits.ts';
import { Budget, spool } from './spool.ts';

export interface OpenOptions {
  /** Limits that differ from the defaults. */
  readonly limits?: Partial<InputLimits>;
  /** What `-` stands for; standard input by default. */
  readonly stdin?: Readable;
}

export function limitsOf(options: OpenOptions): InputLimits {
  return { ...DEFAULT_LIMITS, ...options.limits };
}

/** `report.gz.gz` is a mistake, more is an attack. */
const MOST_LAYERS = 2;

/**
 * A file as it lies there; pipes and devices are read to their end first.
 * @throws ReportError `not_found`, `unreadable`, `too_large`
 */
export async function openFile(file: string, limits: InputLimits): Promise<ReportInput> {
  let fd: number;
  try {
    fd = fs.openSync(file, 'r');
  } catch (error) {
    throw unreadable(file, error);
  }
  try {
    const stat = fs.fstatSync(fd);
    if (stat.isDirectory()) throw unreadable(file, Object.assign(new Error('a folder'), { code: 'EISDIR' }));
    if (!stat.isFile()) {
      return await spool(file, fs.createReadStream(file, { fd }), { limits, budget: new Budget(limits) });
    }
    new Budget(limits).spend(file, stat.size, stat.size, null);
    return fileInput(file, fd, stat.size);
  } catch (error) {
    try {
      fs.closeSync(fd);
    } catch {
      // the stream has closed it
    }
    throw error instanceof ReportError ? error : unreadable(file, error);
  }
}

export async function openReadable(
  name: string,
  stream: Readable,
  limits: InputLimits,
): Promise<ReportInput> {
  return spool(name, stream, { limits, budget: new Budget(limits) });
}

/** Unpacks gzip and zstd, and refuses what no report can be. Takes over `input`. */
export async function unwrap(input: ReportInput, limits: InputLimits, budget: Budget): Promise<ReportInput> {
  let current = input;
  for (let layer = 0; layer <= MOST_LAYERS; layer++) {
    const packing = packingOf(current);
    if (packing === null) {
      checkContent(current);
      return current;
    }
    if (packing === 'zip') break;
    current = await decompress(current, packing, limits, budget);
  }
  current.close();
  throw new ReportError(
    'archive',
    `${input.name}: an archive inside an archive`,
    'Unpack the outer one first, and give its files.',
  );
}

/** @throws ReportError where the first bytes say that this is no report; `input` is closed then. */
function checkContent(input: ReportInput): void {
  const start = Buffer.alloc(4096);
  try {
    const length = input.readAt(start, 0);
    if (length === 0) {
      throw new ReportError(
        'empty',
        `${input.name}: the file is empty`,
        'A scan without findings writes a report, too; check whether the scan or the copy failed.',
      );
    }
    const mark = length >= 2 ? start.readUInt16BE(0) : 0;
    if (mark === 0xfffe || mark === 0xfeff) {
      throw new ReportError(
        'malformed',
        `${input.name}: the file is written in UTF-16`,
        'Convert it to UTF-8 (iconv -f UTF-16 -t UTF-8; in PowerShell: Out-File -Encoding utf8).',
      );
    }
    if (start.subarray(0, length).every((byte) => byte === 0)) {
      throw new ReportError(
        'malformed',
        `${input.name}: the file holds only NUL bytes`,
        'The disk was full or the machine stopped while it was written; run the scan or the copy again.',
      );
    }
  } catch (error) {
    input.close();
    throw error;
  }
}

/**
 * One report from a path, bytes, or a stream (`-`: standard input); gzip and zstd are unpacked. For zip archives, which
 * hold several, see `openReports`. The caller closes it.
 * @throws ReportError that names what was given and the next step
 */
export async function openInput(
  source: string | Uint8Array | Readable,
  options: OpenOptions & { readonly name?: string } = {},
): Promise<ReportInput> {
  const limits = limitsOf(options);
  const input = await openSource(source, options, limits);
  if (packingOf(input) !== 'zip') return unwrap(input, limits, new Budget(limits));
  input.close();
  throw new ReportError(
    'archive',
    `${input.name}: a zip archive, where one report is needed`,
    'Unpack it first.',
  );
}

export async function openSource(
  source: string | Uint8Array | Readable,
  options: OpenOptions & { readonly name?: string },
  limits: InputLimits,
): Promise<ReportInput> {
  if (source === '-')
    return openReadable(options.name ?? 'standard input', options.stdin ?? process.stdin, limits);
  if (typeof source === 'string') return openFile(source, limits);
  if (source instanceof Uint8Array) return bufferInput(options.name ?? 'report', source);
  return openReadable(options.name ?? 'stream', source, limits);
}

/** Like `openInput`, for a stream. */
export async function openStream(
  stream: Readable,
  name: string,
  options: OpenOptions = {},
): Promise<ReportInput> {
  return openInput(stream, { ...options, name });
}
