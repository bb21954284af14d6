import type { ObjectStore } from '../../store/object-store.ts';
import type { Commit } from '../commit-file.ts';
import type { Committer } from '../committer.ts';
import type { Head } from '../head.ts';
import { readHistory } from '../history.ts';
import { SightlineError } from '../../errors.ts';
import type { DeltaColumn } from './columns.ts';
import type { TableName } from './snapshot.ts';

/** What a table is made of. */
export interface TableSpec<Row> {
  readonly name: TableName;
  readonly columns: readonly DeltaColumn[];
  /** Rows of a scope are only added, as long as it stays in its generation. */
  readonly grows: boolean;
  /** About how many rows come from commits later than `after`. */
  countOf(head: Head, after: number): number;
  /** The rows that come from commits later than `after`, some at a time, in no promised order. */
  rowsOf(committer: Committer, head: Head, after: number): AsyncGenerator<readonly Row[]>;
  /** Order of the rows of one scope. */
  compare(a: Row, b: Row): number;
  fill(head: Head, row: Row, cells: unknown[]): void;
}

export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export const SCOPE_COLUMNS: readonly DeltaColumn[] = [
  { name: 'scope', type: 'text', required: true, bounds: true },
  { name: 'source', type: 'text', required: true, bounds: true },
  { name: 'cloud', type: 'text', required: true, bounds: true },
  { name: 'account', type: 'text', required: true, bounds: true },
];

/** Commits of a scope later than `after`, each with the number of events of the generation before it. */
export async function* commitsAfter(
  store: ObjectStore,
  head: Head,
  after: number,
): AsyncGenerator<{ readonly commit: Commit; readonly position: number }> {
  const segments = head.segments.filter(({ to }) => to > after);
  const commits = head.commits.filter(({ seq }) => seq > after);
  let position = 0;
  for (const { to, events } of head.segments) if (to <= after) position += events;
  for (const { seq, events } of head.commits) if (seq <= after) position += events;
  let last: number | null = null;
  for await (const commit of readHistory(store, { ...head, segments, commits })) {
    if (commit.generation !== head.generation || (last !== null && commit.seq !== last + 1)) {
      throw new SightlineError(
        'corrupt',
        `the history of ${head.scope} has a gap before commit ${commit.seq}`,
        'Something else changed it. Restore it from a version or backup of the bucket, or run `sightline rebuild`.',
      );
    }
    last = commit.seq;
    if (commit.seq > after) yield { commit, position };
    position += commit.events.length;
  }
}
