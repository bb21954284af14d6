import * as z from 'zod';
import { listOf, text } from '../common/fields.ts';

/** Of a basic scan. */
export const BasicFinding = z.object({
  name: text,
  description: text,
  uri: text,
  severity: text,
  attributes: listOf(z.object({ key: text, value: text })),
});
export type BasicFinding = z.infer<typeof BasicFinding>;
