import { z } from 'zod';
import { isBound } from '../../warehouse/access.ts';
import { estateSize } from '../../warehouse/query/locate.ts';
import { accessOf } from '../access/index.ts';
import type { ApiOptions } from './options.ts';
import { type Route, route } from './route.ts';
import { goneSignal, sendJson } from './send.ts';
import { millis } from './shapes.ts';

const statusResponse = z.object({
  version: z.string().meta({ description: 'Of the collector.' }),
  now: millis,
  subject: z.string().meta({ description: 'Who the server takes the caller for.' }),
  roles: z.array(z.string()),
  findings: z
    .number()
    .int()
    .nullable()
    .meta({ description: 'That the caller sees, open or not; null while warming up.' }),
  scopes: z.number().int().nullable().meta({ description: 'That the caller sees.' }),
  newestRunAt: millis.nullable().meta({ description: 'When the newest complete scan looked.' }),
  warehouse: z
    .object({
      state: z.enum(['warming', 'ready']),
      version: z.string(),
      progress: z.number().meta({ description: 'Share of the scopes that are loaded, 0–1.' }),
      refreshedAt: millis.nullable(),
      ageMs: z
        .number()
        .int()
        .nullable()
        .meta({ description: 'Since the bucket was last looked at without error; answers are as of then.' }),
      problem: z.string().nullable().meta({ description: 'Why the last look at the bucket failed.' }),
      sql: z.boolean().meta({ description: 'Whether the caller may ask by queries of type `sql`.' }),
    })
    .nullable()
    .meta({ description: 'null: the server runs without one and answers no queries.' }),
});

/** What went wrong names scopes of others, and where the bucket is. */
const SOMETHING_WRONG = 'the bucket, or a part of it, could not be read: the log of the server says more';

export function statusRoute(options: ApiOptions): Route {
  return route({
    method: 'get',
    path: '/status',
    id: 'status',
    summary: 'Whether there is something to ask, how much, and how old it is',
    role: null,
    ok: { description: 'Always 200, also while warming up.', schema: statusResponse },
    handle: async ({ request, response }) => {
      const { warehouse, committer, report } = options;
      const access = accessOf(response);
      const status = warehouse?.status() ?? null;
      const size =
        warehouse === null || status?.state !== 'ready'
          ? null
          : await warehouse.ask(access, { signal: goneSignal(response) }, estateSize);
      const now = committer.now();
      const answer: z.infer<typeof statusResponse> = {
        version: report.version,
        now,
        subject: access.subject,
        roles: [...access.roles].sort(),
        findings: size?.findings ?? null,
        scopes: size?.scopes ?? null,
        newestRunAt: size?.newestRunAt ?? null,
        warehouse:
          status === null
            ? null
            : {
                state: status.state,
                version: status.version,
                progress: status.progress,
                refreshedAt: status.refreshedAt,
                ageMs: status.refreshedAt === null ? null : Math.max(0, now - status.refreshedAt),
                problem: status.problem === null || !isBound(access) ? status.problem : SOMETHING_WRONG,
                sql: status.sql && !isBound(access),
              },
      };
      sendJson(request, response, answer);
    },
  });
}
