import { z } from 'zod';
import { secret } from './secret.ts';
import { patterns, text, withDefault } from './values.ts';

/** The section `chat`: who hears of runs, and where. */
export const chat = z
  .array(
    z.strictObject({
      name: z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and dashes')
        .meta({ description: 'A name that no other channel has.' }),
      kind: z.enum(['slack', 'teams', 'webhook']).meta({
        description: 'Slack, Microsoft Teams (a workflow’s webhook), or any service that takes JSON.',
      }),
      url: secret,
      when: withDefault(
        z.enum(['always', 'changes', 'problems']),
        'always',
        'After each run; when something is new, fixed or failed; only when something is new or failed.',
      ),
      jobs: patterns.optional().meta({ description: 'Only of these jobs.' }),
      link: text.optional().meta({ description: 'Where people look: a dashboard, the page of the report.' }),
    }),
  )
  .default([])
  .superRefine((list, context) => {
    for (const [index, { name }] of list.entries()) {
      if (list.findIndex((other) => other.name === name) < index)
        context.addIssue({ code: 'custom', path: [index, 'name'], message: 'is there twice' });
    }
  })
  .meta({ description: 'A message after each run of a job, over all its accounts.' });
