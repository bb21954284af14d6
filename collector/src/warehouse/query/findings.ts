import { all, EMPTY, type Sql, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import { checkFilters, conditionsFor, knows, type Place } from './filters.ts';
import { lastsAt } from './finding-terms.ts';
import { runByRule } from './findings-by-rule.ts';
import { FINDING_COLUMNS, findingRow } from './findings-columns.ts';
import { type Sorting, sortingOf } from './findings-order.ts';
import { OF_FINDING } from './fields.ts';
import { numberIn, recordsOf } from './findings-records.ts';
import { statusCondition } from './findings-status.ts';
import { bareTexts, setsOf, textsOf } from './findings-texts.ts';
import type { Filter, FindingsQuery } from './request.ts';
import type { RowsResult, Value } from './result.ts';
import { cutOf } from './run-columns.ts';
import { rangeOf } from './time.ts';
import { visible } from './visible.ts';

/**
 * Findings as they stood just before the end of the range (or `asOf`): state and dimensions of then, texts of today. Without a
 * filter on `status` those that are fixed or retired are left out; what has another fingerprint by now always is. A cursor
 * keeps the moment of its first page, so that the pages fit together while time goes on.
 * @throws QueryError for filters and cursors that make no sense
 */
export async function runFindings(context: QueryContext, query: FindingsQuery): Promise<RowsResult> {
  await checkFilters(context, query.filters);
  const moment = rangeOf(query, context.range).to;
  if (query.format === 'byRule') return runByRule(context, query, moment);
  const sorting = sortingOf(query.orderBy, query.direction);
  const cursor = query.cursor === undefined ? null : sorting.read(query.cursor);
  const at = cursor?.at ?? moment;
  const place: Place = {
    relation: 'history',
    alias: 'h',
    ...(sorting.ofFinding ? { finding: 'f' } : {}),
  };
  const conditions = [
    visible(context.access, 'h'),
    lastsAt(at),
    statusCondition(query.filters),
    ...conditionsFor(place, query.filters, context.dialect, context.access),
    ...(cursor === null ? [] : [sorting.after(cursor)]),
  ];
  const from = sorting.ofFinding
    ? sql`history h left join finding f on f.fingerprint = h.fingerprint and ${visible(context.access, 'f')}`
    : sql`history h`;
  const { dialect } = context;
  const dear = cursor === null && query.filters.some(({ field }) => OF_FINDING.has(field));
  const reach =
    sorting.ofFinding || dear ? null : await reachOf(context, sorting, conditions, query.limit + 1);
  if (reach !== null) conditions.push(sorting.notBeyond(reach));
  const fitting = sql`select h.fingerprint, ${sorting.value} as v from ${from} where ${all(conditions)}`;
  // What is looked up of every finding there is, is looked up once: for the page and for how many there are.
  const once = dear
    ? sql`with fitting as materialized (${fitting}), top as materialized (
        select fingerprint from fitting order by ${sorting.by(sql`v`, sql`fingerprint`)} limit ${query.limit + 1})`
    : EMPTY;
  const chosen = dear
    ? sql`h.fingerprint in (select fingerprint from top) and ${all([visible(context.access, 'h'), lastsAt(at), statusCondition(query.filters)])}`
    : all(conditions);
  // Written out as text only once they are chosen: a million fingerprints as text take longer than all the rest.
  const found = recordsOf(
    await context.run(sql`${once}
    select ${dialect.uuidText(sql`t.fingerprint`)} as fingerprint, ${dear ? sql`(select count(*) from fitting)` : sql`null`} as total, t.v, t.scope, t.score, t.severity, t.status, t.service, t.class,
      t.resource_type, t.team, t.environment, t.clock_start, t.due_at, t.due_state, t.opened_cause, t.verdict, t.verdict_until,
      t.mute, t.mute_until, cast(t.frameworks as varchar) as frameworks, cast(t.labels as varchar) as labels
    from (
      select h.fingerprint, ${sorting.value} as v, h.scope, h.score, h.severity, h.status, h.service, h.class, h.resource_type,
        h.team, h.environment, h.clock_start, h.due_at, h.due_state, h.opened_cause, h.verdict, h.verdict_until, h.mute,
        h.mute_until, h.frameworks, h.labels
      from ${from} where ${chosen}
      order by ${sorting.by(sql`v`, sql`h.fingerprint`)} limit ${query.limit + 1}) t
    order by ${sorting.by(sql`t.v`, sql`t.fingerprint`)}`),
  );
  const page = found.slice(0, query.limit);
  const last = page.at(-1);
  // A first page that is not full says by itself how many there are.
  const whole = cursor === null && found.length <= query.limit;
  const counted = numberIn(found[0], 'total');
  const total = whole ? found.length : (counted ?? (await countOf(context, query.filters, at)));
  const cut = cutOf(page.length, total, 'rows');
  return {
    kind: 'findings',
    columns: FINDING_COLUMNS,
    rows: await rowsOf(context, page, at),
    total,
    cut,
    nextCursor:
      last === undefined || found.length <= query.limit
        ? null
        : sorting.cursorOf({
            at,
            value: orderValue(last['v']),
            fingerprint: String(last['fingerprint']),
          }),
    notices: [],
    statements: [...context.statements],
  };
}

/**
 * The value that the last row of the page has; null where the page is not full. Found by that one column: then all others are
 * read only of the few rows that can be on the page.
 */
async function reachOf(
  { run }: QueryContext,
  sorting: Sorting,
  conditions: readonly Sql[],
  rows: number,
): Promise<string | number | null> {
  const found = await run(sql`
    select ${sorting.last(sql`t.v`)}, count(*) from (
      select ${sorting.value} as v from history h where ${all(conditions)}
      order by ${sorting.byValue(sql`v`)} limit ${rows}) t`);
  const [value, count] = found.rows[0] ?? [];
  return count === rows && (typeof value === 'number' || typeof value === 'string') ? value : null;
}

async function rowsOf(
  context: QueryContext,
  page: ReturnType<typeof recordsOf>,
  at: number,
): Promise<(readonly Value[])[]> {
  if (page.length === 0) return [];
  const fingerprints = page.map(({ fingerprint }) => String(fingerprint));
  const texts = await textsOf(context, fingerprints);
  const lost = fingerprints.filter((fingerprint) => !texts.has(fingerprint));
  const bare = await bareTexts(context, lost);
  const sets = await setsOf(context, page);
  return page.map((state, index) => {
    const fingerprint = fingerprints[index] ?? '';
    return findingRow({ state, texts: texts.get(fingerprint) ?? bare.get(fingerprint), sets, at });
  });
}

/** The cube has it added up where it knows all that is filtered by. */
async function countOf(
  { run, access, dialect }: QueryContext,
  filters: readonly Filter[],
  at: number,
): Promise<number> {
  const cube = { relation: 'cube', alias: 'c' } as const;
  const history = { relation: 'history', alias: 'h' } as const;
  const statement = filters.every(({ field }) => knows('cube', field, dialect))
    ? sql`select coalesce(-sum(c.d_open + c.d_accepted + c.d_false_positive + c.d_muted), 0) from cube c
        where c.t >= ${at} and ${all([visible(access, 'c'), ...conditionsFor(cube, filters, dialect, access)])}`
    : sql`select count(*) from history h where ${all([
        visible(access, 'h'),
        lastsAt(at),
        statusCondition(filters),
        ...conditionsFor(history, filters, dialect, access),
      ])}`;
  const { rows } = await run(statement);
  return Number(rows[0]?.[0] ?? 0);
}

function orderValue(value: Value | undefined): string | number {
  return typeof value === 'number' ? value : String(value ?? '');
}
