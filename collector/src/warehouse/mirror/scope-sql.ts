import { FOREVER } from '../schema.ts';

/**
 * Everything of a scope that is not history: runs, check stats, coverage, findings as they are now. All in SQL over the
 * staged files: `commit` is a commit's JSON without its events, in the rows that have no `kind`.
 */

export const STAGED_FILE = `CREATE OR REPLACE TEMP TABLE staged_file (file VARCHAR, scope VARCHAR, source VARCHAR, cloud VARCHAR, account VARCHAR)`;

/** The scopes of the transaction. */
export const CHANGING = `CREATE OR REPLACE TEMP TABLE changing (scope VARCHAR, cloud VARCHAR, account VARCHAR)`;

export function stagedCommits(files: string): string {
  return `CREATE OR REPLACE TEMP TABLE staged_commit AS
    SELECT f.scope, f.source, f.cloud, f.account, e.seq, e."commit"::JSON AS c
    FROM read_parquet(${files}, filename = true) e JOIN staged_file f ON e.filename = f.file
    WHERE e.kind IS NULL AND e."commit" IS NOT NULL`;
}

export const NO_COMMITS = `CREATE OR REPLACE TEMP TABLE staged_commit (scope VARCHAR, source VARCHAR, cloud VARCHAR, account VARCHAR, seq INTEGER, c JSON)`;

/** Everything of a run but stats and coverage, read in one go: each path by itself would parse the commit again. */
const RUN_FIELDS: Readonly<Record<string, readonly [type: string, column: string]>> = {
  runId: ['VARCHAR', 'run_id'],
  observedAt: ['BIGINT', 't'],
  committedAt: ['BIGINT', 'committed_at'],
  mode: ['VARCHAR', 'mode'],
  outcome: ['VARCHAR', 'outcome'],
  reason: ['VARCHAR', 'reason'],
  late: ['BOOLEAN', 'late'],
  sourceVersion: ['VARCHAR', 'source_version'],
  observed: ['BIGINT', 'observed'],
  suppressed: ['BIGINT', 'suppressed'],
  passed: ['BIGINT', 'passed'],
  cells: ['BIGINT', 'cells'],
  rules: ['BIGINT', 'rules'],
  rulesExpected: ['BIGINT', 'rules_expected'],
  durationMs: ['BIGINT', 'duration_ms'],
  notes: ['JSON', 'notes'],
};
const RUN_SHAPE = Object.entries(RUN_FIELDS).map(([name, [type]]) => `"${name}":"${type}"`);
const RUN_COLUMNS = Object.entries(RUN_FIELDS).map(([name, [, column]]) => `r.run."${name}" AS ${column}`);

export const RUN_ROWS = `INSERT INTO run BY NAME
  WITH counted AS (
    SELECT scope, seq, count(*) FILTER (kind = 'opened') AS opened, count(*) FILTER (kind = 'reopened') AS reopened,
      count(*) FILTER (kind = 'fixed') AS fixed, count(*) FILTER (kind NOT IN ('opened', 'reopened', 'fixed')) AS changed
    FROM ev WHERE is_event GROUP BY ALL
  ), parsed AS (
    SELECT scope, source, cloud, account, seq, from_json(c, '{"run":{${RUN_SHAPE.join(',')}},"input":{"raw":{"name":"VARCHAR"}}}') AS r
    FROM staged_commit
  )
  SELECT s.scope, s.source, s.cloud, s.account, s.seq, ${RUN_COLUMNS.join(', ')}, 0 AS known_cells,
    coalesce(n.opened, 0) AS opened, coalesce(n.reopened, 0) AS reopened, coalesce(n.fixed, 0) AS fixed, coalesce(n.changed, 0) AS changed,
    r.input.raw.name AS raw_name
  FROM parsed s LEFT JOIN counted n ON n.scope = s.scope AND n.seq = s.seq
  WHERE r.run."runId" IS NOT NULL`;

