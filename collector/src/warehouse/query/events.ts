import { type Sql, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import { annotations } from './events-annotations.ts';
import { changeKey, changesOf } from './events-changes.ts';
import { type EventKind, eventRows, KIND } from './events-kinds.ts';
import { type FailedScans, failedScans, unknownToScans } from './events-scans.ts';
import { checkFilters } from './filters.ts';
import { type Cells, recordsOf, textIn } from './findings-records.ts';
import { bareTexts, textsOf } from './findings-texts.ts';
import { EVENT_KINDS, type EventsQuery, type Range } from './request.ts';
import type { RowsResult, Value } from './result.ts';
import { column, cutOf, errorText, notesOf } from './run-columns.ts';
import { rangeOf } from './time.ts';

/**
 * What changed in the range and why, newest first: events of findings, moments that need no event (overdue, an acceptance that
 * ends; those to come, too, where the range ends after now), and scans that failed.
 * @throws QueryError for filters that make no sense
 */
export async function runEvents(context: QueryContext, query: EventsQuery): Promise<RowsResult> {
  await checkFilters(context, query.filters);
  const range = rangeOf(query, context.range);
  if (query.format === 'annotations') return annotations(context, query, range);
  const kinds: readonly EventKind[] = query.kinds ?? EVENT_KINDS;
  const findings = await findingEvents(context, query, range, kinds);
  const unknown = unknownToScans(query.filters);
  const withScans = kinds.includes('failedScan');
  const scans: FailedScans =
    withScans && unknown.length === 0
      ? await failedScans(context, range, query.filters, query.limit)
      : { rows: [], total: 0 };
  const events = [...findings.events, ...scans.rows.map(scanEvent)]
    .sort((a, b) => b.time - a.time)
    .slice(0, query.limit);
  const total = findings.total + scans.total;
  const format = query.format === 'logs' ? LOGS : TABLE;
  return {
    kind: 'events',
    columns: format.columns,
    rows: events.map(format.row),
    total,
    cut: cutOf(events.length, total, 'events'),
    nextCursor: null,
    // Whoever asks for one finding does not miss them.
    notices:
      withScans && unknown.length > 0 && !unknown.includes('fingerprint')
        ? [`Failed scans are left out: they have no ${unknown.join(', ')}.`]
        : [],
    statements: [...context.statements],
  };
}

interface Event {
  readonly time: number;
  readonly kind: string;
  readonly title: string | null;
  readonly cause: string | null;
  readonly change: string | null;
  /** The event's own columns, then today's. */
  readonly cells: Cells;
  readonly texts: Cells | undefined;
  readonly id: string;
}

async function findingEvents(
  context: QueryContext,
  { filters, limit }: EventsQuery,
  range: Range,
  kinds: readonly EventKind[],
): Promise<{ readonly events: readonly Event[]; readonly total: number }> {
  if (kinds.every((kind) => kind === 'failedScan')) return { events: [], total: 0 };
  const { dialect } = context;
  const from = eventRows(context, range, filters, kinds);
  // How far back the newest ones go is found by one column; then all others are read only of rows since then.
  const reach = await context.run(
    sql`select min(t.t), count(*) from (select h.began as t from ${from} order by t desc limit ${limit}) t`,
  );
  const [since, newest] = reach.rows[0] ?? [];
  if (typeof since !== 'number' || newest === 0) return { events: [], total: 0 };
  const recent = eventRows(context, { ...range, from: since }, filters, kinds);
  const rows = recordsOf(
    await context.run(sql`
    select ${dialect.uuidText(sql`t.fingerprint`)} as fingerprint, t.t, t.kind, t.raw_kind, t.cause, t.scope, t.status, t.severity,
      t.score, t.service, t.class, t.resource_type, t.team, t.environment, t.due_at, t.verdict, t.verdict_until, t.mute,
      cast(t.frameworks as varchar) as frameworks, cast(t.labels as varchar) as labels
    from (
      select h.fingerprint, h.began as t, ${KIND} as kind, h.kind as raw_kind, h.cause, h.scope, h.status, h.severity, h.score,
        h.service, h.class, h.resource_type, h.team, h.environment, h.due_at, h.verdict, h.verdict_until, h.mute, h.frameworks,
        h.labels
      from ${recent} order by h.began desc, h.fingerprint limit ${limit}) t
    order by t.t desc, t.fingerprint`),
  );
  if (rows.length === 0) return { events: [], total: 0 };
  const fingerprints = [...new Set(rows.map(({ fingerprint }) => String(fingerprint)))];
  const texts = await textsOf(context, fingerprints);
  const lost = fingerprints.filter((fingerprint) => !texts.has(fingerprint));
  const bare = await bareTexts(context, lost);
  const changes = await changesOf(context, rows);
  const events = rows.map((cells): Event => {
    const fingerprint = String(cells['fingerprint']);
    const known = texts.get(fingerprint) ?? bare.get(fingerprint);
    const time = Number(cells['t']);
    const change = changes.get(changeKey(cells)) ?? null;
    return {
      time,
      kind: String(cells['kind']),
      title: textIn(known, 'title') ?? textIn(known, 'rule'),
      cause: textIn(cells, 'cause'),
      change: change === '' ? null : change,
      cells,
      texts: known,
      id: `${fingerprint}-${time}-${String(cells['raw_kind'])}`,
    };
  });
  return { events, total: await totalOf(context, from, Number(newest), limit) };
}

/** Fewer than were asked for are all that there are. */
async function totalOf({ run }: QueryContext, from: Sql, newest: number, limit: number): Promise<number> {
  if (newest < limit) return newest;
  return Number((await run(sql`select count(*) from ${from}`)).rows[0]?.[0] ?? 0);
}

function scanEvent(cells: Cells): Event {
  return {
    time: Number(cells['t']),
    kind: 'failedScan',
    title: errorText(textIn(cells, 'reason'), notesOf(cells['notes'])),
    cause: textIn(cells, 'outcome'),
    change: null,
    cells,
    texts: cells,
    id: `${textIn(cells, 'run_id') ?? ''}-${textIn(cells, 'scope') ?? ''}`,
  };
}

interface Format {
  readonly columns: RowsResult['columns'];
  readonly row: (event: Event) => readonly Value[];
}

const TABLE: Format = {
  columns: [
    column('time', 'Time', 'time'),
    column('kind', 'What', 'text'),
    column('severity', 'Severity', 'text', { description: 'After it.' }),
    column('title', 'Title', 'text', { description: 'Of the finding, as it is today; why a scan failed.' }),
    column('cause', 'Why', 'text', {
      description:
        'Of openings drift, baseline or ruleset; of what was fixed resolved or ruleset; of scans failed or partial.',
    }),
    column('change', 'Change', 'text', { description: 'What differs from before.' }),
    column('status', 'Status', 'text', { description: 'After it.' }),
    column('rule', 'Rule', 'text'),
    column('cloud', 'Cloud', 'text'),
    column('account', 'Account', 'text'),
    column('accountName', 'Account name', 'text'),
    column('region', 'Region', 'text'),
    column('service', 'Service', 'text'),
    column('resource', 'Resource', 'text'),
    column('resourceName', 'Resource name', 'text'),
    column('team', 'Team', 'text'),
    column('environment', 'Environment', 'text'),
    column('source', 'Source', 'text'),
    column('fingerprint', 'Fingerprint', 'text'),
  ],
  row: ({ time, kind, title, cause, change, cells, texts }) => [
    time,
    kind,
    cells['severity'] ?? null,
    title,
    cause,
    change,
    cells['status'] ?? null,
    texts?.['rule'] ?? null,
    texts?.['cloud'] ?? null,
    texts?.['account'] ?? null,
    texts?.['account_name'] ?? null,
    texts?.['region'] ?? null,
    cells['service'] ?? null,
    texts?.['resource'] ?? null,
    texts?.['resource_name'] ?? null,
    cells['team'] ?? null,
    cells['environment'] ?? null,
    texts?.['source'] ?? null,
    cells['fingerprint'] ?? null,
  ],
};

const LOGS: Format = {
  columns: [
    column('timestamp', 'Time', 'time'),
    column('body', 'Line', 'text'),
    column('severity', 'Severity', 'text'),
    column('id', 'Id', 'text'),
    column('labels', 'Labels', 'json'),
  ],
  row: ({ time, kind, title, change, cells, texts, id }) => {
    const name = textIn(texts, 'account_name') ?? textIn(texts, 'account') ?? '';
    const resource = textIn(texts, 'resource_name') ?? textIn(texts, 'resource');
    const body = [
      `${kind}: ${title ?? ''}`,
      ...(resource === null ? [] : [`on ${resource}`]),
      `(${name})`,
      ...(change === null ? [] : [`— ${change}`]),
    ];
    const labels = {
      kind,
      cause: cells['cause'] ?? cells['outcome'] ?? null,
      source: texts?.['source'] ?? null,
      cloud: texts?.['cloud'] ?? null,
      account: texts?.['account'] ?? null,
      region: texts?.['region'] ?? null,
      service: cells['service'] ?? null,
      rule: texts?.['rule'] ?? null,
      team: cells['team'] ?? null,
      environment: cells['environment'] ?? null,
    };
    // A failed scan hides whatever it did not look at.
    const severity = cells['severity'] ?? 'HIGH';
    return [time, body.join(' '), severity, id, JSON.stringify(labels)];
  },
};
