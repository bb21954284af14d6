/**
 * The tables of the warehouse. All times are BIGINT, milliseconds since the epoch, UTC. The names are those that `sql`
 * queries see.
 */

/** What has not ended ends here (the last date of JavaScript, year 275760). */
export const FOREVER = 8_640_000_000_000_000;

/** Raised when a table changes: a warehouse of another layout is thrown away and made again. */
export const LAYOUT = 2;

const SCOPE_COLUMNS = `
  scope VARCHAR NOT NULL,
  source VARCHAR NOT NULL,
  cloud VARCHAR NOT NULL,
  account VARCHAR NOT NULL`;

/** What history and cube are grouped by, beside the scope's own columns. */
const PLACE_COLUMNS = `
  region VARCHAR NOT NULL,
  service VARCHAR NOT NULL,
  severity VARCHAR NOT NULL,
  class VARCHAR NOT NULL`;

/**
 * `history`: each finding's life as intervals [began, ended) in which nothing about it changed. Every event in the bucket
 * begins one (an event that another of the same millisecond replaced has began = ended); so do the moments that need no
 * event: a decision that ends, a due date that comes near, passes, or is confirmed by a scan.
 *
 * - kind: the event's (opened, reopened, changed, fixed, retired, verdict, muted, unmuted, rekeyed) or, where is_event is
 *   false: expired, due_soon, overdue, overdue_confirmed, unchanged.
 * - status: open, fixed, retired, false_positive, accepted, muted; `rekeyed` for a fingerprint that is not used any more.
 * - entered_by: the flow by which the finding became open at `began`; null where it was open before, or is not open.
 * - left_by: the flow by which it stopped being open at `ended`; null where it stays open, or was not open.
 * - due_state: none, soon, unverified, confirmed; `none` where it is not open.
 * - clock_start: reopenedAt or firstSeen.
 * - became_overdue: it was not open and overdue before `began`, and is now (what n_sla_missed counts).
 * - cell: null where it is `service@region`. ord: place among the events of one commit, counted from 0.
 * - resource_key: a hash of cloud, account and resource, by which resources are counted (their names repeat from account to account).
 * - frameworks, labels: keys of framework_set and label_set; 0 for none.
 */
const HISTORY = `CREATE TABLE history (${SCOPE_COLUMNS},
  fingerprint UUID NOT NULL,
  former_fingerprint UUID,
  seq INTEGER NOT NULL,
  is_event BOOLEAN NOT NULL,
  kind VARCHAR NOT NULL,
  cause VARCHAR,
  began BIGINT NOT NULL,
  ended BIGINT NOT NULL,
  status VARCHAR NOT NULL,
  entered_by VARCHAR,
  left_by VARCHAR,
  due_state VARCHAR NOT NULL,
  ${PLACE_COLUMNS},
  rule VARCHAR NOT NULL,
  resource_type VARCHAR,
  resource VARCHAR NOT NULL,
  resource_key UBIGINT NOT NULL,
  team VARCHAR,
  environment VARCHAR,
  frameworks UBIGINT NOT NULL,
  labels UBIGINT NOT NULL,
  score UTINYINT NOT NULL,
  opened_cause VARCHAR NOT NULL,
  first_seen BIGINT NOT NULL,
  clock_start BIGINT NOT NULL,
  due_at BIGINT,
  verdict VARCHAR,
  verdict_until BIGINT,
  mute VARCHAR,
  mute_until BIGINT,
  became_overdue BOOLEAN NOT NULL DEFAULT false,
  cell VARCHAR,
  ord INTEGER NOT NULL DEFAULT 0
)`;

/** Gauges of the cube: a row holds by how much each changes at `t`. Summed over all t, each is 0: what never ended ends at FOREVER. */
export const CUBE_GAUGES = [
  'd_open',
  'd_accepted',
  'd_false_positive',
  'd_muted',
  'd_due_soon',
  'd_overdue_unverified',
  'd_overdue_confirmed',
  'd_risk',
  /** Sum of clock_start of what is open: (n × t − sum) / n is the mean age. */
  'd_clock',
] as const;

/** Flows of the cube: how many findings passed at `t`. */
export const CUBE_FLOWS = [
  'n_new',
  'n_onboarded',
  'n_ruleset',
  'n_reopened',
  'n_expired',
  'n_restored',
  'n_moved_in',
  'n_fixed',
  'n_retired',
  'n_accepted',
  'n_false_positive',
  'n_muted',
  'n_moved_out',
  /** Open findings fixed on or before their due date, and those that became overdue. */
  'n_sla_met',
  'n_sla_missed',
  /** Sum over n_fixed of (fixed − clock_start), in milliseconds. */
  'fix_time',
] as const;

