import { type Dimension, MULTIPLE } from '../query/dimensions.ts';
import { plus } from '../query/formulas.ts';
import { type Measure, MEASURE } from '../query/measures.ts';
import type { SummaryQuery } from '../query/request.ts';
import type { Group, SummaryResult, SummaryRow } from '../query/result.ts';
import type { FrameContext } from './context.ts';
import { type FieldConfig, type FrameField, frameOf, numberField, textField } from './fields.ts';
import type { FrameJson } from './frame.ts';
import { linksOf } from './links.ts';
import { metaOf } from './meta.ts';
import { distinct, fieldName, groupName, heading } from './names.ts';
import { changeOf, rowsOf } from './summary.ts';
import { worstFirst } from './order.ts';
import { addsUp, missingValue, rounded, unitOf } from './units.ts';

type Cells = ReadonlyMap<string | null, SummaryRow>;

/**
 * A matrix: rows by the first dimension, a column per value of the second, in the order in which they are first met; severities the worst first.
 *
 * A cell without findings is 0, one that nobody knows (ratios, ages, checks, and whatever the limit left out) is null. A total
 * is added where it is one: for counts, of everything, and where nothing counts in two columns.
 */
export function pivotFrame(query: SummaryQuery, result: SummaryResult, context: FrameContext): FrameJson {
  const [first, second] = result.dimensions;
  const meta = metaOf(query, result, context, { visual: 'table' });
  if (first === undefined || second === undefined) return frameOf(query.refId, meta, []);
  const { matrix, columns, whole } = matrixOf(result);
  const cell = (row: SummaryRow | undefined, measure: Measure, index: number): number | null => {
    if (row === undefined) return whole ? missingValue(measure) : null;
    if (query.compare === 'change') return changeOf(row, index, measure);
    return rounded(row.values[index] ?? null, MEASURE[measure].unit);
  };

  const valuesOf = (column: string | null, measure: Measure, index: number): (number | null)[] =>
    [...matrix.values()].map((cells) => cell(cells.get(column), measure, index));
  const spec = columns.flatMap((column) =>
    result.measures.map((measure, index) => ({ column, measure, values: valuesOf(column, measure, index) })),
  );
  const names = distinct(
    spec.map(({ column, measure }) => {
      const group: Group = [column];
      const name = groupName([second], group, '', result.accountNames);
      return { name: fieldName(name, measure, result.measures.length), group };
    }),
  );
  const fields = spec.map(({ column, measure, values }, index) =>
    numberField(measure, values, {
      labels: { [second]: column ?? '' },
      config: { displayNameFromDS: names[index] ?? measure, unit: unitOf(MEASURE[measure].unit) },
    }),
  );
  const totals = whole && !MULTIPLE.has(second) ? result.measures.filter(addsUp) : [];
  const sums = totals.map((measure) => {
    const parts = spec.filter((part) => part.measure === measure);
    const values = [...matrix.keys()].map((_, row) =>
      parts.reduce<number | null>((sum, part) => plus(sum, part.values[row] ?? null), null),
    );
    const title = result.measures.length > 1 ? fieldName('Total', measure, 2) : 'Total';
    return numberField(`${measure}Total`, values, {
      config: { displayNameFromDS: title, unit: unitOf(MEASURE[measure].unit) },
    });
  });
  return frameOf(query.refId, meta, [
    ...rowFields(first, [...matrix.keys()], result, context),
    ...fields,
    ...sums,
  ]);
}

function matrixOf(result: SummaryResult): {
  matrix: ReadonlyMap<string | null, Cells>;
  columns: readonly (string | null)[];
  whole: boolean;
} {
  const matrix = new Map<string | null, Map<string | null, SummaryRow>>();
  const columns = new Set<string | null>();
  let whole = result.cut === null;
  for (const row of rowsOf(result)) {
    // `other` is of no row and of no column.
    if (row.group === null) whole = false;
    else {
      const [first = null, second = null] = row.group;
      const cells = matrix.get(first) ?? new Map<string | null, SummaryRow>();
      matrix.set(first, cells.set(second, row));
      columns.add(second);
    }
  }
  const bySeverity = result.dimensions[1] === 'severity';
  return { matrix, columns: bySeverity ? worstFirst([...columns], (one) => one) : [...columns], whole };
}

function rowFields(
  dimension: Dimension,
  values: readonly (string | null)[],
  { accountNames }: SummaryResult,
  context: FrameContext,
): FrameField[] {
  const text = (name: string, texts: string[], more: FieldConfig = {}): FrameField =>
    textField(name, texts, { config: { displayNameFromDS: heading(name), ...more } });
  const ids = values.map((value) => value ?? '');
  const field = text(dimension, ids, linksOf(dimension, context.links));
  if (dimension !== 'account' || accountNames.size === 0) return [field];
  return [
    field,
    text(
      'accountName',
      ids.map((id) => accountNames.get(id) ?? ''),
    ),
  ];
}
