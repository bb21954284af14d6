import { z } from 'zod';

/** Texts and lists are wishes: junk in one of them must not cost the report. */
const text = z.string().nullish().catch(null);
const count = z.number().nonnegative().nullish().catch(null);
const words = z.array(z.string()).nullish().catch(null);

export const lastRunSchema = z.object({
  time: text,
  version: text,
  ruleset_name: text,
  run_parameters: z.object({ regions: words, excluded_regions: words }).nullish().catch(null),
  summary: z
    .record(
      z.string(),
      z.object({ checked_items: count, flagged_items: count, resources_count: count }).nullable().catch(null),
    )
    .nullish()
    .catch(null),
});
export type LastRun = z.infer<typeof lastRunSchema>;

/** A rule's entry under `services.<service>.findings`, without `items`, which are read one by one. */
export const ruleSchema = z.object({
  description: text,
  rationale: text,
  remediation: text,
  references: z.array(z.unknown()).nullish().catch(null),
  level: text,
  path: text,
  id_suffix: text,
  checked_items: count,
  flagged_items: count,
  compliance: z
    .array(z.object({ name: text, version: text, reference: text }).nullable().catch(null))
    .nullish()
    .catch(null),
});
export type RuleTexts = z.infer<typeof ruleSchema>;

/** An entry of scoutsuite_errors_*. */
export const errorSchema = z.object({ file: text, exception: text, traceback: text });
export type ScanError = z.infer<typeof errorSchema>;
