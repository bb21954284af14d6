import type { SummaryQuery } from '../query/request.ts';
import type { BucketsResult } from '../query/result.ts';
import type { FrameContext } from './context.ts';
import { frameOf, numberField, textField } from './fields.ts';
import type { FrameJson } from './frame.ts';
import { metaOf } from './meta.ts';
import { distinct, groupName, labelsOf } from './names.ts';
import { unitOf } from './units.ts';

const DAYS = 'suffix:d';

/**
 * A histogram of ages in days, as its panel reads it (`xMin`, `xMax`, then counts by name). The panel draws buckets of one
 * width, or such that double: for others there is `age`, the categories of a bar chart; the histogram does not look at it.
 */
export function bucketsFrame(query: SummaryQuery, result: BucketsResult, context: FrameContext): FrameJson {
  const { buckets, dimensions, groups } = result;
  const names = distinct(groups.map(({ group }) => ({ name: groupName(dimensions, group, ''), group })));
  const unit = unitOf('count');
  return frameOf(query.refId, metaOf(query, result, context, {}), [
    textField('age', buckets.map(nameOf)),
    numberField(
      'xMin',
      buckets.map(({ min }) => min),
      { config: { unit: DAYS } },
    ),
    numberField(
      'xMax',
      buckets.map(({ max }) => (isOpen(max) ? null : max)),
      { config: { unit: DAYS } },
    ),
    ...groups.map(({ group, counts }, index) =>
      numberField('count', counts, {
        labels: labelsOf(dimensions, group, ''),
        config: { displayNameFromDS: names[index] === '' ? 'findings' : (names[index] ?? 'findings'), unit },
      }),
    ),
  ]);
}

function nameOf({ min, max }: { min: number; max: number }): string {
  return isOpen(max) ? `≥ ${min} d` : `${min}–${max} d`;
}

/** JSON has no infinity. */
function isOpen(max: number): boolean {
  return !Number.isFinite(max) || max >= Number.MAX_SAFE_INTEGER;
}
