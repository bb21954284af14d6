import { z } from 'zod';
import { SightlineError } from '../errors.ts';
import type { VerdictInput } from '../findings/decisions.ts';
import { isSealed, sealed } from './seal.ts';

/** A decision, as it is kept under `verdicts/`. */
const verdictInputSchema = z.object({
  id: z.string(),
  fingerprints: z.array(z.string()),
  verdict: z.enum(['false_positive', 'accepted']).nullable(),
  until: z.number().nullable(),
  by: z.string(),
  reason: z.string(),
  at: z.number(),
});

export function encodeVerdict(verdict: VerdictInput): Buffer {
  return sealed(JSON.stringify(verdict, null, 2));
}

/** @throws SightlineError `corrupt` */
export function decodeVerdict(bytes: Buffer, key: string): VerdictInput {
  try {
    const verdict = verdictInputSchema.parse(JSON.parse(bytes.toString('utf8')));
    if (isSealed(bytes)) return verdict;
  } catch {
    // What is wrong with it does not matter: it is not what was written.
  }
  throw new SightlineError(
    'corrupt',
    `${key} is not a verdict as Sightline writes them`,
    'Something else changed the object. Restore it from a version or backup of the bucket.',
  );
}
