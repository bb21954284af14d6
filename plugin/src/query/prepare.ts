import type {
  AdHocVariableFilter,
  DataFrame,
  DataQueryError,
  DataQueryRequest,
  DataQueryResponse,
  QueryResultMetaNotice,
} from '@grafana/data';
import type { Catalog } from '../api/catalog';
import type { CatalogCache } from '../api/catalog-cache';
import { inapplicable, withAdHoc } from '../filters/ad-hoc';
import { t } from '../i18n';
import { interpolate } from '../variables/interpolate';
import type { Variables } from '../variables/references';
import { migrate } from './migrate';
import type { SightlineQuery } from './model';
import { problemsOf } from './problems';

export interface Prepared {
  /** As they are sent: migrated, with values, ad hoc filters and the time zone. */
  readonly targets: SightlineQuery[];
  /** Of queries that are not sent. */
  readonly errors: DataQueryError[];
  /** By refId. */
  readonly notices: ReadonlyMap<string, QueryResultMetaNotice[]>;
}

/** Each query by itself: one that can't run says why, and the others have their answers. */
export async function prepare(
  request: DataQueryRequest<SightlineQuery>,
  cache: CatalogCache,
  variables: Variables,
): Promise<Prepared> {
  const { scopedVars, filters = [], timezone, targets: asked } = request;
  const catalog = filters.length === 0 ? null : await cache.load().catch(() => null);
  const targets: SightlineQuery[] = [];
  const errors: DataQueryError[] = [];
  const notices = new Map<string, QueryResultMetaNotice[]>();
  for (const target of asked) {
    if (target.hide === true) continue;
    try {
      const query = interpolate(migrate(target), variables, scopedVars);
      const [problem] = problemsOf(query, { catalog: null });
      if (problem !== undefined) throw new Error(problem);
      const [fitting, others] = sorted(query, filters, catalog);
      targets.push({ ...withAdHoc(query, fitting), timezone: zoneOf(timezone) });
      if (others.length > 0) notices.set(target.refId, [leftOut(others)]);
    } catch (error) {
      errors.push({ refId: target.refId, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return { targets, errors, notices };
}

/** Those that the query can be filtered by, and those that it can't. */
function sorted(
  query: SightlineQuery,
  filters: readonly AdHocVariableFilter[],
  catalog: Catalog | null,
): [fitting: AdHocVariableFilter[], others: AdHocVariableFilter[]] {
  const fits = ({ key }: AdHocVariableFilter): boolean => inapplicable(query, key, catalog) === null;
  return [filters.filter(fits), filters.filter((filter) => !fits(filter))];
}

function leftOut(filters: readonly AdHocVariableFilter[]): QueryResultMetaNotice {
  return {
    severity: 'warning',
    text: t('ad-hoc.left-out', 'Not filtered by {{names}}: this query knows nothing of it.', {
      names: filters.map(({ key }) => key).join(', '),
    }),
  };
}

export function withMessages(
  response: DataQueryResponse,
  errors: readonly DataQueryError[],
  notices: Prepared['notices'],
): DataQueryResponse {
  if (errors.length === 0 && notices.size === 0) return response;
  const data = response.data as readonly DataFrame[];
  return {
    ...response,
    data: data.map((frame) => {
      const more = notices.get(frame.refId ?? '');
      if (more === undefined) return frame;
      return { ...frame, meta: { ...frame.meta, notices: [...(frame.meta?.notices ?? []), ...more] } };
    }),
    ...(errors.length === 0 ? {} : { errors: [...(response.errors ?? []), ...errors] }),
  };
}

/** An IANA name, for whose midnights days begin at: Grafana says `browser`, `utc` or a name, and nothing to its backend. */
export function zoneOf(timezone: string | undefined): string {
  if (timezone === 'utc') return 'UTC';
  if (timezone === undefined || timezone === '' || timezone === 'browser')
    return new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return timezone;
}
