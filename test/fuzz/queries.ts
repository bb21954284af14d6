import * as fc from 'fast-check';
import { type Api, reportsOf, startApi } from '../api/support.ts';
import { fitting, range } from './query-shapes.ts';

/** What an answer to a query may be: never a failure of the server's own. */
const ALLOWED: ReadonlySet<number> = new Set([200, 400, 403, 422]);

/** A server on a small estate, for as many rounds as one likes. */
export async function startQueryFuzz(): Promise<Api> {
  const api = await startApi();
  const [report] = reportsOf(1, ['111122223333']);
  await api.bring(Buffer.from(report?.content() ?? ''));
  await api.warehouse?.refresh();
  return api;
}

/** @throws Error with the smallest query that breaks something */
export async function fuzzQueries(
  api: Api,
  seed: number,
  runs: number,
): Promise<{ answered: number; refused: number }> {
  const count = { answered: 0, refused: 0 };
  const property = fc.asyncProperty(
    range,
    fc.array(fitting, { minLength: 1, maxLength: 2 }),
    async ([from, to], queries) => {
      const { status, body } = await api.post<{ results?: Record<string, { status: number }> }>('/query', {
        from,
        to,
        queries,
      });
      if (status !== 200 && status !== 400) throw new Error(`the batch was answered with ${status}`);
      for (const result of Object.values(body.results ?? {})) {
        if (!ALLOWED.has(result.status)) throw new Error(JSON.stringify(result));
        if (result.status === 200) count.answered++;
        else count.refused++;
      }
    },
  );
  await fc.assert(property, { seed, numRuns: runs });
  return count;
}
