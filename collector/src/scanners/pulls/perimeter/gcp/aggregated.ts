import { z } from 'zod';
import { lastOf } from '../lists.ts';
import { COMPUTE, type GcpPlace, pagesOf } from './api.ts';

const warning = z.object({ code: z.string().optional() }).optional();

/** That there is nothing in a zone comes as a warning, too. */
const NOTHING_THERE = 'NO_RESULTS_ON_PAGE';

/**
 * A list of Compute Engine over all zones and regions. What did not answer is missed, and the rest taken.
 * @see https://cloud.google.com/compute/docs/reference/rest/v1/instances/aggregatedList
 * @throws Refused
 */
export async function aggregated<T>(
  place: GcpPlace,
  kind: 'instances' | 'forwardingRules' | 'addresses',
  right: string,
  item: z.ZodType<T>,
): Promise<T[]> {
  const items = z.array(item).optional();
  const scoped = z
    .looseObject({ warning })
    .transform((scope) => ({ warning: scope.warning, found: items.parse(scope[kind]) ?? [] }));
  const page = z.object({
    items: z.record(z.string(), scoped).optional(),
    unreachables: z.array(z.string()).optional(),
    warning,
  });
  const pages = await pagesOf(place, COMPUTE, right, `projects/${place.account}/aggregated/${kind}`, page, {
    returnPartialSuccess: 'true',
  });
  const found: T[] = [];
  const silent = new Set<string>();
  for (const one of pages) {
    for (const scope of one.unreachables ?? []) silent.add(lastOf(scope));
    if (isBad(one.warning)) silent.add(one.warning?.code ?? 'a part');
    for (const [scope, held] of Object.entries(one.items ?? {})) {
      if (isBad(held.warning)) silent.add(lastOf(scope));
      found.push(...held.found);
    }
  }
  // One sentence for each place, not each page.
  for (const scope of [...silent].sort()) place.miss(`${right} in ${scope}: it does not answer`);
  return found;
}

function isBad(told: z.infer<typeof warning>): boolean {
  return told !== undefined && told.code !== NOTHING_THERE;
}
