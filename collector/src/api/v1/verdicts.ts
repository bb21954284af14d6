import type { Request, Response } from 'express';
import { z } from 'zod';
import { endOf } from '../../config/index.ts';
import { statusAt, type Verdict } from '../../findings/finding.ts';
import type { EpochMs, Fingerprint } from '../../findings/model.ts';
import { type Decision, decide } from '../../lake/lake.ts';
import { accessOf } from '../access/index.ts';
import { badRequest, type HttpProblem } from '../problem.ts';
import { findInBucket, type InScope } from './locate.ts';
import type { ApiOptions } from './options.ts';
import { type Route, route } from './route.ts';
import { goneSignal, sendJson } from './send.ts';
import { fingerprintPrefix, millis } from './shapes.ts';

const MOST_FINDINGS = 10_000;
/** An entry of the audit log keeps so many findings whole. */
const AUDITED_AT_ONCE = 500;

const decisionFields = {
  verdict: z.enum(['accepted', 'false_positive']).nullable().meta({
    description:
      '`accepted`: the risk is taken until a date. `false_positive`: the scanner is wrong. null takes earlier verdicts back.',
  }),
  until: z
    .union([z.number().int().min(0).max(8_640_000_000_000_000), z.string().max(40)])
    .nullish()
    .meta({
      description:
        'End of an acceptance, which needs one: a last day (2027-03-31, UTC), a timestamp with its time zone, or milliseconds.',
    }),
  reason: z.string().trim().min(1).max(2_000).meta({ description: 'Why.' }),
};
const singleBody = z.strictObject(decisionFields);
const bulkBody = z.strictObject({
  fingerprints: z
    .array(
      z
        .string()
        .toLowerCase()
        .regex(/^[0-9a-f]{32}$/, 'a fingerprint has 32 hexadecimal digits'),
    )
    .min(1)
    .max(MOST_FINDINGS),
  ...decisionFields,
});
type Asked = z.infer<typeof singleBody>;

const statuses = z.enum(['open', 'fixed', 'retired', 'false_positive', 'accepted', 'muted']);

const decided = z.object({
  verdict: z.enum(['accepted', 'false_positive']).nullable(),
  until: millis.nullable(),
  by: z.string(),
  reason: z.string(),
  at: millis,
  scopes: z.array(
    z.object({
      scope: z.string(),
      status: z
        .enum(['committed', 'already', 'unchanged'])
        .meta({ description: '`unchanged`: there was no verdict to take back.' }),
      findings: z.array(z.object({ fingerprint: z.string(), from: statuses, to: statuses })),
    }),
  ),
});
type Decided = z.infer<typeof decided>;

const GONE = 'There is no such finding, or these credentials do not see it. Nothing was changed.';

export function verdictRoutes(options: ApiOptions): readonly Route[] {
  return [
    route({
      method: 'post',
      path: '/findings/{fingerprint}/verdicts',
      id: 'decideFinding',
      summary: 'Accepts a finding until a date, calls it a false positive, or takes a verdict back',
      role: 'operator',
      params: z.strictObject({ fingerprint: fingerprintPrefix }),
      body: singleBody,
      ok: { description: 'What changed.', schema: decided },
      problems: { 404: GONE },
      handle: async ({ params, body, request, response }) => {
        sendJson(request, response, await decideAll(options, [params.fingerprint], body, request, response));
      },
    }),
    route({
      method: 'post',
      path: '/verdicts',
      id: 'decideFindings',
      summary: 'The same decision on many findings',
      description:
        'All of the findings have to be there, else nothing is changed. Each scope is one commit; sending it again does no harm.',
      role: 'operator',
      body: bulkBody,
      ok: { description: 'What changed.', schema: decided },
      problems: { 404: GONE },
      handle: async ({ body, request, response }) => {
        const { fingerprints, ...asked } = body;
        sendJson(request, response, await decideAll(options, fingerprints, asked, request, response));
      },
    }),
  ];
}

async function decideAll(
  options: ApiOptions,
  prefixes: readonly string[],
  asked: Asked,
  request: Request,
  response: Response,
): Promise<Decided> {
  const { committer, warehouse, log } = options;
  const access = accessOf(response);
  const decision = decisionOf(asked, access.subject, committer.now());
  const found = await findInBucket(options, access, prefixes, goneSignal(response));
  const scopes: Decided['scopes'] = [];
  for (const one of found) scopes.push(await decideScope(options, one, decision, request));
  // So that whoever looks next sees it. Where it fails the mirror says so by itself; the verdict is in the bucket.
  await warehouse?.refresh().catch((error: unknown) => log.warn({ err: error }, 'not mirrored yet'));
  return { ...decision, scopes };
}

async function decideScope(
  { committer, audit }: ApiOptions,
  { head, findings }: InScope,
  decision: Decision,
  request: Request,
): Promise<Decided['scopes'][number]> {
  const { status, advance } = await decide(
    committer,
    head,
    findings.map(({ fingerprint }) => fingerprint),
    decision,
  );
  const changes = findings.map((before) => {
    const after = advance?.state.findings.get(before.fingerprint) ?? before;
    return { before, after };
  });
  for (let from = 0; from < changes.length; from += AUDITED_AT_ONCE) {
    const part = changes.slice(from, from + AUDITED_AT_ONCE);
    await audit.record(request, {
      action: 'verdict.set',
      target: head.scope,
      before: part.map(({ before }) => noted(before)),
      after: part.map(({ after }) => noted(after)),
    });
  }
  return {
    scope: head.scope,
    status,
    findings: changes.map(({ before, after }): Decided['scopes'][number]['findings'][number] => ({
      fingerprint: before.fingerprint,
      from: statusAt(before, decision.at),
      to: statusAt(after, decision.at),
    })),
  };
}

function noted({ fingerprint, verdict }: { fingerprint: Fingerprint; verdict: Verdict | null }) {
  if (verdict === null) return { fingerprint, verdict: null };
  const { kind, until, by, reason, at } = verdict;
  return { fingerprint, verdict: { kind, until, by, reason, at } };
}

/** @throws HttpProblem 400 for a decision that is none */
function decisionOf({ verdict, until, reason }: Asked, by: string, at: EpochMs): Decision {
  const end = typeof until === 'string' ? endOf(until) : (until ?? null);
  if (end === undefined)
    throw wrongUntil('it is no date (2027-03-31), timestamp with its time zone, or number of milliseconds');
  if (verdict === 'accepted' && (end === null || end <= at))
    throw wrongUntil('an acceptance lasts until a moment in the future');
  if (verdict !== 'accepted' && end !== null) throw wrongUntil('only an acceptance has an end');
  return { verdict, until: end, by, reason, at };
}

function wrongUntil(message: string): HttpProblem {
  return badRequest(`The body is not as it should be: until: ${message}`, {
    issues: [{ path: 'until', message }],
  });
}
