import { z } from 'zod';
import { findingDetail } from '../../warehouse/query/detail.ts';
import { accessOf } from '../access/index.ts';
import { notFound } from '../problem.ts';
import { fingerprintOf } from './locate.ts';
import { type ApiOptions, warehouseOf } from './options.ts';
import { type Route, route } from './route.ts';
import { goneSignal, sendJson } from './send.ts';
import { fingerprintPrefix, millis } from './shapes.ts';

const text = z.string().nullable();
const time = millis.nullable();

const detailResponse = z.object({
  finding: z
    .record(z.string(), z.unknown())
    .meta({ description: 'As it is today; the fields of the list of findings, and more.' }),
  history: z
    .array(
      z.looseObject({
        fingerprint: z
          .string()
          .meta({ description: 'Another one than today’s where the finding was called otherwise.' }),
        began: millis,
        ended: time.meta({ description: 'null: until now. In the future where it is known what comes.' }),
        kind: z.string(),
        cause: text,
        status: z.string(),
        severity: z.string(),
        dueState: z.string(),
        dueAt: time,
        team: text,
        verdict: text,
        runId: text,
      }),
    )
    .meta({ description: 'Times in which nothing about it changed, oldest first.' }),
  runs: z
    .array(z.looseObject({ runId: z.string(), at: millis, outcome: z.string(), kinds: z.array(z.string()) }))
    .meta({ description: 'The runs that changed it, and what each did.' }),
  verdicts: z.array(z.looseObject({ at: millis, verdict: text, until: time, by: text, reason: text })),
});

export function detailRoute(options: ApiOptions): Route {
  return route({
    method: 'get',
    path: '/findings/{fingerprint}',
    id: 'getFinding',
    summary: 'One finding: content, history, runs, verdicts',
    role: 'viewer',
    params: z.strictObject({ fingerprint: fingerprintPrefix }),
    ok: { description: 'All that is known of it.', schema: detailResponse },
    problems: { 404: 'There is no such finding, or these credentials do not see it.' },
    handle: async ({ params: { fingerprint }, request, response }) => {
      const warehouse = warehouseOf(options);
      const access = accessOf(response);
      const signal = goneSignal(response);
      const whole =
        fingerprint.length === WHOLE
          ? fingerprint
          : await fingerprintOf(warehouse, access, fingerprint, signal);
      const detail = await warehouse.ask(access, { signal }, (context) => findingDetail(context, whole));
      if (detail === null) throw notFound('There is no such finding.');
      const { finding, history, runs, verdicts } = detail;
      sendJson(request, response, {
        finding: unpacked(finding),
        history: history.map(unpacked),
        runs,
        verdicts,
      });
    },
  });
}

/** Digits of a fingerprint; a whole one may also be a name that the finding had. */
const WHOLE = 32;

const PACKED: ReadonlySet<string> = new Set(['cve', 'cwe', 'frameworks', 'tags', 'labels', 'references']);

/** Lists and pairs are JSON in the warehouse. */
function unpacked(values: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]: [string, unknown]) => [
      name,
      PACKED.has(name) && typeof value === 'string' ? (JSON.parse(value) as unknown) : value,
    ]),
  );
}
