import type { FieldJson, FrameJson, FrameMeta } from './frame.ts';

/** A field with its values; a frame holds the two apart. */
export interface FrameField {
  readonly schema: FieldJson;
  readonly values: readonly unknown[];
}

/** What Grafana shows of a field. Colours, thresholds and display names are left to panels, which could not undo ours. */
export interface FieldConfig {
  readonly displayNameFromDS?: string;
  readonly description?: string;
  readonly unit?: string;
  readonly links?: readonly { readonly title: string; readonly url: string }[];
}

interface FieldOptions {
  readonly labels?: Readonly<Record<string, string>>;
  readonly config?: FieldConfig;
  readonly nullable?: boolean;
}

/**
 * Go's time.Time counts nanoseconds in 64 bits where frames are encoded; times from 2262 on would come out as others. An
 * acceptance until the year 9999 is shown as one without an end.
 */
const LAST_TIME = 9_223_372_036_854;

/** Milliseconds since the epoch. */
export function timeField(
  name: string,
  values: readonly (number | null)[],
  options: FieldOptions = {},
): FrameField {
  const shown = values.map((value) => (value !== null && Math.abs(value) <= LAST_TIME ? value : null));
  return field(name, 'time', 'time.Time', shown, options);
}

/** Always nullable: a field that changes its type with its values would break what is built on it. */
export function numberField(
  name: string,
  values: readonly (number | null)[],
  options: FieldOptions = {},
): FrameField {
  return field(name, 'number', 'float64', values, { nullable: true, ...options });
}

export function textField(
  name: string,
  values: readonly (string | null)[],
  options: FieldOptions = {},
): FrameField {
  return field(name, 'string', 'string', values, options);
}

export function booleanField(
  name: string,
  values: readonly (boolean | null)[],
  options: FieldOptions = {},
): FrameField {
  return field(name, 'boolean', 'bool', values, { nullable: true, ...options });
}

/** Anything that JSON can say. */
export function jsonField(name: string, values: readonly unknown[], options: FieldOptions = {}): FrameField {
  return field(name, 'other', 'json.RawMessage', values, options);
}

export function frameOf(refId: string, meta: FrameMeta, fields: readonly FrameField[]): FrameJson {
  return {
    schema: { refId, meta, fields: fields.map(({ schema }) => schema) },
    data: { values: fields.map(({ values }) => values) },
  };
}

function field(
  name: string,
  type: FieldJson['type'],
  goType: string,
  values: readonly unknown[],
  { labels, config, nullable = false }: FieldOptions,
): FrameField {
  const schema: FieldJson = {
    name,
    type,
    typeInfo: { frame: goType, nullable },
    ...(labels === undefined || Object.keys(labels).length === 0 ? {} : { labels }),
    ...(config === undefined || Object.keys(config).length === 0 ? {} : { config: { ...config } }),
  };
  return { schema, values };
}
