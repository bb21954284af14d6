import { sha256 } from '../keys.ts';
import type { Hold, Mark, Snapshot } from './snapshot.ts';

/**
 * Which files a compact writes. Scopes are spread over groups by a hash of their ids; the number of groups is a power of two,
 * chosen so that a group has about half a million rows. Of a table that only grows, what is new goes into fresh files
 * beside the groups, until there is so much of it that all is written anew.
 */

const GROUP_ROWS = 500_000;
/** A group may grow to twice, or shrink to a quarter, of what it was made for. */
const GROWS_TO = 2;
const SHRINKS_TO = 4;
const MAX_FRESH_FILES = 8;
/** Rows in fresh files that are never too many, and the share of the others from which on they are. */
const FRESH_ROWS = 50_000;
const FRESH_SHARE = 0.25;

export interface Wanted extends Mark {
  readonly scope: string;
  readonly scopeId: string;
  /** How many rows the whole scope has, about. */
  readonly rows: number;
  /** How many of them are later than what the table holds, about. */
  readonly newRows: number;
}

export interface Plan {
  readonly groups: number;
  /** Groups that are written from the beginning of their scopes. */
  readonly rewrite: ReadonlySet<number>;
  /** `append`: one more file with what the table does not hold; `merge`: one with all that the groups do not hold; `keep`. */
  readonly fresh: 'append' | 'merge' | 'keep';
}

export function groupOf(scopeId: string, groups: number): number {
  return Number.parseInt(sha256(scopeId).slice(0, 8), 16) % groups;
}

/**
 * @param grows rows of a scope are only added, as long as it stays in its generation
 * @returns null when the table holds all that is wanted
 */
export function planOf(
  snapshot: Snapshot | null,
  schema: string,
  wanted: readonly Wanted[],
  gone: readonly string[],
  grows: boolean,
  idOf: (scope: string) => string,
): Plan | null {
  const total = wanted.reduce((sum, { rows }) => sum + rows, 0);
  if (snapshot?.schema !== schema) return wholly(groupsFor(total));
  const { groups, holds } = snapshot;
  const advanced = wanted.filter((scope) => isAdvanced(scope, holds.get(scope.scope)));
  const replaced = wanted.filter((scope) => isReplaced(scope, holds.get(scope.scope), grows));
  if (advanced.length + replaced.length + gone.length === 0) return null;
  if (total > groups * GROUP_ROWS * GROWS_TO || (groups > 1 && total * SHRINKS_TO < groups * GROUP_ROWS)) {
    return wholly(groupsFor(total));
  }
  const rewrite = new Set([
    ...(grows ? replaced : [...replaced, ...advanced]).map(({ scopeId }) => groupOf(scopeId, groups)),
    ...gone.map((scope) => groupOf(idOf(scope), groups)),
  ]);
  if (!grows) return { groups, rewrite, fresh: 'keep' };
  const files = [...snapshot.files.values()];
  const fresh = files.filter(({ group }) => group === null);
  const settledRows = sumOfRows(files) - sumOfRows(fresh);
  const freshRows = sumOfRows(fresh) + advanced.reduce((sum, { newRows }) => sum + newRows, 0);
  if (freshRows > Math.max(FRESH_ROWS, settledRows * FRESH_SHARE)) return wholly(groupsFor(total));
  const merges = rewrite.size > 0 || fresh.length >= MAX_FRESH_FILES;
  return { groups, rewrite, fresh: merges ? 'merge' : 'append' };
}

function groupsFor(rows: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2(rows / GROUP_ROWS)));
}

function wholly(groups: number): Plan {
  return { groups, rewrite: new Set(Array.from({ length: groups }, (_, group) => group)), fresh: 'keep' };
}

function isAdvanced(scope: Mark, held: Hold | undefined): boolean {
  return held === undefined || (scope.generation === held.generation && scope.seq > held.seq);
}

/** Another generation, or (from a backup) an earlier point of the same. */
function isReplaced(scope: Mark, held: Hold | undefined, grows: boolean): boolean {
  if (held === undefined) return false;
  if (scope.generation !== held.generation) return true;
  return grows ? scope.seq < held.seq : scope.seq !== held.seq;
}

function sumOfRows(files: readonly { readonly rows: number }[]): number {
  return files.reduce((sum, { rows }) => sum + rows, 0);
}
