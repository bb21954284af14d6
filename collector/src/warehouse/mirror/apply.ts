import type { DuckDBConnection } from '@duckdb/node-api';
import { learnedCadence, DEFAULT_EVERY_HOURS } from '../../findings/cadence.ts';
import type { Head } from '../../lake/head.ts';
import {
  CELL_TIMES,
  CHAIN,
  CONFIRMED,
  CUBE_ROWS,
  ENDS_OF_FORMER,
  EVENT_TABLE,
  FRESH,
  HISTORY_ROWS,
  RENAMED,
  stagedEvents,
  SUPERSEDED,
} from './history-sql.ts';
import {
  CELL_LAST,
  CELL_ROWS,
  CHANGING,
  CHECK_ROWS,
  CHECK_STAT_GONE,
  CHECK_STAT_ROWS,
  findingRows,
  KNOWN_CELLS,
  NO_COMMITS,
  RUN_ROWS,
  setRows,
  STAGED_FILE,
  STAGED_STATE,
  stagedCommits,
} from './scope-sql.ts';
import type { StagedFile } from './staging.ts';

/** A scope whose head changed. */
export interface ScopeChange {
  readonly head: Head;
  readonly etag: string;
}

export interface Change {
  readonly scopes: readonly ScopeChange[];
  readonly commits: readonly StagedFile[];
  readonly states: readonly StagedFile[];
  /** How often each source is expected to scan, hours, where the configuration says so. */
  readonly cadenceHours: Readonly<Record<string, number>>;
}

const HOUR_MS = 3_600_000;

/**
 * Brings the scopes of a change into the warehouse, all of them or none, each made anew from all of its commits: those that were not
 * there, or are of another generation. Others are only extended (extend.ts).
 */
export async function applyChange(connection: DuckDBConnection, change: Change): Promise<void> {
  await inTransaction(connection, async () => {
    await declareChanging(connection, change);
    await stageEvents(connection, change);
    await removeOld(connection);
    for (const statement of CELL_ROWS) await connection.run(statement);
    await connection.run(ENDS_OF_FORMER);
    await makeLives(connection);
    await connection.run(HISTORY_ROWS);
    await connection.run(CUBE_ROWS);
    await drop(connection, ['fresh']);
    await connection.run(RUN_ROWS);
    await connection.run(KNOWN_CELLS);
    await connection.run(CHECK_ROWS);
    await insertScopes(connection, change);
    await connection.run(CHECK_STAT_GONE);
    await connection.run(CHECK_STAT_ROWS);
    await drop(connection, ['ev', 'staged_commit', 'staged_cells']);
    await insertFindings(connection, change);
  });
}

/** From all events of some findings (`ev`) to the rows of their lives (`fresh`). */
export async function makeLives(connection: DuckDBConnection): Promise<void> {
  for (const statement of [CELL_TIMES, SUPERSEDED, CHAIN, ...RENAMED, CONFIRMED, FRESH])
    await connection.run(statement);
  await drop(connection, ['chain', 'confirmed', 'cell_time', 'superseded', 'renamed']);
}

/** Removes scopes whose heads are gone from the bucket. */
export async function removeScopes(connection: DuckDBConnection, scopes: readonly string[]): Promise<void> {
  await inTransaction(connection, async () => {
    await connection.run(CHANGING);
    await insertJson(
      connection,
      'changing',
      { scope: 'VARCHAR', cloud: 'VARCHAR', account: 'VARCHAR' },
      scopes.map((scope) => ({ scope, cloud: '', account: '' })),
    );
    await connection.run(
      `UPDATE changing SET cloud = s.cloud, account = s.account FROM scope s WHERE s.scope = changing.scope`,
    );
    await removeOld(connection);
    for (const table of ['finding', 'scope', 'head']) await connection.run(deleteOf(table));
    await connection.run(CHECK_STAT_GONE);
    await connection.run(CHECK_STAT_ROWS);
  });
}

