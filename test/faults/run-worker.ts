import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Done } from './tasks.ts';
import type { Job } from './worker.ts';

export interface Ran<T> {
  readonly killed: boolean;
  readonly code: number | null;
  /** What was acknowledged, in order. */
  readonly done: readonly T[];
  readonly errors: string;
}

/** Does a job in a process of its own. */
export async function runWorker(url: string, job: Job): Promise<Ran<Done>> {
  return ended<Done>(start('worker.ts', [url, JSON.stringify(job)]));
}

/** Folds and removes beside others, until it is stopped. */
export function runCleaner(
  url: string,
  startedFiles: readonly string[],
): { stop(): Promise<Ran<{ readonly folded: number; readonly removed: number }>> } {
  const child = start('cleaner.ts', [url, ...startedFiles]);
  const end = ended<{ folded: number; removed: number }>(child);
  return {
    stop: () => {
      child.stdin?.end();
      return end;
    },
  };
}

function start(script: string, args: readonly string[]): ChildProcess {
  const path = fileURLToPath(new URL(script, import.meta.url));
  return spawn(process.execPath, [path, ...args], { stdio: 'pipe' });
}

async function ended<T>(child: ChildProcess): Promise<Ran<T>> {
  let [output, errors] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text));
  await once(child, 'close');
  const lines = output.split('\n').filter((line) => line !== '');
  return {
    killed: child.signalCode === 'SIGKILL',
    code: child.exitCode,
    // Written by the scripts beside this file.
    done: lines.map((line) => JSON.parse(line) as T),
    errors,
  };
}
