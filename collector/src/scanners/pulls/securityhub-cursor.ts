import * as z from 'zod';
import type { EpochMs } from '../../findings/model.ts';
import type { PullRequest } from './request.ts';

/** Where the next pull goes on from, by the region that was asked. */
const cursor = z.object({
  regions: z.record(
    z.string(),
    z.object({
      /** Everything that was updated before is known. */
      until: z.number(),
      /** When everything was listed last. */
      fullAt: z.number(),
      /** Products that had findings: what the next full list is expected to have. */
      products: z.array(z.string()),
    }),
  ),
});
export type HubCursor = z.infer<typeof cursor>;

const DEFAULT_FULL_EVERY_MS = 7 * 86_400_000;
/** A schedule comes a few seconds earlier or later; a whole period later only for that would be too late. */
const TOLERANCE_MS = 15 * 60_000;

/** Whatever else was left there is as if there had been no run. */
export function cursorOf(left: unknown): HubCursor {
  const read = cursor.safeParse(left);
  return read.success ? read.data : { regions: {} };
}

export function isFullDue(
  known: HubCursor['regions'][string] | undefined,
  { job, observedAt }: PullRequest,
): boolean {
  if (known === undefined) return true;
  return observedAt - known.fullAt >= (job.fullEveryMs ?? DEFAULT_FULL_EVERY_MS) - TOLERANCE_MS;
}

/** Only regions that were listed to their end go on. */
export function advanced(
  before: HubCursor,
  at: EpochMs,
  full: readonly string[],
  news: readonly string[],
  products: ReadonlyMap<string, ReadonlySet<string>>,
): HubCursor {
  const regions = { ...before.regions };
  for (const region of [...full, ...news]) {
    const fullAt = full.includes(region) ? at : (before.regions[region]?.fullAt ?? 0);
    regions[region] = { until: at, fullAt, products: [...(products.get(region) ?? [])].sort() };
  }
  return { regions };
}
