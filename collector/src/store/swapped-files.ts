import { link, lstat, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError } from '../errors.ts';
import {
  errnoOf,
  fileError,
  isMissing,
  openFile,
  removeQuietly,
  syncFolder,
  writeTemporary,
} from './files.ts';
import {
  PreconditionFailedError,
  UnknownOutcomeError,
  type ETag,
  type ObjectInfo,
  type StoredObject,
} from './object-store.ts';
import { Versions, versionTag } from './versions.ts';

/** More look-ups than writers could ever outrun: beyond it something else is wrong with the folder. */
const MAX_LOOKUPS = 50;
const NO_LINKS = new Set(['EPERM', 'EXDEV', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** A key that is changed by compare-and-swap, and where its versions lie. */
export interface SwappedKey {
  readonly key: string;
  /** A folder that exists. */
  readonly folder: string;
  readonly name: string;
}

/**
 * Compare-and-swap on files: version n of a key is the file `key@n`, and whoever makes `key@n+1` by `link()` has won.
 * `rename()` would not do: it replaces what another process wrote an instant before, and both believe to have won.
 */
export class SwappedFiles {
  readonly #versions: Versions;
  readonly #keepMs: number;

  constructor(keepMs: number) {
    this.#versions = new Versions(keepMs);
    this.#keepMs = keepMs;
  }

  async get(at: SwappedKey): Promise<StoredObject | undefined> {
    return this.#withNewest(at, async (path, version) => {
      const handle = await openFile(path);
      if (handle === undefined) return undefined;
      try {
        return {
          body: await handle.readFile(),
          etag: versionTag(version, await handle.stat({ bigint: true })),
        };
      } finally {
        await handle.close();
      }
    });
  }

  async info(at: SwappedKey): Promise<ObjectInfo | undefined> {
    return this.#withNewest(at, async (path, version) => {
      const found = await statOf(path);
      return (
        found && {
          key: at.key,
          size: Number(found.size),
          modifiedAt: Number(found.mtimeMs),
          etag: versionTag(version, found),
        }
      );
    });
  }

  async replace(at: SwappedKey, body: Uint8Array, expected: ETag | null): Promise<ETag> {
    // Before the bytes are written, so that who comes late pays no fsync; and again after, see #link.
    const version = await this.#versionAt(at, expected);
    if (version === undefined) throw new PreconditionFailedError(at.key);
    const temporary = await writeTemporary(at.folder, body);
    try {
      return await this.#link(at, temporary, version + 1, expected);
    } finally {
      await removeQuietly(temporary);
    }
  }

  /** Not atomic: a writer at the same time may win over it. */
  async remove(at: SwappedKey): Promise<void> {
    await this.#versions.removeAll(at.folder, at.name);
  }

  async #link(at: SwappedKey, temporary: string, next: number, expected: ETag | null): Promise<ETag> {
    const written = await stat(temporary, { bigint: true });
    if ((await this.#versionAt(at, expected)) !== next - 1) throw new PreconditionFailedError(at.key);
    const path = join(at.folder, `${at.name}@${next}`);
    try {
      await link(temporary, path);
    } catch (error) {
      await explainLink(at, temporary, error);
    }
    try {
      const linked = await stat(path, { bigint: true });
      if (Number(linked.ctimeMs - written.ctimeMs) > this.#keepMs / 2) await this.#undoLate(at, path, next);
      await removeQuietly(temporary);
      await syncFolder(at.folder);
      this.#versions.add(at.folder, at.name, next);
      await this.#versions.removeOld(at.folder, at.name, Number(linked.ctimeMs)).catch(() => undefined);
      return versionTag(next, linked);
    } catch (error) {
      throw error instanceof UnknownOutcomeError ? error : new UnknownOutcomeError(at.key, error);
    }
  }

  /**
   * This process stood still between its look and its link, so long that the version it made may have existed before and been
   * removed as old. Then ours lies below the newest and must go.
   */
  async #undoLate(at: SwappedKey, path: string, next: number): Promise<never> {
    this.#versions.forget(at.folder, at.name);
    if ((await this.#versions.newest(at.folder, at.name)) > next) await unlink(path);
    throw new UnknownOutcomeError(at.key, new Error('the process stood still while it wrote'));
  }

  /** The number of the version with that tag if it is the newest (0 for none), else undefined. */
  async #versionAt(at: SwappedKey, expected: ETag | null): Promise<number | undefined> {
    // The order counts: first no successor, then the version itself. The other way round it could have been removed between.
    const newest = await this.#versions.newest(at.folder, at.name);
    if (newest === 0) return expected === null ? 0 : undefined;
    const found = await statOf(join(at.folder, `${at.name}@${newest}`));
    if (found === undefined) {
      this.#versions.forget(at.folder, at.name);
      return undefined;
    }
    return versionTag(newest, found) === expected ? newest : undefined;
  }

  /** A reader may find its version gone (removed as old, or with the key): it looks again. */
  async #withNewest<T>(
    at: SwappedKey,
    use: (path: string, version: number) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    for (let lookups = 0; lookups < MAX_LOOKUPS; lookups++) {
      const version = await this.#versions.newest(at.folder, at.name);
      if (version === 0) return undefined;
      const result = await use(join(at.folder, `${at.name}@${version}`), version);
      if (result !== undefined) return result;
      this.#versions.forget(at.folder, at.name);
    }
    throw new StoreError(
      `the newest version of ${at.key} can't be opened`,
      'Only plain files belong there: look at the files of that name in the folder of the store.',
    );
  }
}

/** Returns if the link was made in spite of the error, as a network drive may answer a repeated request. */
export async function explainLink(at: SwappedKey, temporary: string, error: unknown): Promise<void> {
  const found = await stat(temporary).catch(() => undefined);
  if (found === undefined) throw new UnknownOutcomeError(at.key, error);
  if (found.nlink > 1) return;
  const code = errnoOf(error);
  if (code === 'EEXIST') throw new PreconditionFailedError(at.key);
  if (code === undefined || !NO_LINKS.has(code)) throw fileError(error, `store ${at.key}`);
  throw new StoreError(
    `the file system of ${at.folder} makes no hard links (${code})`,
    'It can hold no store: several writers would overwrite each other. Choose a local disk or an S3 bucket.',
    'unsupported',
    error,
  );
}

async function statOf(path: string) {
  return lstat(path, { bigint: true }).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
}
