import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request } from 'express';
import { ReportError } from '../../errors.ts';
import {
  closeReport,
  DEFAULT_LIMITS,
  type InputLimits,
  type OpenedReport,
  openReports,
} from '../../sources/input/index.ts';
import { detectSource } from '../../sources/detect.ts';
import { badRequest, HttpProblem } from '../problem.ts';
import { hasBody } from './body.ts';

/** A client that sends nothing for so long is gone, also where the network does not say so. */
const IDLE_MS = 60_000;

/** A report that came in whole, in a folder of its own. */
export interface Upload {
  readonly folder: string;
  /** Of the file in it. */
  readonly name: string;
  remove(): Promise<void>;
}

/**
 * Writes the body to disk as it comes, whatever its size. Nobody reads it before its last byte is there.
 * @throws HttpProblem 400, 413, 415, 507
 */
export async function receive(request: Request, name: string, limits: Partial<InputLimits>): Promise<Upload> {
  const { maxBytes } = { ...DEFAULT_LIMITS, ...limits };
  const encoding = encodingOf(request);
  if (!hasBody(request))
    throw badRequest('The request has no body.', { hint: 'Send the report as the body.' });
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const folder = await mkdtemp(path.join(tmpdir(), 'sightline-upload-'));
  // Whatever of its body had come is gone with it, and it does not say so again.
  if (request.destroyed) {
    await rm(folder, { recursive: true, force: true });
    throw cutOff();
  }
  const upload: Upload = {
    folder,
    name: fileNameOf(name),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
  const sieve = checked(encoding, maxBytes);
  const ended = (): void => {
    // `complete` says that the last byte came, and not that it was read before the client went.
    if (!request.readableEnded) sieve.destroy(cutOff());
  };
  const idle = (): void => void request.destroy();
  request.once('close', ended).setTimeout(IDLE_MS, idle);
  try {
    const kept = pipeline(sieve, createWriteStream(path.join(folder, upload.name), { mode: 0o600 }));
    request.pipe(sieve);
    await kept;
    if (!request.complete) throw cutOff();
    return upload;
  } catch (error) {
    // The rest is let in and dropped: a client that still sends would not hear the answer.
    request.unpipe(sieve);
    request.resume();
    await upload.remove();
    throw explained(error);
  } finally {
    // What comes now may take its time.
    request.removeListener('close', ended).setTimeout(0, idle);
  }
}

type Encoding = keyof typeof MAGIC | null;
const MAGIC = {
  gzip: Buffer.from([0x1f, 0x8b]),
  zstd: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]),
} as const;

function encodingOf(request: Request): Encoding {
  const encoding = (request.get('Content-Encoding') ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity') return null;
  if (encoding === 'gzip' || encoding === 'zstd') return encoding;
  throw new HttpProblem(
    415,
    'Unsupported media type',
    `The body has the Content-Encoding ${encoding.slice(0, 40)}.`,
    {
      hint: 'Send the report as it is, or with gzip or zstd.',
    },
  );
}

/** The body stays packed on its way to disk: whoever reads it unpacks it, with the limits of all packed reports. */
function checked(encoding: Encoding, maxBytes: number): Transform {
  let bytes = 0;
  let start = Buffer.alloc(0);
  const magic = encoding === null ? Buffer.alloc(0) : MAGIC[encoding];
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (start.length < magic.length) start = Buffer.concat([start, chunk]).subarray(0, magic.length);
      if (bytes > maxBytes) done(tooLarge(maxBytes));
      else if (!magic.subarray(0, start.length).equals(start)) done(notPacked(encoding));
      else done(null, chunk);
    },
    flush(done) {
      done(start.length < magic.length ? notPacked(encoding) : null);
    },
  });
}

function notPacked(encoding: Encoding): HttpProblem {
  return badRequest(`The body is not packed with ${encoding ?? ''}, as its Content-Encoding says.`);
}

function tooLarge(maxBytes: number): HttpProblem {
  return new HttpProblem(413, 'The report is too large', `A report may have ${maxBytes} bytes.`, {
    hint: 'Raise limits.maxReportBytes of the server’s configuration if that is right.',
  });
}

function cutOff(): HttpProblem {
  return badRequest('The body ended before it was whole. Nothing was stored.', { hint: 'Send it again.' });
}

function explained(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new HttpProblem(
        507,
        'No space left',
        'The server has no space for the report. Nothing was stored.',
        {
          hint: 'Free some space on the disk of its temporary files (TMPDIR).',
        },
      );
    default:
      return error;
  }
}

/** For messages and for what is kept beside the report: no path, and nothing that a shell would read. */
function fileNameOf(name: string): string {
  const plain = (name.split(/[/\\]/).at(-1) ?? '').replace(/[^\w.-]+/g, '_').replace(/^[.-]+/, '');
  return plain === '' ? 'report' : plain.slice(-150);
}

/**
 * The one report that an upload holds; a zip may hold what lies beside it (the errors of a ScoutSuite scan), too.
 * @throws ReportError for none, or for several
 */
export async function openUpload(upload: Upload, limits: Partial<InputLimits>): Promise<OpenedReport> {
  let only: OpenedReport | null = null;
  try {
    for await (const report of openReports([upload.name], { cwd: upload.folder, limits })) {
      if (isBystander(report)) {
        closeReport(report);
        continue;
      }
      if (report.error !== undefined) throw report.error;
      if (only !== null) {
        closeReport(report);
        throw several(upload.name);
      }
      only = report;
    }
  } catch (error) {
    if (only !== null) closeReport(only);
    throw error;
  }
  if (only === null) throw none(upload.name);
  return only;
}

/** Lies in an archive beside a report, and is none. */
function isBystander({ named, input, error }: OpenedReport): boolean {
  if (named || error !== undefined || input === undefined) return false;
  try {
    detectSource(input);
    return false;
  } catch (problem) {
    return problem instanceof ReportError && problem.code === 'unknown_format';
  }
}

function several(name: string): ReportError {
  return new ReportError('archive', `${name}: the archive holds several reports`, 'Send each by itself.');
}

function none(name: string): ReportError {
  return new ReportError(
    'unknown_format',
    `${name}: there is no report in the archive`,
    '`sightline parse` says what a file holds.',
  );
}
