import * as z from 'zod';
import { listOf, part, text } from '../common/fields.ts';

export const ValidatorFinding = z.object({
  findingType: text,
  code: text,
  message: text,
  resourceName: text,
  policyName: text,
  details: part({
    learnMoreLink: text,
    locations: listOf(z.object({ path: listOf(z.object({ value: text, index: text, key: text })) })),
  }),
});
export type ValidatorFinding = z.infer<typeof ValidatorFinding>;