const text = (path: string): string => `json_extract_string(c, '$.${path}')`;
const whole = (path: string): string => `(${text(path)})::BIGINT`;

/** Stats and coverage count of complete snapshots that were not late. */
const COUNTS = `json_type(c, '$.run') = 'OBJECT' AND json_extract_string(c, '$.run.outcome') = 'complete' AND json_extract_string(c, '$.run.mode') = 'snapshot' AND json_extract_string(c, '$.run.late') = 'false'`;

/** First new sets, then who looked at them when. */
export const CELL_ROWS = [
  `CREATE OR REPLACE TEMP TABLE staged_cells AS
    SELECT scope, ${whole('run.observedAt')} AS t, json_extract(c, '$.run.covered') AS covered
    FROM staged_commit WHERE ${COUNTS} AND json_array_length(c, '$.run.covered') > 0`,
  `INSERT INTO cell_set BY NAME
    SELECT cells, unnest(covered::VARCHAR[]) AS cell
    FROM (SELECT DISTINCT hash(covered::VARCHAR) AS cells, covered FROM staged_cells) x
    WHERE cells NOT IN (SELECT cells FROM cell_set)`,
  'INSERT INTO cell_run BY NAME SELECT scope, t, hash(covered::VARCHAR) AS cells FROM staged_cells',
] as const;

export const CHECK_ROWS = `INSERT INTO check_run BY NAME
  SELECT scope, source, cloud, account, run_id, t, stat.key AS service, stat.value.checked AS checked, stat.value.flagged AS flagged,
    stat.value.resources AS resources
  FROM (
    SELECT scope, source, cloud, account, ${text('run.runId')} AS run_id, ${whole('run.observedAt')} AS t,
      unnest(map_entries((json_extract(c, '$.run.checks'))::MAP(VARCHAR, STRUCT(checked BIGINT, flagged BIGINT, resources BIGINT)))) AS stat
    FROM staged_commit WHERE ${COUNTS}
  )`;

/** Cells that were ever looked at until each run. */
export const KNOWN_CELLS = `UPDATE run SET known_cells = known.n
  FROM (
    SELECT r.scope, r.seq, count(f.cell)::INTEGER AS n
    FROM run r SEMI JOIN changing c ON r.scope = c.scope
    LEFT JOIN (
      SELECT w.scope, s.cell, min(w.t) AS first FROM cell_run w SEMI JOIN changing x ON x.scope = w.scope
      JOIN cell_set s ON s.cells = w.cells WHERE s.cell <> '*' GROUP BY ALL
    ) f ON f.scope = r.scope AND f.first <= r.t
    GROUP BY ALL
  ) known WHERE run.scope = known.scope AND run.seq = known.seq AND run.known_cells <> known.n`;

export const CHECK_STAT_GONE = `DELETE FROM check_stat USING (SELECT DISTINCT cloud, account FROM changing) a
  WHERE check_stat.cloud = a.cloud AND check_stat.account = a.account`;

