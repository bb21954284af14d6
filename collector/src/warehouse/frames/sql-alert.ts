import type { SqlQuery } from '../query/request.ts';
import type { Column, RowsResult } from '../query/result.ts';
import type { FrameContext } from './context.ts';
import { frameOf, textField } from './fields.ts';
import type { FrameJson } from './frame.ts';
import { metaOf } from './meta.ts';
import { columnField, textOf, valuesOf } from './rows.ts';

/** Why rows of SQL can't be alerted on; null where they can: one number, and texts that are its labels. */
export function refuseSqlForAlert(columns: readonly Column[]): string | null {
  const numbers = columns.filter(({ kind }) => kind === 'number').length;
  const other = columns.find(({ kind }) => kind !== 'number' && kind !== 'text');
  if (other !== undefined)
    return `an alert rule reads one number and texts; \`${other.name}\` is neither: cast it, or leave it out`;
  return numbers === 1 ? null : `an alert rule reads one number and texts; there are ${numbers} numbers`;
}

/** The same contract as format=numeric: texts that are null would end Grafana's evaluation. */
export function sqlAlertFrame(query: SqlQuery, result: RowsResult, context: FrameContext): FrameJson {
  const meta = metaOf(query, result, context, { type: 'numeric-long', visual: 'table' });
  if (result.rows.length === 0) return frameOf(query.refId, meta, []);
  const fields = result.columns.map((column, index) => {
    const values = valuesOf(result, index);
    return column.kind === 'number'
      ? columnField(column, values, {})
      : textField(
          column.name,
          values.map((value) => textOf(value) ?? ''),
        );
  });
  return frameOf(query.refId, meta, fields);
}
