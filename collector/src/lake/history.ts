import { SightlineError, StoreError } from '../errors.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { type Commit, decodeCommit } from './commit-file.ts';
import type { CommitRef, Head, SegmentRef } from './head.ts';
import { commitKey } from './keys.ts';
import { decodeSegment } from './segment-file.ts';

const RESTORE = 'Something else changed it. Restore it from a version or backup of the bucket.';

/** Small reads that wait for the network are done so many at a time. */
const AT_ONCE = 16;

/** All commits of a scope that its head names, in order. @throws StoreError, SightlineError `corrupt` */
export async function* readHistory(store: ObjectStore, head: Head): AsyncGenerator<Commit> {
  for (const segment of head.segments) yield* await readSegment(store, segment);
  yield* readCommits(store, head, head.commits);
}

export async function* readCommits(
  store: ObjectStore,
  head: Head,
  refs: readonly CommitRef[],
): AsyncGenerator<Commit> {
  for (let from = 0; from < refs.length; from += AT_ONCE) {
    const group = refs.slice(from, from + AT_ONCE);
    yield* await Promise.all(
      group.map(async ({ id }) => {
        const key = commitKey(head.scopeId, id);
        const commit = decodeCommit(await readNamed(store, key, head), key);
        if (commit.id === id) return commit;
        throw new SightlineError('corrupt', `${key} holds another commit than its name says`, RESTORE);
      }),
    );
  }
}

async function readSegment(store: ObjectStore, { key }: SegmentRef): Promise<Commit[]> {
  return decodeSegment(await readNamed(store, key), key);
}

/** An object that a head names. @throws StoreError `corrupt` where it is missing */
export async function readNamed(store: ObjectStore, key: string, head?: Head): Promise<Buffer> {
  const stored = await store.get(key);
  if (stored !== undefined) return stored.body;
  throw new StoreError(
    `${key} is missing, although the head${head === undefined ? '' : ` of ${head.scope}`} names it`,
    RESTORE,
    'corrupt',
  );
}
