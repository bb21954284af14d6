import { z } from 'zod';
import { beginOf } from '../../config/index.ts';

/** Shapes of answers that more than one route gives. The OpenAPI document is made from them, tests hold answers against them. */

export const issue = z.object({
  path: z.string().meta({ description: 'Of the field: `queries[0].measures[1]`; empty for the whole.' }),
  message: z.string(),
});

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    hint: z.string().optional().meta({ description: 'What to do next.' }),
    issues: z.array(issue).optional().meta({ description: 'What is wrong with which field.' }),
  })
  .meta({ description: 'RFC 9457' });

export const subject = z
  .enum(['findings', 'checks', 'scopes'])
  .meta({ description: 'Where numbers come from: findings, check stats, or scopes and their runs.' });

export const millis = z.number().int().meta({ description: 'Milliseconds since the epoch, UTC.' });

/** @see https://grafana.com/developers/dataplane/ */
export const frame = z
  .object({
    schema: z.looseObject({
      refId: z.string(),
      name: z.string().optional(),
      meta: z.looseObject({}),
      fields: z.array(
        z.looseObject({
          name: z.string(),
          type: z.enum(['time', 'number', 'string', 'boolean', 'other']),
          labels: z.record(z.string(), z.string()).optional(),
          config: z.looseObject({}).optional(),
        }),
      ),
    }),
    data: z.object({ values: z.array(z.array(z.unknown())) }),
  })
  .meta({ description: 'A data frame as Grafana writes it in JSON; the schema comes before the data.' });

/** A word of the query string that holds JSON. */
export function jsonText<T extends z.ZodType>(schema: T) {
  return z
    .string()
    .max(MAX_JSON_TEXT)
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'must be JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);
}

/** Longer ones belong into a body: proxies cut addresses at 8 kB, and log them. */
const MAX_JSON_TEXT = 6_000;

export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max));

export const fingerprintPrefix = z
  .string()
  .toLowerCase()
  .regex(
    /^[0-9a-f]{8,32}$/,
    'a fingerprint has 32 hexadecimal digits; the first 8 will do where they stand for one finding',
  );

/** A moment in the query string: milliseconds, a timestamp with its time zone, or a day (its beginning, UTC). */
export const moment = z
  .string()
  .max(40)
  .transform((text, context): number => {
    const at = /^\d{1,16}$/.test(text) ? Number(text) : beginOf(text);
    if (at !== undefined && at <= LAST_MOMENT) return at;
    context.addIssue({
      code: 'custom',
      message: 'must be milliseconds since the epoch, 2026-11-20 or 2026-11-20T04:00:00Z',
    });
    return z.NEVER;
  });

/** Of JavaScript’s dates. */
const LAST_MOMENT = 8_640_000_000_000_000;
