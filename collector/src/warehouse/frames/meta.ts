import type { Query } from '../query/request.ts';
import type { Cut, QueryResult } from '../query/result.ts';
import type { FrameContext } from './context.ts';
import type { FrameMeta } from './frame.ts';

interface Shape {
  readonly type?: NonNullable<FrameMeta['type']>;
  readonly visual?: NonNullable<FrameMeta['preferredVisualisationType']>;
}

/** What every frame says about itself: its type, how old and how complete it is, and what was run for it. */
export function metaOf(query: Query, result: QueryResult, context: FrameContext, shape: Shape): FrameMeta {
  const { version, refreshedAt, ageMs, tookMs, cached, statements } = context.meta;
  const cut = cutOf(result);
  const notices = [
    ...result.notices.map((text) => ({ severity: 'warning', text }) as const),
    ...(cut === null ? [] : [{ severity: 'info', text: sayCut(query, result, cut) } as const]),
  ];
  const total = cut?.total ?? (isRows(result) ? result.total : null);
  const nextCursor = isRows(result) ? result.nextCursor : null;
  return {
    ...(shape.type === undefined ? {} : { type: shape.type, typeVersion: versionOf(shape.type) }),
    ...(shape.visual === undefined ? {} : { preferredVisualisationType: shape.visual }),
    ...(statements.length === 0 ? {} : { executedQueryString: statements.join(';\n\n') }),
    ...(notices.length === 0 ? {} : { notices }),
    custom: {
      version,
      refreshedAt,
      ageMs,
      tookMs: Math.round(tookMs * 10) / 10,
      cached,
      shown: cut?.shown ?? shownOf(result),
      ...(total === null ? {} : { total }),
      ...(nextCursor === null ? {} : { nextCursor }),
    },
  };
}

/** Of the contract: without it a type means nothing, and two numbers fail an alert rule with "got type not". Logs are at 0.0. */
function versionOf(type: NonNullable<FrameMeta['type']>): readonly [number, number] {
  return type === 'log-lines' ? [0, 0] : [0, 1];
}

function isRows(result: QueryResult): result is Extract<QueryResult, { rows: unknown; columns: unknown }> {
  return 'columns' in result;
}

function cutOf(result: QueryResult): Cut | null {
  if (result.cut !== null) return result.cut.total > result.cut.shown ? result.cut : null;
  if (!isRows(result) || result.total === null || result.total <= result.rows.length) return null;
  return { shown: result.rows.length, total: result.total, what: 'rows' };
}

function shownOf(result: QueryResult): number {
  switch (result.kind) {
    case 'trend':
      return result.series.length;
    case 'buckets':
      return result.groups.length;
    case 'timeline':
      return result.lanes.length;
    case 'summary':
    case 'findings':
    case 'events':
    case 'runs':
    case 'sql':
      return result.rows.length;
  }
}

function sayCut(query: Query, result: QueryResult, { shown, total, what }: Cut): string {
  const count = `${shown.toLocaleString('en-US')} of ${total.toLocaleString('en-US')}`;
  const other = hasOther(result) ? ', the rest is `other`' : '';
  return what === 'series' ? `series: ${count}${other}` : `${count} ${noun(query, what)}${other}`;
}

function hasOther(result: QueryResult): boolean {
  if (result.kind === 'trend') return result.series.some(({ group }) => group === null);
  return result.kind === 'summary' && result.rows.some(({ group }) => group === null);
}

function noun(query: Query, what: string): string {
  if (what !== 'rows') return what;
  if (query.type === 'findings') return query.format === 'byRule' ? 'rules' : 'findings';
  if (query.type === 'runs') return query.view === 'runs' ? 'runs' : 'scopes';
  return query.type === 'events' ? 'events' : 'rows';
}
