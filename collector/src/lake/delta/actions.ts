import { z } from 'zod';
import { SightlineError } from '../../errors.ts';
import { sha256 } from '../keys.ts';
import type { Hold, Removed, Share, Snapshot, TableFile, TableName } from './snapshot.ts';

/** Actions of Delta's protocol, as far as Sightline writes them: reader version 1, writer version 2. */

const FORMAT = '1';
const RETENTION = 'interval 7 days';

const count = z.number().int().nonnegative();
const protocol = z.object({ minReaderVersion: z.number(), minWriterVersion: z.number() });
const metaData = z.object({
  id: z.string(),
  name: z.string(),
  format: z.object({ provider: z.literal('parquet'), options: z.record(z.string(), z.string()) }),
  schemaString: z.string(),
  partitionColumns: z.array(z.string()).length(0),
  createdTime: z.number(),
  configuration: z.record(z.string(), z.string()),
});
const add = z.object({
  path: z.string().regex(/^[A-Za-z0-9._-]+$/),
  partitionValues: z.record(z.string(), z.string()),
  size: count,
  modificationTime: z.number(),
  dataChange: z.boolean(),
  stats: z.string(),
  tags: z.record(z.string(), z.string()),
});
const remove = z.object({
  path: z.string(),
  deletionTimestamp: z.number(),
  dataChange: z.boolean(),
  size: count,
});
export const actionSchema = z.union([
  z.strictObject({ protocol }),
  z.strictObject({ metaData }),
  z.strictObject({ add }),
  z.strictObject({ remove }),
]);
export type Action = z.infer<typeof actionSchema>;

const holdsSchema = z.record(z.string(), z.tuple([count, count, z.string()]));
const scopesSchema = z.record(z.string(), z.tuple([count, count, count]));
const statsSchema = z.object({ numRecords: count });

export const PROTOCOL: Action = { protocol: { minReaderVersion: 1, minWriterVersion: 2 } };

export function metaDataAction(
  table: TableName,
  {
    id,
    createdAt,
    schema,
    groups,
    holds,
  }: Pick<Snapshot, 'id' | 'createdAt' | 'schema' | 'groups' | 'holds'>,
): Action {
  const held = [...holds].map(([scope, { generation, seq, nonce }]) => [scope, [generation, seq, nonce]]);
  return {
    metaData: {
      id,
      name: table,
      format: { provider: 'parquet', options: {} },
      schemaString: schema,
      partitionColumns: [],
      createdTime: createdAt,
      configuration: {
        'delta.logRetentionDuration': RETENTION,
        'delta.deletedFileRetentionDuration': RETENTION,
        'sightline.format': FORMAT,
        'sightline.groups': String(groups),
        'sightline.holds': JSON.stringify(Object.fromEntries(held)),
      },
    },
  };
}

export function addAction(file: TableFile): Action {
  const scopes = [...file.scopes].map(([scope, { rows, generation, seq }]) => [
    scope,
    [rows, generation, seq],
  ]);
  return {
    add: {
      path: file.path,
      partitionValues: {},
      size: file.size,
      modificationTime: file.modifiedAt,
      dataChange: true,
      stats: file.stats,
      tags: {
        'sightline.group': file.group === null ? 'fresh' : String(file.group),
        'sightline.sha256': file.digest,
        'sightline.scopes': JSON.stringify(Object.fromEntries(scopes)),
      },
    },
  };
}

export function removeAction({ path, size, at }: Removed): Action {
  return { remove: { path, deletionTimestamp: at, dataChange: true, size } };
}

/** A snapshot as actions: what a checkpoint holds. */
export function actionsOf(table: TableName, snapshot: Snapshot): Action[] {
  return [
    PROTOCOL,
    metaDataAction(table, snapshot),
    ...[...snapshot.files.values()].map(addAction),
    ...[...snapshot.removed.values()].map(removeAction),
  ];
}

/** One version's entry of the log. Its last line ends in a hash of everything before. */
export function encodeEntry(actions: readonly Action[], info: Readonly<Record<string, unknown>>): Buffer {
  const lines = [...actions, { commitInfo: info }].map((action) => JSON.stringify(action)).join('\n');
  const start = lines.slice(0, -'}}'.length);
  return Buffer.from(`${start},"check":"${checkOf(start)}"}}\n`);
}

const SEAL = /,"check":"([0-9a-f]{16})"\}\}\n$/;

export interface Entry {
  readonly actions: readonly Action[];
  /** Of the writer. */
  readonly txnId: string;
}

const commitInfoSchema = z.object({ commitInfo: z.object({ txnId: z.string() }) });

