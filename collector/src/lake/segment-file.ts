import { SightlineError } from '../errors.ts';
import type { FindingEvent } from '../findings/events.ts';
import { type Commit, decodeCommitRest, EVENT_FIELDS } from './commit-file.ts';
import { segmentHash } from './keys.ts';
import { type Column, type ColumnType, decodeTable, encodeTable, type Values } from './table.ts';

/** What a column of an event holds; all others are text. */
const EVENT_TYPES: Partial<Record<keyof FindingEvent, ColumnType>> = {
  at: 'time',
  fingerprint: 'id',
  formerFingerprint: 'id',
  verdictUntil: 'time',
  muteUntil: 'time',
  score: 'int',
  labels: 'pairs',
  frameworks: 'list',
  firstSeen: 'time',
  fixedAt: 'time',
  reopenedAt: 'time',
  reopenCount: 'int',
  dueAt: 'time',
};

/** A commit is a row with `commit` (everything but its events, as JSON) and no `kind`, followed by its events. */
const COLUMNS: readonly Column[] = [
  { name: 'seq', type: 'int', required: true },
  { name: 'commit', type: 'text' },
  ...EVENT_FIELDS.map((name): Column => ({ name, type: EVENT_TYPES[name] ?? 'text' })),
];

/**
 * Commits in order, as one Parquet file.
 * @param nonce makes the bytes, and so the key, its own: were the key of an abandoned segment used again, whoever removes
 * that one could remove this
 */
export function encodeSegment(commits: readonly Commit[], scope: string, nonce: string): Promise<Buffer> {
  const values: Values[] = COLUMNS.map(() => []);
  for (const { events, ...commit } of commits) {
    values[0]?.push(commit.seq);
    values[1]?.push(JSON.stringify(commit));
    EVENT_FIELDS.forEach((_field, index) => values[index + 2]?.push(null));
    for (const event of events) {
      values[0]?.push(commit.seq);
      values[1]?.push(null);
      EVENT_FIELDS.forEach((field, index) => values[index + 2]?.push(event[field]));
    }
  }
  return encodeTable(COLUMNS, values, { format: '1', scope, nonce });
}

/** @throws SightlineError `corrupt` where the bytes are not those that the key names */
export function assertSegment(bytes: Uint8Array, key: string): void {
  if (key.endsWith(`-${segmentHash(bytes)}.parquet`)) return;
  throw new SightlineError(
    'corrupt',
    `the segment ${key} is damaged: it is not what was written there`,
    'Something else changed the object. Restore it from a version or backup of the bucket.',
  );
}

/** @throws SightlineError `corrupt` */
export async function decodeSegment(bytes: Buffer, key: string): Promise<Commit[]> {
  assertSegment(bytes, key);
  const { rows, values } = await decodeTable(COLUMNS, bytes, key);
  const commits: (Omit<Commit, 'events'> & { events: FindingEvent[] })[] = [];
  for (let row = 0; row < rows; row++) {
    const commit = values[1]?.[row];
    if (typeof commit === 'string') {
      commits.push({ ...decodeCommitRest(JSON.parse(commit)), events: [] });
      continue;
    }
    const event: Record<string, unknown> = {};
    EVENT_FIELDS.forEach((field, index) => {
      event[field] = values[index + 2]?.[row] ?? null;
    });
    commits.at(-1)?.events.push(event as unknown as FindingEvent);
  }
  return commits;
}
