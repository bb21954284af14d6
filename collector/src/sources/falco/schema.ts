import * as z from 'zod';
import { text, texts } from '../common/fields.ts';

/** An event as Falco writes it to a file, or posts it, with `json_output: true`. */
export const FalcoEvent = z.object({
  uuid: text,
  output: text,
  priority: text,
  rule: text,
  time: text,
  source: text,
  hostname: text,
  tags: texts,
  output_fields: z.record(z.string(), text).catch({}).default({}),
});
export type FalcoEvent = z.infer<typeof FalcoEvent>;
