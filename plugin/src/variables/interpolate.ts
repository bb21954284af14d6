import type { ScopedVars } from '@grafana/data';
import { t } from '../i18n';
import { isMeasured } from '../query/defaults';
import type { Filter, SightlineQuery, SqlQuery } from '../query/model';
import { ALL, expand, hasReference, isAll, referenceName, type Variables, VariableError } from './references';

/** The query with values in the place of variables. @throws VariableError, Error where several values stand for one */
export function interpolate(
  query: SightlineQuery,
  variables: Variables,
  scopedVars?: ScopedVars,
): SightlineQuery {
  const one = (text: string): string => single(text, variables, scopedVars);
  const many = (texts: readonly string[]): string[] => [
    ...new Set(texts.flatMap((text) => several(text, variables, scopedVars))),
  ];
  if (query.queryType === 'sql') return { ...query, sql: interpolateSql(query, variables, scopedVars) };
  const filtered = {
    ...(query.filters === undefined
      ? {}
      : { filters: interpolateFilters(query.filters, variables, scopedVars) }),
    ...(query.asOf === undefined || query.asOf === '' ? { asOf: undefined } : { asOf: one(query.asOf) }),
  };
  if (query.queryType === 'events')
    return { ...query, ...filtered, ...(query.kinds === undefined ? {} : { kinds: many(query.kinds) }) };
  if (!isMeasured(query)) return { ...query, ...filtered };
  const measured = {
    ...filtered,
    measures: many(query.measures),
    ...(query.groupBy === undefined ? {} : { groupBy: many(query.groupBy) }),
  };
  if (query.queryType === 'trend')
    return {
      ...query,
      ...measured,
      ...(query.interval === undefined ? {} : { interval: one(query.interval) }),
    };
  return { ...query, ...measured, ...(query.orderBy === undefined ? {} : { orderBy: one(query.orderBy) }) };
}

/** What a variable of all values filters is left out. */
export function interpolateFilters(
  filters: readonly Filter[],
  variables: Variables,
  scopedVars?: ScopedVars,
): Filter[] {
  return filters.flatMap((filter) => {
    const field = single(filter.field, variables, scopedVars);
    const values = valuesOf(filter, variables, scopedVars);
    return values === ALL ? [] : [withValues({ ...filter, field }, values)];
  });
}

function valuesOf(filter: Filter, variables: Variables, scopedVars?: ScopedVars): string[] | typeof ALL {
  const values: string[] = [];
  for (const text of filter.values) {
    if (isExpression(filter) && hasReference(text)) {
      const pattern = asExpression(text, variables, scopedVars);
      if (pattern === ALL) return ALL;
      values.push(pattern);
      continue;
    }
    const expanded = searchedFor(filter, text, variables, scopedVars);
    if (expanded === ALL) return ALL;
    values.push(...expanded);
  }
  return [...new Set(values)];
}

/** A text box that nothing was typed into searches for nothing, which is no mistake: its filter is left out. */
function searchedFor(
  { field }: Filter,
  text: string,
  variables: Variables,
  scopedVars?: ScopedVars,
): string[] | typeof ALL {
  try {
    return expand(text, variables, scopedVars);
  } catch (error) {
    if (field === 'search' && error instanceof VariableError && error.reason === 'empty') return ALL;
    throw error;
  }
}

function asExpression(text: string, variables: Variables, scopedVars?: ScopedVars): string | typeof ALL {
  const name = referenceName(text);
  if (name === null) return variables.replace(text, scopedVars, 'regex');
  if (isAll(name, variables, scopedVars)) return ALL;
  // Says so where there is no such variable, or nothing chosen.
  expand(text, variables, scopedVars);
  return variables.replace(text, scopedVars, 'regex');
}

function isExpression({ operator }: Filter): boolean {
  return operator === '=~' || operator === '!~';
}

/** `=` of several values is `in`. */
function withValues(filter: Filter, values: string[]): Filter {
  if (values.length <= 1) return { ...filter, values };
  switch (filter.operator) {
    case '=':
      return { ...filter, operator: 'in', values };
    case '!=':
      return { ...filter, operator: 'notIn', values };
    case 'in':
    case 'notIn':
      return { ...filter, values };
    case '=~':
    case '!~':
    case '>':
    case '<':
      throw tooMany(`${filter.field} ${filter.operator}`, values);
  }
}

function several(text: string, variables: Variables, scopedVars?: ScopedVars): string[] {
  const values = expand(text, variables, scopedVars);
  return values === ALL ? allOf(text, variables, scopedVars) : values;
}

function allOf(text: string, variables: Variables, scopedVars?: ScopedVars): string[] {
  const values: string[] = [];
  variables.replace(text, scopedVars, (value) => {
    values.push(...(Array.isArray(value) ? value : [value]).map(String));
    return '';
  });
  return values;
}

function single(text: string, variables: Variables, scopedVars?: ScopedVars): string {
  if (!hasReference(text)) return text;
  const values = several(text, variables, scopedVars);
  const [value = ''] = values;
  if (values.length > 1) throw tooMany(text, values);
  return value;
}

function tooMany(what: string, values: readonly string[]): Error {
  return new Error(
    t('variables.several', '{{what}} takes one value, and {{count}} are chosen: {{values}}. Choose one.', {
      what,
      count: values.length,
      values: values.slice(0, 5).join(', '),
    }),
  );
}

/** These are the API's, which knows the range of the query itself, also where a panel shifts it. */
const OWN_MACROS = /(\$__(?:from|to)\b|\$__timeFilter\b)/;

/** Several values become a quoted list, one of them text with its quotes doubled. */
function interpolateSql({ sql }: SqlQuery, variables: Variables, scopedVars?: ScopedVars): string {
  const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`;
  const format = (value: unknown): string =>
    Array.isArray(value)
      ? value.map((one) => quoted(String(one))).join(',')
      : String(value).replaceAll("'", "''");
  return sql
    .split(OWN_MACROS)
    .map((part) => (OWN_MACROS.test(part) ? part : variables.replace(part, scopedVars, format)))
    .join('');
}
