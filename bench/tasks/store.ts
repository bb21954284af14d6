import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Committer } from '../../collector/src/lake/committer.ts';
import { FilesystemStore } from '../../collector/src/store/index.ts';

/** A committer on a new folder, which is removed when the work is done. */
export async function withFolder<T>(use: (committer: Committer, folder: string) => Promise<T>): Promise<T> {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'sightline-bench-'));
  const store = new FilesystemStore(folder);
  try {
    return await use(new Committer({ store, now: Date.now }), folder);
  } finally {
    await store.close();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Bytes of all files in a folder and below. */
export function bytesIn(folder: string): number {
  if (!fs.existsSync(folder)) return 0;
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + fs.statSync(path.join(entry.parentPath, entry.name)).size, 0);
}

/** Files in a folder and below. */
export function filesIn(folder: string): number {
  if (!fs.existsSync(folder)) return 0;
  return fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .length;
}
