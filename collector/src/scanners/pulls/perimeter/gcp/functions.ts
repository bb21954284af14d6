import { z } from 'zod';
import { lastOf } from '../lists.ts';
import { FUNCTIONS, type GcpFinder, labels, pagesOf, regionIn } from './api.ts';

/** @see https://cloud.google.com/functions/docs/reference/rest/v2/projects.locations.functions/list */
const page = z.object({
  functions: z
    .array(
      z.object({
        name: z.string(),
        state: z.string().optional(),
        environment: z.string().optional(),
        url: z.string().optional(),
        eventTrigger: z.unknown().optional(),
        serviceConfig: z.object({ ingressSettings: z.string().optional() }).optional(),
        labels,
      }),
    )
    .optional(),
  unreachable: z.array(z.string()).optional(),
});

/** Functions of both generations that a call from everywhere starts. */
export const functions: GcpFinder = {
  service: 'functions',
  find: async (place) => {
    const pages = await pagesOf(
      place,
      FUNCTIONS,
      'cloudfunctions.functions.list',
      `projects/${place.account}/locations/-/functions`,
      page,
    );
    for (const { functions: all, unreachable } of pages) {
      for (const where of unreachable ?? [])
        place.miss(`cloudfunctions.functions.list in ${lastOf(where)}: it does not answer`);
      for (const { name, url, eventTrigger, serviceConfig, state, ...one } of all ?? []) {
        const open = (serviceConfig?.ingressSettings ?? 'ALLOW_ALL') === 'ALLOW_ALL';
        if (!open || url === undefined || eventTrigger !== undefined || state === 'DELETING') continue;
        place.add({
          type: 'function',
          ...{ id: name, name: lastOf(name), region: regionIn(name), endpoint: url.replace(/\/+$/, '') },
          tags: one.labels ?? {},
          detail: one.environment === 'GEN_1' ? 'It is of the first generation.' : '',
        });
      }
    }
  },
};
