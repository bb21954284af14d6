/** Grafana's DataFrame as JSON. `schema` comes before `data`: the Go SDK reads them in that order. */
export interface FrameJson {
  readonly schema: {
    readonly refId: string;
    readonly name?: string;
    readonly meta: FrameMeta;
    readonly fields: readonly FieldJson[];
  };
  readonly data: { readonly values: readonly (readonly unknown[])[] };
}

export interface FrameMeta {
  readonly type?: 'timeseries-wide' | 'timeseries-multi' | 'numeric-long' | 'numeric-wide' | 'log-lines';
  /** Only with `type`, which means nothing without it. */
  readonly typeVersion?: readonly [number, number];
  readonly preferredVisualisationType?: 'graph' | 'table' | 'logs' | 'flamegraph';
  readonly executedQueryString?: string;
  readonly notices?: readonly { readonly severity: 'info' | 'warning'; readonly text: string }[];
  readonly custom?: Readonly<Record<string, unknown>>;
}

export interface FieldJson {
  readonly name: string;
  readonly type: 'time' | 'number' | 'string' | 'boolean' | 'other';
  readonly typeInfo: { readonly frame: string; readonly nullable: boolean };
  readonly labels?: Readonly<Record<string, string>>;
  readonly config?: Readonly<Record<string, unknown>>;
}