/** See the comment at check_stat in schema.ts. */
const CHECK_STATS = `WITH own AS (
    SELECT r.*, s.team, s.environment, r.t AS began,
      lead(r.t, 1, ${FOREVER}) OVER (PARTITION BY r.scope, r.service ORDER BY r.t) AS next_t,
      r.t + 2 * s.every_ms AS stale_at,
      coalesce((SELECT min(x.t) FROM retirement x WHERE x.scope = r.scope AND x.t > r.t), ${FOREVER}) AS gone_at,
      CASE r.source WHEN 'scoutsuite' THEN '0' WHEN 'prowler' THEN '1' ELSE concat('2', r.source) END AS place
    FROM check_run r JOIN scope s ON s.scope = r.scope
    SEMI JOIN changing a ON a.cloud = r.cloud AND a.account = r.account
  ), valid AS (
    SELECT *, least(next_t, stale_at, gone_at) AS ended, stale_at < least(next_t, gone_at) AS stale,
      min(place) OVER (PARTITION BY cloud, account, service) = place AS leads
    FROM own WHERE least(next_t, stale_at, gone_at) > began
  ), shared AS (
    SELECT DISTINCT cloud, account, service FROM valid WHERE NOT leads
  ), edge AS (
    SELECT DISTINCT v.cloud, v.account, v.service, unnest([v.began, v.ended]) AS x FROM valid v
    SEMI JOIN shared s ON s.cloud = v.cloud AND s.account = v.account AND s.service = v.service
  ), part AS (
    SELECT *, lead(x) OVER (PARTITION BY cloud, account, service ORDER BY x) AS y FROM edge
  ), held AS (
    SELECT v.* EXCLUDE (began, ended, stale), p.x AS began, p.y AS ended, v.stale AND p.y = v.ended AS stale
    FROM part p JOIN valid v ON v.cloud = p.cloud AND v.account = p.account AND v.service = p.service AND v.began <= p.x AND v.ended >= p.y
  ), ranked AS (
    SELECT *, min(place) OVER (PARTITION BY cloud, account, service, began) = place AS preferred FROM held
  )
  SELECT scope, source, cloud, account, service, team, environment, run_id, began, ended, stale, true AS preferred, checked, flagged, resources
  FROM valid WHERE leads
  UNION ALL BY NAME
  SELECT scope, source, cloud, account, service, team, environment, run_id, began, ended, stale, preferred, checked, flagged, resources
  FROM ranked WHERE NOT leads`;

export const CHECK_STAT_ROWS = `INSERT INTO check_stat BY NAME ${CHECK_STATS} ORDER BY began`;

/** The same where most of it is there already. */
export const CHECK_STAT_CHANGES = [
  'CREATE OR REPLACE TEMP TABLE check_stat_made AS SELECT * FROM check_stat LIMIT 0',
  `INSERT INTO check_stat_made BY NAME ${CHECK_STATS}`,
  `CREATE OR REPLACE TEMP TABLE check_stat_there AS SELECT c.rowid AS row, c.* FROM check_stat c
    SEMI JOIN changing a ON a.cloud = c.cloud AND a.account = c.account`,
  `DELETE FROM check_stat WHERE rowid IN (
    SELECT t.row FROM check_stat_there t SEMI JOIN (
      SELECT * EXCLUDE (row) FROM check_stat_there EXCEPT ALL SELECT * FROM check_stat_made
    ) g ON g.scope = t.scope AND g.service = t.service AND g.began = t.began)`,
  `INSERT INTO check_stat SELECT m.* FROM check_stat_made m SEMI JOIN (
      SELECT * FROM check_stat_made EXCEPT ALL SELECT * EXCLUDE (row) FROM check_stat_there
    ) n ON n.scope = m.scope AND n.service = m.service AND n.began = m.began`,
] as const;

/** New lists of frameworks and labels among the staged events. */
export function setRows(files: string): readonly string[] {
  return [
    `INSERT INTO framework_set BY NAME
      SELECT frameworks, split_part(control, ':', 1) AS framework, control FROM (
        SELECT hash(frameworks) AS frameworks, unnest(list_distinct(frameworks::JSON::VARCHAR[])) AS control
        FROM (SELECT DISTINCT frameworks FROM read_parquet(${files}) WHERE kind IS NOT NULL AND frameworks <> '[]') x
        WHERE hash(frameworks) NOT IN (SELECT frameworks FROM framework_set)
      )`,
    `INSERT INTO label_set BY NAME
      SELECT labels, entry.key AS name, entry.value AS value FROM (
        SELECT hash(labels) AS labels, unnest(map_entries(labels::JSON::MAP(VARCHAR, VARCHAR))) AS entry
        FROM (SELECT DISTINCT labels FROM read_parquet(${files}) WHERE kind IS NOT NULL AND labels <> '{}') x
        WHERE hash(labels) NOT IN (SELECT labels FROM label_set)
      )`,
  ];
}

