import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import type { CommitRef, Head } from '../../lake/head.ts';
import { readCommits, readNamed } from '../../lake/history.ts';
import { encodeSegment, assertSegment } from '../../lake/segment-file.ts';
import type { ObjectStore } from '../../store/object-store.ts';

/** A file that DuckDB is about to read, and whose it is. */
export interface StagedFile {
  readonly file: string;
  readonly head: Head;
}

export interface Staged {
  /** Commits and events, in the layout of segments. */
  readonly commits: readonly StagedFile[];
  readonly states: readonly StagedFile[];
}

/** The folder in which objects of the bucket lie while DuckDB reads them. */
export class Staging {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** What a crash left. */
  async clear(): Promise<void> {
    await fs.mkdir(this.#dir, { recursive: true });
    for (const name of await fs.readdir(this.#dir)) {
      if (name.endsWith('.parquet')) await fs.rm(path.join(this.#dir, name), { force: true });
    }
  }

  /** Puts all that a scope's head names into files. @throws StoreError, SightlineError `corrupt` */
  scope(store: ObjectStore, head: Head): Promise<Staged> {
    return this.#allOrNone(async (put) => {
      const commits: StagedFile[] = [];
      for (const segment of head.segments) {
        const body = await readNamed(store, segment.key, head);
        assertSegment(body, segment.key);
        commits.push({ file: await put(body), head });
      }
      commits.push(...(await commitsOf(store, head, head.commits, put)));
      return { commits, states: await stateOf(store, head, put) };
    });
  }

  /** The same of some commits alone, and of the state only where it is another than `stateKey`. @throws as `scope` */
  tail(store: ObjectStore, head: Head, refs: readonly CommitRef[], stateKey: string | null): Promise<Staged> {
    return this.#allOrNone(async (put) => ({
      commits: await commitsOf(store, head, refs, put),
      states: head.state?.key === stateKey ? [] : await stateOf(store, head, put),
    }));
  }

  /** What can't be staged whole leaves no file: where the disk is full, least of all. */
  async #allOrNone(work: (put: Put) => Promise<Staged>): Promise<Staged> {
    const files: string[] = [];
    try {
      return await work(async (body) => {
        const file = path.join(this.#dir, `${randomUUID()}.parquet`);
        files.push(file);
        await fs.writeFile(file, body);
        return file;
      });
    } catch (error) {
      await this.remove(files);
      throw error;
    }
  }

  async remove(files: readonly string[]): Promise<void> {
    await Promise.all(files.map((file) => fs.rm(file, { force: true })));
  }
}

type Put = (body: Uint8Array) => Promise<string>;

async function commitsOf(
  store: ObjectStore,
  head: Head,
  refs: readonly CommitRef[],
  put: Put,
): Promise<StagedFile[]> {
  if (refs.length === 0) return [];
  const read = [];
  for await (const commit of readCommits(store, head, refs)) read.push(commit);
  return [{ file: await put(await encodeSegment(read, head.scope, '')), head }];
}

async function stateOf(store: ObjectStore, head: Head, put: Put): Promise<StagedFile[]> {
  if (head.state === null || head.state.rows === 0) return [];
  return [{ file: await put(await readNamed(store, head.state.key, head)), head }];
}
