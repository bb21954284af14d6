import * as z from 'zod';
import { listOf, text } from '../common/fields.ts';

/** A step into the policy: a member by name, or an element by number. */
const Step = z.object({ value: text, index: text, key: text });

/** Of `validate-policy`. */
export const PolicyFinding = z.object({
  findingType: text,
  issueCode: text,
  findingDetails: text,
  learnMoreLink: text,
  locations: listOf(z.object({ path: listOf(Step) })),
});
export type PolicyFinding = z.infer<typeof PolicyFinding>;

/** Of `check-no-new-access`, `check-access-not-granted`, `check-no-public-access`. */
export const Verdict = z.object({
  result: text,
  message: text,
  reasons: listOf(z.object({ description: text, statementId: text, statementIndex: text })),
});

/** `Statement[0].Action[1]` */
export function pathOf(steps: readonly z.infer<typeof Step>[]): string {
  return steps
    .map(({ value, index, key }) => (index === '' ? `.${value || key}` : `[${index}]`))
    .join('')
    .replace(/^\./, '');
}
