import type { Request } from 'express';
import { z } from 'zod';
import type { QueryAnswer } from '../../warehouse/contract.ts';
import { batchSchema, MAX_QUERIES, querySchema } from '../../warehouse/query/request.ts';
import { accessOf } from '../access/index.ts';
import { HttpProblem } from '../problem.ts';
import { type ApiOptions, warehouseOf } from './options.ts';
import { type Route, route } from './route.ts';
import { goneSignal, sendTagged } from './send.ts';
import { frame, issue } from './shapes.ts';

/** For the document. The warehouse checks each query by itself, so that one that is wrong fails no other. */
const queryRequest = batchSchema.extend({
  queries: z
    .array(querySchema)
    .min(1)
    .max(MAX_QUERIES)
    .meta({ description: 'Each with a refId of its own.' }),
});

export const queryResponse = z.object({
  version: z.string().meta({ description: 'Of what the answers were made from; another after each change.' }),
  results: z
    .record(
      z.string(),
      z.union([
        z.object({ status: z.literal(200), frames: z.array(frame) }),
        z.object({
          status: z.number().int().min(400).max(599),
          error: z.object({
            title: z.string(),
            detail: z.string(),
            issues: z.array(issue),
            executed: z
              .string()
              .optional()
              .meta({ description: 'SQL that was run, up to the statement that failed.' }),
          }),
        }),
      ]),
    )
    .meta({ description: 'By refId.' }),
});

export function queryRoute(options: ApiOptions): Route {
  return route({
    method: 'post',
    path: '/query',
    id: 'query',
    summary: 'Answers queries with Grafana data frames, one result or one error per refId',
    description:
      'The status is 200 also where single queries fail. The header `FromAlert: true` refuses what no alert rule can use.',
    role: 'viewer',
    body: z.unknown(),
    bodyShape: queryRequest,
    ok: { description: 'An answer per query.', schema: queryResponse },
    handle: async ({ body, request, response }) => {
      const warehouse = warehouseOf(options);
      const answer = await warehouse.query(body, accessOf(response), {
        signal: goneSignal(response),
        fromAlert: isFromAlert(request),
      });
      const results = [...answer.results].map(([refId, one]) => [refId, resultOf(one)] as const);
      // fromEntries makes `__proto__` a name like any other.
      sendTagged(response, { version: answer.version, results: Object.fromEntries(results) }, answer.version);
    },
  });
}

function resultOf(answer: QueryAnswer): unknown {
  if (answer.ok) return { status: 200, frames: answer.frames };
  const { status, title, detail, issues = [], executed } = answer.error;
  return { status, error: { title, detail, issues, ...(executed === undefined ? {} : { executed }) } };
}

/** Grafana says so of each request that an alert rule makes. */
function isFromAlert(request: Request): boolean {
  return request.get('FromAlert')?.toLowerCase() === 'true';
}

/** The answer of a single query of a route of ours. @throws HttpProblem as the query fails */
export function singleAnswer(
  answers: ReadonlyMap<string, QueryAnswer>,
  refId: string,
): Extract<QueryAnswer, { ok: true }> {
  const answer = answers.get(refId);
  if (answer === undefined) throw new RangeError(`there is no answer to ${refId}`);
  if (answer.ok) return answer;
  const { status, title, detail, issues } = answer.error;
  throw new HttpProblem(status, title, detail, issues === undefined ? {} : { issues });
}
