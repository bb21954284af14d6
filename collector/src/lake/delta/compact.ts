import pLimit from 'p-limit';
import { randomUUID } from 'node:crypto';
import { StoreError } from '../../errors.ts';
import { EMPTY_SUMMARY } from '../../findings/summary.ts';
import type { Committer } from '../committer.ts';
import { decodeHead, type Head } from '../head.ts';
import { scopeIdOf } from '../keys.ts';
import { CHECKS_TABLE } from './checks-table.ts';
import { schemaString } from './columns.ts';
import { EVENTS_TABLE } from './events-table.ts';
import { FINDINGS_TABLE } from './findings-table.ts';
import { checkpointIfDue, commitVersion, readSnapshot, removeExpired } from './log.ts';
import { groupOf, type Plan, planOf } from './plan.ts';
import { RowsWriter } from './rows-writer.ts';
import {
  type Hold,
  type Snapshot,
  TABLE_NAMES,
  type TableFile,
  tableFolder,
  type TableName,
} from './snapshot.ts';
import { compareTexts, type TableSpec } from './spec.ts';

export interface CompactOptions {
  /** All of them if not given. */
  readonly tables?: readonly TableName[];
  /** A scope was written into a table. */
  readonly onProgress?: (table: TableName, done: number, total: number) => void;
}

export interface Compacted {
  readonly table: TableName;
  /** Of the log, as it is now. */
  readonly version: number;
  /** False where the table held everything already. */
  readonly changed: boolean;
  readonly rows: number;
  readonly files: number;
  readonly bytes: number;
  readonly rowsWritten: number;
  readonly filesWritten: number;
  /** Objects deleted that had not been needed for seven days. */
  readonly removed: number;
}

/** More collectors than this compacting one store at once is a mistake in how they are run. */
const MAX_ATTEMPTS = 10;
const HEADS_AT_ONCE = 16;

/**
 * Brings the tables up to what the heads say now. Only files whose scopes changed are written; each table is committed on its
 * own, and a crash at any point leaves the version before.
 * @throws StoreError, SightlineError `corrupt`
 */
export async function compactTables(
  committer: Committer,
  options: CompactOptions = {},
): Promise<Compacted[]> {
  const done: Compacted[] = [];
  for (const table of TABLE_NAMES) {
    if (options.tables?.includes(table) === false) continue;
    if (table === 'findings') done.push(await compactTable(committer, FINDINGS_TABLE, options));
    else if (table === 'events') done.push(await compactTable(committer, EVENTS_TABLE, options));
    else done.push(await compactTable(committer, CHECKS_TABLE, options));
  }
  return done;
}

async function compactTable<Row>(
  committer: Committer,
  spec: TableSpec<Row>,
  options: CompactOptions,
): Promise<Compacted> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const [heads, snapshot] = [await slimHeads(committer), await readSnapshot(committer.store, spec.name)];
    const plan = planFor(spec, heads, snapshot);
    if (plan === null) return outcome(spec, snapshot, [], 0, false);
    const written = await writeFiles(committer, spec, heads, snapshot, plan, options);
    const next = await committed(committer, spec, heads, snapshot, plan, written);
    if (next === null) {
      // Nobody ever names them: the version they were made for is another's.
      await removeFiles(committer, spec.name, written);
      continue;
    }
    await checkpointIfDue(committer.store, spec.name, next, committer.now());
    const removed = await removeExpired(committer.store, spec.name, next, committer.now());
    return outcome(spec, next, written, removed, true);
  }
  throw new StoreError(
    `the table ${spec.name} was compacted by others ${MAX_ATTEMPTS} times meanwhile`,
    'Nothing was lost. Let one collector compact.',
    'conflict',
  );
}

async function removeFiles(
  { store }: Committer,
  table: TableName,
  files: readonly TableFile[],
): Promise<void> {
  await store.remove(files.map(({ path }) => `${tableFolder(table)}${path}`));
}

/** Heads without what is large in them and not needed here. In order of the tables. */
async function slimHeads({ store }: Committer): Promise<Head[]> {
  const limit = pLimit(HEADS_AT_ONCE);
  const reading: Promise<Head | null>[] = [];
  for await (const { key } of store.list('heads/')) {
    reading.push(
      limit(async () => {
        const stored = await store.get(key);
        if (stored === undefined) return null;
        return {
          ...decodeHead(stored.body, key),
          cells: new Map(),
          lastComplete: null,
          summary: EMPTY_SUMMARY,
          superseded: [],
        };
      }),
    );
  }
  const heads = (await Promise.all(reading)).filter((head) => head !== null);
  return heads.sort(
    (a, b) =>
      compareTexts(a.account, b.account) || compareTexts(a.cloud, b.cloud) || compareTexts(a.scope, b.scope),
  );
}

