import type { BigIntStats } from 'node:fs';
import { lstat, readdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isMissing, isTemporary, removeStaleTemporaries } from './files.ts';
import type { ETag } from './object-store.ts';

/** Reading the folder costs less than so many single look-ups. */
const MAX_PROBES = 16;

const VERSIONED = /^(.+)@([1-9]\d{0,14})$/;

interface Known {
  /** Ascending; the last is the newest. */
  versions: number[];
  confirmedAt: number;
}

/** The logical name and version of a file `name@n`, undefined for other files. */
export function parseVersion(name: string): { name: string; version: number } | undefined {
  const match = VERSIONED.exec(name);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { name: match[1], version: Number(match[2]) };
}

/** The version's number, and what a version of the same number made after a removal would not share. */
export function versionTag(version: number, found: BigIntStats): ETag {
  return `${version}-${found.mtimeNs.toString(36)}-${found.size.toString(36)}`;
}

/**
 * Which versions of which keys lie on the disk.
 *
 * Two rules make a look-up without reading the folder right: versions come one by one (`link()` to the next number), and go in
 * ascending order, each no sooner than `keepMs` after its successor came. So the versions of a key are always one unbroken range,
 * and a version that was the newest less than `keepMs` ago and has no successor is the newest still.
 */
export class Versions {
  readonly #known = new Map<string, Known>();
  readonly #scannedAt = new Map<string, number>();
  readonly #scans = new Map<string, Promise<void>>();
  readonly #keepMs: number;
  /** What was seen this long ago is looked up anew. Far below `keepMs`, on which the probing in `newest` rests. */
  readonly #trustMs: number;

  /** @param keepMs how long an old version stays readable after the next one came */
  constructor(keepMs: number) {
    this.#keepMs = keepMs;
    this.#trustMs = keepMs / 6;
  }

  /** The newest version of a key, 0 where there is none. It may be gone when the caller opens it: `forget` and ask again. */
  async newest(folder: string, name: string): Promise<number> {
    const path = join(folder, name);
    const known = await this.#look(folder, path);
    const startedAt = Date.now();
    let version = known.versions.at(-1) ?? 0;
    for (let probes = 0; await exists(`${path}@${version + 1}`); probes++) {
      if (probes === MAX_PROBES) {
        this.forget(folder, name);
        return this.newest(folder, name);
      }
      version++;
      this.add(folder, name, version);
    }
    if (version > 0) this.#confirm(path, startedAt);
    return version;
  }

  /** Makes the next look-up read the folder. */
  forget(folder: string, name: string): void {
    this.#known.delete(join(folder, name));
    this.#scannedAt.delete(folder);
  }

  /** Notes a version that was just written or seen. */
  add(folder: string, name: string, version: number): void {
    const path = join(folder, name);
    const known = this.#known.get(path);
    if (known === undefined) this.#known.set(path, { versions: [version], confirmedAt: Date.now() });
    else if ((known.versions.at(-1) ?? 0) < version) known.versions.push(version);
  }

  /**
   * Removes the versions whose successor is older than `keepMs`, oldest first.
   * @param nowMs by the file system's own clock: that of another machine may differ from ours
   */
  async removeOld(folder: string, name: string, nowMs: number): Promise<void> {
    const path = join(folder, name);
    const versions = this.#known.get(path)?.versions ?? [];
    for (;;) {
      const [version, next] = versions;
      if (version === undefined || next === undefined) return;
      const successor = await stat(`${path}@${next}`).catch(missingIsUndefined);
      // ctime, not mtime: it is set when the version gets its name, not when its bytes were written.
      if (successor !== undefined && nowMs - successor.ctimeMs <= this.#keepMs) return;
      await unlink(`${path}@${version}`).catch(missingIsUndefined);
      // Another call may have taken it off meanwhile.
      if (versions[0] === version) versions.shift();
    }
  }

  /** Removes all versions, the newest last. */
  async removeAll(folder: string, name: string): Promise<void> {
    this.forget(folder, name);
    await this.newest(folder, name);
    for (const version of this.#known.get(join(folder, name))?.versions ?? []) {
      await unlink(join(folder, `${name}@${version}`)).catch(missingIsUndefined);
    }
    this.forget(folder, name);
  }

  async #look(folder: string, path: string): Promise<Known> {
    const known = this.#known.get(path);
    if (known !== undefined && this.#isFresh(known.confirmedAt)) return known;
    if (known === undefined && this.#isFresh(this.#scannedAt.get(folder)))
      return { versions: [], confirmedAt: 0 };
    await this.#scan(folder);
    return this.#known.get(path) ?? { versions: [], confirmedAt: 0 };
  }

  /** Reads the folder once, however many ask for it at the same time. */
  async #scan(folder: string): Promise<void> {
    const running = this.#scans.get(folder);
    if (running !== undefined) return running;
    const scan = this.#readFolder(folder).finally(() => this.#scans.delete(folder));
    this.#scans.set(folder, scan);
    return scan;
  }

  async #readFolder(folder: string): Promise<void> {
    const startedAt = Date.now();
    const names = (await readdir(folder).catch(missingIsUndefined)) ?? [];
    const found = new Map<string, number[]>();
    for (const name of names) {
      const parsed = parseVersion(name);
      if (parsed === undefined) continue;
      const path = join(folder, parsed.name);
      const versions = found.get(path);
      if (versions === undefined) found.set(path, [parsed.version]);
      else versions.push(parsed.version);
    }
    for (const [path, versions] of found) {
      this.#known.set(path, { versions: versions.sort((a, b) => a - b), confirmedAt: startedAt });
    }
    for (const path of this.#known.keys()) {
      if (dirname(path) === folder && !found.has(path)) this.#known.delete(path);
    }
    this.#scannedAt.set(folder, startedAt);
    await removeStaleTemporaries(folder, names.filter(isTemporary));
  }

  /** False for a time ahead of now too: the clock was set back and tells nothing. */
  #isFresh(at: number | undefined): boolean {
    if (at === undefined) return false;
    const age = Date.now() - at;
    return age >= 0 && age < this.#trustMs;
  }

  #confirm(path: string, at: number): void {
    const known = this.#known.get(path);
    if (known !== undefined) known.confirmedAt = at;
  }
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(missingIsUndefined)) !== undefined;
}

function missingIsUndefined(error: unknown): undefined {
  if (isMissing(error)) return undefined;
  throw error;
}
