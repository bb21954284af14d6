import { isSeverity, severityRank } from '../../findings/severity.ts';
import { MEASURE } from '../query/measures.ts';
import type { TrendQuery } from '../query/request.ts';
import type { TrendResult } from '../query/result.ts';
import type { FrameContext } from './context.ts';
import { type FrameField, frameOf, numberField, timeField } from './fields.ts';
import type { FrameJson } from './frame.ts';
import { metaOf } from './meta.ts';
import { distinct, fieldName, groupName, labelsOf, otherName } from './names.ts';
import { rounded, unitOf } from './units.ts';

/** One wide frame: times, then a number field per series, called like its measure, with the group as labels. */
export function trendFrame(query: TrendQuery, result: TrendResult, context: FrameContext): FrameJson {
  const meta = metaOf(query, result, context, { type: 'timeseries-wide', visual: 'graph' });
  // Readers of wide frames fail on a time without a number; no fields is how "no data" is said.
  if (result.series.length === 0) return frameOf(query.refId, meta, []);
  return frameOf(query.refId, meta, [timeField('time', result.times), ...seriesFields(worstFirst(result))]);
}

/** Severities have an order of their own, the same on every chart however many there are of each; all else comes by size. */
function worstFirst(result: TrendResult): TrendResult {
  if (result.dimensions.length !== 1 || result.dimensions[0] !== 'severity') return result;
  const rankOf = (severity: unknown): number => (isSeverity(severity) ? severityRank(severity) : -1);
  return {
    ...result,
    series: result.series.toSorted((a, b) => rankOf(b.group?.[0]) - rankOf(a.group?.[0])),
  };
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
