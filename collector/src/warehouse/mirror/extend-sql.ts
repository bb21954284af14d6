import { FINDING_FIELDS } from './scope-sql.ts';

/**
 * What new commits change in the rows of a scope that is there already. Lives are made anew as in history-sql.ts, but only those
 * that can have changed, from the events that `history` holds of them; and only rows that differ are written. `scopes` are
 * parameters, `$1, $2, …`, so that blocks of other scopes are skipped.
 */

/**
 * Findings whose lives may differ: those with new events; those that are, or were, overdue when a new complete scan looked (it may
 * be the one that confirms it); and what these were called before or after.
 */
export const touched = (scopes: string): string => `CREATE OR REPLACE TEMP TABLE touched AS
  WITH RECURSIVE renamed AS (
    SELECT scope, fingerprint, former_fingerprint FROM history WHERE former_fingerprint IS NOT NULL AND scope IN (${scopes})
    UNION ALL SELECT scope, fingerprint, former_fingerprint FROM ev WHERE former_fingerprint IS NOT NULL
  ), pair AS (
    SELECT scope, fingerprint AS one, former_fingerprint AS other FROM renamed
    UNION ALL SELECT scope, former_fingerprint, fingerprint FROM renamed
  ), looked AS (
    SELECT scope, min(t) AS t FROM staged_cells GROUP BY scope
  ), reached AS (
    SELECT scope, fingerprint FROM ev
    UNION
    SELECT h.scope, h.fingerprint FROM history h JOIN looked l ON l.scope = h.scope
    WHERE h.scope IN (${scopes}) AND h.ended > l.t AND h.due_at < l.t AND (
      h.due_state = 'unverified' OR (h.due_state = 'confirmed' AND h.began > l.t) OR h.status IN ('accepted', 'false_positive', 'muted'))
    UNION
    SELECT r.scope, p.other FROM reached r JOIN pair p ON p.scope = r.scope AND p.one = r.fingerprint
  )
  SELECT * FROM reached`;

/** Their rows as they are. */
export const standing = (scopes: string): string => `CREATE OR REPLACE TEMP TABLE standing AS
  SELECT h.rowid AS row, h.* FROM history h
  SEMI JOIN touched x ON x.scope = h.scope AND x.fingerprint = h.fingerprint
  WHERE h.scope IN (${scopes})`;

/** The events behind those rows: what \`ev\` has of them can be told from their status. */
export const STANDING_EVENTS = `INSERT INTO ev BY NAME
  SELECT scope, source, cloud, account, fingerprint, former_fingerprint, seq, ord, is_event, kind, cause, began AS t,
    CASE WHEN status = 'rekeyed' THEN 'gone' WHEN status IN ('fixed', 'retired') THEN 'fixed' ELSE 'open' END AS scanner,
    CASE WHEN status = 'retired' THEN 'retired' END AS closed_cause, opened_cause,
    verdict, verdict_until, mute, mute_until, region, service, severity, class, rule, resource_type, resource, team, environment,
    frameworks, labels, score, first_seen, clock_start, due_at, cell
  FROM standing WHERE is_event OR status = 'rekeyed'`;

const ROW = ['scope', 'fingerprint', 'began', 'ended', 'seq', 'ord'];
const sameRow = (one: string, other: string): string =>
  ROW.map((name) => `${one}.${name} = ${other}.${name}`).join(' AND ');

/** From `fresh` and `standing`: what goes and what comes. */
export const HISTORY_CHANGES = [
  'CREATE OR REPLACE TEMP TABLE history_made AS SELECT * FROM history LIMIT 0',
  'INSERT INTO history_made BY NAME SELECT * FROM fresh',
  'CREATE OR REPLACE TEMP TABLE history_gone AS SELECT * EXCLUDE (row) FROM standing EXCEPT ALL SELECT * FROM history_made',
  'CREATE OR REPLACE TEMP TABLE history_added AS SELECT * FROM history_made EXCEPT ALL SELECT * EXCLUDE (row) FROM standing',
  `DELETE FROM history WHERE rowid IN (SELECT s.row FROM standing s SEMI JOIN history_gone g ON ${sameRow('s', 'g')})`,
  'INSERT INTO history SELECT * FROM history_added',
] as const;

const differs = FINDING_FIELDS.map((name) => `m.${name} IS DISTINCT FROM f.${name}`).join(' OR ');

/** From the findings of new states (`finding_made`): most differ in nothing but when they were last seen. */
export const findingChanges = (scopes: string): readonly string[] => [
  `CREATE OR REPLACE TEMP TABLE finding_there AS
    SELECT f.rowid AS row, f.scope, f.fingerprint, m.fingerprint IS NOT NULL AND NOT (${differs}) AS stays, m.last_seen,
      m.last_seen IS DISTINCT FROM f.last_seen AS seen
    FROM finding f LEFT JOIN finding_made m ON m.scope = f.scope AND m.fingerprint = f.fingerprint
    WHERE f.scope IN (${scopes}) AND f.scope IN (SELECT scope FROM staged_state)`,
  'DELETE FROM finding WHERE rowid IN (SELECT row FROM finding_there WHERE NOT stays)',
  `INSERT INTO finding SELECT m.* FROM finding_made m
    ANTI JOIN (SELECT * FROM finding_there WHERE stays) t ON t.scope = m.scope AND t.fingerprint = m.fingerprint`,
  `UPDATE finding SET last_seen = t.last_seen
    FROM (SELECT row, last_seen FROM finding_there WHERE stays AND seen) t WHERE finding.rowid = t.row`,
];

/** Of scopes whose state is the same file as before (`same_state`): a complete scan saw again what is open. */
export const seenAgain = (scopes: string): string => `UPDATE finding SET last_seen = s.last_seen FROM (
    SELECT e.rowid AS row, greatest(e.last_seen, a.t, b.t, c.t) AS last_seen
    FROM finding e SEMI JOIN same_state x ON x.scope = e.scope
    LEFT JOIN cell_last a ON a.scope = e.scope AND a.cell = e.cell
    LEFT JOIN cell_last b ON b.scope = e.scope AND b.cell = CASE WHEN contains(e.cell, '@') THEN split_part(e.cell, '@', 1) || '@*' END AND b.cell <> e.cell
    LEFT JOIN cell_last c ON c.scope = e.scope AND c.cell = '*' AND e.cell <> '*'
    WHERE e.scope IN (${scopes}) AND e.scanner = 'open'
  ) s WHERE finding.rowid = s.row AND finding.last_seen <> s.last_seen`;
