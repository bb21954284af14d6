import { constants, createReadStream, type ReadStream } from 'node:fs';
import { lstat, mkdir, open, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { messageOf, StoreError } from '../errors.ts';
import type { Body } from './object-store.ts';

/** `~` is in no key, so no key is ever taken for a temporary file nor the other way round. */
const TEMP_PREFIX = '.tmp~';
const HOUR_MS = 3_600_000;
const COPY_BYTES = 1024 * 1024;

/** The error code of the operating system (`ENOENT`, …), where the value is such an error. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

export function isMissing(error: unknown): boolean {
  const code = errnoOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full: free some space, then run it again. Nothing half-written is left behind.',
  EDQUOT: 'The quota of this user is used up: raise it or free some space, then run it again.',
  EACCES: 'Give the user that runs this read and write permission on the folder.',
  EPERM: 'Give the user that runs this read and write permission on the folder.',
  EROFS: 'The file system is mounted read-only: mount it writable or choose another folder.',
  ENAMETOOLONG:
    'The folder lies too deep or the name is too long for this file system: choose a shorter path.',
  EMFILE: 'Too many files are open: raise the limit of open files (ulimit -n).',
  ENFILE: 'Too many files are open on this machine: raise its limit of open files.',
  EISDIR: 'A folder lies where a file belongs: move it out of the store.',
  ENOTDIR: 'A file lies where a folder belongs: move it out of the store.',
  ELOOP: 'A store follows no symbolic links inside its folder: replace the link by what it points to.',
  EIO: 'The disk reports a fault: look at its health and at the system log.',
  ESTALE: 'The network drive was mounted anew under this process: start it again.',
};

/** @param doing what failed, as in "cannot <doing>" */
export function fileError(error: unknown, doing: string): StoreError {
  if (error instanceof StoreError) return error;
  const code = errnoOf(error);
  const hint =
    (code === undefined ? undefined : HINTS[code]) ??
    'Look at the folder of the store and at its file system.';
  return new StoreError(`cannot ${doing}: ${code ?? messageOf(error)}`, hint, 'store', error);
}

export function linkError(path: string): StoreError {
  return new StoreError(
    `${path} is a symbolic link`,
    'A store follows no symbolic links inside its folder: replace the link by what it points to.',
  );
}

/** True where `parts` below `root` are all real folders, false where one is missing. @throws StoreError at a symbolic link. */
export async function isFolder(root: string, parts: readonly string[]): Promise<boolean> {
  let path = root;
  for (const part of parts) {
    path = join(path, part);
    const found = await lstat(path).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    if (found === undefined) return false;
    if (found.isSymbolicLink()) throw linkError(path);
    if (!found.isDirectory()) return false;
  }
  return true;
}

/**
 * Makes the folders `parts` below `root` where they are missing; several processes may do so at once.
 * Never through a symbolic link: `mkdir -p` would follow one out of the store.
 */
export async function makeFolders(root: string, parts: readonly string[]): Promise<void> {
  let path = root;
  for (const part of parts) {
    path = join(path, part);
    try {
      await mkdir(path);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
      const found = await lstat(path);
      if (found.isSymbolicLink()) throw linkError(path);
      if (!found.isDirectory()) throw Object.assign(new Error(`${path} is no folder`), { code: 'ENOTDIR' });
      continue;
    }
    await syncFolder(dirname(path));
  }
}

/** Makes the root itself, whose own path may lead through symbolic links. */
export async function makeRoot(root: string): Promise<void> {
  const first = await mkdir(root, { recursive: true });
  if (first !== undefined) await syncFolder(dirname(first));
}

/** Without it a crash of the machine may lose a name that was already seen. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Opens a plain file for reading; undefined where there is none. Neither a link nor a pipe is opened in its place. */
export async function openFile(path: string): Promise<FileHandle | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isMissing(error)) return undefined;
    if (errnoOf(error) === 'ELOOP') throw linkError(path);
    throw error;
  }
  const found = await handle.stat();
  if (found.isFile()) return handle;
  await handle.close();
  return undefined;
}

/** Writes the body to a new temporary file of that folder, down to the disk. Leaves nothing behind when it fails. */
export async function writeTemporary(folder: string, body: Body): Promise<string> {
  const path = join(folder, `${TEMP_PREFIX}${randomBytes(9).toString('hex')}`);
  const handle = await open(path, 'wx');
  try {
    if (body instanceof Uint8Array) await handle.writeFile(body);
    else await copyInto(handle, body.path, body.size);
    await handle.sync();
  } catch (error) {
    await handle.close();
    await removeQuietly(path);
    throw error;
  }
  await handle.close();
  return path;
}

async function copyInto(target: FileHandle, path: string, size: number): Promise<void> {
  const source = createReadStream(path, { highWaterMark: COPY_BYTES });
  await target.writeFile(readable(source, path));
  if (source.bytesRead !== size) throw changedWhileRead(path, size, source.bytesRead);
}

/** So that an error of the file that is read is told from one of the store's own disk. */
async function* readable(source: ReadStream, path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of source) if (chunk instanceof Uint8Array) yield chunk;
  } catch (error) {
    throw fileError(error, `read ${path}`);
  }
}

export function changedWhileRead(path: string, expected: number, found: number): StoreError {
  return new StoreError(
    `${path} changed while it was stored: ${expected} bytes were expected, ${found} found`,
    'Wait until the scanner has finished writing it, then run it again.',
  );
}

/** Gives the temporary file its name, replacing what was there, down to the disk. */
export async function renameInto(temporary: string, path: string): Promise<void> {
  try {
    await rename(temporary, path);
  } catch (error) {
    await removeQuietly(temporary);
    throw error;
  }
  await syncFolder(dirname(path));
}

export async function removeQuietly(path: string): Promise<void> {
  await unlink(path).catch(() => undefined);
}

export function isTemporary(name: string): boolean {
  return name.startsWith(TEMP_PREFIX);
}

/** Removes what crashed writers left: temporary files that nobody has written to for an hour. */
export async function removeStaleTemporaries(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > HOUR_MS) await removeQuietly(path);
  }
}
