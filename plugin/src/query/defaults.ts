import { type Filter, MODEL_VERSION, type QueryType, type SightlineQuery } from './model';

/** A query without what Grafana adds to it: its name, its data source. */
export type Draft = WithoutRefId<SightlineQuery>;
type WithoutRefId<T> = T extends unknown ? Omit<T, 'refId'> : never;

const version = MODEL_VERSION;

/** Something to see at once: where things stand, and whether they get better. For rules, a number per account. */
export function defaultQuery(app?: string): Draft {
  return isAlerting(app) ? { ...DRAFTS.summary, ...OF_ALERTS } : DRAFTS.trend;
}

/** @param app where the query is edited: a `CoreApp` of Grafana */
export function isAlerting(app: string | undefined): boolean {
  return app === 'unified-alerting' || app === 'cloud-alerting';
}

const CRITICAL: Filter = { field: 'severity', operator: '=', values: ['CRITICAL'] };

/** A rule must see every group: those that a limit cuts off would look resolved. */
const OF_ALERTS = {
  format: 'numeric',
  groupBy: ['account'],
  filters: [CRITICAL],
  limit: 1_000,
} as const satisfies Partial<Draft>;

const DRAFTS: { readonly [T in QueryType]: Extract<Draft, { queryType: T }> } = {
  trend: { queryType: 'trend', version, measures: ['open'], groupBy: ['severity'], interval: 'auto' },
  summary: { queryType: 'summary', version, measures: ['open'], groupBy: ['account'], format: 'table' },
  findings: {
    queryType: 'findings',
    version,
    filters: [{ field: 'status', operator: '=', values: ['open'] }],
  },
  events: { queryType: 'events', version, format: 'table' },
  runs: { queryType: 'runs', version, view: 'scopes' },
  sql: {
    queryType: 'sql',
    version,
    sql: "SELECT severity, count(*) AS open\nFROM finding\nWHERE status = 'open'\nGROUP BY severity",
  },
};

/** A query of another type that keeps what both have: who turns a trend into a table need not choose again. */
export function changeType(query: SightlineQuery, queryType: QueryType, app?: string): SightlineQuery {
  const { refId, datasource, hide, key } = query;
  const grafanas = { refId, datasource, hide, key };
  const alerting = queryType === 'summary' && isAlerting(app) ? OF_ALERTS : {};
  const draft = { ...DRAFTS[queryType], ...alerting };
  return { ...grafanas, ...draft, ...kept(query, draft) };
}

function kept(query: SightlineQuery, draft: Draft): object {
  const filters = 'filters' in query && query.filters !== undefined && draft.queryType !== 'sql';
  const asOf = 'asOf' in query && query.asOf !== undefined && draft.queryType !== 'sql';
  const measured = isMeasured(query) && isMeasured(draft);
  return {
    ...(filters ? { filters: query.filters } : {}),
    ...(asOf ? { asOf: query.asOf } : {}),
    ...(measured ? { measures: query.measures, groupBy: query.groupBy } : {}),
  };
}

export function isMeasured<T extends { queryType: string }>(
  query: T,
): query is Extract<T, { queryType: 'trend' | 'summary' }> {
  return query.queryType === 'trend' || query.queryType === 'summary';
}
