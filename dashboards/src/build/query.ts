import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import type {
  EventsQuery,
  Filter,
  FindingsQuery,
  RunsQuery,
  SummaryQuery,
  TrendQuery,
} from '../../../plugin/src/query/model.ts';
import { DATASOURCE } from './names.ts';

/** Queries as the plugin saves them: what panels ask is checked against the plugin's own types. */

export type Given<Q> = Omit<Q, 'refId' | 'version' | 'datasource' | 'queryType' | 'timezone'>;
export type { Filter };

const VERSION = 1;

type AnyQuery = TrendQuery | SummaryQuery | FindingsQuery | EventsQuery | RunsQuery;

class Target implements cog.Builder<cog.Dataquery> {
  readonly #query: object;

  constructor(query: AnyQuery) {
    this.#query = { datasource: DATASOURCE, ...query };
  }

  build(): cog.Dataquery {
    return { ...this.#query, _implementsDataqueryVariant: undefined } as unknown as cog.Dataquery;
  }
}
export type { Target };

export function trend(query: Given<TrendQuery>, refId = 'A'): Target {
  return new Target({ refId, queryType: 'trend', version: VERSION, ...query });
}
export function summary(query: Given<SummaryQuery>, refId = 'A'): Target {
  return new Target({ refId, queryType: 'summary', version: VERSION, ...query });
}
export function findings(query: Given<FindingsQuery>, refId = 'A'): Target {
  return new Target({ refId, queryType: 'findings', version: VERSION, ...query });
}
export function events(query: Given<EventsQuery>, refId = 'A'): Target {
  return new Target({ refId, queryType: 'events', version: VERSION, ...query });
}
export function runs(query: Given<RunsQuery>, refId = 'A'): Target {
  return new Target({ refId, queryType: 'runs', version: VERSION, ...query });
}

export function is(field: string, ...values: string[]): Filter {
  return { field, operator: values.length === 1 ? '=' : 'in', values };
}

export function isNot(field: string, ...values: string[]): Filter {
  return { field, operator: '!=', values };
}

const byVariable = (name: string): Filter => ({ field: name, operator: 'in', values: [`$${name}`] });

/** What the variables of a dashboard filter, by what numbers come from: a passed check has no severity, a scan no service. */
export const BY = {
  findings: ['cloud', 'account', 'region', 'service', 'severity', 'team', 'framework'].map(byVariable),
  /** For panels that are about one severity themselves. */
  findingsOfAnySeverity: ['cloud', 'account', 'region', 'service', 'team', 'framework'].map(byVariable),
  checks: ['cloud', 'account', 'service', 'team'].map(byVariable),
  scopes: ['cloud', 'account', 'team'].map(byVariable),
} as const;
