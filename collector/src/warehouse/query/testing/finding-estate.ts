import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { FULL_ACCESS } from '../../access.ts';
import { DUCKDB } from '../../dialect.ts';
import { Engine } from '../../engine.ts';
import { CUBE_ROWS } from '../../mirror/history-sql.ts';
import { FOREVER, TABLES } from '../../schema.ts';
import { render } from '../../sql.ts';
import type { QueryContext } from '../context.ts';

/** A small estate for tests: rows of history made by hand or by chance, and what the mirror makes of them. */

export const DAY = 86_400_000;
export const NOW = Date.UTC(2026, 10, 20, 9);

export interface HistoryRow {
  fingerprint: string;
  source: string;
  cloud: string;
  account: string;
  region: string;
  service: string;
  severity: string;
  class: string;
  rule: string;
  resourceType: string | null;
  resource: string;
  team: string | null;
  environment: string | null;
  /** Framework entries, `CIS 1.4:2.1.1`. */
  frameworks: readonly string[];
  labels: Readonly<Record<string, string>>;
  score: number;
  status: string;
  enteredBy: string | null;
  leftBy: string | null;
  dueState: string;
  becameOverdue: boolean;
  began: number;
  ended: number;
  clockStart: number;
  dueAt: number | null;
  cve: readonly string[];
  package: string | null;
  fixedVersion: string | null;
  locator: string;
  title: string;
}

export const scopeOf = (row: HistoryRow): string => `${row.source}/${row.cloud}/${row.account}`;
export const accountNameOf = (account: string): string => `Account ${account}`;

export function rowWith(fields: Partial<HistoryRow>): HistoryRow {
  return {
    fingerprint: '00000000-0000-0000-0000-000000000001',
    source: 'prowler',
    cloud: 'aws',
    account: '111111111111',
    region: 'eu-west-1',
    service: 's3',
    severity: 'HIGH',
    class: 'compliance',
    rule: 's3_bucket_public',
    resourceType: 'AWS::S3::Bucket',
    resource: 'arn:aws:s3:::one',
    team: 'pay',
    environment: 'prod',
    frameworks: [],
    labels: {},
    score: 80,
    status: 'open',
    enteredBy: 'new',
    leftBy: null,
    dueState: 'none',
    becameOverdue: false,
    began: NOW - 10 * DAY,
    ended: FOREVER,
    clockStart: fields.began ?? NOW - 10 * DAY,
    dueAt: null,
    cve: [],
    package: null,
    fixedVersion: null,
    locator: '',
    title: 'S3 bucket is public',
    ...fields,
  };
}

/** An engine with these rows in `history`, the cube of them, and their findings, scopes and sets. */
export async function estateOf(rows: readonly HistoryRow[]): Promise<Engine> {
  const staging = fs.mkdtempSync(path.join(os.tmpdir(), 'sightline-estate-'));
  const engine = await Engine.open({ file: ':memory:', staging, memoryMiB: 256, threads: 2, concurrency: 2 });
  await engine.write(async (connection) => {
    for (const ddl of Object.values(TABLES)) await connection.run(ddl);
    const sets = new Map<string, bigint>();
    const keyOf = (content: string, empty: string): bigint => {
      if (content === empty) return 0n;
      const known = sets.get(content) ?? BigInt(sets.size + 1);
      sets.set(content, known);
      return known;
    };
    const insert = async (table: string, values: Readonly<Record<string, Literal>>): Promise<void> => {
      const names = Object.keys(values);
      const literals = names.map((name) => literal(values[name]));
      await connection.run(`insert into ${table} (${names.join(', ')}) values (${literals.join(', ')})`);
    };
    const once = new Set<string>();
    const first = (what: string): boolean => !once.has(what) && once.add(what).has(what);
    for (const row of rows) {
      const scope = { scope: scopeOf(row), source: row.source, cloud: row.cloud, account: row.account };
      const place = { region: row.region, service: row.service, severity: row.severity, class: row.class };
      const owner = { team: row.team, environment: row.environment };
      const frameworks = keyOf(JSON.stringify(row.frameworks), '[]');
      const labels = keyOf(JSON.stringify(row.labels), '{}');
      const content = {
        rule: row.rule,
        resource_type: row.resourceType,
        resource: row.resource,
        score: row.score,
      };
      await insert('history', {
        ...scope,
        ...place,
        ...owner,
        ...content,
        resource_key: 0,
        fingerprint: row.fingerprint,
        seq: 1,
        is_event: true,
        kind: 'changed',
        began: row.began,
        ended: row.ended,
        status: row.status,
        entered_by: row.enteredBy,
        left_by: row.leftBy,
        due_state: row.dueState,
        frameworks,
        labels,
        opened_cause: 'drift',
        first_seen: row.clockStart,
        clock_start: row.clockStart,
        due_at: row.dueAt,
        became_overdue: row.becameOverdue,
      });
      if (first(`f${frameworks}`))
        for (const control of row.frameworks)
          await insert('framework_set', { frameworks, framework: control.split(':')[0], control });
      if (first(`l${labels}`))
        for (const [name, value] of Object.entries(row.labels))
          await insert('label_set', { labels, name, value });
      if (first(`s${scope.scope}`))
        await insert('scope', {
          ...scope,
          ...owner,
          account_name: accountNameOf(row.account),
          generation: 1,
          seq: 1,
          nonce: 'n',
          retired: false,
          every_ms: DAY,
          every_known: true,
          findings: 1,
        });
      if (first(row.fingerprint))
        await insert('finding', {
          ...scope,
          ...place,
          ...owner,
          ...content,
          fingerprint: row.fingerprint,
          cell: 's3@eu-west-1',
          locator: row.locator,
          title: row.title,
          refs: '[]',
          cve: JSON.stringify(row.cve),
          cwe: '[]',
          package: row.package,
          fixed_version: row.fixedVersion,
          frameworks: JSON.stringify(row.frameworks),
          tags: '{}',
          labels: JSON.stringify(row.labels),
          occurrences: 1,
          correlation_key: row.cve[0] ?? null,
          run_id: 'r',
          scanner: 'open',
          opened_cause: 'drift',
          first_seen: row.clockStart,
          last_seen: NOW,
          reopen_count: 0,
        });
    }
    await connection.run('update history set resource_key = hash(cloud, account, resource)');
    await connection.run('create temp table fresh as select * from history');
    await connection.run(CUBE_ROWS);
  });
  return engine;
}

