import {
  DeleteObjectCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { ScanError } from '../../errors.ts';
import type { PullKind } from '../kinds/kind.ts';
import { harmless, valuesOf } from '../template.ts';
import {
  bucketClient,
  bucketPlace,
  type BucketPlace,
  errorName,
  fetchingEnds,
  fetchObject,
  fetchProblemOf,
  tooSlow,
} from './bucket.ts';
import {
  after,
  type InboxState,
  isNew,
  keepInbox,
  type ListedObject,
  Oldest,
  recallInbox,
} from './inbox-state.ts';
import type { PullEnd, PullRequest, Refusal } from './request.ts';
import { several } from './several.ts';

/** A prefix of a bucket where others leave reports. Needs s3:ListBucket and s3:GetObject; to delete, s3:DeleteObject. */
export const inbox: PullKind = {
  run: 'pull',
  id: 'inbox',
  title: 'Inbox (S3)',
  per: 'target',
  clouds: [],
  modes: [],
  pull,
};

/** Of the job's timeout: what is not fetched by then is for the next run, so that a slow line gets on, too. */
const FETCHING_SHARE = 0.5;
const TRIES = 2;

interface Found {
  readonly chosen: readonly ListedObject[];
  /** From when the oldest is that this run does not take. */
  readonly waitingFrom: number;
  readonly waiting: number;
}

interface Brought {
  /** A report was made of each. */
  readonly taken: readonly ListedObject[];
  /** Never to be asked for again. */
  readonly givenUp: readonly ListedObject[];
  readonly gaps: readonly string[];
  readonly waitingFrom: number;
}

async function pull(request: PullRequest): Promise<PullEnd> {
  const { job, cursor, memory, observedAt: now, log } = request;
  const ends = fetchingEnds(request);
  const place = bucketPlace(valuesOf(request.on).map(harmless)[0] ?? '');
  const client = bucketClient(request, place.bucket, place.parameters);
  request.over.addEventListener('abort', () => client.destroy(), { once: true });
  const state = await recallInbox(cursor, memory);
  const found = await look(request, client, place, state);
  const brought = await bring(request, client, place, found, ends);
  if (found.waiting > 0) log.info({ waiting: found.waiting }, 'more lies in the inbox, for the next run');
  return {
    gaps: brought.gaps,
    settleEach: async (refused) => {
      const unread = unreadOf(refused);
      const read = brought.taken.filter(({ key }) => !refused.has(addressOf(place, key)));
      const undeleted = job.after === 'delete' ? await remove(client, place, read) : [];
      const had = [...brought.taken, ...brought.givenUp];
      const next = after(state, had, {
        ...{ now, overlapMs: job.overlapMs ?? Number.POSITIVE_INFINITY },
        waitingFrom: Math.min(found.waitingFrom, brought.waitingFrom),
      });
      return { gaps: [...unread, ...undeleted], cursor: await keepInbox(next, memory) };
    },
  };
}

/** Lists everything, and chooses the oldest of what is new. @throws ScanError */
async function look(
  { job, signal }: PullRequest,
  client: S3Client,
  { bucket, prefix }: BucketPlace,
  state: InboxState,
): Promise<Found> {
  const { items, bytes } = job.limit ?? { items: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
  const oldest = new Oldest(items);
  const pages = paginateListObjectsV2(
    { client },
    { Bucket: bucket, Prefix: prefix },
    { abortSignal: signal },
  );
  try {
    for await (const { Contents } of pages) {
      for (const { Key: key, ETag: etag = '', Size: size = 0, LastModified } of Contents ?? []) {
        // What consoles make to show a folder.
        if (key === undefined || LastModified === undefined || (key.endsWith('/') && size === 0)) continue;
        const object: ListedObject = { key, etag, size, modifiedAt: LastModified.getTime() };
        if (isNew(state, object)) oldest.add(object);
      }
    }
  } catch (error) {
    throw new ScanError(
      `the inbox s3://${bucket}/${prefix} can't be listed: ${errorName(error)}`,
      `The collector needs s3:ListBucket on ${bucket}, at least for this prefix; the region may be said with ?region=….`,
      'scan',
      error,
    );
  }
  const all = oldest.take();
  let sum = 0;
  // The first one, however large: else it would wait for ever.
  const fitting = all.findIndex(({ size }, index) => (sum += size) > bytes && index > 0);
  const chosen = fitting < 0 ? all : all.slice(0, fitting);
  return {
    chosen,
    waiting: oldest.left + all.length - chosen.length,
    waitingFrom: Math.min(oldest.leftFrom, all[chosen.length]?.modifiedAt ?? Number.POSITIVE_INFINITY),
  };
}

/** Fetches what was chosen, in order of time, as long as the bucket answers. @throws ScanError where nothing could be fetched */
async function bring(
  request: PullRequest,
  client: S3Client,
  place: BucketPlace,
  { chosen }: Found,
  ends: AbortSignal,
): Promise<Brought> {
  const until = Date.now() + request.job.timeoutMs * FETCHING_SHARE;
  const taken: ListedObject[] = [];
  const givenUp: ListedObject[] = [];
  const gaps: string[] = [];
  let waitingFrom = Number.POSITIVE_INFINITY;
  for (const [index, object] of chosen.entries()) {
    const error =
      Date.now() > until
        ? new Error('the time is over')
        : await fetchInto(request, client, place, object, ends);
    if (error === null) {
      taken.push(object);
      continue;
    }
    if (ends.aborted && index === 0) {
      // It had the run for itself, and would have each of the next ones.
      givenUp.push(object);
      gaps.push(tooSlow(addressOf(place, object.key), request));
      waitingFrom = Math.min(waitingFrom, chosen[1]?.modifiedAt ?? Number.POSITIVE_INFINITY);
      break;
    }
    const problem = fetchProblemOf(error);
    // The next listing says what there is instead.
    if (problem === 'gone') continue;
    if (problem === 'archived') givenUp.push(object);
    else waitingFrom = Math.min(waitingFrom, object.modifiedAt);
    if (Date.now() > until) break;
    gaps.push(`${addressOf(place, object.key)} can't be fetched: ${errorName(error)}`);
    if (problem === 'away') break;
  }
  if (taken.length === 0 && givenUp.length === 0 && gaps.length > 0) {
    throw new ScanError(
      several(gaps),
      `The collector needs s3:GetObject on ${place.bucket} (and kms:Decrypt where it has a key of its own).`,
    );
  }
  return { taken, givenUp, gaps: gaps.length === 0 ? [] : [several(gaps)], waitingFrom };
}

/** @returns why it could not be */
async function fetchInto(
  { signal, write }: PullRequest,
  client: S3Client,
  place: BucketPlace,
  { key, etag, modifiedAt }: ListedObject,
  ends: AbortSignal,
): Promise<unknown> {
  for (let tried = 1; ; tried++) {
    try {
      const both = AbortSignal.any([signal, ends]);
      const { body } = await fetchObject(client, { bucket: place.bucket, key, etag }, both);
      await write({ name: addressOf(place, key), observedAt: modifiedAt, brought: true }, body);
      return null;
    } catch (error) {
      if (signal.aborted) throw error;
      // A connection that broke in the middle of the body is not tried again by the client.
      if (ends.aborted || tried >= TRIES || fetchProblemOf(error) !== 'away') return error;
    }
  }
}

/** Deletes what was read, unless it was overwritten since. @returns what could not be deleted */
async function remove(
  client: S3Client,
  { bucket }: BucketPlace,
  read: readonly ListedObject[],
): Promise<string[]> {
  const gaps: string[] = [];
  for (const { key, etag } of read) {
    try {
      // Not every server knows the condition of the second request; those that do leave no gap between the two.
      await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key, IfMatch: etag }));
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, IfMatch: etag }));
    } catch (error) {
      if (fetchProblemOf(error) !== 'gone')
        gaps.push(`s3://${bucket}/${key} can't be deleted (s3:DeleteObject): ${errorName(error)}`);
    }
  }
  return gaps.length === 0 ? [] : [several(gaps)];
}

function unreadOf(refused: ReadonlyMap<string, Refusal>): string[] {
  const problems = [...refused.values()].map(({ problem }) => problem);
  return problems.length === 0 ? [] : [several(problems)];
}

function addressOf({ bucket }: BucketPlace, key: string): string {
  return `s3://${bucket}/${key}`;
}
