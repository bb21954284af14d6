import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { HOUR_MS } from '../../../findings/cadence.ts';
import { fingerprint as fingerprintOf } from '../../../findings/fingerprint.ts';
import { scoreOfSeverity, type Severity } from '../../../findings/severity.ts';
import { type Access, FULL_ACCESS } from '../../access.ts';
import { DUCKDB } from '../../dialect.ts';
import { Engine } from '../../engine.ts';
import { CUBE_ROWS } from '../../mirror/history-sql.ts';
import { FOREVER, TABLES } from '../../schema.ts';
import { render } from '../../sql.ts';
import type { QueryContext } from '../context.ts';
import type { RowsResult, Value } from '../result.ts';

/** Findings with their lives in a DuckDB of their own, row by row: what is in there is what the test says. */

export const DAY = 24 * HOUR_MS;
/** 2 November 2026, a Monday. */
export const T0 = Date.UTC(2026, 10, 2);

export type Cells = Readonly<Record<string, Value | bigint>>;

/** A moment from which on something is so; what is not said stays as it was. */
export interface Step {
  readonly t: number;
  readonly kind: string;
  readonly is_event?: boolean;
  readonly [column: string]: Value | undefined | bigint;
}

export interface Life {
  /** `source/cloud/account` */
  readonly scope: string;
  readonly rule: string;
  readonly resource: string;
  readonly severity?: Severity;
  /** Of the history's first row and, with its last state, of the finding. */
  readonly state?: Cells;
  /** Of the finding alone. */
  readonly texts?: Cells;
  readonly steps: readonly Step[];
}

export interface FindingTables {
  readonly engine: Engine;
  /** @returns the fingerprint */
  readonly life: (life: Life) => Promise<string>;
  readonly add: (table: string, ...rows: readonly Cells[]) => Promise<void>;
  /** Adds up the cube; after the last life. */
  seal(): Promise<void>;
  context(options?: {
    readonly from?: number;
    readonly to?: number;
    readonly now?: number;
    readonly access?: Partial<Access>;
  }): QueryContext;
  close(): Promise<void>;
}

export async function openFindingTables(): Promise<FindingTables> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sightline-findings-'));
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
  const add = (table: string, ...rows: readonly Cells[]): Promise<void> =>
    engine.write(async (connection) => {
      for (const row of rows) {
        const names = Object.keys(row);
        const marks = names.map((_, index) => `$${index + 1}`);
        const values = Object.values(row).map((value) =>
          typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value,
        );
        await connection.run(
          `insert into ${table} (${names.join(', ')}) values (${marks.join(', ')})`,
          values,
        );
      }
    });
  return {
    engine,
    add,
    life: async (life) => {
      const rows = historyOf(life);
      await add('history', ...rows);
      const [last] = rows.slice(-1);
      await add('finding', findingOf(life, last ?? {}));
      return idOf(life);
    },
    seal: () =>
      engine.write(async (connection) => {
        await connection.run('update history set resource_key = hash(cloud, account, resource)');
        await connection.run('create or replace temp table fresh as select * from history');
        await connection.run(CUBE_ROWS);
      }),
    context: ({ from = T0, to = T0 + 10 * DAY, now = T0 + 10 * DAY, access } = {}) => {
      const statements: string[] = [];
      return {
        run: (statement, options) => {
          statements.push(render(statement).text);
          return engine.read(statement, options);
        },
        dialect: DUCKDB,
        range: { from, to, timezone: 'UTC' },
        access: { ...FULL_ACCESS, ...access },
        now,
        statements,
      };
    },
    close: async () => {
      await engine.close();
      fs.rmSync(folder, { recursive: true });
    },
  };
}

/** The rows of a result by the names of its columns. */
export function byName({ columns, rows }: Pick<RowsResult, 'columns' | 'rows'>): Record<string, Value>[] {
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? null])));
}

function partsOf(scope: string): { source: string; cloud: string; account: string } {
  const [source = '', cloud = '', account = ''] = scope.split('/');
  return { source, cloud, account };
}

function idOf({ scope, rule, resource }: Life): string {
  return fingerprintOf({ ...partsOf(scope), region: 'eu-west-1', rule, resource, locator: '' });
}

function historyOf(life: Life): Cells[] {
  const { scope, rule, resource, severity = 'HIGH', state = {}, steps } = life;
  let now: Cells = {
    scope,
    ...partsOf(scope),
    fingerprint: idOf(life),
    region: 'eu-west-1',
    service: 's3',
    severity,
    score: scoreOfSeverity(severity),
    class: 'compliance',
    rule,
    resource,
    resource_key: 0,
    frameworks: 0,
    labels: 0,
    opened_cause: 'drift',
    first_seen: steps[0]?.t ?? 0,
    clock_start: steps[0]?.t ?? 0,
    due_state: 'none',
    ...state,
  };
  return steps.map(({ t, kind, is_event = true, ...changes }, index) => {
    now = { ...now, ...definedOf(changes) };
    const passing = { entered_by: null, left_by: null, became_overdue: false, cause: null, ended: null };
    const ended = changes['ended'] ?? steps[index + 1]?.t ?? FOREVER;
    const row = { seq: index + 1, ...now, is_event, kind, began: t };
    return { ...row, ...passing, ...definedOf(changes), ended, ord: 0 };
  });
}

function definedOf(changes: Readonly<Record<string, Value | undefined | bigint>>): Cells {
  const defined: Record<string, Value | bigint> = {};
  for (const [name, value] of Object.entries(changes)) if (value !== undefined) defined[name] = value;
  return defined;
}

const OF_BOTH = [
  'scope', 'source', 'cloud', 'account', 'fingerprint', 'region', 'service', 'severity', 'class', 'rule', 'resource_type',
  'resource', 'score', 'team', 'environment', 'opened_cause', 'first_seen', 'due_at', 'verdict', 'verdict_until', 'mute',
  'mute_until',
]; // prettier-ignore

function findingOf({ texts = {}, rule, steps }: Life, last: Cells): Cells {
  const same = OF_BOTH.filter((name) => last[name] !== undefined).map((name) => [name, last[name]] as const);
  return {
    ...definedOf(Object.fromEntries(same)),
    cell: 's3@eu-west-1',
    locator: '',
    title: `Title of ${rule}`,
    refs: '[]',
    cve: '[]',
    cwe: '[]',
    frameworks: '[]',
    tags: '{}',
    labels: '{}',
    occurrences: 1,
    run_id: 'run',
    scanner: 'open',
    last_seen: steps.at(-1)?.t ?? 0,
    reopen_count: 0,
    ...texts,
  };
}
