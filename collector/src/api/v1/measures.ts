import { z } from 'zod';
import { heading, measureName } from '../../warehouse/frames/names.ts';
import { addsUp, unitOf } from '../../warehouse/frames/units.ts';
import { MEASURE, MEASURES } from '../../warehouse/query/measures.ts';
import { type Route, route } from './route.ts';
import { sendJson } from './send.ts';
import { subject } from './shapes.ts';

const response = z.object({
  measures: z.array(
    z.object({
      id: z.string(),
      label: z.string(),
      description: z.string(),
      kind: z.enum(['gauge', 'flow', 'ratio']).meta({
        description: 'How things are at a moment, how many passed in a time, or one divided by another.',
      }),
      subject,
      unit: z.string().meta({ description: 'As Grafana calls it.' }),
      additive: z.boolean().meta({ description: 'Whether the sum of groups is the measure of all of them.' }),
    }),
  ),
});

const LIST: z.infer<typeof response>['measures'] = MEASURES.map((id) => {
  const { kind, subject, unit, description } = MEASURE[id];
  return {
    id,
    label: heading(measureName(id)),
    description,
    kind,
    subject,
    unit: unitOf(unit),
    additive: addsUp(id),
  };
});

export function measuresRoute(): Route {
  return route({
    method: 'get',
    path: '/measures',
    id: 'listMeasures',
    summary: 'What can be measured, for those who choose among it',
    role: 'viewer',
    ok: { description: 'All measures, in the order of their documentation.', schema: response },
    handle: ({ request, response }) => {
      sendJson(request, response, { measures: LIST });
      return Promise.resolve();
    },
  });
}
