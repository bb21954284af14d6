import { type Measure, MEASURE } from '../query/measures.ts';
import type { SummaryQuery } from '../query/request.ts';
import type { SummaryResult, SummaryRow } from '../query/result.ts';
import type { FrameContext } from './context.ts';
import { type FrameField, frameOf, numberField, textField } from './fields.ts';
import type { FrameJson } from './frame.ts';
import { linksOf } from './links.ts';
import { metaOf } from './meta.ts';
import { heading, labelValue, measureName, otherName } from './names.ts';
import { rounded, unitOf } from './units.ts';

/** One row per group: dimensions, then measures, each with its previous value or its change beside it; `other` last. */
export function tableFrame(query: SummaryQuery, result: SummaryResult, context: FrameContext): FrameJson {
  const rows = rowsOf(result);
  return frameOf(query.refId, metaOf(query, result, context, { visual: 'table' }), [
    ...dimensionFields(result, rows, context),
    ...result.measures.flatMap((measure, index) => measureFields(query, measure, index, rows)),
  ]);
}

/**
 * For alert rules: nothing but labels and one number, the value or (with `compare: change`) its change. A value that is not
 * known stays null: its alert keeps its state, where a row that is missing would resolve it.
 */
export function numericFrame(query: SummaryQuery, result: SummaryResult, context: FrameContext): FrameJson {
  const meta = metaOf(query, result, context, { type: 'numeric-long', visual: 'table' });
  const rows = rowsOf(result);
  const [measure] = result.measures;
  if (measure === undefined || rows.length === 0) return frameOf(query.refId, meta, []);
  const { unit, description } = MEASURE[measure];
  const change = query.compare === 'change';
  const value = change
    ? numberField(
        `${measure}Change`,
        rows.map((row) => changeOf(row, 0, measure)),
        {
          config: { displayNameFromDS: heading(`${measureName(measure)} change`), unit: unitOf(unit) },
        },
      )
    : numberField(
        measure,
        rows.map((row) => rounded(row.values[0] ?? null, unit)),
        { config: { displayNameFromDS: heading(measureName(measure)), description, unit: unitOf(unit) } },
      );
  const other = otherName(rows.map(({ group }) => group));
  const labels = result.dimensions.map((dimension, index) =>
    textField(
      dimension,
      rows.map(({ group }) => labelValue(group, index, other)),
    ),
  );
  return frameOf(query.refId, meta, [...labels, value]);
}

/** `other` last. Without dimensions there is one row, over everything. */
export function rowsOf({ dimensions, rows, total }: SummaryResult): readonly SummaryRow[] {
  if (dimensions.length === 0 && rows.length === 0) return [total];
  return [...rows.filter(({ group }) => group !== null), ...rows.filter(({ group }) => group === null)];
}

/** Null where one of the two is not known. */
export function changeOf(row: SummaryRow, index: number, measure: Measure): number | null {
  const value = row.values[index] ?? null;
  const previous = row.previous?.[index] ?? null;
  return value === null || previous === null ? null : rounded(value - previous, MEASURE[measure].unit);
}

function dimensionFields(
  { dimensions, accountNames }: SummaryResult,
  rows: readonly SummaryRow[],
  context: FrameContext,
): FrameField[] {
  const other = otherName(rows.map(({ group }) => group));
  return dimensions.flatMap((dimension, index) => {
    const values = rows.map(({ group }) => labelValue(group, index, other));
    const field = textField(dimension, values, {
      config: { displayNameFromDS: heading(dimension), ...linksOf(dimension, context.links) },
    });
    if (dimension !== 'account' || accountNames.size === 0 || dimensions.includes('accountName'))
      return [field];
    const names = values.map((value) => accountNames.get(value) ?? '');
    return [
      field,
      textField('accountName', names, { config: { displayNameFromDS: heading('accountName') } }),
    ];
  });
}

/** The measure's column and, compared, one for its previous value or its change: that it differs says its name. */
function measureFields(
  { compare }: SummaryQuery,
  measure: Measure,
  index: number,
  rows: readonly SummaryRow[],
): FrameField[] {
  const { unit, description } = MEASURE[measure];
  const title = heading(measureName(measure));
  const values = rows.map((row) => rounded(row.values[index] ?? null, unit));
  const value = numberField(measure, values, {
    config: { displayNameFromDS: title, description, unit: unitOf(unit) },
  });
  if (compare === 'none') return [value];
  const previous = compare === 'previous';
  const compared = rows.map((row) =>
    previous ? rounded(row.previous?.[index] ?? null, unit) : changeOf(row, index, measure),
  );
  const config = { displayNameFromDS: `${title} (${compare})`, unit: unitOf(unit) };
  return [value, numberField(`${measure}${heading(compare)}`, compared, { config })];
}
