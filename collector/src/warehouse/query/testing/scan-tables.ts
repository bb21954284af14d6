import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { HOUR_MS } from '../../../findings/cadence.ts';
import { type Access, FULL_ACCESS } from '../../access.ts';
import { DUCKDB } from '../../dialect.ts';
import { Engine } from '../../engine.ts';
import { CUBE_FLOWS, CUBE_GAUGES, FOREVER, TABLES } from '../../schema.ts';
import { render } from '../../sql.ts';
import type { QueryContext } from '../context.ts';
import type { Value } from '../result.ts';

/** Tables of scopes, runs and check stats in a DuckDB of their own, filled row by row. */

export const DAY = 24 * HOUR_MS;
/** 2 November 2026, a Monday. */
export const T0 = Date.UTC(2026, 10, 2);

type Cells = Readonly<Record<string, Value>>;

export interface ScanTables {
  /** Adds rows; what is not given is what it usually is. `scope` is `source/cloud/account` and says those three. */
  scopes(...rows: readonly (Cells & { scope: string })[]): Promise<void>;
  runs(...rows: readonly (Cells & { scope: string; t: number })[]): Promise<void>;
  checks(
    ...rows: readonly (Cells & { scope: string; service: string; began: number; ended: number })[]
  ): Promise<void>;
  expected(...rows: readonly (Cells & { account: string })[]): Promise<void>;
  /** `n` open findings of a scope, from `t` on. */
  open(row: { scope: string; t: number; n: number; team?: string }): Promise<void>;
  context(
    options?: Partial<Pick<QueryContext, 'range' | 'now'>> & { access?: Partial<Access> },
  ): QueryContext;
  clear(): Promise<void>;
  close(): Promise<void>;
}

export async function openScanTables(): Promise<ScanTables> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sightline-scans-'));
  const engine = await Engine.open({
    file: ':memory:',
    staging: folder,
    memoryMiB: 256,
    threads: 2,
    concurrency: 1,
  });
  await engine.write(async (connection) => {
    for (const ddl of Object.values(TABLES)) await connection.run(ddl);
  });
  const insert = async (table: string, rows: readonly Cells[]): Promise<void> =>
    engine.write(async (connection) => {
      for (const row of rows) {
        const names = Object.keys(row);
        const values = Object.values(row).map((value) =>
          typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value,
        );
        const marks = names.map((_, index) => `$${index + 1}`);
        await connection.run(
          `insert into ${table} (${names.join(', ')}) values (${marks.join(', ')})`,
          values,
        );
      }
    });
  let count = 0;
  return {
    scopes: (...rows) =>
      insert(
        'scope',
        rows.map((row) => ({ ...SCOPE, ...partsOf(row.scope), ...row })),
      ),
    runs: (...rows) =>
      insert(
        'run',
        rows.map((row) => {
          count++;
          return {
            ...RUN,
            ...partsOf(row.scope),
            run_id: `run-${count}`,
            seq: count,
            committed_at: row.t,
            ...row,
          };
        }),
      ),
    checks: (...rows) =>
      insert(
        'check_stat',
        rows.map((row) => ({ ...CHECKS, ...partsOf(row.scope), ...row })),
      ),
    expected: (...rows) => insert('expected_scope', rows),
    open: ({ scope, t, n, team }) => {
      const row = { ...NOTHING, ...partsOf(scope), ...PLACE, scope, team: team ?? null };
      return insert('cube', [
        { ...row, t, d_open: n },
        { ...row, t: FOREVER, d_open: -n },
      ]);
    },
    context: ({ range, now = T0 + 100 * DAY, access } = {}) => {
      const statements: string[] = [];
      return {
        run: (statement, options) => {
          statements.push(render(statement).text);
          return engine.read(statement, options);
        },
        dialect: DUCKDB,
        range: range ?? { from: T0, to: T0 + 10 * DAY, timezone: 'UTC' },
        access: { ...FULL_ACCESS, ...access },
        now,
        statements,
      };
    },
    clear: () =>
      engine.write(async (connection) => {
        for (const table of Object.keys(TABLES)) await connection.run(`delete from ${table}`);
      }),
    close: async () => {
      await engine.close();
      fs.rmSync(folder, { recursive: true });
    },
  };
}

function partsOf(scope: string): { source: string; cloud: string; account: string } {
  const [source = '', cloud = '', account = ''] = scope.split('/');
  return { source, cloud, account };
}

const SCOPE = {
  account_name: null,
  team: null,
  environment: null,
  generation: 1,
  seq: 1,
  nonce: 'n',
  retired: false,
  retired_at: null,
  every_ms: DAY,
  every_known: true,
  first_run_at: T0,
  findings: 0,
};

const RUN = {
  mode: 'snapshot',
  outcome: 'complete',
  reason: null,
  late: false,
  source_version: '5.14.0',
  observed: 0,
  suppressed: 0,
  passed: 0,
  cells: 4,
  known_cells: 4,
  rules: 10,
  rules_expected: null,
  duration_ms: null,
  opened: 0,
  reopened: 0,
  fixed: 0,
  changed: 0,
  notes: '[]',
  raw_name: 'report.json',
};

const CHECKS = {
  team: null,
  environment: null,
  run_id: 'run-1',
  stale: false,
  preferred: true,
  checked: null,
  flagged: null,
  resources: null,
};

const PLACE = {
  region: 'global',
  service: 's3',
  severity: 'HIGH',
  class: 'compliance',
  rule: 's3_bucket_public',
  frameworks: 0,
  environment: null,
};

const NOTHING = Object.fromEntries([...CUBE_GAUGES, ...CUBE_FLOWS].map((name) => [name, 0]));
