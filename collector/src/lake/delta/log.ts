import { z } from 'zod';
import {
  type ObjectInfo,
  type ObjectStore,
  PreconditionFailedError,
  UnknownOutcomeError,
} from '../../store/object-store.ts';
import type { EpochMs } from '../../findings/model.ts';
import { KEEP_UNNAMED_MS } from '../committer.ts';
import { randomNonce } from '../keys.ts';
import {
  type Action,
  actionsOf,
  addAction,
  corruptTable,
  decodeEntry,
  encodeEntry,
  metaDataAction,
  PROTOCOL,
  reconciled,
  removeAction,
} from './actions.ts';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import {
  applied,
  type Change,
  checkpointKey,
  lastCheckpointKey,
  logFolder,
  logKey,
  type Snapshot,
  tableFolder,
  type TableName,
} from './snapshot.ts';

const pointerSchema = z.object({ version: z.number() });

/** So that a reader reads at most so many entries behind a checkpoint. */
const CHECKPOINT_EVERY = 10;

/** A reader that finds an entry gone, removed since it looked, looks again. */
const MAX_LOOKS = 5;

/** The newest version of a table; null where there is none. @throws StoreError, SightlineError `corrupt` */
export async function readSnapshot(store: ObjectStore, table: TableName): Promise<Snapshot | null> {
  let missing = '';
  for (let look = 0; look < MAX_LOOKS; look++) {
    const { entries, checkpoints } = await listLog(store, table);
    const newest = entries.at(-1)?.version;
    if (newest === undefined) {
      if (checkpoints.length === 0) return null;
      throw corruptTable(table, `the log of the table ${table} has checkpoints and no entries`);
    }
    const from = checkpoints.findLast(({ version }) => version <= newest)?.version ?? null;
    const read = await readFrom(store, table, from, newest);
    if (typeof read !== 'string') return read;
    missing = read;
  }
  throw corruptTable(table, `${missing} is missing from the log of the table ${table}`);
}

/** @returns the key of what is missing, where something is */
async function readFrom(
  store: ObjectStore,
  table: TableName,
  checkpoint: number | null,
  newest: number,
): Promise<Snapshot | string> {
  let snapshot: Snapshot | null = null;
  if (checkpoint !== null) {
    const key = checkpointKey(table, checkpoint);
    const stored = await store.get(key);
    if (stored === undefined) return key;
    snapshot = reconciled(table, null, checkpoint, await decodeCheckpoint(stored.body, key, table), key);
  }
  const versions: number[] = [];
  for (let version = (checkpoint ?? -1) + 1; version <= newest; version++) versions.push(version);
  const bodies = await Promise.all(versions.map((version) => store.get(logKey(table, version))));
  for (const [index, version] of versions.entries()) {
    const key = logKey(table, version);
    const stored = bodies[index];
    if (stored === undefined) return key;
    snapshot = reconciled(table, snapshot, version, decodeEntry(stored.body, key, table).actions, key);
  }
  return snapshot ?? logKey(table, 0);
}

interface Listed extends ObjectInfo {
  readonly version: number;
}

/** In order. */
async function listLog(
  store: ObjectStore,
  table: TableName,
): Promise<{ readonly entries: readonly Listed[]; readonly checkpoints: readonly Listed[] }> {
  const entries: Listed[] = [];
  const checkpoints: Listed[] = [];
  for await (const info of store.list(logFolder(table))) {
    const name = /\/(\d{20})\.(json|checkpoint\.parquet)$/.exec(info.key);
    if (name?.[1] === undefined) continue;
    (name[2] === 'json' ? entries : checkpoints).push({ ...info, version: Number(name[1]) });
  }
  const order = (a: Listed, b: Listed) => a.version - b.version;
  return { entries: entries.sort(order), checkpoints: checkpoints.sort(order) };
}

/**
 * Writes the next version, if nobody else did.
 * @returns null when another was faster
 */
