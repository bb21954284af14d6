import { t } from '../i18n';

/** What there is to choose from, as the API tells it: nothing of it is copied into the plugin. */
export interface Catalog {
  readonly measures: readonly Measure[];
  readonly dimensions: readonly Dimension[];
  readonly filterFields: readonly FilterField[];
  /** Whether the server takes SQL of this caller. */
  readonly sql: boolean;
}

/** Where numbers come from; measures of several can only be grouped by what all of them have. */
export type Subject = 'findings' | 'checks' | 'scopes';

export interface Measure {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly kind: 'gauge' | 'flow' | 'ratio';
  readonly subject: Subject;
  readonly unit: string;
  readonly additive: boolean;
}

export interface Dimension {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  /** False: too many values for series, alert labels or a whole list. */
  readonly bounded: boolean;
  readonly multiple: boolean;
  readonly subjects: readonly Subject[];
}

/** Findings are filtered by these too; they are no dimensions. */
export interface FilterField {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  /** All that it can be; empty where it can be anything. */
  readonly values: readonly string[];
}

export interface DimensionValue {
  readonly value: string;
  readonly text: string;
  /** Open findings that have it. */
  readonly count: number;
}

/** How the data source reads from the API through its backend. */
export interface ApiClient {
  get(path: string): Promise<unknown>;
  post(path: string, body: unknown): Promise<unknown>;
}

/** @throws Error that says what to do, where the API is too old or something else answers */
export async function loadCatalog(api: ApiClient): Promise<Catalog> {
  const [measures, dimensions, status] = await Promise.all([
    api.get('measures'),
    api.get('dimensions'),
    api.get('status'),
  ]);
  return {
    measures: listIn(measures, 'measures') as readonly Measure[],
    dimensions: listIn(dimensions, 'dimensions') as readonly Dimension[],
    filterFields: listIn(dimensions, 'filterFields') as readonly FilterField[],
    sql: takesSql(status),
  };
}

export interface ValuesRequest {
  readonly dimension: string;
  readonly search?: string;
  readonly filters?: readonly unknown[];
  /** Milliseconds. */
  readonly from?: number;
  readonly to?: number;
  readonly limit?: number;
}

/** Of a dimension, those with most findings first. */
export async function loadValues(
  api: ApiClient,
  { dimension, ...body }: ValuesRequest,
): Promise<readonly DimensionValue[]> {
  const answer = await api.post(`dimensions/${encodeURIComponent(dimension)}/values`, body);
  return listIn(answer, 'values') as readonly DimensionValue[];
}

/** The API and the plugin are released together; what its OpenAPI document promises of the items is not checked again. */
function listIn(answer: unknown, name: string): readonly unknown[] {
  const list: unknown = isRecord(answer) ? answer[name] : undefined;
  if (Array.isArray(list)) return list;
  throw new Error(
    t(
      'api.not-understood',
      'The server’s answer has no list of {{name}}: its version of Sightline does not fit this plugin. Update the older of the two, and check the URL of the data source.',
      { name },
    ),
  );
}

function takesSql(status: unknown): boolean {
  return isRecord(status) && isRecord(status['warehouse']) && status['warehouse']['sql'] === true;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