export type CubeGauge = (typeof CUBE_GAUGES)[number];
export type CubeFlow = (typeof CUBE_FLOWS)[number];

/** `cube`: history added up by moment and dimensions, in order of time; what comes to nothing has no row. A gauge just before T is −(sum of its rows with t ≥ T): what one looks back over is all that is read. */
const CUBE = `CREATE TABLE cube (t BIGINT NOT NULL, ${SCOPE_COLUMNS}, ${PLACE_COLUMNS},
  rule VARCHAR NOT NULL, resource_type VARCHAR, frameworks UBIGINT NOT NULL, team VARCHAR, environment VARCHAR,
  ${[...CUBE_GAUGES.map((name) => `${name} ${name === 'd_clock' ? 'BIGINT' : 'INTEGER'} NOT NULL`), ...CUBE_FLOWS.map((name) => `${name} ${name === 'fix_time' ? 'BIGINT' : 'INTEGER'} NOT NULL`)].join(', ')}
)`;

/** `finding`: each finding as it is now, with its texts. Lists and pairs are JSON. */
const FINDING = `CREATE TABLE finding (${SCOPE_COLUMNS},
  fingerprint UUID NOT NULL,
  ${PLACE_COLUMNS},
  source_version VARCHAR, account_name VARCHAR, cell VARCHAR NOT NULL,
  rule VARCHAR NOT NULL, resource_type VARCHAR, resource VARCHAR NOT NULL, resource_name VARCHAR, locator VARCHAR NOT NULL,
  title VARCHAR NOT NULL, description VARCHAR, remediation VARCHAR, refs VARCHAR NOT NULL,
  score UTINYINT NOT NULL, severity_original VARCHAR,
  cve VARCHAR NOT NULL, cwe VARCHAR NOT NULL, cvss DOUBLE, package VARCHAR, fixed_version VARCHAR,
  frameworks VARCHAR NOT NULL, tags VARCHAR NOT NULL, labels VARCHAR NOT NULL,
  team VARCHAR, environment VARCHAR, occurrences INTEGER NOT NULL,
  correlation_key VARCHAR, source_finding_id VARCHAR, run_id VARCHAR NOT NULL,
  scanner VARCHAR NOT NULL, opened_cause VARCHAR NOT NULL, closed_cause VARCHAR,
  first_seen BIGINT NOT NULL, last_seen BIGINT NOT NULL, fixed_at BIGINT, reopened_at BIGINT,
  reopen_count INTEGER NOT NULL, due_at BIGINT,
  verdict VARCHAR, verdict_until BIGINT, verdict_by VARCHAR, verdict_reason VARCHAR, verdict_at BIGINT, verdict_id VARCHAR,
  mute VARCHAR, mute_until BIGINT, mute_owner VARCHAR, mute_reason VARCHAR
)`;

/** One row per framework entry of a set: `CIS 1.4:2.1.1` is framework `CIS 1.4`, control `CIS 1.4:2.1.1`. */
const FRAMEWORK_SET = `CREATE TABLE framework_set (frameworks UBIGINT NOT NULL, framework VARCHAR NOT NULL, control VARCHAR NOT NULL)`;
const LABEL_SET = `CREATE TABLE label_set (labels UBIGINT NOT NULL, name VARCHAR NOT NULL, value VARCHAR NOT NULL)`;

/** `run`: one row per run. t is observedAt; opened, reopened, fixed, changed count its events. duration_ms is null where nobody said. */
const RUN = `CREATE TABLE run (${SCOPE_COLUMNS},
  run_id VARCHAR NOT NULL, t BIGINT NOT NULL, committed_at BIGINT NOT NULL, seq INTEGER NOT NULL,
  mode VARCHAR NOT NULL, outcome VARCHAR NOT NULL, reason VARCHAR, late BOOLEAN NOT NULL, source_version VARCHAR,
  observed INTEGER NOT NULL, suppressed INTEGER NOT NULL, passed INTEGER NOT NULL,
  cells INTEGER NOT NULL, known_cells INTEGER NOT NULL, rules INTEGER NOT NULL, rules_expected INTEGER,
  duration_ms BIGINT, opened INTEGER NOT NULL, reopened INTEGER NOT NULL, fixed INTEGER NOT NULL, changed INTEGER NOT NULL,
  notes VARCHAR NOT NULL, raw_name VARCHAR
)`;

