import { CUBE_FLOWS, CUBE_GAUGES, FOREVER } from '../schema.ts';

/**
 * From events to history, in SQL over the temporary table `ev` (all events of some scopes): each event is a
 * full picture, so an interval lasts until the finding's next event, cut where a decision ends, or where a due date comes
 * near, passes, or is confirmed.
 */

const DAY_MS = 86_400_000;
/** `dueSoon` means within so long. */
export const SOON_MS = 7 * DAY_MS;

/** The columns of `ev`: of an event what decides status, due date and group, and where it stands. */
export const EVENT_TABLE = `CREATE OR REPLACE TEMP TABLE ev (
  scope VARCHAR, source VARCHAR, cloud VARCHAR, account VARCHAR,
  fingerprint UUID, former_fingerprint UUID, seq INTEGER, ord INTEGER, is_event BOOLEAN,
  kind VARCHAR, cause VARCHAR, t BIGINT,
  scanner VARCHAR, closed_cause VARCHAR, opened_cause VARCHAR,
  verdict VARCHAR, verdict_until BIGINT, mute VARCHAR, mute_until BIGINT,
  region VARCHAR, service VARCHAR, severity VARCHAR, class VARCHAR, rule VARCHAR, resource_type VARCHAR, resource VARCHAR,
  team VARCHAR, environment VARCHAR, frameworks UBIGINT, labels UBIGINT, score UTINYINT,
  first_seen BIGINT, clock_start BIGINT, due_at BIGINT, cell VARCHAR
)`;

/** Times in our Parquet files are timestamps in UTC. */
const ms = (column: string): string => `epoch_ms(${column})`;

/** Events of the staged files (`staged_file`: file, scope, source, cloud, account), numbered in their order within a commit. */
export function stagedEvents(files: string): string {
  return `INSERT INTO ev BY NAME
    SELECT f.scope, f.source, f.cloud, f.account, e.fingerprint, e."formerFingerprint" AS former_fingerprint,
      e.seq, (e.file_row_number - first.row)::INTEGER AS ord, true AS is_event, e.kind, e.cause, ${ms('e."at"')} AS t,
      e.scanner, e."closedCause" AS closed_cause, e."openedCause" AS opened_cause,
      e.verdict, ${ms('e."verdictUntil"')} AS verdict_until, e.mute, ${ms('e."muteUntil"')} AS mute_until,
      e.region, e.service, e.severity, e.class, e."ruleId" AS rule, e."resourceType" AS resource_type, e."resourceId" AS resource,
      e.team, e.environment,
      CASE WHEN e.frameworks = '[]' THEN 0::UBIGINT ELSE hash(e.frameworks) END AS frameworks,
      CASE WHEN e.labels = '{}' THEN 0::UBIGINT ELSE hash(e.labels) END AS labels,
      e.score::UTINYINT AS score, ${ms('e."firstSeen"')} AS first_seen, ${ms('coalesce(e."reopenedAt", e."firstSeen")')} AS clock_start,
      ${ms('e."dueAt"')} AS due_at, CASE WHEN e.cell = e.service || '@' || e.region THEN NULL ELSE e.cell END AS cell
    FROM read_parquet(${files}, filename = true, file_row_number = true) e
    JOIN staged_file f ON e.filename = f.file
    JOIN (
      SELECT filename, seq, min(file_row_number) AS row FROM read_parquet(${files}, filename = true, file_row_number = true)
      WHERE kind IS NOT NULL GROUP BY ALL
    ) first ON first.filename = e.filename AND first.seq = e.seq
    WHERE e.kind IS NOT NULL`;
}

/** What a fingerprint was called before ends there. */
export const ENDS_OF_FORMER = `INSERT INTO ev BY NAME
  SELECT * EXCLUDE (fingerprint, former_fingerprint, is_event, kind, scanner), former_fingerprint AS fingerprint,
    false AS is_event, 'rekeyed' AS kind, 'gone' AS scanner
  FROM ev WHERE former_fingerprint IS NOT NULL`;

