import type {
  DataSourceGetDrilldownsApplicabilityOptions,
  DataSourceGetTagValuesOptions,
  DrilldownsApplicability,
  MetricFindValue,
} from '@grafana/data';
import { type ApiClient, type Catalog, loadValues } from '../api/catalog';
import { explain } from '../api/explain';
import { t } from '../i18n';
import { migrate } from '../query/migrate';
import type { SightlineQuery } from '../query/model';
import { type Inapplicable, inapplicable, withAdHoc } from './ad-hoc';

/** What Grafana's filters of a whole dashboard (ad hoc filters) ask of a data source. */

export function tagKeys({ dimensions, filterFields }: Catalog): MetricFindValue[] {
  return [...dimensions, ...filterFields].map(({ id, label }) => ({ text: label, value: id }));
}

const MOST = 1_000;

/** Values that are there, under the other filters. Of what can only be searched there is no list: it is typed. */
export async function tagValues(
  api: ApiClient,
  catalog: Catalog,
  { key, filters, timeRange }: DataSourceGetTagValuesOptions<SightlineQuery>,
): Promise<MetricFindValue[]> {
  const field = catalog.filterFields.find(({ id }) => id === key);
  if (field !== undefined) return field.values.map((value) => ({ text: value, value }));
  if (catalog.dimensions.some(({ id, bounded }) => id === key && !bounded)) return [];
  const others = filters.filter((filter) => filter.key !== key);
  const { filters: asked = [] } = withAdHoc({ refId: '', version: 1, queryType: 'findings' }, others) as {
    filters?: unknown[];
  };
  try {
    const values = await loadValues(api, {
      dimension: key,
      filters: asked,
      limit: MOST,
      ...(timeRange === undefined ? {} : { from: timeRange.from.valueOf(), to: timeRange.to.valueOf() }),
    });
    return values.map(({ value, text }) => ({ text: text === value ? text : `${text} (${value})`, value }));
  } catch (error) {
    throw new Error(explain(error), { cause: error });
  }
}

/** A filter applies where it applies to at least one of the queries. */
export function applicabilityOf(
  options: DataSourceGetDrilldownsApplicabilityOptions<SightlineQuery> | undefined,
  catalog: Catalog,
): DrilldownsApplicability[] {
  const queries = (options?.queries ?? []).flatMap(known);
  const reasonFor = (key: string): Inapplicable | null => {
    const reasons = queries.map((query) => inapplicable(query, key, catalog));
    return reasons.includes(null) ? null : (reasons[0] ?? null);
  };
  const judged = (key: string, origin?: string): DrilldownsApplicability => {
    const reason = reasonFor(key);
    return {
      key,
      applicable: reason === null,
      ...(reason === null ? {} : { reason: wordsOf(reason) }),
      ...(origin === undefined ? {} : { origin }),
    };
  };
  return [
    ...(options?.filters ?? []).map(({ key, origin }) => judged(key, origin)),
    ...(options?.groupByKeys ?? []).map((key) => judged(key)),
  ];
}

function known(query: SightlineQuery): SightlineQuery[] {
  try {
    return [migrate(query)];
  } catch {
    return [];
  }
}

function wordsOf(reason: Inapplicable): string {
  switch (reason) {
    case 'sql':
      return t('ad-hoc.sql', 'SQL queries are not filtered by it: use a variable in the statement.');
    case 'unknown':
      return t('ad-hoc.unknown', 'The server knows nothing of that name.');
    case 'subject':
      return t('ad-hoc.subject', 'Scans and check statistics do not have it.');
  }
}
