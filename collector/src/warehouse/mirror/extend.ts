import type { DuckDBConnection } from '@duckdb/node-api';
import {
  type Change,
  declareChanging,
  drop,
  inTransaction,
  insertJson,
  insertScopes,
  listOf,
  makeLives,
  stageEvents,
} from './apply.ts';
import {
  findingChanges,
  HISTORY_CHANGES,
  seenAgain,
  standing,
  STANDING_EVENTS,
  touched,
} from './extend-sql.ts';
import { CUBE_CHANGES, CUBE_MERGED, cubeHit, ENDS_OF_FORMER } from './history-sql.ts';
import {
  CELL_LAST,
  CELL_ROWS,
  CHECK_ROWS,
  CHECK_STAT_CHANGES,
  findingRows,
  KNOWN_CELLS,
  RUN_ROWS,
} from './scope-sql.ts';

/**
 * Brings new commits of scopes into the warehouse that are there already, all of them or none. `commits` are only the new ones,
 * `states` only those that are other files than before. The tables come to hold what they would if the scopes were made anew.
 */
export async function extendScopes(connection: DuckDBConnection, change: Change): Promise<void> {
  const names = change.scopes.map(({ head }) => head.scope);
  const scopes = names.map((_, index) => `$${index + 1}`).join(', ');
  const about = (statement: string) => connection.run(statement, names);
  await inTransaction(connection, async () => {
    await declareChanging(connection, change);
    await stageEvents(connection, change);
    for (const statement of CELL_ROWS) await connection.run(statement);
    await connection.run(ENDS_OF_FORMER);
    await about(touched(scopes));
    await about(standing(scopes));
    await connection.run(STANDING_EVENTS);
    await makeLives(connection);
    for (const statement of HISTORY_CHANGES) await connection.run(statement);
    await connection.run(CUBE_CHANGES);
    await about(cubeHit(scopes));
    for (const statement of CUBE_MERGED) await connection.run(statement);
    await connection.run(RUN_ROWS);
    await connection.run(KNOWN_CELLS);
    await connection.run(CHECK_ROWS);
    await insertScopes(connection, change);
    for (const statement of CHECK_STAT_CHANGES) await connection.run(statement);
    await connection.run(CELL_LAST);
    await followStates(connection, change, scopes, names);
    await drop(connection, TEMPORARY);
  });
}

const TEMPORARY = [
  ...[
    'ev',
    'staged_commit',
    'staged_cells',
    'touched',
    'standing',
    'fresh',
    'history_made',
    'history_gone',
    'history_added',
  ],
  ...['cube_change', 'cube_hit', 'check_stat_made', 'check_stat_there', 'same_state'],
  ...['finding_made', 'finding_there'],
];

async function followStates(
  connection: DuckDBConnection,
  { scopes: changes, states }: Change,
  scopes: string,
  names: readonly string[],
): Promise<void> {
  if (states.length > 0) {
    await connection.run('CREATE OR REPLACE TEMP TABLE finding_made AS SELECT * FROM finding LIMIT 0');
    await connection.run(findingRows(listOf(states), 'finding_made'));
    for (const statement of findingChanges(scopes))
      await connection.run(statement, statement.includes('$1') ? [...names] : []);
  }
  const read = new Set(states.map(({ head }) => head.scope));
  const same = changes.filter(({ head }) => !read.has(head.scope)).map(({ head: { scope } }) => ({ scope }));
  if (same.length === 0) return;
  await connection.run('CREATE OR REPLACE TEMP TABLE same_state (scope VARCHAR)');
  await insertJson(connection, 'same_state', { scope: 'VARCHAR' }, same);
  await connection.run(seenAgain(scopes), [...names]);
}
