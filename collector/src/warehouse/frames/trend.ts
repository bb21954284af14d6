import { MEASURE } from '../query/measures.ts';
import type { TrendQuery } from '../query/request.ts';
import type { TrendResult } from '../query/result.ts';
import type { FrameContext } from './context.ts';
import { type FrameField, frameOf, numberField, timeField } from './fields.ts';
import type { FrameJson } from './frame.ts';
import { metaOf } from './meta.ts';
import { distinct, fieldName, groupName, labelsOf, otherName } from './names.ts';
import { worstFirst } from './order.ts';
import { rounded, unitOf } from './units.ts';

/** One wide frame: times, then a number field per series, called like its measure, with the group as labels. */
export function trendFrame(query: TrendQuery, result: TrendResult, context: FrameContext): FrameJson {
  const meta = metaOf(query, result, context, { type: 'timeseries-wide', visual: 'graph' });
  // Readers of wide frames fail on a time without a number; no fields is how "no data" is said.
  if (result.series.length === 0) return frameOf(query.refId, meta, []);
  return frameOf(query.refId, meta, [
    timeField('time', result.times),
    ...seriesFields({ ...result, series: inOrder(result) }),
  ]);
}

/** All but severities comes by size. */
function inOrder({ dimensions, series }: TrendResult): TrendResult['series'] {
  const bySeverity = dimensions.length === 1 && dimensions[0] === 'severity';
  return bySeverity ? worstFirst(series, ({ group }) => group?.[0]) : series;
}

function seriesFields({ dimensions, series, accountNames }: TrendResult): FrameField[] {
  const other = otherName(series.map(({ group }) => group));
  const measures = new Set(series.map(({ measure }) => measure)).size;
  const names = distinct(
    series.map(({ measure, group, period }) => {
      const name = fieldName(groupName(dimensions, group, other, accountNames), measure, measures);
      return { name: period === 'previous' ? `${name} (previous)` : name, group };
    }),
  );
  return series.map(({ measure, group, period, values }, index) => {
    const { unit } = MEASURE[measure];
    return numberField(
      measure,
      values.map((value) => rounded(value, unit)),
      {
        labels: {
          ...labelsOf(dimensions, group, other),
          ...(period === 'previous' ? { period } : {}),
        },
        // No description: it would be the same text in every series, and no chart shows it.
        config: { displayNameFromDS: names[index] ?? measure, unit: unitOf(unit) },
      },
    );
  });
}