/** Of several events of one finding in one millisecond the last is what it was afterwards. */
export const SUPERSEDED = `CREATE OR REPLACE TEMP TABLE superseded AS
  WITH tie AS (
    SELECT scope, fingerprint, t, max(seq::BIGINT * 4294967296 + ord) AS last FROM ev GROUP BY ALL HAVING count(*) > 1
  )
  SELECT e.scope, e.fingerprint, e.t, e.seq, e.ord FROM ev e JOIN tie ON e.scope = tie.scope AND e.fingerprint = tie.fingerprint AND e.t = tie.t
  WHERE e.seq::BIGINT * 4294967296 + e.ord < tie.last`;

/** Status in [at, …), of the picture whose columns begin with `prefix`. A decision is in force until its `until`. */
const statusAt = (prefix: string, at: string): string => `CASE
  WHEN ${prefix}scanner = 'gone' THEN 'rekeyed'
  WHEN ${prefix}scanner = 'fixed' THEN CASE WHEN ${prefix}closed_cause = 'retired' THEN 'retired' ELSE 'fixed' END
  WHEN ${prefix}verdict IS NOT NULL AND (${prefix}verdict_until IS NULL OR ${prefix}verdict_until > ${at}) THEN ${prefix}verdict
  WHEN ${prefix}mute_until IS NOT NULL AND ${prefix}mute_until > ${at} THEN 'muted'
  WHEN ${prefix}scanner IS NOT NULL THEN 'open' END`;

const OVERDUE = (due: string, at: string): string => `coalesce(${due} < ${at}, false)`;

const PLACE =
  'region, service, severity, class, rule, resource_type, resource, team, environment, frameworks, labels';

const RESOURCE_KEY = 'hash(cloud, account, resource) AS resource_key';

/** Each event with its finding's events before and after. `dims` tells whether it changed its group. */
export const CHAIN = `CREATE OR REPLACE TEMP TABLE chain AS
  WITH main AS (
    SELECT ev.* REPLACE (coalesce(cell, service || '@' || region) AS cell), hash(${PLACE}) AS dims FROM ev
    ANTI JOIN superseded s ON ev.scope = s.scope AND ev.fingerprint = s.fingerprint AND ev.t = s.t AND ev.seq = s.seq AND ev.ord = s.ord
  )
  SELECT *,
    lead(t, 1, ${FOREVER}) OVER w AS till,
    lag(scanner) OVER w AS p_scanner, lag(closed_cause) OVER w AS p_closed_cause, lag(verdict) OVER w AS p_verdict,
    lag(verdict_until) OVER w AS p_verdict_until, lag(mute_until) OVER w AS p_mute_until, lag(due_at) OVER w AS p_due_at,
    lag(dims) OVER w AS p_dims,
    lead(scanner) OVER w AS n_scanner, lead(closed_cause) OVER w AS n_closed_cause, lead(verdict) OVER w AS n_verdict,
    lead(verdict_until) OVER w AS n_verdict_until, lead(mute_until) OVER w AS n_mute_until, lead(dims) OVER w AS n_dims
  FROM main
  WINDOW w AS (PARTITION BY scope, fingerprint ORDER BY t)`;

const BEFORE = ['scanner', 'closed_cause', 'verdict', 'verdict_until', 'mute_until', 'due_at'] as const;

/**
 * What a finding was just before it got its name: what it was under the former one, unless it was open under its own. It moves: `dims` before
 * differ from those after, whatever they are.
 */
export const RENAMED = [
  `CREATE OR REPLACE TEMP TABLE renamed AS
    SELECT DISTINCT ON (n.scope, n.fingerprint, n.t) n.scope, n.fingerprint, n.t, ${BEFORE.map((name) => `g.p_${name}`).join(', ')}
    FROM ev n JOIN chain g ON g.scope = n.scope AND g.fingerprint = n.former_fingerprint AND g.t = n.t AND g.scanner = 'gone'
    ORDER BY coalesce(g.p_scanner = 'open', false) DESC`,
  `UPDATE chain SET ${BEFORE.map((name) => `p_${name} = r.p_${name}`).join(', ')}, p_dims = xor(chain.dims, 1::UBIGINT)
    FROM renamed r WHERE r.scope = chain.scope AND r.fingerprint = chain.fingerprint AND r.t = chain.t
      AND r.p_scanner IS NOT NULL AND coalesce(chain.p_scanner <> 'open', true)`,
] as const;

