/**
 * A process that keeps folding and removing until its input ends: `cleaner.ts <store> <started files…>`.
 *
 * What no head has named for a week is removed, because no commit takes a week. Here the week is as long as it must be: what
 * goes is older than the oldest task that any other process is at, each of which notes when it began the one it is at.
 * So a writer never loses what it has just put, nor a reader the state of the head it has just read, however slow the
 * machine is; and yet most of what goes is only a second or two old.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Committer } from '../../collector/src/lake/committer.ts';
import { foldScope, removeUnnamed } from '../../collector/src/lake/fold.ts';
import { readHeads } from '../../collector/src/lake/lake.ts';
import { openStore } from '../../collector/src/store/index.ts';

/** S3 tells times in whole seconds. */
const GRAIN_MS = 2_000;
const PAUSE_MS = 200;

function startOf(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return Infinity;
  }
}

const [url = '', ...files] = process.argv.slice(2);
const store = openStore(url);
const committer = new Committer({ store, now: () => Date.now() });
const stopping = new AbortController();
process.stdin.resume().once('end', () => stopping.abort());
while (!stopping.signal.aborted) {
  let [folded, removed] = [0, 0];
  for (const { scopeId } of await readHeads(committer)) {
    folded += await foldScope(committer, scopeId, 4);
    // First the clock: a task that begins after this began after the time that is taken here.
    const now = Date.now();
    const oldest = Math.min(now, ...files.map(startOf)) - GRAIN_MS;
    removed += await removeUnnamed(committer, scopeId, committer.now() - oldest);
  }
  process.stdout.write(`${JSON.stringify({ folded, removed })}\n`);
  await sleep(PAUSE_MS);
}
await store.close();
