import { sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import { type EventKind, eventRows, KIND } from './events-kinds.ts';
import { failedTimes, unknownToScans } from './events-scans.ts';
import { type Cells, numberIn, recordsOf, scopeIn, textIn } from './findings-records.ts';
import { accountNames } from './findings-texts.ts';
import { EVENT_KINDS, type EventsQuery, type Range } from './request.ts';
import type { RowsResult, Value } from './result.ts';
import { column, cutOf, errorText, notesOf } from './run-columns.ts';

export const MAX_ANNOTATIONS = 100;

const COLUMNS = [
  column('time', 'Time', 'time'),
  column('timeEnd', 'End', 'time'),
  column('title', 'Title', 'text'),
  column('text', 'Text', 'text'),
  column('tags', 'Tags', 'text'),
];

const WORDS: Readonly<Record<EventKind, string>> = {
  new: 'new',
  onboarded: 'onboarded',
  ruleset: 'by new rules',
  reopened: 'reopened',
  changed: 'changed',
  fixed: 'fixed',
  retired: 'retired',
  accepted: 'accepted',
  falsePositive: 'false positive',
  muted: 'muted',
  restored: 'restored',
  expired: 'expired',
  overdue: 'overdue',
  failedScan: 'failed',
};

interface Annotation {
  readonly time: number;
  readonly row: readonly Value[];
}

/** One per moment (of a run, mostly) and scope, and one per time without a complete scan; the newest ones. */
export async function annotations(
  context: QueryContext,
  query: EventsQuery,
  range: Range,
): Promise<RowsResult> {
  const kinds = query.kinds ?? null;
  const limit = Math.min(query.limit, MAX_ANNOTATIONS);
  const names = await accountNames(context);
  const points = await changePoints(context, query, range, kinds, limit, names);
  const regions = await scanRegions(context, query, range, kinds, limit);
  const rows = [...points.found, ...regions.found].sort((a, b) => b.time - a.time).slice(0, limit);
  const total = points.total + regions.total;
  return {
    kind: 'events',
    columns: COLUMNS,
    rows: rows.map(({ row }) => row),
    total,
    cut: cutOf(rows.length, total, 'events'),
    nextCursor: null,
    notices: [],
    statements: [...context.statements],
  };
}

interface Found {
  readonly found: readonly Annotation[];
  readonly total: number;
}

async function changePoints(
  context: QueryContext,
  { filters }: EventsQuery,
  range: Range,
  kinds: readonly EventKind[] | null,
  limit: number,
  names: ReadonlyMap<string, string>,
): Promise<Found> {
  if (kinds?.every((kind) => kind === 'failedScan') === true) return { found: [], total: 0 };
  const rows = recordsOf(
    await context.run(sql`
    select p.* from (
      select d.*, max(d.place) over () as total from (
        select e.*, dense_rank() over (order by e.t desc, e.scope) as place from (
          select h.scope, h.source, h.cloud, h.account, h.began as t, ${KIND} as kind, count(*) as n,
            sum(case when h.severity = 'CRITICAL' then 1 else 0 end) as critical
          from ${eventRows(context, range, filters, kinds)} group by 1, 2, 3, 4, 5, 6) e) d) p
    where p.place <= ${limit} order by p.place`),
  );
  const total = numberIn(rows[0], 'total') ?? 0;
  const places = Map.groupBy(rows, ({ place }) => place ?? null);
  return { found: [...places.values()].map((group) => pointOf(group, names)), total };
}

function pointOf(group: readonly Cells[], names: ReadonlyMap<string, string>): Annotation {
  const [first = {}] = group;
  const counts = new Map(group.map((cells) => [textIn(cells, 'kind'), numberIn(cells, 'n') ?? 0]));
  const critical = group.reduce((sum, cells) => sum + (numberIn(cells, 'critical') ?? 0), 0);
  const there = EVENT_KINDS.filter((kind) => counts.has(kind));
  const texts = there.map((kind) => `${counts.get(kind) ?? 0} ${WORDS[kind]}`);
  const time = numberIn(first, 't') ?? 0;
  const text = [...texts, ...(critical > 0 ? [`${critical} critical`] : [])].join(', ');
  const tags = tagsOf(first, [...there, ...(critical > 0 ? ['critical'] : [])]);
  return { time, row: [time, null, titleOf(first, names.get(scopeIn(first)) ?? null), text, tags] };
}

async function scanRegions(
  context: QueryContext,
  { filters }: EventsQuery,
  range: Range,
  kinds: readonly EventKind[] | null,
  limit: number,
): Promise<Found> {
  if (kinds?.includes('failedScan') === false || unknownToScans(filters).length > 0)
    return { found: [], total: 0 };
  const { rows, total } = await failedTimes(context, range, filters, limit);
  const end = Math.min(range.to, Math.max(context.now, range.from));
  const found = rows.map((cells): Annotation => {
    const time = numberIn(cells, 't') ?? 0;
    const scans = numberIn(cells, 'scans') ?? 1;
    const what = `${scans === 1 ? 'scan' : `${scans} scans`} ${cells['outcome'] === 'failed' ? 'failed' : 'partial'}`;
    const why = errorText(textIn(cells, 'reason'), notesOf(cells['notes']));
    const text = why === null ? what : `${what}: ${why}`;
    const until = Math.max(time, numberIn(cells, 'next') ?? end);
    return {
      time,
      row: [time, until, titleOf(cells, textIn(cells, 'account_name')), text, tagsOf(cells, ['failedScan'])],
    };
  });
  return { found, total };
}

function titleOf(cells: Cells, name: string | null): string {
  return `${name ?? textIn(cells, 'account') ?? ''} (${textIn(cells, 'source') ?? ''})`;
}

/** Grafana parts tags at commas. */
function tagsOf(cells: Cells, kinds: readonly string[]): string {
  return [...kinds, cells['source'], cells['cloud'], cells['account']]
    .map((tag) => String(tag ?? '').replaceAll(',', ' '))
    .filter((tag) => tag !== '')
    .join(',');
}