export async function commitVersion(
  store: ObjectStore,
  table: TableName,
  before: Snapshot | null,
  change: Change,
  operation: string,
  now: EpochMs,
): Promise<Snapshot | null> {
  const version = before === null ? 0 : before.version + 1;
  const key = logKey(table, version);
  const txnId = randomNonce();
  const actions: Action[] = [
    ...(before === null ? [PROTOCOL] : []),
    metaDataAction(table, change),
    ...change.remove.map(removeAction),
    ...change.add.map(addAction),
  ];
  const entry = encodeEntry(actions, {
    timestamp: now,
    operation,
    operationParameters: {},
    engineInfo: 'sightline',
    txnId,
  });
  try {
    await store.replace(key, entry, null, { contentType: 'application/json' });
  } catch (error) {
    if (!(error instanceof PreconditionFailedError || error instanceof UnknownOutcomeError)) throw error;
    const there = await store.get(key);
    if (there === undefined && error instanceof UnknownOutcomeError) throw error;
    if (there === undefined || decodeEntry(there.body, key, table).txnId !== txnId) return null;
  }
  return applied(before, version, change);
}

/** After a version was committed: a checkpoint where one is due. A crash before it leaves a longer log, which the next one ends. */
export async function checkpointIfDue(
  store: ObjectStore,
  table: TableName,
  snapshot: Snapshot,
  now: EpochMs,
): Promise<void> {
  if (snapshot.version === 0 || snapshot.version % CHECKPOINT_EVERY !== 0) return;
  const removed = new Map([...snapshot.removed].filter(([, { at }]) => at > now - KEEP_UNNAMED_MS));
  const actions = actionsOf(table, { ...snapshot, removed });
  await store.put(checkpointKey(table, snapshot.version), encodeCheckpoint(actions), {
    contentType: 'application/vnd.apache.parquet',
  });
  const pointer = JSON.stringify({ version: snapshot.version, size: actions.length });
  await store.put(lastCheckpointKey(table), Buffer.from(pointer), {
    contentType: 'application/json',
    cacheControl: 'no-store',
  });
}

/**
 * Deletes data files that no version of the last seven days names, and entries of the log before a checkpoint that is as old.
 * Only after a commit of one's own: a writer that slept all that time can't name what goes now any more.
 * @param snapshot what was committed
 * @returns the number of objects deleted
 */
export async function removeExpired(
  store: ObjectStore,
  table: TableName,
  snapshot: Snapshot,
  now: EpochMs,
): Promise<number> {
  const before = now - KEEP_UNNAMED_MS;
  const folder = tableFolder(table);
  const keys: string[] = [];
  for await (const { key, modifiedAt } of store.list(folder)) {
    const path = key.slice(folder.length);
    if (path.includes('/') || snapshot.files.has(path) || modifiedAt > before) continue;
    if ((snapshot.removed.get(path)?.at ?? 0) <= before) keys.push(key);
  }
  const { entries, checkpoints } = await listLog(store, table);
  const old = checkpoints.findLast(({ modifiedAt }) => modifiedAt <= before)?.version ?? 0;
  const kept = (entries[0]?.version ?? 0) < old ? Math.min(old, await pointedAt(store, table)) : 0;
  for (const { key, version } of [...entries, ...checkpoints]) if (version < kept) keys.push(key);
  await store.remove(keys);
  return keys.length;
}

/** Where readers that trust the pointer begin. Two writers at once may have left it at the older of their checkpoints. */
async function pointedAt(store: ObjectStore, table: TableName): Promise<number> {
  const stored = await store.get(lastCheckpointKey(table));
  if (stored === undefined) return 0;
  try {
    return pointerSchema.parse(JSON.parse(stored.body.toString('utf8'))).version;
  } catch (error) {
    throw corruptTable(table, `${lastCheckpointKey(table)} is not what Sightline wrote there`, error);
  }
}
