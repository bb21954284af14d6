import { z } from 'zod';
import { accessOf } from '../access/index.ts';
import { HttpProblem } from '../problem.ts';
import type { ApiOptions } from './options.ts';
import { type Route, route } from './route.ts';

const falcoEvent = z.looseObject({
  rule: z.string().min(1),
  priority: z.string().meta({ description: 'As Falco writes it: `Notice`.' }),
  output: z.string(),
  time: z.string().meta({ description: 'With its time zone; not in the future.' }),
});

const eventBridgeEvent = z.looseObject({
  'detail-type': z
    .string()
    .min(1)
    .meta({ examples: ['Security Hub Findings - Imported', 'GuardDuty Finding'] }),
  source: z.string(),
  time: z.string().optional(),
  detail: z.looseObject({}),
});

const answer = z.object({
  accepted: z.int().meta({ description: 'Events that are in the bucket now.' }),
  ignored: z.int().meta({ description: 'Events of a type that is no finding: they are not kept.' }),
});

const PROBLEMS = {
  413: 'The request or one of its events is too large; nothing of it was taken.',
  415: 'The Content-Encoding is not gzip.',
  422: 'One of the events is not what it should be; nothing of the request was taken.',
  429: 'There is no room: nothing of the request was taken, Retry-After says when to come back.',
  503: 'The bucket did not take the events, or does not answer; Retry-After says when to come back.',
};
const HOW =
  'One event, an array of them, or one a line; all are taken or none. Answered when they are in the bucket; they become findings within a minute.';

/** Events that are pushed. In a server they mostly take the way in front of all this: see streams/intake.ts. */
export function eventRoutes({ intake }: ApiOptions): readonly Route[] {
  return [
    route({
      method: 'post',
      path: '/falco',
      id: 'pushFalco',
      summary: 'Takes in events of Falco: its http_output, Falcosidekick, or a log shipper',
      description: HOW,
      role: 'ingest',
      events: falcoEvent,
      ok: { description: 'The events are in the bucket.', schema: answer },
      problems: PROBLEMS,
      handle: ({ request, response }) =>
        (intake ?? missing()).take('falco', accessOf(response), request, response),
    }),
    route({
      method: 'post',
      path: '/eventbridge',
      id: 'pushEventBridge',
      summary: 'Takes in findings that Amazon EventBridge delivers: an API destination',
      description: `${HOW} Findings of Security Hub, GuardDuty, Inspector, Macie and IAM Access Analyzer.`,
      role: 'ingest',
      events: eventBridgeEvent,
      ok: { description: 'The events are in the bucket.', schema: answer },
      problems: PROBLEMS,
      handle: ({ request, response }) =>
        (intake ?? missing()).take('eventbridge', accessOf(response), request, response),
    }),
  ];
}

/** @throws HttpProblem 503 */
function missing(): never {
  throw new HttpProblem(503, 'No events', 'This server takes no events in.', {
    hint: 'Start it with `sightline serve`.',
  });
}