const FINDING_COLUMNS: Readonly<Record<string, string>> = {
  fingerprint: 'fingerprint',
  source_version: 'sourceVersion',
  account_name: 'accountName',
  region: 'region',
  service: 'service',
  severity: 'severity',
  class: 'class',
  cell: 'cell',
  rule: 'ruleId',
  resource_type: 'resourceType',
  resource: 'resourceId',
  resource_name: 'resourceName',
  locator: 'locator',
  title: 'title',
  description: 'description',
  remediation: 'remediation',
  refs: 'references',
  score: 'score',
  severity_original: 'severityOriginal',
  cve: 'cve',
  cwe: 'cwe',
  cvss: 'cvss',
  package: 'package',
  fixed_version: 'fixedVersion',
  frameworks: 'frameworks',
  tags: 'tags',
  labels: 'labels',
  team: 'team',
  environment: 'environment',
  occurrences: 'occurrences',
  correlation_key: 'correlationKey',
  source_finding_id: 'sourceFindingId',
  run_id: 'runId',
  scanner: 'scanner',
  opened_cause: 'openedCause',
  closed_cause: 'closedCause',
  reopen_count: 'reopenCount',
  verdict: 'verdict',
  verdict_by: 'verdictBy',
  verdict_reason: 'verdictReason',
  verdict_id: 'verdictId',
  mute: 'mute',
  mute_owner: 'muteOwner',
  mute_reason: 'muteReason',
};
const FINDING_TIMES: Readonly<Record<string, string>> = {
  first_seen: 'firstSeen',
  fixed_at: 'fixedAt',
  reopened_at: 'reopenedAt',
  due_at: 'dueAt',
  verdict_until: 'verdictUntil',
  verdict_at: 'verdictAt',
  mute_until: 'muteUntil',
};

/** Columns of `finding` beside the scope's own and `last_seen`. */
export const FINDING_FIELDS = [...Object.keys(FINDING_COLUMNS), ...Object.keys(FINDING_TIMES)];

/** When each cell was last looked at by a complete snapshot. */
export const CELL_LAST = `CREATE OR REPLACE TEMP TABLE cell_last AS
  SELECT r.scope, s.cell, max(r.t) AS t FROM cell_run r SEMI JOIN changing c ON c.scope = r.scope
  JOIN cell_set s ON s.cells = r.cells GROUP BY ALL`;

/** The findings of the staged states. An open one was last seen by the newest complete snapshot of its cell. */
export function findingRows(files: string, table = 'finding'): string {
  const plain = Object.entries(FINDING_COLUMNS).map(([to, from]) => `e."${from}" AS ${to}`);
  const times = Object.entries(FINDING_TIMES).map(([to, from]) => `epoch_ms(e."${from}") AS ${to}`);
  return `INSERT INTO ${table} BY NAME
    SELECT f.scope, f.source, f.cloud, f.account, ${[...plain, ...times].join(', ')},
      CASE WHEN e.scanner = 'open' THEN greatest(epoch_ms(e."lastSeen"), a.t, b.t, c.t) ELSE epoch_ms(e."lastSeen") END AS last_seen
    FROM read_parquet(${files}, filename = true) e JOIN staged_state f ON e.filename = f.file
    LEFT JOIN cell_last a ON a.scope = f.scope AND a.cell = e.cell
    LEFT JOIN cell_last b ON b.scope = f.scope AND b.cell = CASE WHEN contains(e.cell, '@') THEN split_part(e.cell, '@', 1) || '@*' END AND b.cell <> e.cell
    LEFT JOIN cell_last c ON c.scope = f.scope AND c.cell = '*' AND e.cell <> '*'`;
}

export const STAGED_STATE = `CREATE OR REPLACE TEMP TABLE staged_state (file VARCHAR, scope VARCHAR, source VARCHAR, cloud VARCHAR, account VARCHAR)`;
