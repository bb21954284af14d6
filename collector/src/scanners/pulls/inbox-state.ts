import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import type { EpochMs } from '../../findings/model.ts';
import { sha256 } from '../../lake/keys.ts';
import type { Memory } from './memory.ts';

/**
 * What an inbox had, in little: everything before a moment (the floor), and by name what is newer. The floor stays behind the clock
 * by the overlap, as an object may be seen long after the time that stands on it: an upload in parts carries the time of its
 * beginning, a replica that of its original.
 */
export interface InboxState {
  /** Every object from before was had. */
  readonly floor: EpochMs;
  /** From then on, those that were had, with their times. */
  readonly had: ReadonlyMap<ObjectId, EpochMs>;
  /** Where `had` is kept, as it is or with what is older than the floor. */
  readonly stored: string | null;
}

/** Stands for one writing of one key: a key that is overwritten is another object, also where its content is the same. */
export type ObjectId = string;

export interface ListedObject {
  readonly key: string;
  readonly etag: string;
  readonly size: number;
  readonly modifiedAt: EpochMs;
}

export const NOTHING_HAD: InboxState = { floor: 0, had: new Map(), stored: null };

/** Twelve bytes: among a million objects two are taken for one with a chance of one in 10^17. */
export function objectId({ key, etag, modifiedAt }: ListedObject): ObjectId {
  return sha256(`${key}\n${etag}\n${modifiedAt}`).slice(0, 24);
}

export function isNew(state: InboxState, object: ListedObject): boolean {
  return object.modifiedAt >= state.floor && !state.had.has(objectId(object));
}

/** The oldest of what is shown to it, at most so many: in memory that does not grow with the rest. */
export class Oldest {
  readonly #most: number;
  #kept: ListedObject[] = [];
  /** How many are left out, and from when the oldest of them is. */
  left = 0;
  leftFrom: EpochMs = Number.POSITIVE_INFINITY;

  constructor(most: number) {
    this.#most = most;
  }

  add(object: ListedObject): void {
    this.#kept.push(object);
    if (this.#kept.length >= 2 * this.#most + 1_000) this.#cut();
  }

  /** In order of time. */
  take(): readonly ListedObject[] {
    this.#cut();
    return this.#kept;
  }

  #cut(): void {
    this.#kept.sort((a, b) => a.modifiedAt - b.modifiedAt || (a.key < b.key ? -1 : 1));
    const rest = this.#kept.splice(this.#most);
    this.left += rest.length;
    this.leftFrom = Math.min(this.leftFrom, rest[0]?.modifiedAt ?? Number.POSITIVE_INFINITY);
  }
}

/**
 * What was had after a run.
 * @param waitingFrom from when the oldest is that was seen and not had
 */
export function after(
  before: InboxState,
  had: readonly ListedObject[],
  {
    now,
    overlapMs,
    waitingFrom,
  }: { readonly now: EpochMs; readonly overlapMs: number; readonly waitingFrom: EpochMs },
): InboxState {
  const floor = Math.max(before.floor, Math.min(now - overlapMs, waitingFrom));
  const fresh = had.filter(({ modifiedAt }) => modifiedAt >= floor);
  const kept = [...before.had].filter(([, modifiedAt]) => modifiedAt >= floor);
  const all = new Map([...kept, ...fresh.map((object) => [objectId(object), object.modifiedAt] as const)]);
  return { floor, had: all, stored: fresh.length === 0 && all.size > 0 ? before.stored : null };
}

/** What stands beside the schedule; the names of objects may be many, and lie in an object of their own. */
const cursorShape = z.object({ floor: z.number(), had: z.string().nullable() });

/** What another version left, or what is not there any more, is nothing: reports that come again change nothing. */
export async function recallInbox(cursor: unknown, memory: Memory): Promise<InboxState> {
  const known = cursorShape.safeParse(cursor);
  if (!known.success) return NOTHING_HAD;
  const { floor, had } = known.data;
  const kept = had === null ? null : await memory.recall(had);
  return kept === null ? { floor, had: new Map(), stored: null } : { floor, had: decoded(kept), stored: had };
}

/** @returns the cursor */
export async function keepInbox({ floor, had, stored }: InboxState, memory: Memory): Promise<unknown> {
  return { floor, had: stored ?? (had.size === 0 ? null : await memory.keep(encoded(had))) };
}

function encoded(had: InboxState['had']): Buffer {
  const lines = [...had].map(([id, modifiedAt]) => `${id} ${modifiedAt}\n`);
  return gzipSync(lines.sort().join(''));
}

function decoded(body: Buffer): Map<ObjectId, EpochMs> {
  const had = new Map<ObjectId, EpochMs>();
  let text: string;
  try {
    text = gunzipSync(body).toString('utf8');
  } catch {
    return had;
  }
  for (const line of text.split('\n')) {
    const [id = '', modifiedAt = ''] = line.split(' ');
    if (modifiedAt !== '') had.set(id, Number(modifiedAt));
  }
  return had;
}
