import { FOREVER } from '../schema.ts';
import { all, isIn, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import { type Cells, numberIn, recordsOf, scopeIn, textIn, uuids } from './findings-records.ts';
import { accountNames, setsOf } from './findings-texts.ts';
import type { Value } from './result.ts';
import { visible, visibleByScope } from './visible.ts';

/** A time in which nothing about a finding changed. Times are milliseconds. */
export interface Interval {
  /** Another one than today's where the finding was called otherwise. */
  readonly fingerprint: string;
  readonly began: number;
  /** null: until now. In the future where it is known what comes (a due date, the end of an acceptance). */
  readonly ended: number | null;
  readonly kind: string;
  readonly cause: string | null;
  readonly status: string;
  readonly severity: string;
  readonly score: number;
  readonly dueState: string;
  readonly dueAt: number | null;
  readonly team: string | null;
  readonly environment: string | null;
  readonly verdict: string | null;
  readonly verdictUntil: number | null;
  readonly mute: string | null;
  readonly muteUntil: number | null;
  /** JSON, as they were then. */
  readonly frameworks: string;
  readonly labels: string;
  readonly runId: string | null;
}

export interface ChangingRun {
  readonly runId: string;
  readonly at: number;
  readonly outcome: string;
  readonly mode: string;
  readonly sourceVersion: string | null;
  /** What it did to the finding. */
  readonly kinds: readonly string[];
}

export interface Decision {
  readonly at: number;
  /** null: taken back. */
  readonly verdict: string | null;
  readonly until: number | null;
  /** Of the newest decision; of those before only what and when is known. */
  readonly id: string | null;
  readonly by: string | null;
  readonly reason: string | null;
}

export interface FindingDetail {
  /** As it is today, by the names of the columns of `findings`, lists and labels as JSON. */
  readonly finding: Readonly<Record<string, Value>>;
  /** Oldest first. */
  readonly history: readonly Interval[];
  readonly runs: readonly ChangingRun[];
  readonly verdicts: readonly Decision[];
}

const HEX_32 = /^[0-9a-f]{32}$/;
/** How often a finding may have got another name. */
const RENAMINGS = 10;

/**
 * All that is known of one finding; null where there is none of that name (today's, or one it had), or it is out of sight.
 * @param fingerprint with or without dashes
 */
export async function findingDetail(
  context: QueryContext,
  fingerprint: string,
): Promise<FindingDetail | null> {
  const asked = fingerprint.replaceAll('-', '').toLowerCase();
  if (!HEX_32.test(asked)) return null;
  const row = await findingNamed(context, asked);
  if (row === null) return null;
  const events = await historyOf(context, String(row['fingerprint']), scopeIn(row));
  const runs = await runsOf(context, scopeIn(row), events);
  const sets = await setsOf(context, events);
  const names = await accountNames(context);
  const runIds = new Map(runs.map((run) => [numberIn(run, 'seq'), String(run['run_id'])]));
  return {
    finding: contentOf(row, events, names.get(scopeIn(row)), context.now),
    history: events.map((event): Interval => {
      const ended = numberIn(event, 'ended');
      return {
        fingerprint: String(event['fingerprint']),
        began: numberIn(event, 'began') ?? 0,
        ended: ended === null || ended >= FOREVER ? null : ended,
        kind: String(event['kind']),
        cause: textIn(event, 'cause'),
        status: String(event['status']),
        severity: String(event['severity']),
        score: numberIn(event, 'score') ?? 0,
        dueState: String(event['due_state']),
        dueAt: numberIn(event, 'due_at'),
        team: textIn(event, 'team'),
        environment: textIn(event, 'environment'),
        verdict: textIn(event, 'verdict'),
        verdictUntil: numberIn(event, 'verdict_until'),
        mute: textIn(event, 'mute'),
        muteUntil: numberIn(event, 'mute_until'),
        frameworks: sets.frameworks.get(textIn(event, 'frameworks') ?? '') ?? '[]',
        labels: sets.labels.get(textIn(event, 'labels') ?? '') ?? '{}',
        runId: event['is_event'] === true ? (runIds.get(numberIn(event, 'seq')) ?? null) : null,
      };
    }),
    runs: runs.map((run) => runOf(run, events)),
    verdicts: decisionsOf(row, events),
  };
}

/** By today's name or a former one. What may be seen is a column: see `textsOf`. */
async function findingNamed(context: QueryContext, fingerprint: string): Promise<Cells | null> {
  const { run, dialect, access } = context;
  let name = fingerprint;
  for (let renamed = 0; renamed <= RENAMINGS; renamed++) {
    const [row] = recordsOf(
      await run(sql`
      select ${dialect.uuidText(sql`f.fingerprint`)} as fingerprint, ${visible(access, 'f')} as seen, f.scope, f.source, f.cloud,
        f.account, f.account_name, f.region, f.service, f.severity, f.class,
        f.source_version, f.cell, f.rule, f.resource_type, f.resource, f.resource_name, f.locator, f.title, f.description,
        f.remediation, f.refs, f.score, f.severity_original, f.cve, f.cwe, f.cvss, f.package, f.fixed_version, f.frameworks, f.tags,
        f.labels, f.team, f.environment, f.occurrences, f.correlation_key, f.source_finding_id, f.run_id, f.scanner, f.opened_cause,
        f.closed_cause, f.first_seen, f.last_seen, f.fixed_at, f.reopened_at, f.reopen_count, f.due_at, f.verdict, f.verdict_until,
        f.verdict_by, f.verdict_reason, f.verdict_at, f.verdict_id, f.mute, f.mute_until, f.mute_owner, f.mute_reason
      from finding f where f.fingerprint in (${uuids([name])})`),
    );
    if (row !== undefined) return row['seen'] === true ? row : null;
    const { rows } = await run(sql`
      select ${dialect.uuidText(sql`h.fingerprint`)} from history h
      where h.former_fingerprint in (${uuids([name])}) and ${visible(access, 'h')} order by h.began desc limit 1`);
    const later = rows[0]?.[0];
    if (typeof later !== 'string') return null;
    name = later;
  }
  return null;
}

/** Under all of its names, oldest first. The scope tells the engine which blocks to pass over. */
async function historyOf(
  context: QueryContext,
  fingerprint: string,
  scope: string,
): Promise<readonly Cells[]> {
  const { run, dialect, access } = context;
  const names = new Set([fingerprint]);
  let unread = [fingerprint];
  const found: Cells[] = [];
  for (let renamed = 0; unread.length > 0 && renamed <= RENAMINGS; renamed++) {
    const rows = recordsOf(
      await run(sql`
      select ${dialect.uuidText(sql`h.fingerprint`)} as fingerprint, ${dialect.uuidText(sql`h.former_fingerprint`)} as former,
        h.seq, h.ord, h.is_event, h.began, h.ended, h.kind, h.cause, h.status, h.severity, h.score, h.due_state, h.due_at, h.team,
        h.environment, h.verdict, h.verdict_until, h.mute, h.mute_until, cast(h.frameworks as varchar) as frameworks,
        cast(h.labels as varchar) as labels
      from history h where ${all([
        sql`h.scope = ${scope}`,
        sql`h.fingerprint in (${uuids(unread)})`,
        sql`h.status <> 'rekeyed'`,
        visible(access, 'h'),
      ])}`),
    );
    found.push(...rows);
    const former = rows.map((row) => textIn(row, 'former')).filter((name) => name !== null);
    unread = [...new Set(former)].filter((name) => !names.has(name));
    for (const name of unread) names.add(name);
  }
  const order = (name: string) => (a: Cells, b: Cells) => (numberIn(a, name) ?? 0) - (numberIn(b, name) ?? 0);
  return found.sort(
    (a, b) => order('began')(a, b) || order('seq')(a, b) || order('ord')(a, b) || order('ended')(a, b),
  );
}

async function runsOf(
  { run, access }: QueryContext,
  scope: string,
  events: readonly Cells[],
): Promise<readonly Cells[]> {
  const sequences = new Set(
    events.filter((event) => event['is_event'] === true).map((event) => numberIn(event, 'seq')),
  );
  return recordsOf(
    await run(sql`
    select r.run_id, r.seq, r.t, r.outcome, r.mode, r.source_version from run r where ${all([
      sql`r.scope = ${scope}`,
      isIn(sql`r.seq`, [...sequences]),
      visibleByScope(access, 'r'),
    ])} order by r.seq`),
  );
}

function runOf(run: Cells, events: readonly Cells[]): ChangingRun {
  const own = events.filter((event) => event['is_event'] === true && event['seq'] === run['seq']);
  return {
    runId: String(run['run_id']),
    at: numberIn(run, 't') ?? 0,
    outcome: String(run['outcome']),
    mode: String(run['mode']),
    sourceVersion: textIn(run, 'source_version'),
    kinds: [...new Set(own.map((event) => String(event['kind'])))],
  };
}

/** People's decisions; what a mute rule does is seen in the history. */
function decisionsOf(finding: Cells, events: readonly Cells[]): Decision[] {
  const made = events.filter((event) => event['kind'] === 'verdict' && event['is_event'] === true);
  return made.map((event, index): Decision => {
    const newest = index === made.length - 1 && finding['verdict'] !== null;
    return {
      at: numberIn(event, 'began') ?? 0,
      verdict: textIn(event, 'verdict'),
      until: numberIn(event, 'verdict_until'),
      id: newest ? textIn(finding, 'verdict_id') : null,
      by: newest ? textIn(finding, 'verdict_by') : null,
      reason: newest ? textIn(finding, 'verdict_reason') : null,
    };
  });
}

/** With the status of now, which no row of `finding` says: acceptances end by themselves. */
function contentOf(
  row: Cells,
  events: readonly Cells[],
  accountName: string | undefined,
  now: number,
): Record<string, Value> {
  const current = events.findLast(
    (event) => (numberIn(event, 'began') ?? 0) <= now && now < (numberIn(event, 'ended') ?? 0),
  );
  const content: Record<string, Value> = {};
  for (const [name, value] of Object.entries(row))
    if (name !== 'seen') content[NAMES[name] ?? camel(name)] = value;
  content['accountName'] = accountName ?? content['accountName'] ?? null;
  content['status'] = textIn(current, 'status');
  content['dueState'] = textIn(current, 'due_state');
  return content;
}

const NAMES: Readonly<Record<string, string>> = { refs: 'references' };

function camel(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}
