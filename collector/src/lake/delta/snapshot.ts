import type { EpochMs } from '../../findings/model.ts';

export const TABLE_NAMES = ['findings', 'events', 'checks'] as const;
export type TableName = (typeof TABLE_NAMES)[number];

/** Up to where a table holds a scope: everything of that generation up to that commit. */
export interface Mark {
  readonly generation: number;
  readonly seq: number;
}

/** Mark of a whole table, with the nonce of the head that was read. */
export interface Hold extends Mark {
  readonly nonce: string;
}

/** What a data file has of a scope. */
export interface Share extends Mark {
  readonly rows: number;
}

export interface TableFile {
  /** Below the table's folder. */
  readonly path: string;
  readonly size: number;
  readonly modifiedAt: EpochMs;
  readonly rows: number;
  /** As the log has them, JSON text. */
  readonly stats: string;
  /** SHA-256 of the file, hexadecimal. */
  readonly digest: string;
  /** The group of scopes that it belongs to; null for rows that came since the groups were written. */
  readonly group: number | null;
  readonly scopes: ReadonlyMap<string, Share>;
}

export interface Removed {
  readonly path: string;
  readonly size: number;
  readonly at: EpochMs;
}

/** A table at one version: what the log says when it is read up to there. */
export interface Snapshot {
  readonly version: number;
  readonly id: string;
  readonly createdAt: EpochMs;
  readonly schema: string;
  readonly groups: number;
  readonly holds: ReadonlyMap<string, Hold>;
  /** By path. */
  readonly files: ReadonlyMap<string, TableFile>;
  /** Taken out of the table, and not yet forgotten. */
  readonly removed: ReadonlyMap<string, Removed>;
}

/** What a new version changes. */
export interface Change {
  readonly id: string;
  readonly createdAt: EpochMs;
  readonly schema: string;
  readonly groups: number;
  readonly holds: ReadonlyMap<string, Hold>;
  readonly add: readonly TableFile[];
  readonly remove: readonly Removed[];
}

export const tableFolder = (table: TableName): string => `tables/${table}/`;
export const logFolder = (table: TableName): string => `tables/${table}/_delta_log/`;
export const logKey = (table: TableName, version: number): string =>
  `${logFolder(table)}${paddedVersion(version)}.json`;
export const checkpointKey = (table: TableName, version: number): string =>
  `${logFolder(table)}${paddedVersion(version)}.checkpoint.parquet`;
export const lastCheckpointKey = (table: TableName): string => `${logFolder(table)}_last_checkpoint`;

function paddedVersion(version: number): string {
  return String(version).padStart(20, '0');
}

/** @param before null for the first version */
export function applied(before: Snapshot | null, version: number, change: Change): Snapshot {
  const { add, remove, ...table } = change;
  const files = new Map(before?.files);
  const removed = new Map(before?.removed);
  for (const file of remove) {
    files.delete(file.path);
    removed.set(file.path, file);
  }
  for (const file of add) files.set(file.path, file);
  return { ...table, version, files, removed };
}
