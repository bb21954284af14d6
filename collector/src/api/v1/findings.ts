import { z } from 'zod';
import type { RowsResult } from '../../warehouse/query/result.ts';
import { FINDING_ORDERS, findingsQuery } from '../../warehouse/query/request.ts';
import { accessOf } from '../access/index.ts';
import { type ApiOptions, warehouseOf } from './options.ts';
import { singleAnswer } from './query.ts';
import { type Route, route } from './route.ts';
import { goneSignal, sendJson } from './send.ts';
import { jsonText, moment, wholeNumber } from './shapes.ts';

const DAY_MS = 86_400_000;
const REF_ID = 'findings';
const MAX_PAGE = 5_000;
const DEFAULT_PAGE = 100;

const listQuery = z.strictObject({
  filters: jsonText(findingsQuery.shape.filters.unwrap()).optional().meta({
    description:
      'A JSON list of `{field, operator, values}`: `[{"field":"severity","operator":"in","values":["HIGH"]}]`. Longer ones: POST /query.',
  }),
  orderBy: z.enum(FINDING_ORDERS).optional(),
  direction: z.enum(['asc', 'desc']).optional(),
  limit: wholeNumber(1, MAX_PAGE)
    .optional()
    .meta({ description: `Findings per page, ${DEFAULT_PAGE} by default.` }),
  cursor: z.string().max(2_000).optional().meta({ description: '`nextCursor` of the page before.' }),
  asOf: moment.optional().meta({ description: 'As things stood then. Default: now.' }),
});

const listResponse = z.object({
  findings: z.array(z.record(z.string(), z.unknown())).meta({
    description: 'Fields as in the frame of a `findings` query; times in milliseconds since the epoch.',
  }),
  total: z.number().int().nullable().meta({ description: 'All that match, also on other pages.' }),
  nextCursor: z.string().nullable().meta({ description: 'For the next page; null on the last.' }),
});

export function findingsRoute(options: ApiOptions): Route {
  return route({
    method: 'get',
    path: '/findings',
    id: 'listFindings',
    summary: 'Findings, page by page',
    role: 'viewer',
    query: listQuery,
    ok: { description: 'A page.', schema: listResponse },
    handle: async ({ query, request, response }) => {
      const { asOf, limit = DEFAULT_PAGE, ...rest } = query;
      const to = asOf ?? options.committer.now();
      const { results } = await warehouseOf(options).query(
        {
          from: Math.max(0, to - DAY_MS),
          to,
          queries: [{ refId: REF_ID, type: 'findings', limit, ...given(rest) }],
        },
        accessOf(response),
        { signal: goneSignal(response) },
      );
      const { result } = singleAnswer(results, REF_ID);
      if (result.kind !== 'findings') throw new RangeError(`findings were asked for, not ${result.kind}`);
      const { total, nextCursor } = result;
      sendJson(request, response, { findings: rowsOf(result), total, nextCursor });
    },
  });
}

/** Absent, and not undefined, is what was not given. */
function given(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function rowsOf({ columns, rows }: RowsResult): Record<string, unknown>[] {
  return rows.map((row) =>
    Object.fromEntries(
      columns.map(({ name, kind }, index) => {
        const value = row[index] ?? null;
        return [name, kind === 'json' && typeof value === 'string' ? (JSON.parse(value) as unknown) : value];
      }),
    ),
  );
}