/** Cells with the times at which they were looked at, by the name that findings use: `s3@*` and `*` cover others. */
export const CELL_TIMES = `CREATE OR REPLACE TEMP TABLE cell_time AS
  WITH wanted AS (SELECT DISTINCT scope, coalesce(cell, service || '@' || region) AS cell FROM ev),
  cover AS (
    SELECT scope, cell, unnest(CASE WHEN contains(cell, '@') THEN [cell, split_part(cell, '@', 1) || '@*', '*'] ELSE [cell, '*'] END) AS covering FROM wanted
  )
  SELECT DISTINCT c.scope, c.cell, r.t FROM cover c JOIN cell_run r ON r.scope = c.scope
  JOIN cell_set s ON s.cells = r.cells AND s.cell = c.covering`;

/** When a complete scan first looked at a cell after a due date: few dates, however many findings share them. */
export const CONFIRMED = `CREATE OR REPLACE TEMP TABLE confirmed AS
  WITH moment AS (
    SELECT DISTINCT scope, cell, due_at AS t, false AS looked FROM chain WHERE scanner = 'open' AND due_at IS NOT NULL AND due_at < till
    UNION ALL
    SELECT scope, cell, t, true AS looked FROM cell_time
  ), next AS (
    SELECT scope, cell, t AS due_at, looked, min(CASE WHEN looked THEN t END) OVER (
      PARTITION BY scope, cell ORDER BY t DESC, looked ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS confirmed_at
    FROM moment
  )
  SELECT scope, cell, due_at, confirmed_at FROM next WHERE NOT looked AND confirmed_at IS NOT NULL`;

const IN = (x: string): string => `(${x} > t AND ${x} < till)`;

/** Events whose interval has to be cut, as several. */
const SPLIT = `
  timed AS (
    SELECT c.*, d.confirmed_at FROM chain c
    LEFT JOIN confirmed d ON d.scope = c.scope AND d.cell = c.cell AND d.due_at = c.due_at
  ),
  marked AS MATERIALIZED (
    SELECT *, scanner = 'open' AND (
      coalesce(${IN('verdict_until')}, false) OR coalesce(${IN('mute_until')}, false)
      OR coalesce(due_at - ${SOON_MS} < till AND due_at + 1 > t, false) OR coalesce(${IN('confirmed_at')}, false)) AS cut
    FROM timed
  ),
  spans AS (
    SELECT *, t AS s, till AS e FROM marked WHERE NOT cut
    UNION ALL BY NAME
    SELECT * EXCLUDE (points), unnest(points) AS s, unnest(list_append(points[2:], till)) AS e
    FROM (
      SELECT *, list_sort(list_distinct(list_concat([t], list_filter([verdict_until, mute_until, due_at - ${SOON_MS}, due_at + 1, confirmed_at], lambda x: x > t AND x < till)))) AS points
      FROM marked WHERE cut
    )
  )`;

const DUE_STATE = (at: string): string => `CASE
  WHEN due_at IS NULL THEN 'none'
  WHEN due_at < ${at} THEN CASE WHEN coalesce(confirmed_at <= ${at}, false) THEN 'confirmed' ELSE 'unverified' END
  WHEN due_at - ${SOON_MS} <= ${at} THEN 'soon' ELSE 'none' END`;

const STATES = `
  states AS (
    SELECT *, ${statusAt('', 's')} AS status,
      CASE WHEN s = t THEN ${statusAt('p_', 't - 1')} ELSE ${statusAt('', 's - 1')} END AS before,
      CASE WHEN s = t THEN ${statusAt('p_', 't')} END AS before_by_itself,
      CASE WHEN e < till THEN ${statusAt('', 'e')} WHEN till < ${FOREVER} THEN ${statusAt('n_', 'till')} END AS after,
      e = till AND till < ${FOREVER} AND n_dims <> dims AS moves_out,
      s = t AND p_dims <> dims AS moved_in,
      ${DUE_STATE('s')} AS due, CASE WHEN s > t THEN ${DUE_STATE('s - 1')} END AS due_before,
      CASE WHEN s = t THEN ${OVERDUE('p_due_at', 't - 1')} ELSE ${OVERDUE('due_at', 's - 1')} END AS overdue_before
    FROM spans
  )`;

