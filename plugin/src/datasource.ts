import type { CoreApp } from '@grafana/data';
import {
  type AdHocVariableFilter,
  type DataQueryRequest,
  type DataQueryResponse,
  type DataSourceGetDrilldownsApplicabilityOptions,
  type DataSourceGetTagValuesOptions,
  type DataSourceInstanceSettings,
  type DataSourceWithSupplementaryQueriesSupport,
  type DrilldownsApplicability,
  LoadingState,
  type MetricFindValue,
  type ScopedVars,
  type SupplementaryQueryOptions,
  SupplementaryQueryType,
} from '@grafana/data';
import { DataSourceWithBackend, getTemplateSrv } from '@grafana/runtime';
import { from, map, mergeMap, type Observable, of } from 'rxjs';
import { annotationSupport } from './annotations/support';
import type { ApiClient, Catalog } from './api/catalog';
import { CatalogCache } from './api/catalog-cache';
import { withAdHoc } from './filters/ad-hoc';
import { applicabilityOf, tagKeys, tagValues } from './filters/drilldowns';
import { defaultQuery } from './query/defaults';
import { displayText } from './query/display';
import { migrate } from './query/migrate';
import type { SightlineQuery } from './query/model';
import { prepare, withMessages } from './query/prepare';
import { sampleQuery, volumeQuery } from './query/supplementary';
import type { SightlineOptions } from './types';
import { interpolate } from './variables/interpolate';
import { SightlineVariableSupport } from './variables/support';

export class SightlineDataSource
  extends DataSourceWithBackend<SightlineQuery, SightlineOptions>
  implements DataSourceWithSupplementaryQueriesSupport<SightlineQuery>
{
  readonly api: ApiClient = {
    // Errors are shown where they matter, not as a toast besides.
    get: (path) => this.getResource(path, undefined, { showErrorAlert: false }),
    post: (path, body) => this.postResource(path, body, { showErrorAlert: false }),
  };
  readonly #catalog = new CatalogCache(this.api);

  constructor(settings: DataSourceInstanceSettings<SightlineOptions>) {
    super(settings);
    this.annotations = annotationSupport;
    this.variables = new SightlineVariableSupport(this);
  }

  /** What there is to choose from; loaded once, and again after it failed. */
  catalog(): Promise<Catalog> {
    return this.#catalog.load();
  }

  override query(request: DataQueryRequest<SightlineQuery>): Observable<DataQueryResponse> {
    return from(prepare(request, this.#catalog, getTemplateSrv())).pipe(
      mergeMap(({ targets, errors, notices }) => {
        const answer: Observable<DataQueryResponse> =
          targets.length === 0 ? of({ data: [] }) : super.query({ ...request, targets, filters: [] });
        return answer.pipe(
          map((response) => withMessages(response, errors, notices)),
          map((response) => (errors.length === 0 ? response : { ...response, state: LoadingState.Error })),
        );
      }),
    );
  }

  /** What `query` asks has its values already, for which this changes nothing; Explore and expressions come here directly. */
  override applyTemplateVariables(
    query: SightlineQuery,
    scopedVars: ScopedVars,
    filters: readonly AdHocVariableFilter[] = [],
  ): SightlineQuery {
    return query.timezone === undefined
      ? withAdHoc(interpolate(migrate(query), getTemplateSrv(), scopedVars), filters)
      : query;
  }

  override filterQuery(query: SightlineQuery): boolean {
    return query.hide !== true;
  }

  override getDefaultQuery(app: CoreApp): Partial<SightlineQuery> {
    return defaultQuery(app);
  }

  override getQueryDisplayText(query: SightlineQuery): string {
    try {
      return displayText(migrate(query));
    } catch (error) {
      return String(error);
    }
  }

  override async getTagKeys(): Promise<MetricFindValue[]> {
    return tagKeys(await this.catalog());
  }

  override async getTagValues(
    options: DataSourceGetTagValuesOptions<SightlineQuery>,
  ): Promise<MetricFindValue[]> {
    return tagValues(this.api, await this.catalog(), options);
  }

  override async getDrilldownsApplicability(
    options?: DataSourceGetDrilldownsApplicabilityOptions<SightlineQuery>,
  ): Promise<DrilldownsApplicability[]> {
    return applicabilityOf(options, await this.catalog());
  }

  getSupportedSupplementaryQueryTypes(): SupplementaryQueryType[] {
    return [SupplementaryQueryType.LogsVolume, SupplementaryQueryType.LogsSample];
  }

  getSupplementaryQuery(
    options: SupplementaryQueryOptions,
    query: SightlineQuery,
  ): SightlineQuery | undefined {
    if (options.type === SupplementaryQueryType.LogsVolume) return volumeQuery(query) ?? undefined;
    return sampleQuery(query, options.limit) ?? undefined;
  }

  getSupplementaryRequest(
    type: SupplementaryQueryType,
    request: DataQueryRequest<SightlineQuery>,
    options?: SupplementaryQueryOptions,
  ): DataQueryRequest<SightlineQuery> | undefined {
    const wanted = options ?? { type };
    const targets = request.targets.flatMap((query) => this.getSupplementaryQuery(wanted, query) ?? []);
    return targets.length === 0 ? undefined : { ...request, targets };
  }
}
