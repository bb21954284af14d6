/**
 * A process of its own that does tasks on a store: `worker.ts <store> <job as JSON>`. Every acknowledged task is a line of
 * JSON on its output.
 */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { Committer } from '../../collector/src/lake/committer.ts';
import { openStore } from '../../collector/src/store/index.ts';
import type { ObjectStore } from '../../collector/src/store/object-store.ts';
import { perform, type Task } from './tasks.ts';

export interface Job {
  readonly tasks: readonly Task[];
  /**
   * The process kills itself at this moment of its life: 1 before its first write to the store, 2 after it, 3 before the second…
   * A kill before a read leaves the store as a kill after the write before it.
   */
  readonly killAt?: number;
  /** The time by its clock; the real one if not given. */
  readonly now?: number;
  /** Tells the time at which the task that is being done was begun. */
  readonly startedFile?: string;
}

function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}

function killing(store: ObjectStore, killAt: number): ObjectStore {
  let writes = 0;
  const around = async <T>(write: () => Promise<T>): Promise<T> => {
    const before = ++writes * 2 - 1;
    if (before === killAt) await die();
    const result = await write();
    if (before + 1 === killAt) await die();
    return result;
  };
  return {
    description: store.description,
    get: (key) => store.get(key),
    read: (key) => store.read(key),
    put: (key, body, options) => around(() => store.put(key, body, options)),
    replace: (key, body, expected, options) => around(() => store.replace(key, body, expected, options)),
    remove: (keys) => around(() => store.remove(keys)),
    list: (prefix) => store.list(prefix),
    close: () => store.close(),
  };
}

function noteStart(file: string | undefined): void {
  if (file === undefined) return;
  writeFileSync(`${file}.new`, String(Date.now()));
  renameSync(`${file}.new`, file);
}

const [url = '', text = ''] = process.argv.slice(2);
// Written by the tests beside this file only.
const job = JSON.parse(text) as Job;
const store = openStore(url);
const committer = new Committer({
  store: job.killAt === undefined ? store : killing(store, job.killAt),
  now: () => job.now ?? Date.now(),
});
for (const task of job.tasks) {
  noteStart(job.startedFile);
  const done = await perform(committer, task);
  process.stdout.write(`${JSON.stringify(done)}\n`);
}
if (job.startedFile !== undefined) rmSync(job.startedFile, { force: true });
await store.close();
