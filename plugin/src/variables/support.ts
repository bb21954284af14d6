import {
  CustomVariableSupport,
  type DataQueryRequest,
  type DataQueryResponse,
  type DataSourceApi,
  FieldType,
} from '@grafana/data';
import { getTemplateSrv } from '@grafana/runtime';
import type { DataQuery } from '@grafana/schema';
import { from, type Observable } from 'rxjs';
import { loadValues } from '../api/catalog';
import { explain } from '../api/explain';
import type { SightlineDataSource } from '../datasource';
import { lazyEditor } from '../editor/lazy';
import { type Filter, MODEL_VERSION, type SightlineQuery } from '../query/model';
import type { SightlineOptions } from '../types';
import { interpolateFilters } from './interpolate';

/** A query of values to choose among. */
export interface ValuesQuery extends DataQuery {
  version: number;
  dimension: string;
  filters?: Filter[];
  /** `$__searchFilter` where the server is to search while somebody types. */
  search?: string;
  limit?: number;
}

export const SEARCH_FILTER = '$__searchFilter';
/** As many as the API gives at once. */
export const MOST_VALUES = 1_000;

type AnySource = DataSourceApi<SightlineQuery, SightlineOptions>;

export class SightlineVariableSupport extends CustomVariableSupport<AnySource, ValuesQuery> {
  readonly #datasource: SightlineDataSource;

  constructor(datasource: SightlineDataSource) {
    super();
    this.#datasource = datasource;
  }

  override editor = lazyEditor(async () => {
    const { editorOf } = await import('./ValuesEditor');
    return { default: editorOf(this.#datasource) };
  });

  override getDefaultQuery(): Partial<ValuesQuery & SightlineQuery> {
    return { version: MODEL_VERSION, dimension: 'account' };
  }

  override query(request: DataQueryRequest<ValuesQuery>): Observable<DataQueryResponse> {
    return from(this.#values(request));
  }

  async #values({ targets, scopedVars, range }: DataQueryRequest<ValuesQuery>): Promise<DataQueryResponse> {
    const [query] = targets;
    if (query === undefined || !query.dimension) return { data: [] };
    const variables = getTemplateSrv();
    const searched = variables.replace(query.search ?? '', scopedVars);
    try {
      const values = await loadValues(this.#datasource.api, {
        dimension: query.dimension,
        filters: interpolateFilters(query.filters ?? [], variables, scopedVars),
        from: range.from.valueOf(),
        to: range.to.valueOf(),
        limit: query.limit ?? MOST_VALUES,
        // Before anybody types there is nothing in its place.
        ...(searched === '' || searched === SEARCH_FILTER ? {} : { search: searched }),
      });
      return {
        data: [
          {
            length: values.length,
            fields: [
              { name: 'text', type: FieldType.string, config: {}, values: values.map(({ text }) => text) },
              { name: 'value', type: FieldType.string, config: {}, values: values.map(({ value }) => value) },
            ],
          },
        ],
      };
    } catch (error) {
      throw new Error(explain(error), { cause: error });
    }
  }
}
