import type { AdHocVariableFilter } from '@grafana/data';
import type { Catalog, Subject } from '../api/catalog';
import { isMeasured } from '../query/defaults';
import type { Filter, FilterOperator, SightlineQuery } from '../query/model';

/** The filters of a dashboard, which hold for every query that knows their field. */

/** As Grafana writes them; `=|` and `!=|` are those of several values. */
const OPERATORS: Readonly<Record<string, FilterOperator>> = {
  '=': '=',
  '!=': '!=',
  '=|': 'in',
  '!=|': 'notIn',
  '=~': '=~',
  '!~': '!~',
  '<': '<',
  '>': '>',
};

export function withAdHoc(query: SightlineQuery, filters: readonly AdHocVariableFilter[]): SightlineQuery {
  if (query.queryType === 'sql' || filters.length === 0) return query;
  return { ...query, filters: [...(query.filters ?? []), ...filters.flatMap(filterOf)] };
}

/** None for one that is being typed. */
function filterOf({ key, operator, value, values }: AdHocVariableFilter): Filter[] {
  const known = OPERATORS[operator];
  if (known === undefined || key === '') return [];
  const several = values !== undefined && values.length > 0 && (known === 'in' || known === 'notIn');
  const given = several ? values : [value];
  return given.length === 0 || (given.length === 1 && given[0] === undefined)
    ? []
    : [{ field: key, operator: known, values: [...given] }];
}

/** What keeps a field from being a filter of a query; null where it is one. */
export type Inapplicable = 'sql' | 'unknown' | 'subject';

/** @param catalog null: the API could not say; then it will say itself what it can't filter by */
export function inapplicable(
  query: SightlineQuery,
  field: string,
  catalog: Catalog | null,
): Inapplicable | null {
  if (query.queryType === 'sql') return 'sql';
  if (catalog === null) return null;
  const known = subjectsOfField(field, catalog);
  if (known === null) return 'unknown';
  return subjectsOfQuery(query, catalog).every((subject) => known.includes(subject)) ? null : 'subject';
}

export function subjectsOfField(field: string, catalog: Catalog): readonly Subject[] | null {
  const dimension = catalog.dimensions.find(({ id }) => id === field);
  if (dimension !== undefined) return dimension.subjects;
  return catalog.filterFields.some(({ id }) => id === field) || field.startsWith('label:')
    ? ['findings']
    : null;
}

export function subjectsOfQuery(query: SightlineQuery, catalog: Catalog): readonly Subject[] {
  if (query.queryType === 'runs') return ['scopes'];
  if (!isMeasured(query)) return ['findings'];
  const asked = catalog.measures.filter(({ id }) => query.measures.includes(id));
  return [...new Set(asked.map(({ subject }) => subject))];
}
