import type { ObjectStore } from '../../store/object-store.ts';
import { readSnapshot } from './log.ts';
import { type Hold, type Share, TABLE_NAMES, tableFolder, type TableName } from './snapshot.ts';

export interface DeltaFile {
  /** In the bucket. */
  readonly key: string;
  readonly size: number;
  readonly rows: number;
  /** SHA-256 of the file, hexadecimal. */
  readonly digest: string;
  /** What it has of each scope: rows of `generation`, none later than commit `seq`. A scope may lie in several files. */
  readonly scopes: ReadonlyMap<string, Share>;
}

/** A table at one version. Its files stay for seven days after a later version dropped them. */
export interface DeltaTable {
  readonly name: TableName;
  readonly version: number;
  readonly files: readonly DeltaFile[];
  readonly rows: number;
  readonly bytes: number;
  /** Up to which commit the table holds each scope. What came later is in the scope's commits only. */
  readonly scopes: ReadonlyMap<string, Hold>;
}

/** The newest version of a table; null where nobody has compacted yet. @throws StoreError, SightlineError `corrupt` */
export async function readDeltaTable(store: ObjectStore, name: TableName): Promise<DeltaTable | null> {
  const snapshot = await readSnapshot(store, name);
  if (snapshot === null) return null;
  const files = [...snapshot.files.values()].map(({ path, size, rows, digest, scopes }) => ({
    key: `${tableFolder(name)}${path}`,
    size,
    rows,
    digest,
    scopes,
  }));
  return {
    name,
    version: snapshot.version,
    files,
    rows: files.reduce((sum, file) => sum + file.rows, 0),
    bytes: files.reduce((sum, file) => sum + file.size, 0),
    scopes: snapshot.holds,
  };
}

/** All three; each may be at another point of time than the others. */
export async function readDeltaTables(
  store: ObjectStore,
): Promise<Readonly<Record<TableName, DeltaTable | null>>> {
  const [findings, events, checks] = await Promise.all(
    TABLE_NAMES.map((name) => readDeltaTable(store, name)),
  );
  return { findings: findings ?? null, events: events ?? null, checks: checks ?? null };
}
