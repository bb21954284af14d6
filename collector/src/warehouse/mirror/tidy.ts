import type { DuckDBConnection } from '@duckdb/node-api';
import { TABLES } from '../schema.ts';
import { inTransaction } from './apply.ts';

/**
 * Scopes come and are replaced one by one; queries read by time. Sorted, a query over a month skips the blocks of all other
 * months. The order is by when a row ceases to matter: a state at T needs the rows that end at T or later.
 */
const ORDER: Readonly<Record<string, string>> = {
  cube: 't',
  // What is closed is asked for by nobody but `events`; of what is open, the worst are asked for most.
  history: "status IN ('fixed', 'retired', 'rekeyed') DESC, ended, score, began",
  check_stat: 'ended, began',
};

/** Writes the tables anew in the order of time. Queries go on with the old ones until it is done. */
export async function sortTables(connection: DuckDBConnection): Promise<void> {
  for (const [table, order] of Object.entries(ORDER)) {
    await inTransaction(connection, async () => {
      await connection.run(`ALTER TABLE ${table} RENAME TO ${table}_before`);
      await connection.run(TABLES[table] ?? '');
      await connection.run(`INSERT INTO ${table} SELECT * FROM ${table}_before ORDER BY ${order}`);
      await connection.run(`DROP TABLE ${table}_before`);
    });
  }
  // Gives back the blocks of what was dropped.
  await connection.run('CHECKPOINT');
}
