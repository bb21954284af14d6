import { t } from '../i18n';
import type { Filter, SightlineQuery } from './model';

/** A query in a line, where there is no room for its editor: query history, collapsed rows. */
export function displayText(query: SightlineQuery): string {
  switch (query.queryType) {
    case 'trend':
      return sentence([
        list(query.measures),
        by(query.groupBy),
        t('display.over-time', 'over time'),
        where(query.filters),
      ]);
    case 'summary':
      return sentence([list(query.measures), by(query.groupBy), where(query.filters)]);
    case 'findings':
      return sentence([
        query.format === 'byRule'
          ? t('display.by-rule', 'findings by rule')
          : t('display.findings', 'findings'),
        where(query.filters),
      ]);
    case 'events':
      return sentence([
        query.kinds === undefined || query.kinds.length === 0 ? '' : list(query.kinds),
        t('display.events', 'events'),
        where(query.filters),
      ]);
    case 'runs':
      return sentence([t('display.runs', 'scan health'), query.view ?? 'scopes', where(query.filters)]);
    case 'sql':
      return query.sql.replaceAll(/\s+/g, ' ').trim();
  }
}

export function filterText({ field, operator, values }: Filter): string {
  const words: Partial<Record<Filter['operator'], string>> = { in: 'in', notIn: 'not in' };
  const named = values.map((value) => (value === '' ? t('display.none', 'none') : value));
  return `${field} ${words[operator] ?? operator} ${named.join(', ')}`;
}

function list(names: readonly string[] | undefined): string {
  return (names ?? []).join(', ');
}

function by(groupBy: readonly string[] | undefined): string {
  return groupBy === undefined || groupBy.length === 0 ? '' : `${t('display.by', 'by')} ${list(groupBy)}`;
}

function where(filters: readonly Filter[] | undefined): string {
  return filters === undefined || filters.length === 0 ? '' : `| ${filters.map(filterText).join(' · ')}`;
}

function sentence(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}