/** The rows of `history` for the events in `ev`; by themselves first, because the cube is made of them, too. */
export const FRESH = `CREATE OR REPLACE TEMP TABLE fresh AS
  WITH ${SPLIT}, ${STATES}
  SELECT scope, source, cloud, account, fingerprint, former_fingerprint, seq, ord,
    is_event AND s = t AS is_event,
    CASE WHEN s = t THEN kind
      WHEN before <> status THEN 'expired'
      WHEN status = 'open' AND due_before IS DISTINCT FROM due THEN CASE due WHEN 'soon' THEN 'due_soon' WHEN 'confirmed' THEN 'overdue_confirmed' ELSE 'overdue' END
      ELSE 'unchanged' END AS kind,
    CASE WHEN s = t THEN cause END AS cause,
    s AS began, e AS ended, status,
    CASE WHEN status <> 'open' THEN NULL
      WHEN before = 'open' THEN CASE WHEN moved_in THEN 'moved_in' END
      WHEN s > t OR before_by_itself = 'open' THEN 'expired'
      WHEN kind = 'rekeyed' THEN 'moved_in'
      WHEN before IS NULL OR before = 'rekeyed' THEN CASE opened_cause WHEN 'baseline' THEN 'onboarded' WHEN 'ruleset' THEN 'ruleset' ELSE 'new' END
      WHEN before IN ('fixed', 'retired') THEN 'reopened'
      ELSE 'restored' END AS entered_by,
    CASE WHEN status <> 'open' OR after IS NULL THEN NULL
      WHEN after = 'open' THEN CASE WHEN moves_out THEN 'moved_out' END
      WHEN after = 'rekeyed' THEN 'moved_out'
      ELSE after END AS left_by,
    CASE WHEN status = 'open' THEN due ELSE 'none' END AS due_state,
    ${PLACE}, ${RESOURCE_KEY}, score, opened_cause, first_seen, clock_start, due_at, verdict, verdict_until, mute, mute_until,
    status = 'open' AND due IN ('unverified', 'confirmed') AND NOT (coalesce(before = 'open', false) AND overdue_before) AS became_overdue,
    CASE WHEN cell <> service || '@' || region THEN cell END AS cell
  FROM states
  UNION ALL BY NAME
  SELECT ev.scope, source, cloud, account, ev.fingerprint, former_fingerprint, ev.seq, ev.ord, is_event, kind, cause,
    ev.t AS began, ev.t AS ended, ${statusAt('', 'ev.t')} AS status, NULL AS entered_by, NULL AS left_by, 'none' AS due_state,
    ${PLACE}, ${RESOURCE_KEY}, score, opened_cause, first_seen, clock_start, due_at, verdict, verdict_until, mute, mute_until, false AS became_overdue, cell
  FROM ev SEMI JOIN superseded s ON ev.scope = s.scope AND ev.fingerprint = s.fingerprint AND ev.t = s.t AND ev.seq = s.seq AND ev.ord = s.ord
  WHERE is_event`;

const RISK = `CASE severity WHEN 'CRITICAL' THEN 40 WHEN 'HIGH' THEN 10 WHEN 'MEDIUM' THEN 3 WHEN 'LOW' THEN 1 ELSE 0 END`;
const DIMENSIONS =
  'source, cloud, account, scope, region, service, severity, class, rule, resource_type, frameworks, team, environment';
const count = (condition: string, name: string): string =>
  `coalesce(sum(sign) FILTER (${condition}), 0)::INTEGER AS ${name}`;
const net = (condition: string, name: string): string =>
  `coalesce(sum(step * sign) FILTER (${condition}), 0)::INTEGER AS ${name}`;
const SUMS = [...CUBE_GAUGES, ...CUBE_FLOWS];
/** A row of the cube that says something. */
export const SAYS_SOMETHING = `(${SUMS.map((name) => `${name} <> 0`).join(' OR ')})`;

export const HISTORY_ROWS = 'INSERT INTO history BY NAME SELECT * FROM fresh';