export async function inTransaction(connection: DuckDBConnection, work: () => Promise<void>): Promise<void> {
  await connection.run('BEGIN TRANSACTION');
  try {
    await work();
    await connection.run('COMMIT');
  } catch (error) {
    await connection.run('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

export async function declareChanging(
  connection: DuckDBConnection,
  { scopes, commits, states }: Change,
): Promise<void> {
  await connection.run(CHANGING);
  await insertJson(
    connection,
    'changing',
    { scope: 'VARCHAR', cloud: 'VARCHAR', account: 'VARCHAR' },
    scopes.map(({ head: { scope, cloud, account } }) => ({ scope, cloud, account })),
  );
  const place = {
    file: 'VARCHAR',
    scope: 'VARCHAR',
    source: 'VARCHAR',
    cloud: 'VARCHAR',
    account: 'VARCHAR',
  };
  await connection.run(STAGED_FILE);
  await insertJson(connection, 'staged_file', place, commits.map(placeOf));
  await connection.run(STAGED_STATE);
  await insertJson(connection, 'staged_state', place, states.map(placeOf));
}

function placeOf({ file, head: { scope, source, cloud, account } }: StagedFile): Record<string, string> {
  return { file, scope, source, cloud, account };
}

export async function stageEvents(connection: DuckDBConnection, { commits }: Change): Promise<void> {
  await connection.run(EVENT_TABLE);
  if (commits.length === 0) {
    await connection.run(NO_COMMITS);
    return;
  }
  const files = listOf(commits);
  await connection.run(stagedEvents(files));
  await connection.run(stagedCommits(files));
  for (const statement of setRows(files)) await connection.run(statement);
}

async function removeOld(connection: DuckDBConnection): Promise<void> {
  for (const table of ['history', 'cube', 'run', 'cell_run', 'check_run', 'retirement'])
    await connection.run(deleteOf(table));
}

/** What is not needed any more would take memory from what comes. */
export async function drop(connection: DuckDBConnection, tables: readonly string[]): Promise<void> {
  for (const table of tables) await connection.run(`DROP TABLE IF EXISTS temp.${table}`);
}

function deleteOf(table: string): string {
  return `DELETE FROM ${table} USING changing WHERE ${table}.scope = changing.scope`;
}

async function insertFindings(connection: DuckDBConnection, { states }: Change): Promise<void> {
  await connection.run(deleteOf('finding'));
  await connection.run(CELL_LAST);
  if (states.length > 0) await connection.run(findingRows(listOf(states)));
}

const SCOPE_FIELDS = {
  scope: 'VARCHAR',
  source: 'VARCHAR',
  cloud: 'VARCHAR',
  account: 'VARCHAR',
  account_name: 'VARCHAR',
  team: 'VARCHAR',
  environment: 'VARCHAR',
  generation: 'INTEGER',
  seq: 'INTEGER',
  nonce: 'VARCHAR',
  retired: 'BOOLEAN',
  every_ms: 'BIGINT',
  every_known: 'BOOLEAN',
  last_run_at: 'BIGINT',
  last_outcome: 'VARCHAR',
  last_reason: 'VARCHAR',
  last_complete_at: 'BIGINT',
  findings: 'INTEGER',
} as const;
const HEAD_FIELDS = {
  scope_id: 'VARCHAR',
  scope: 'VARCHAR',
  etag: 'VARCHAR',
  generation: 'INTEGER',
  seq: 'INTEGER',
  nonce: 'VARCHAR',
  commit_id: 'VARCHAR',
  state_key: 'VARCHAR',
} as const;

export async function insertScopes(
  connection: DuckDBConnection,
  { scopes, cadenceHours }: Change,
): Promise<void> {
  await connection.run(`INSERT INTO retirement BY NAME
    SELECT scope, (json_extract_string(c, '$.input.at'))::BIGINT AS t FROM staged_commit
    WHERE json_extract_string(c, '$.input.kind') = 'retire'`);
  await connection.run(deleteOf('scope'));
  await connection.run(deleteOf('head'));
  await insertJson(
    connection,
    'scope',
    SCOPE_FIELDS,
    scopes.map(({ head }) => scopeRow(head, cadenceHours)),
  );
  await connection.run(`UPDATE scope SET retired_at = r.t FROM (
    SELECT x.scope, max(x.t) AS t FROM retirement x SEMI JOIN changing c ON c.scope = x.scope GROUP BY ALL) r WHERE r.scope = scope.scope`);
  await connection.run(`UPDATE scope SET first_run_at = r.t FROM (
    SELECT run.scope, min(run.t) AS t FROM run SEMI JOIN changing c ON c.scope = run.scope GROUP BY ALL) r WHERE r.scope = scope.scope`);
  await insertJson(
    connection,
    'head',
    HEAD_FIELDS,
    scopes.map(({ head, etag }) => ({
      scope_id: head.scopeId,
      scope: head.scope,
      etag,
      generation: head.generation,
      seq: head.seq,
      nonce: head.nonce,
      commit_id: head.commits.at(-1)?.id ?? null,
      state_key: head.state?.key ?? null,
    })),
  );
}

function scopeRow(
  head: Head,
  cadenceHours: Change['cadenceHours'],
): Record<keyof typeof SCOPE_FIELDS, unknown> {
  const configured = Object.hasOwn(cadenceHours, head.source) ? cadenceHours[head.source] : undefined;
  const known = configured ?? learnedCadence(head.completeRuns);
  return {
    scope: head.scope,
    source: head.source,
    cloud: head.cloud,
    account: head.account,
    account_name: head.accountName,
    team: head.team,
    environment: head.environment,
    generation: head.generation,
    seq: head.seq,
    nonce: head.nonce,
    retired: head.retired,
    every_ms: Math.round((known ?? DEFAULT_EVERY_HOURS) * HOUR_MS),
    every_known: known !== null,
    last_run_at: head.lastRun?.observedAt ?? null,
    last_outcome: head.lastRun?.outcome ?? null,
    last_reason: head.lastRun?.reason ?? null,
    last_complete_at: head.lastComplete?.at ?? null,
    findings: head.state?.rows ?? 0,
  };
}

/** Rows as one JSON parameter: nothing of them becomes part of the statement. */
export async function insertJson(
  connection: DuckDBConnection,
  table: string,
  fields: Readonly<Record<string, string>>,
  rows: readonly object[],
): Promise<void> {
  if (rows.length === 0) return;
  const names = Object.keys(fields);
  const shape = `[{${names.map((name) => `"${name}":"${fields[name] ?? ''}"`).join(',')}}]`;
  await connection.run(
    `INSERT INTO ${table} BY NAME SELECT ${names.map((name) => `x.${name} AS ${name}`).join(', ')} FROM (SELECT unnest(from_json($1::JSON, '${shape}')) AS x)`,
    [JSON.stringify(rows)],
  );
}

/** The files as a list in SQL. Their names are ours, their folder is the configuration's. */
export function listOf(staged: readonly StagedFile[]): string {
  return `[${staged.map(({ file }) => `'${file.replaceAll("'", "''")}'`).join(', ')}]`;
}
