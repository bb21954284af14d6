import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Value } from '../../collector/src/warehouse/query/result.ts';
import { Engine } from '../../collector/src/warehouse/engine.ts';
import { Mirror } from '../../collector/src/warehouse/mirror/mirror.ts';
import { TABLES } from '../../collector/src/warehouse/schema.ts';
import { ident, type Sql, sql } from '../../collector/src/warehouse/sql.ts';
import type { World } from './random.ts';

/** The tables of a warehouse that follows a world, without anything that asks them. */
export interface Tables {
  readonly engine: Engine;
  refresh(): Promise<void>;
  rows(statement: Sql): Promise<readonly (readonly Value[])[]>;
  /** Every table with its rows, in an order of their own. */
  contents(): Promise<Map<string, string[]>>;
  close(): Promise<void>;
}

export async function openTables(world: World): Promise<Tables> {
  const staging = mkdtempSync(join(tmpdir(), 'sightline-tables-'));
  const engine = await Engine.open({ file: ':memory:', staging, memoryMiB: 256, threads: 2, concurrency: 2 });
  await engine.write(async (connection) => {
    for (const ddl of Object.values(TABLES)) await connection.run(ddl);
  });
  const mirror = new Mirror({ engine, committer: world.committer, staging, cadenceHours: {} });
  const rows = async (statement: Sql): Promise<readonly (readonly Value[])[]> =>
    (await engine.read(statement)).rows;
  return {
    engine,
    rows,
    async refresh() {
      const { failed } = await mirror.refresh();
      if (failed.length > 0) throw new Error(JSON.stringify(failed));
    },
    async contents() {
      const contents = new Map<string, string[]>();
      for (const table of Object.keys(TABLES)) {
        // The keys of sets are hashes of what is in them, which sets outlive: they are for all time.
        if (['framework_set', 'label_set', 'meta'].includes(table)) continue;
        // Only the order of `ord` within a commit says something, and that is what the states follow from.
        const columns = table === 'history' ? sql`* exclude (ord)` : sql`*`;
        const all = await rows(sql`select ${columns} from ${ident(table)}`);
        contents.set(table, all.map((row) => JSON.stringify(row)).sort());
      }
      return contents;
    },
    async close() {
      await engine.close();
      rmSync(staging, { recursive: true, force: true });
    },
  };
}
