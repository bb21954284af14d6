import { t } from '../i18n';
import { hasReference } from '../variables/references';
import type { SightlineQuery } from './model';

/**
 * Why an alert rule can't be built on a query; null where it can. A rule needs one number per group, told apart by few lasting
 * labels; whatever has others each time tells of ends that are none.
 */
export function refusalForAlert(query: SightlineQuery): string | null {
  switch (query.queryType) {
    case 'findings':
    case 'events':
      return t(
        'alert.rows',
        'An alert rule needs numbers, and these are rows: use the type Summary with the format Numeric, which counts them.',
      );
    case 'runs':
      return t(
        'alert.runs',
        'An alert rule needs numbers: use the type Summary with the format Numeric, and Staleness, Fresh scopes or Failed runs.',
      );
    case 'sql':
      return null;
    case 'trend':
      return refusedMeasures(query) ?? refusedVariables(query);
    case 'summary':
      if (query.format !== 'numeric')
        return t('alert.format', 'An alert rule needs one number per group: use the format Numeric.');
      return refusedMeasures(query) ?? refusedVariables(query);
  }
}

function refusedMeasures({ measures, compare }: { measures: string[]; compare?: string }): string | null {
  if (measures.length > 1)
    return t(
      'alert.measures',
      'An alert rule reads one measure per query, else two results have the same labels: ask for each in a query of its own.',
    );
  return compare === 'previous'
    ? t(
        'alert.compare',
        'A value and the one before have the same labels: use the type Summary and compare by Change.',
      )
    : null;
}

function refusedVariables({
  filters = [],
  groupBy = [],
}: Extract<SightlineQuery, { groupBy?: string[] }>): string | null {
  const texts = [...groupBy, ...filters.flatMap(({ field, values }) => [field, ...values])];
  const used = texts.find((text) => /^\$\w+$|^\$\{|^\[\[/.test(text) && hasReference(text));
  return used === undefined
    ? null
    : t('alert.variables', 'Alert rules have no variables, so {{name}} has no value there: choose one.', {
        name: used,
      });
}
