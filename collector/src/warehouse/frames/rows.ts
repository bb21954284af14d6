import type { EventsQuery, FindingsQuery, RunsQuery, SqlQuery } from '../query/request.ts';
import type { Column, RowsResult, Value } from '../query/result.ts';
import type { FrameContext } from './context.ts';
import {
  booleanField,
  type FieldConfig,
  type FrameField,
  frameOf,
  numberField,
  textField,
  timeField,
} from './fields.ts';
import type { FrameJson } from './frame.ts';
import { linksOf } from './links.ts';
import { metaOf } from './meta.ts';
import { rounded, unitOf } from './units.ts';

type RowsQuery = FindingsQuery | EventsQuery | RunsQuery | SqlQuery;

export function rowsFrame(query: RowsQuery, result: RowsResult, context: FrameContext): FrameJson {
  const fields = result.columns.map((column, index) =>
    columnField(column, valuesOf(result, index), configOf(column, context)),
  );
  return frameOf(query.refId, metaOf(query, result, context, { visual: 'table' }), fields);
}

/**
 * For annotations, which Grafana finds by the names that fields are shown by: so without names for people. A point has no
 * `timeEnd`, a region has.
 */
export function annotationsFrame(query: EventsQuery, result: RowsResult, context: FrameContext): FrameJson {
  const fields = result.columns.map((column, index) => columnField(column, valuesOf(result, index), {}));
  return frameOf(query.refId, metaOf(query, result, context, {}), fields);
}

export function valuesOf({ rows }: RowsResult, index: number): Value[] {
  return rows.map((row) => row[index] ?? null);
}

/** JSON stays the text that it is: tables show and unfold it so, and nobody parses what nobody opens. */
export function columnField(column: Column, values: readonly Value[], config: FieldConfig): FrameField {
  const { name, unit } = column;
  const options = { nullable: true, config };
  switch (column.kind) {
    case 'time':
      return timeField(name, values.map(numberOf), options);
    case 'number':
      return numberField(
        name,
        values.map((value) => rounded(numberOf(value), unit ?? 'count')),
        options,
      );
    case 'boolean':
      return booleanField(
        name,
        values.map((value) => (typeof value === 'boolean' ? value : null)),
        options,
      );
    case 'text':
    case 'json':
      return textField(name, values.map(textOf), options);
  }
}

export function textOf(value: Value): string | null {
  return value === null ? null : String(value);
}

function numberOf(value: Value): number | null {
  return typeof value === 'number' ? value : null;
}

function configOf({ name, label, kind, unit, description }: Column, context: FrameContext): FieldConfig {
  return {
    ...(label === name ? {} : { displayNameFromDS: label }),
    ...(description === undefined ? {} : { description }),
    // Grafana shows times in the time zone of the dashboard by itself.
    ...(unit === undefined || kind === 'time' ? {} : { unit: unitOf(unit) }),
    ...linksOf(name, context.links),
  };
}