/**
 * `check_stat`: check stats by service, of complete snapshots that were not late, each valid in [began, ended): until the
 * scope's next one that speaks of the service, or until it is stale. `preferred`: no other source that comes first
 * (ScoutSuite before Prowler before others by name) has a valid one for the account and service in that time. Where a
 * source comes first for a part of the time only, its successor's row is cut into several.
 */
const CHECK_STAT = `CREATE TABLE check_stat (${SCOPE_COLUMNS},
  service VARCHAR NOT NULL, team VARCHAR, environment VARCHAR, run_id VARCHAR NOT NULL,
  began BIGINT NOT NULL, ended BIGINT NOT NULL, stale BOOLEAN NOT NULL, preferred BOOLEAN NOT NULL,
  checked BIGINT, flagged BIGINT, resources BIGINT
)`;

/** `scope`: what the heads say. every_ms is how often it scans (configured, else learned from its last complete runs, else a week). */
const SCOPE = `CREATE TABLE scope (${SCOPE_COLUMNS},
  account_name VARCHAR, team VARCHAR, environment VARCHAR,
  generation INTEGER NOT NULL, seq INTEGER NOT NULL, nonce VARCHAR NOT NULL,
  retired BOOLEAN NOT NULL, retired_at BIGINT, every_ms BIGINT NOT NULL, every_known BOOLEAN NOT NULL,
  first_run_at BIGINT, last_run_at BIGINT, last_outcome VARCHAR, last_reason VARCHAR, last_complete_at BIGINT,
  findings INTEGER NOT NULL
)`;

/** What the configuration expects: a scope that never reported is seen by its absence from \`scope\`. source is null where any would do. */
const EXPECTED_SCOPE = `CREATE TABLE expected_scope (source VARCHAR, cloud VARCHAR, account VARCHAR NOT NULL,
  account_name VARCHAR, team VARCHAR, environment VARCHAR)`;

/** `cell_run`: when complete snapshots looked at which cells; most runs of a scope look at the same, which is one set. */
const CELL_RUN = `CREATE TABLE cell_run (scope VARCHAR NOT NULL, t BIGINT NOT NULL, cells UBIGINT NOT NULL)`;
const CELL_SET = `CREATE TABLE cell_set (cells UBIGINT NOT NULL, cell VARCHAR NOT NULL)`;

/** `check_run`: what each complete snapshot that was not late said of a service; check_stat is made from it. */
const CHECK_RUN = `CREATE TABLE check_run (${SCOPE_COLUMNS}, service VARCHAR NOT NULL, run_id VARCHAR NOT NULL,
  t BIGINT NOT NULL, checked BIGINT, flagged BIGINT, resources BIGINT)`;

/** `head`: what has been mirrored of each scope; commit_id is that of the newest commit. */
const HEAD = `CREATE TABLE head (scope_id VARCHAR NOT NULL, scope VARCHAR NOT NULL, etag VARCHAR NOT NULL, generation INTEGER NOT NULL,
  seq INTEGER NOT NULL, nonce VARCHAR NOT NULL, commit_id VARCHAR, state_key VARCHAR)`;

/** `retirement`: when a scope was retired; it may come back and be retired again. */
const RETIREMENT = `CREATE TABLE retirement (scope VARCHAR NOT NULL, t BIGINT NOT NULL)`;

const META = `CREATE TABLE meta (name VARCHAR PRIMARY KEY, value VARCHAR NOT NULL)`;

/** A page of findings is chosen in `history` and then looked up here: without the index that reads the texts of all. */
export const INDEXES: readonly string[] = ['CREATE INDEX finding_fingerprint ON finding (fingerprint)'];

export const TABLES: Readonly<Record<string, string>> = {
  history: HISTORY,
  cube: CUBE,
  finding: FINDING,
  framework_set: FRAMEWORK_SET,
  label_set: LABEL_SET,
  run: RUN,
  check_run: CHECK_RUN,
  check_stat: CHECK_STAT,
  scope: SCOPE,
  expected_scope: EXPECTED_SCOPE,
  cell_run: CELL_RUN,
  cell_set: CELL_SET,
  retirement: RETIREMENT,
  head: HEAD,
  meta: META,
};