/** What rows of history come to in the cube. @param rows a SELECT of such rows with `sign`: 1, or −1 for those that go */
const cubeOf = (rows: string): string => `
  WITH rows AS (${rows}), step AS (
    SELECT began AS t, 1 AS step, sign, status, due_state, entered_by AS flow, became_overdue, clock_start, due_at, ${DIMENSIONS}
    FROM rows WHERE ended > began AND status IN ('open', 'accepted', 'false_positive', 'muted')
    UNION ALL
    SELECT ended AS t, -1 AS step, sign, status, due_state, left_by AS flow, false AS became_overdue, clock_start, due_at, ${DIMENSIONS}
    FROM rows WHERE ended > began AND status IN ('open', 'accepted', 'false_positive', 'muted')
  ), added AS (
    SELECT t, ${DIMENSIONS},
      ${net("status = 'open'", 'd_open')}, ${net("status = 'accepted'", 'd_accepted')},
      ${net("status = 'false_positive'", 'd_false_positive')}, ${net("status = 'muted'", 'd_muted')},
      ${net("due_state = 'soon'", 'd_due_soon')}, ${net("due_state = 'unverified'", 'd_overdue_unverified')},
      ${net("due_state = 'confirmed'", 'd_overdue_confirmed')},
      coalesce(sum(step * sign * (${RISK})) FILTER (status = 'open'), 0)::INTEGER AS d_risk,
      coalesce(sum(step * sign * clock_start) FILTER (status = 'open'), 0)::BIGINT AS d_clock,
      ${count("flow = 'new'", 'n_new')}, ${count("flow = 'onboarded'", 'n_onboarded')}, ${count("flow = 'ruleset'", 'n_ruleset')},
      ${count("flow = 'reopened'", 'n_reopened')}, ${count("flow = 'expired'", 'n_expired')}, ${count("flow = 'restored'", 'n_restored')},
      ${count("flow = 'moved_in'", 'n_moved_in')}, ${count("flow = 'fixed'", 'n_fixed')}, ${count("flow = 'retired'", 'n_retired')},
      ${count("flow = 'accepted'", 'n_accepted')}, ${count("flow = 'false_positive'", 'n_false_positive')},
      ${count("flow = 'muted'", 'n_muted')}, ${count("flow = 'moved_out'", 'n_moved_out')},
      ${count("flow = 'fixed' AND t <= due_at", 'n_sla_met')}, ${count('became_overdue', 'n_sla_missed')},
      coalesce(sum(sign * (t - clock_start)) FILTER (flow = 'fixed'), 0)::BIGINT AS fix_time
    FROM step GROUP BY ALL
  )
  SELECT * FROM added WHERE ${SAYS_SOMETHING}`;

/** The rows of `cube` for those of `fresh`. */
export const CUBE_ROWS = `INSERT INTO cube BY NAME ${cubeOf('SELECT *, 1 AS sign FROM fresh')} ORDER BY t`;

/** By how much the cube changes where some rows of history take the place of others. */
export const CUBE_CHANGES = `CREATE OR REPLACE TEMP TABLE cube_change AS ${cubeOf(
  'SELECT *, 1 AS sign FROM history_added UNION ALL BY NAME SELECT *, -1 AS sign FROM history_gone',
)}`;

const MOMENT = ['t', ...DIMENSIONS.split(', ')];

/** Rows of the cube that are about the same moment and group as a change. @param scopes a list of parameters */
export const cubeHit = (scopes: string): string => `CREATE OR REPLACE TEMP TABLE cube_hit AS
  SELECT c.rowid AS row, c.* FROM cube c
  SEMI JOIN cube_change d ON ${MOMENT.map((name) => `c.${name} IS NOT DISTINCT FROM d.${name}`).join(' AND ')}
  WHERE c.scope IN (${scopes})`;

export const CUBE_MERGED = [
  'DELETE FROM cube WHERE rowid IN (SELECT row FROM cube_hit)',
  `INSERT INTO cube BY NAME SELECT * FROM (
    SELECT ${MOMENT.join(', ')}, ${SUMS.map((name) => `sum(${name}) AS ${name}`).join(', ')}
    FROM (SELECT * EXCLUDE (row) FROM cube_hit UNION ALL BY NAME SELECT * FROM cube_change) GROUP BY ${MOMENT.join(', ')}
  ) WHERE ${SAYS_SOMETHING}`,
] as const;
