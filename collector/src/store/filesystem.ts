import type { Dirent } from 'node:fs';
import { readdir, realpath, stat, unlink, type FileHandle } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import {
  errnoOf,
  fileError,
  isFolder,
  isMissing,
  isTemporary,
  linkError,
  makeFolders,
  makeRoot,
  openFile,
  removeStaleTemporaries,
  renameInto,
  writeTemporary,
} from './files.ts';
import { assertConditional, assertPrefix, assertWrittenWhole } from './key-checks.ts';
import {
  assertKey,
  isMadeOnce,
  isSwapped,
  PreconditionFailedError,
  type Body,
  type ETag,
  type ObjectInfo,
  type ObjectStore,
  type StoredObject,
} from './object-store.ts';
import { makeOnce, plainTag } from './made-once.ts';
import { SwappedFiles, type SwappedKey } from './swapped-files.ts';
import { parseVersion } from './versions.ts';

const KEEP_MS = 3_600_000;
/** As many as the thread pool keeps busy; more would only queue. */
const STATS_AT_ONCE = 16;

export interface FilesystemOptions {
  /** How long an old version of a head stays readable after the next one came, in milliseconds; an hour if not given. */
  readonly keepMs?: number;
}

/**
 * A store in a folder of a disk, for any number of processes at once. Objects written once, and reports, are plain files under
 * their own names; of the keys that `replace` writes, version n is the file `key@n` (see SwappedFiles).
 * The folder is made by the first write; before it the store is empty.
 */
export class FilesystemStore implements ObjectStore {
  readonly description: string;
  readonly #root: string;
  readonly #swapped: SwappedFiles;

  constructor(root: string, options: FilesystemOptions = {}) {
    this.#root = resolve(root);
    this.description = this.#root;
    this.#swapped = new SwappedFiles(options.keepMs ?? KEEP_MS);
  }

  async get(key: string): Promise<StoredObject | undefined> {
    assertKey(key);
    return explained(`read ${key}`, async () => {
      if (isSwapped(key)) {
        const at = await this.#find(key);
        return at && this.#swapped.get(at);
      }
      const handle = await this.#open(key);
      if (handle === undefined) return undefined;
      try {
        const found = await handle.stat({ bigint: true });
        return { body: await handle.readFile(), etag: plainTag(found) };
      } finally {
        await handle.close();
      }
    });
  }

  async read(key: string): Promise<Readable | undefined> {
    assertKey(key);
    return explained(`read ${key}`, async () => {
      if (isSwapped(key)) {
        const found = await this.get(key);
        return found && Readable.from([found.body]);
      }
      return (await this.#open(key))?.createReadStream();
    });
  }

  async put(key: string, body: Body): Promise<void> {
    assertWrittenWhole(key);
    await explained(`store ${key}`, async () => {
      const { folder, name } = await this.#make(key);
      await renameInto(await writeTemporary(folder, body), join(folder, name));
    });
  }

  async replace(key: string, body: Uint8Array, expected: ETag | null): Promise<ETag> {
    assertConditional(key, expected);
    return explained(`store ${key}`, async () => {
      if (isMadeOnce(key)) return makeOnce(await this.#make(key), body);
      const at = expected === null ? await this.#make(key) : await this.#find(key);
      if (at === undefined) throw new PreconditionFailedError(key);
      return this.#swapped.replace(at, body, expected);
    });
  }

  async remove(keys: readonly string[]): Promise<void> {
    keys.forEach(assertKey);
    for (const key of keys) {
      await explained(`remove ${key}`, async () => {
        const at = await this.#find(key);
        if (at === undefined) return;
        if (isSwapped(key)) await this.#swapped.remove(at);
        else await removeFile(join(at.folder, at.name));
      });
    }
  }

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    assertPrefix(prefix);
    const parts = prefix.split('/').slice(0, -1);
    try {
      const root = await this.#realRoot();
      if (root === undefined || !(await isFolder(root, parts))) return;
      yield* this.#walk(root, parts, prefix);
    } catch (error) {
      throw fileError(error, `list ${prefix}`);
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async *#walk(root: string, parts: readonly string[], prefix: string): AsyncGenerator<ObjectInfo> {
    const folder = join(root, ...parts);
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    await removeStaleTemporaries(folder, entries.map((entry) => entry.name).filter(isTemporary));
    const keys = new Set<string>();
    for (const entry of entries) {
      const path = [...parts, entry.name].join('/');
      // A link that is passed over in silence would be data that is missing without a word.
      if (entry.isSymbolicLink() && leadsTo(path, prefix)) throw linkError(join(folder, entry.name));
      if (entry.isDirectory() && leadsTo(path, prefix))
        yield* this.#walk(root, [...parts, entry.name], prefix);
      const key = keyOf(parts, entry);
      if (key?.startsWith(prefix) === true) keys.add(key);
    }
    const wanted = [...keys];
    for (let i = 0; i < wanted.length; i += STATS_AT_ONCE) {
      const infos = await Promise.all(
        wanted.slice(i, i + STATS_AT_ONCE).map((key) => this.#info(folder, key)),
      );
      for (const info of infos) if (info !== undefined) yield info;
    }
  }

  async #info(folder: string, key: string): Promise<ObjectInfo | undefined> {
    const name = basename(key);
    if (isSwapped(key)) return this.#swapped.info({ key, folder, name });
    try {
      const found = await stat(join(folder, name));
      return { key, size: found.size, modifiedAt: Math.floor(found.mtimeMs) };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async #open(key: string): Promise<FileHandle | undefined> {
    const at = await this.#find(key);
    return at && openFile(join(at.folder, at.name));
  }

  /** Where the key lies; undefined where not even its folder exists. */
  async #find(key: string): Promise<SwappedKey | undefined> {
    const root = await this.#realRoot();
    const { parts, name } = split(key);
    if (root === undefined || !(await isFolder(root, parts))) return undefined;
    return { key, folder: join(root, ...parts), name };
  }

  /** Where the key lies, its folder made if need be. */
  async #make(key: string): Promise<SwappedKey> {
    const found = await this.#find(key);
    if (found !== undefined) return found;
    await makeRoot(this.#root);
    const root = await realpath(this.#root);
    const { parts, name } = split(key);
    await makeFolders(root, parts);
    return { key, folder: join(root, ...parts), name };
  }

  async #realRoot(): Promise<string | undefined> {
    return realpath(this.#root).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    });
  }
}

/** True where the folder or link at `path` could hold keys that start with `prefix`. */
function leadsTo(path: string, prefix: string): boolean {
  return `${path}/`.startsWith(prefix) || prefix.startsWith(`${path}/`) || path.startsWith(prefix);
}

/** The key that a file holds; undefined for what is none of ours. */
function keyOf(parts: readonly string[], entry: Dirent): string | undefined {
  if (!entry.isFile()) return undefined;
  const version = parseVersion(entry.name);
  const key = [...parts, version?.name ?? entry.name].join('/');
  if (isSwapped(key) !== (version !== undefined)) return undefined;
  try {
    assertKey(key);
    return key;
  } catch {
    return undefined;
  }
}

function split(key: string): { parts: string[]; name: string } {
  const parts = key.split('/');
  return { parts: parts.slice(0, -1), name: basename(key) };
}

async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    // A folder of that name is no object; Linux says EISDIR, others EPERM.
    const isDirectory = (await stat(path).catch(() => undefined))?.isDirectory() === true;
    if (!isMissing(error) && !isDirectory) throw error;
  }
}

async function explained<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileError(error, doing);
  }
}