/** @throws SightlineError `corrupt` for what `encodeEntry` did not make */
export function decodeEntry(bytes: Buffer, key: string, table: TableName): Entry {
  const text = bytes.toString('utf8');
  const seal = SEAL.exec(text);
  if (seal === null || seal[1] !== checkOf(text.slice(0, seal.index))) {
    throw corruptTable(table, `${key} is not what Sightline wrote there`);
  }
  try {
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    const { commitInfo } = commitInfoSchema.parse(lines.pop());
    return { actions: lines.map((line) => actionSchema.parse(line)), txnId: commitInfo.txnId };
  } catch (error) {
    throw corruptTable(table, `${key} is no entry of a log as Sightline writes them`, error);
  }
}

/**
 * What the actions make of a snapshot.
 * @throws SightlineError `corrupt`, or `unsupported` where a newer Sightline wrote them
 */
export function reconciled(
  table: TableName,
  before: Snapshot | null,
  version: number,
  actions: readonly Action[],
  key: string,
): Snapshot {
  const files = new Map(before?.files);
  const removed = new Map(before?.removed);
  let meta: Pick<Snapshot, 'id' | 'createdAt' | 'schema' | 'groups' | 'holds'> | null = before;
  let spoken = before !== null;
  for (const action of actions) {
    if ('protocol' in action) {
      const { minReaderVersion, minWriterVersion } = action.protocol;
      if (minReaderVersion > 1 || minWriterVersion > 2) {
        throw corruptTable(table, `${key} asks for a newer protocol of Delta than Sightline writes`);
      }
      spoken = true;
    } else if ('metaData' in action) meta = metaOf(action.metaData, key, table);
    else if ('add' in action) files.set(action.add.path, fileOf(action.add, key, table));
    else {
      const { path, size, deletionTimestamp } = action.remove;
      files.delete(path);
      removed.set(path, { path, size, at: deletionTimestamp });
    }
  }
  if (meta === null || !spoken) throw corruptTable(table, `${key} begins a log without protocol or metadata`);
  const { id, createdAt, schema, groups, holds } = meta;
  return { version, id, createdAt, schema, groups, holds, files, removed };
}

function metaOf(
  { id, createdTime, schemaString, configuration }: z.infer<typeof metaData>,
  key: string,
  table: TableName,
): Pick<Snapshot, 'id' | 'createdAt' | 'schema' | 'groups' | 'holds'> {
  const format = configuration['sightline.format'];
  if (format !== undefined && Number(format) > Number(FORMAT)) {
    throw new SightlineError(
      'unsupported',
      `${key} was written by a newer Sightline (format ${format})`,
      'Upgrade this collector.',
    );
  }
  try {
    const held = holdsSchema.parse(JSON.parse(configuration['sightline.holds'] ?? ''));
    const holds = new Map<string, Hold>();
    for (const [scope, [generation, seq, nonce]] of Object.entries(held)) {
      holds.set(scope, { generation, seq, nonce });
    }
    const groups = z.coerce.number().int().positive().parse(configuration['sightline.groups']);
    return { id, createdAt: createdTime, schema: schemaString, groups, holds };
  } catch (error) {
    throw corruptTable(table, `${key} does not say what the table holds`, error);
  }
}

function fileOf(
  { path, size, modificationTime, stats, tags }: z.infer<typeof add>,
  key: string,
  table: TableName,
): TableFile {
  try {
    const scopes = new Map<string, Share>();
    const shares = scopesSchema.parse(JSON.parse(tags['sightline.scopes'] ?? ''));
    for (const [scope, [rows, generation, seq]] of Object.entries(shares)) {
      scopes.set(scope, { rows, generation, seq });
    }
    const group = tags['sightline.group'];
    return {
      path,
      size,
      modifiedAt: modificationTime,
      rows: statsSchema.parse(JSON.parse(stats)).numRecords,
      stats,
      digest: z.string().parse(tags['sightline.sha256']),
      group: group === 'fresh' ? null : z.coerce.number().int().nonnegative().parse(group),
      scopes,
    };
  } catch (error) {
    throw corruptTable(table, `${key} names the file ${path}, which Sightline did not write`, error);
  }
}

export function checkOf(text: string): string {
  return sha256(text).slice(0, 16);
}

export function corruptTable(table: TableName, message: string, cause?: unknown): SightlineError {
  return new SightlineError(
    'corrupt',
    message,
    `Something else changed the table. Remove tables/${table}/ whole, then run \`sightline compact\`: it makes the table again from the commits.`,
    1,
    cause,
  );
}
