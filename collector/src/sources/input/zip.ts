import * as yauzl from 'yauzl';
import { messageOf, ReportError } from '../../errors.ts';
import type { ReportInput } from '../adapter.ts';
import { type InputLimits, showBytes } from './limits.ts';
import { type Budget, spool } from './spool.ts';

const FILE_TYPE = 0o170000;
const REGULAR = 0o100000;
const SYMLINK = 0o120000;

/** A file in an archive: its name, and how to open it, or why it must not be. */
export interface ZipEntry {
  readonly name: string;
  readonly open: () => Promise<ReportInput>;
}

function refused(archive: string, entry: string, why: string): ReportError {
  return new ReportError(
    'archive',
    `${archive}: the entry ${JSON.stringify(entry)} ${why}`,
    'Check where the archive comes from; pack the reports again as plain files.',
  );
}

function damaged(archive: string, error: unknown): ReportError {
  return new ReportError(
    'archive',
    `${archive}: the zip archive is damaged or cut off: ${messageOf(error)}`,
    'Copy or pack the archive again.',
    undefined,
    error,
  );
}

async function openArchive(input: ReportInput): Promise<yauzl.ZipFile> {
  // Names are checked here, so that one bad name costs its entry, not the archive.
  const options: yauzl.Options = { lazyEntries: true, autoClose: false, decodeStrings: false };
  if (input.fd !== undefined) return yauzl.fromFdPromise(input.fd, options);
  const bytes = Buffer.alloc(input.size);
  for (let at = 0; at < bytes.length;) {
    const read = input.readAt(bytes.subarray(at), at);
    if (read <= 0) break;
    at += read;
  }
  return yauzl.fromBufferPromise(bytes, options);
}

/** Regular files of an archive, by name. `input` must stay open while they are read. */
export async function openZip(input: ReportInput, limits: InputLimits, budget: Budget): Promise<ZipEntry[]> {
  const archive = input.name;
  let zip: yauzl.ZipFile;
  const listed: yauzl.Entry[] = [];
  try {
    zip = await openArchive(input);
    if (zip.entryCount > limits.maxEntries) {
      throw new ReportError(
        'archive',
        `${archive}: more than ${limits.maxEntries} files in one archive`,
        'Pack the reports alone, or raise the limit of entries.',
      );
    }
    for await (const entry of zip.eachEntry()) listed.push(entry);
  } catch (error) {
    throw error instanceof ReportError ? error : damaged(archive, error);
  }
  // Entries that share their compressed bytes make small archives huge.
  const compressed = listed.reduce((sum, entry) => sum + entry.compressedSize, 0);
  if (compressed > input.size) {
    throw new ReportError(
      'archive',
      `${archive}: its entries overlap, as those of decompression bombs do`,
      'Check where the archive comes from.',
    );
  }
  return listed
    .map((entry) => zipEntry(zip, entry, archive, limits, budget))
    .filter((entry) => entry !== null)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Absolute, with a drive or backslashes, or upwards: made to be written somewhere else. */
function leadsOut(name: string): boolean {
  return /^[/\\]|^[A-Za-z]:|[\\\0]/.test(name) || name.split('/').includes('..');
}

function zipEntry(
  zip: yauzl.ZipFile,
  entry: yauzl.Entry,
  archive: string,
  limits: InputLimits,
  budget: Budget,
): ZipEntry | null {
  const name = Buffer.from(entry.fileNameRaw).toString('utf8');
  if (name.endsWith('/')) return null;
  const refuse = (why: string): ZipEntry => ({
    name,
    open: () => Promise.reject(refused(archive, name, why)),
  });
  if (leadsOut(name)) return refuse('has a name that leads out of the archive');
  if (name.split('/').some((part) => part.startsWith('.') || part === '__MACOSX')) return null;
  const type = (entry.externalFileAttributes >>> 16) & FILE_TYPE;
  if (type === SYMLINK) return refuse('is a symbolic link');
  if (type !== 0 && type !== REGULAR) return null;
  if (entry.isEncrypted()) return refuse('is encrypted');
  if (entry.uncompressedSize > limits.maxBytes) return refuse(`has more than ${showBytes(limits.maxBytes)}`);
  return {
    name,
    open: async () => {
      const label = `${archive}:${name}`;
      try {
        const stream = await zip.openReadStreamPromise(entry);
        return await spool(label, stream, { limits, budget, compressed: () => entry.compressedSize });
      } catch (error) {
        if (error instanceof ReportError && error.code !== 'unreadable') throw error;
        throw damaged(label, error);
      }
    },
  };
}