/** Of our own making only: what is to be tested as hostile goes in here as data, with its quotes doubled. */
type Literal = string | number | bigint | boolean | null | undefined;

function literal(value: Literal): string {
  if (value === null || value === undefined) return 'null';
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value);
}

export function contextOf(engine: Engine, fields: Partial<QueryContext> = {}): QueryContext {
  const statements: string[] = [];
  return {
    run: (statement, options) => {
      statements.push(render(statement).text);
      return engine.read(statement, options);
    },
    dialect: DUCKDB,
    range: { from: NOW - 30 * DAY, to: NOW, timezone: 'UTC' },
    access: FULL_ACCESS,
    now: NOW,
    statements,
    ...fields,
  };
}

/** The same numbers for the same seed, between 0 and 1. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

const STATUSES = ['open', 'fixed', 'accepted', 'false_positive', 'muted', 'retired'];

/** Lives of findings as chance has them, whole: each row ends where the next begins. */
export function livesByChance(seed: number, findings: number): readonly HistoryRow[] {
  const next = chance(seed);
  const pick = <T>(values: readonly T[]): T => {
    const value = values[Math.floor(next() * values.length)];
    if (value === undefined) throw new Error('nothing to pick from');
    return value;
  };
  const rows: HistoryRow[] = [];
  for (let n = 1; n <= findings; n++) {
    const cloud = pick(['aws', 'gcp']);
    const cve = pick([[], [], ['CVE-2026-1'], ['CVE-2026-1', 'CVE-2026-2']]);
    const base = rowWith({
      fingerprint: `00000000-0000-0000-0000-${String(n).padStart(12, '0')}`,
      source: pick(['prowler', 'trivy']),
      cloud,
      account: cloud === 'aws' ? pick(['1', '2', '3']) : pick(['p1', 'p2']),
      region: pick(['eu-west-1', 'global']),
      service: pick(['s3', 'ec2', 'iam']),
      rule: pick(['r1', 'r2', 'r3', 'r4']),
      resource: pick(['a', 'b', 'c', 'd', 'e']),
      cve,
      package: cve.length === 0 ? null : pick(['openssl', 'zlib']),
      fixedVersion: pick([null, '1.2']),
      locator: n % 3 === 0 ? 'lib/x.jar' : '',
    });
    const times = [
      ...new Set(
        Array.from(
          { length: 1 + Math.floor(next() * 5) },
          () => NOW - Math.floor(next() * 80 * 24) * (DAY / 24),
        ),
      ),
    ];
    times.sort((a, b) => a - b);
    let before: HistoryRow | null = null;
    for (const [index, began] of times.entries()) {
      const status: string = index === 0 ? pick(['open', 'open', 'open', 'muted']) : pick(STATUSES);
      const reopened = status === 'open' && (before?.status === 'fixed' || before?.status === 'retired');
      const clockStart: number = before === null || reopened ? began : before.clockStart;
      const dueState = status === 'open' ? pick(['none', 'soon', 'unverified', 'confirmed']) : 'none';
      const row: HistoryRow = {
        ...base,
        severity: pick(['LOW', 'HIGH', 'CRITICAL']),
        team: pick(['pay', 'web', null]),
        environment: pick(['prod', null]),
        frameworks: pick([[], ['CIS:1'], ['CIS:1', 'CIS:2', 'PCI:1'], ['PCI:1']]),
        labels: pick([{}, { tier: 'gold' }, { tier: 'silver', owner: 'x' }]),
        began,
        ended: times[index + 1] ?? FOREVER,
        status,
        clockStart,
        dueAt: pick([null, began + 5 * DAY, began + 20 * DAY]),
        dueState,
        becameOverdue: (dueState === 'unverified' || dueState === 'confirmed') && next() < 0.5,
        enteredBy: null,
        leftBy: null,
      };
      if (status === 'open' && before?.status === 'open') {
        before.leftBy = 'moved_out';
        row.enteredBy = 'moved_in';
      } else if (status === 'open') {
        row.enteredBy =
          before === null
            ? pick(['new', 'onboarded', 'ruleset'])
            : reopened
              ? 'reopened'
              : pick(['restored', 'expired']);
      } else if (before?.status === 'open') before.leftBy = status;
      rows.push(row);
      before = row;
    }
  }
  return rows;
}
