import type { Catalog, Subject } from '../api/catalog';
import { subjectsOfField, subjectsOfQuery } from '../filters/ad-hoc';
import { t } from '../i18n';
import { hasReference } from '../variables/references';
import { refusalForAlert } from './alert-problems';
import { filterProblems } from './filter-problems';
import type { SightlineQuery, SqlQuery, SummaryQuery, TrendQuery } from './model';
import { summaryProblem } from './summary-problems';

/** What is wrong with a query, told before it runs. The API has the last word; the rules and limits here are its own. */

export interface ProblemContext {
  /** null: not loaded, then only what needs no names is looked at. */
  readonly catalog: Catalog | null;
  readonly alerting?: boolean;
}

const INTERVAL = /^(auto|[1-9]\d{0,5}(m|h|d|w|M))$/;
const MOST_MEASURES = 20;
const MOST_DIMENSIONS = 6;
const MOST_SQL = 20_000;
const MOST_ROWS = { trend: 200, summary: 10_000, findings: 5_000, events: 5_000, runs: 5_000, sql: 50_000 };

/** Sentences with the next step; none where the query can run. */
export function problemsOf(query: SightlineQuery, context: ProblemContext): string[] {
  const problems = [
    ...typeProblems(query, context),
    ...limitProblems(query),
    ...(query.queryType === 'sql' ? [] : filterProblems(query, context.catalog)),
    ...(query.queryType === 'sql' ? [] : momentProblems(query.asOf)),
  ];
  const refusal = context.alerting === true && problems.length === 0 ? refusalForAlert(query) : null;
  return refusal === null ? problems : [refusal];
}

function typeProblems(query: SightlineQuery, { catalog }: ProblemContext): string[] {
  switch (query.queryType) {
    case 'trend':
      return [...measureProblems(query, catalog), ...trendProblems(query, catalog)];
    case 'summary': {
      const problem = summaryProblem(query, catalog);
      return [...measureProblems(query, catalog), ...(problem === null ? [] : [problem])];
    }
    case 'sql':
      return sqlProblems(query, catalog);
    case 'findings':
    case 'events':
    case 'runs':
      return [];
  }
}

function measureProblems(query: TrendQuery | SummaryQuery, catalog: Catalog | null): string[] {
  const { measures, groupBy = [] } = query;
  if (measures.length === 0)
    return [t('problem.no-measure', 'Choose at least one measure, for example Open.')];
  if (measures.length > MOST_MEASURES)
    return [
      t('problem.measures', 'At most {{count}} measures can be asked for at once.', { count: MOST_MEASURES }),
    ];
  if (groupBy.length > MOST_DIMENSIONS)
    return [
      t('problem.dimensions', 'At most {{count}} dimensions can be grouped by.', { count: MOST_DIMENSIONS }),
    ];
  if (catalog === null) return [];
  const unknown = measures.find((id) => !hasReference(id) && !catalog.measures.some((one) => one.id === id));
  if (unknown !== undefined)
    return [t('problem.measure', 'The server has no measure {{name}}: choose another.', { name: unknown })];
  return groupBy.flatMap((dimension) => groupProblem(query, dimension, catalog));
}

function groupProblem(query: TrendQuery | SummaryQuery, dimension: string, catalog: Catalog): string[] {
  if (hasReference(dimension)) return [];
  const known = subjectsOfField(dimension, catalog);
  if (known === null || catalog.filterFields.some(({ id }) => id === dimension))
    return [
      t('problem.dimension', 'The server has no dimension {{name}} to group by: choose another.', {
        name: dimension,
      }),
    ];
  const missing = subjectsOfQuery(query, catalog).find((subject) => !known.includes(subject));
  if (missing === undefined) return [];
  const measures = catalog.measures.filter(
    ({ id, subject }) => query.measures.includes(id) && subject === missing,
  );
  return [
    t('problem.group-subject', '{{measures}} can’t be grouped by {{dimension}}: {{reason}}', {
      measures: measures.map(({ label }) => label).join(', '),
      dimension,
      reason: reasonOf(missing),
    }),
  ];
}

export function reasonOf(subject: Subject): string {
  switch (subject) {
    case 'checks':
      return t(
        'problem.subject-checks',
        'check statistics are known per cloud, account, service, source, team and environment only. Ask for it in a query of its own.',
      );
    case 'scopes':
      return t(
        'problem.subject-scopes',
        'scans are known per cloud, account, source, team and environment only. Ask for it in a query of its own.',
      );
    case 'findings':
      return t('problem.subject-findings', 'findings do not have it.');
  }
}

function trendProblems({ groupBy = [], interval }: TrendQuery, catalog: Catalog | null): string[] {
  const unbounded = unboundedOf(groupBy, catalog);
  const bad = interval !== undefined && !INTERVAL.test(interval) && !hasReference(interval);
  return [
    ...(unbounded === null
      ? []
      : [
          t(
            'problem.trend-unbounded',
            'A trend can’t have a series per {{dimension}}, there are too many: group by something else, or use a summary.',
            { dimension: unbounded },
          ),
        ]),
    ...(bad
      ? [
          t(
            'problem.interval',
            'The interval {{interval}} is none: use auto, or a number and m, h, d, w or M, such as 1d.',
            { interval },
          ),
        ]
      : []),
  ];
}

export function unboundedOf(groupBy: readonly string[], catalog: Catalog | null): string | null {
  return (
    groupBy.find((name) => catalog?.dimensions.some(({ id, bounded }) => id === name && !bounded)) ?? null
  );
}

function sqlProblems({ sql }: SqlQuery, catalog: Catalog | null): string[] {
  if (catalog !== null && !catalog.sql)
    return [
      t(
        'problem.sql-off',
        'SQL is switched off on the server, or not for you: it sees every row. Use another query type, or let the server’s operator set warehouse.sql: true.',
      ),
    ];
  if (sql.trim() === '') return [t('problem.sql-empty', 'Write one SELECT statement.')];
  return sql.length > MOST_SQL
    ? [t('problem.sql-long', 'The statement has more than {{count}} characters.', { count: MOST_SQL })]
    : [];
}

function limitProblems(query: SightlineQuery): string[] {
  const most = MOST_ROWS[query.queryType];
  const { limit } = query;
  const perGroup = query.queryType === 'summary' ? query.perGroup : undefined;
  return [
    ...(limit !== undefined && !isWithin(limit, most)
      ? [t('problem.limit', 'The limit is a whole number from 1 to {{most}}.', { most })]
      : []),
    ...(perGroup !== undefined && !isWithin(perGroup, 20)
      ? [t('problem.per-group', 'Rows per group are a whole number from 1 to {{most}}.', { most: 20 })]
      : []),
  ];
}

function isWithin(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= most;
}

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

function momentProblems(asOf: string | undefined): string[] {
  if (asOf === undefined || asOf === '' || hasReference(asOf)) return [];
  return MOMENT.test(asOf) && !Number.isNaN(Date.parse(asOf))
    ? []
    : [t('problem.as-of', '“As of” is a moment with its time zone, such as 2026-11-20T00:00:00Z.')];
}
