import type { Catalog } from '../api/catalog';
import { t } from '../i18n';
import type { SummaryQuery } from './model';
import { unboundedOf } from './problems';

/** Why a summary can't have the shape that it asks for; null where it can. */
export function summaryProblem(query: SummaryQuery, catalog: Catalog | null): string | null {
  return orderProblem(query) ?? perGroupProblem(query) ?? shapeProblem(query, catalog);
}

function orderProblem({ orderBy, measures, groupBy = [] }: SummaryQuery): string | null {
  if (orderBy === undefined || [...measures, ...groupBy].includes(orderBy)) return null;
  return t('problem.order', 'Sort by one of {{names}}: {{name}} is not in the query.', {
    names: [...measures, ...groupBy].join(', '),
    name: orderBy,
  });
}

function perGroupProblem({ perGroup, groupBy = [], format = 'table' }: SummaryQuery): string | null {
  if (perGroup === undefined) return null;
  if (groupBy.length < 2)
    return t(
      'problem.per-group-dimensions',
      '“Per group” keeps the largest of each group of all dimensions but the last: group by at least two.',
    );
  return format === 'table' || format === 'numeric'
    ? null
    : t('problem.per-group-format', '“Per group” works with the formats Table and Numeric.');
}

function shapeProblem(query: SummaryQuery, catalog: Catalog | null): string | null {
  switch (query.format) {
    case 'numeric':
      return numericProblem(query, catalog);
    case 'pivot':
      return pivotProblem(query, catalog);
    case 'flame':
      return flameProblem(query, catalog);
    case 'ageBuckets':
      return query.measures.some((measure) => measure !== 'open')
        ? t(
            'problem.age-buckets',
            'Buckets of age count what is open: choose the measure Open, and no other.',
          )
        : null;
    case 'table':
    case undefined:
      return null;
  }
}

function numericProblem(
  { measures, groupBy = [], perGroup, compare }: SummaryQuery,
  catalog: Catalog | null,
): string | null {
  const unbounded = unboundedOf(perGroup === undefined ? groupBy : groupBy.slice(0, -1), catalog);
  if (unbounded !== null)
    return t(
      'problem.numeric-unbounded',
      'Numeric makes a label of each dimension, and {{dimension}} has no bound: group by something else, or show it in a table.',
      { dimension: unbounded },
    );
  if (measures.length > 1)
    return t('problem.numeric-measures', 'Numeric takes one measure: ask for each in a query of its own.');
  return compare === 'previous'
    ? t(
        'problem.numeric-compare',
        'Numeric has one number per group: compare by Change to have the difference.',
      )
    : null;
}

function pivotProblem({ groupBy = [], compare }: SummaryQuery, catalog: Catalog | null): string | null {
  const [, column] = groupBy;
  if (groupBy.length !== 2 || column === undefined)
    return t('problem.pivot-dimensions', 'A matrix takes two dimensions: its rows, then its columns.');
  if (unboundedOf([column], catalog) !== null)
    return t('problem.pivot-unbounded', 'A matrix can’t have a column per {{dimension}}: put it first.', {
      dimension: column,
    });
  return compare === 'previous'
    ? t('problem.pivot-compare', 'A matrix shows values or, compared by Change, changes.')
    : null;
}

function flameProblem(
  { measures, groupBy = [], compare }: SummaryQuery,
  catalog: Catalog | null,
): string | null {
  if (groupBy.length === 0)
    return t('problem.flame-dimensions', 'A flame graph has a level per dimension: group by at least one.');
  if (measures.length > 1)
    return t('problem.flame-measures', 'A flame graph takes one measure: its values are widths.');
  const measure = catalog?.measures.find(({ id }) => id === measures[0]);
  if (measure?.additive === false)
    return t(
      'problem.flame-additive',
      'A flame graph adds up groups, and {{measure}} of several groups is not the sum of theirs: choose Open, Risk score or another count.',
      { measure: measure.label },
    );
  return compare === undefined || compare === 'none'
    ? null
    : t('problem.flame-compare', 'A flame graph compares nothing: use a table.');
}
