import type { RunsQuery } from '../query/request.ts';
import type { TimelineResult } from '../query/result.ts';
import type { FrameContext } from './context.ts';
import { frameOf, textField, timeField } from './fields.ts';
import type { FrameJson } from './frame.ts';
import { metaOf } from './meta.ts';

/** One frame for the state timeline: times, and a field of texts per scope. No `meta.type`: its series hold numbers only. */
export function timelineFrame(query: RunsQuery, result: TimelineResult, context: FrameContext): FrameJson {
  const meta = metaOf(query, result, context, {});
  if (result.lanes.length === 0) return frameOf(query.refId, meta, []);
  return frameOf(query.refId, meta, [
    timeField('time', result.times),
    ...result.lanes.map(({ name, labels, states }) =>
      textField('state', states, { nullable: true, labels, config: { displayNameFromDS: name } }),
    ),
  ]);
}
