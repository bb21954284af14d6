import { z } from 'zod';

/** A decision, as it is kept under `verdicts/`. */
export const verdictInputSchema = z.object({
  id: z.string(),
  fingerprints: z.array(z.string()),
  verdict: z.enum(['false_positive', 'accepted']).nullable(),
  until: z.number().nullable(),
  by: z.string(),
  reason: z.string(),
  at: z.number(),
});