function planFor<Row>(spec: TableSpec<Row>, heads: readonly Head[], snapshot: Snapshot | null): Plan | null {
  const there = new Set(heads.map(({ scope }) => scope));
  return planOf(
    snapshot,
    schemaString(spec.columns),
    heads.map((head) => ({
      scope: head.scope,
      scopeId: head.scopeId,
      generation: head.generation,
      seq: head.seq,
      rows: spec.countOf(head, 0),
      newRows: spec.countOf(head, snapshot?.holds.get(head.scope)?.seq ?? 0),
    })),
    [...(snapshot?.holds.keys() ?? [])].filter((scope) => !there.has(scope)),
    spec.grows,
    scopeIdOf,
  );
}

async function writeFiles<Row>(
  committer: Committer,
  spec: TableSpec<Row>,
  heads: readonly Head[],
  snapshot: Snapshot | null,
  plan: Plan,
  { onProgress }: CompactOptions,
): Promise<readonly TableFile[]> {
  const parts: {
    readonly group: number | null;
    readonly scopes: readonly { head: Head; after: number }[];
  }[] = [];
  for (const group of plan.rewrite) {
    const own = heads.filter(({ scopeId }) => groupOf(scopeId, plan.groups) === group);
    parts.push({ group, scopes: own.map((head) => ({ head, after: 0 })) });
  }
  if (plan.fresh !== 'keep') {
    const held = plan.fresh === 'append' ? snapshot?.holds : settled(snapshot);
    const scopes = heads
      .filter(({ scopeId }) => !plan.rewrite.has(groupOf(scopeId, plan.groups)))
      .map((head) => ({ head, after: held?.get(head.scope)?.seq ?? 0 }))
      .filter(({ head, after }) => head.seq > after);
    parts.push({ group: null, scopes });
  }
  const total = parts.reduce((sum, { scopes }) => sum + scopes.length, 0);
  const files: TableFile[] = [];
  let done = 0;
  for (const { group, scopes } of parts) {
    const writer = new RowsWriter(spec, committer.store, committer.now, group);
    try {
      for (const { head, after } of scopes) {
        await writer.addScope(head, spec.rowsOf(committer, head, after));
        onProgress?.(spec.name, ++done, total);
      }
      files.push(...(await writer.finish()));
    } catch (error) {
      await writer.abandon().catch(() => undefined);
      await removeFiles(committer, spec.name, files).catch(() => undefined);
      throw error;
    }
  }
  return files;
}

/** Up to where the groups, without the fresh files, hold each scope. */
function settled(snapshot: Snapshot | null): Map<string, { readonly seq: number }> {
  const marks = new Map<string, { readonly seq: number }>();
  for (const { group, scopes } of snapshot?.files.values() ?? []) {
    if (group === null) continue;
    for (const [scope, { seq }] of scopes) marks.set(scope, { seq });
  }
  return marks;
}

async function committed<Row>(
  committer: Committer,
  spec: TableSpec<Row>,
  heads: readonly Head[],
  snapshot: Snapshot | null,
  plan: Plan,
  add: readonly TableFile[],
): Promise<Snapshot | null> {
  const now = committer.now();
  const whole = plan.groups !== snapshot?.groups || plan.rewrite.size === plan.groups;
  const drops = ({ group }: TableFile): boolean =>
    whole || (group === null ? plan.fresh === 'merge' : plan.rewrite.has(group));
  const remove = [...(snapshot?.files.values() ?? [])]
    .filter(drops)
    .map(({ path, size }) => ({ path, size, at: now }));
  const holds = new Map(
    heads.map(({ scope, generation, seq, nonce }): [string, Hold] => [scope, { generation, seq, nonce }]),
  );
  const change = {
    id: snapshot?.id ?? randomUUID(),
    createdAt: snapshot?.createdAt ?? now,
    schema: schemaString(spec.columns),
    groups: plan.groups,
    holds,
    add,
    remove,
  };
  const operation = remove.length === 0 ? 'WRITE' : 'OPTIMIZE';
  return commitVersion(committer.store, spec.name, snapshot, change, operation, now);
}

function outcome<Row>(
  { name }: TableSpec<Row>,
  snapshot: Snapshot | null,
  written: readonly TableFile[],
  removed: number,
  changed: boolean,
): Compacted {
  const files = [...(snapshot?.files.values() ?? [])];
  const sum = (of: readonly TableFile[], what: 'rows' | 'size'): number =>
    of.reduce((total, file) => total + file[what], 0);
  return {
    table: name,
    version: snapshot?.version ?? 0,
    changed,
    rows: sum(files, 'rows'),
    files: files.length,
    bytes: sum(files, 'size'),
    rowsWritten: sum(written, 'rows'),
    filesWritten: written.length,
    removed,
  };
}
