import type { Response } from 'express';
import pLimit from 'p-limit';
import { z } from 'zod';
import { type IngestOptions, ingestReport, type ScopeResult } from '../../ingest/ingest.ts';
import { closeReport } from '../../sources/input/index.ts';
import { adapters } from '../../sources/registry.ts';
import { accessOf } from '../access/index.ts';
import { HttpProblem } from '../problem.ts';
import { admitReports } from './admit.ts';
import type { ApiOptions } from './options.ts';
import { publisher } from './publisher.ts';
import { type Route, route } from './route.ts';
import { sendJson } from './send.ts';
import { millis, moment, wholeNumber } from './shapes.ts';
import { openUpload, receive, type Upload } from './upload.ts';

const DAYS_MS = 400_000_000;

/** As long as any name that a report may give. */
const place = z.string().trim().min(1).max(500);

/** @param sources ids of all that can be read */
const ingestQuery = (sources: readonly string[]) =>
  z.strictObject({
    name: z.string().min(1).max(300).default('report').meta({ description: 'Of the file, for people.' }),
    source: z
      .string()
      .max(100)
      .refine((id) => sources.includes(id), 'there is no such source')
      .optional()
      .meta({
        description: 'The scanner, or a mapping of the configuration, where the content does not tell.',
        examples: adapters.map(({ id }) => id),
      }),
    complete: z
      .enum(['true', 'false'])
      .default('false')
      .meta({ description: 'The scan looked at everything in its scope, however few rules it shows.' }),
    outcome: z
      .enum(['complete', 'partial', 'failed'])
      .optional()
      .meta({ description: 'How the scan ended.' }),
    observedAt: moment.optional().meta({
      description:
        'When the scan looked, for reports that do not say: a timestamp with its time zone, or milliseconds.',
    }),
    durationMs: wholeNumber(0, DAYS_MS).optional().meta({ description: 'How long the scan took.' }),
    account: place.optional().meta({
      description: 'Account, image, repository or cluster, for reports that do not say: what they say wins.',
    }),
    region: place.optional().meta({ description: 'The region, for reports that do not say.' }),
    resource: place
      .optional()
      .meta({ description: 'What was looked at, for reports that do not name it: a policy.' }),
    report: z.enum(['true', 'false']).default('true').meta({
      description:
        'Whether to make the daily report anew afterwards, which reads every head: of many uploads in a row only the last needs it.',
    }),
  });
type Asked = z.infer<ReturnType<typeof ingestQuery>>;

const count = z.number().int();
const ingestResponse = z.object({
  scopes: z.array(
    z.object({
      scope: z.string(),
      runId: z.string(),
      observedAt: millis,
      status: z
        .enum(['committed', 'already', 'unchanged'])
        .meta({ description: '`already`: this report was brought before; nothing changed.' }),
      outcome: z.enum(['complete', 'partial', 'failed']).nullable(),
      reason: z.string().nullable().meta({ description: 'Why the run is not complete.' }),
      late: z.boolean().meta({ description: 'A newer run was there already: this one changed nothing.' }),
      opened: count.meta({ description: 'drift + ruleset + baseline' }),
      fixed: count,
      reopened: count,
      changed: count,
      observed: count,
      drift: count,
      ruleset: count,
      baseline: count,
      notes: z.array(z.string()),
    }),
  ),
  report: z.object({ date: z.string(), written: z.boolean() }).nullable().meta({
    description:
      'The daily report that was made anew; null where that failed or was not wanted. The findings are in all the same.',
  }),
});

export function ingestRoute(options: ApiOptions): Route {
  const publish = publisher(options);
  // Parsing is one long computation that wants memory: reports that come together wait on disk.
  const inTurn = pLimit(1);
  return route({
    method: 'post',
    path: '/ingest',
    id: 'ingest',
    summary: 'Takes in a report of a scanner: the body is the report itself, of any size',
    description:
      'As the scanner wrote it, also packed (Content-Encoding, .gz, .zst). A ScoutSuite report and its list of errors, a Prowler report and its log: as a zip of both. Nothing is stored before the last byte has come and the whole report could be read. The same report again changes nothing.',
    role: 'ingest',
    query: ingestQuery([...adapters, ...(options.reading.mappings ?? [])].map(({ id }) => id)),
    upload: true,
    ok: { description: 'What the report did, by scope.', schema: ingestResponse },
    problems: {
      413: 'The report is larger than limits.maxReportBytes of the server.',
      415: 'The Content-Encoding is neither gzip nor zstd.',
      422: 'The report can not be read; nothing of it was stored.',
      507: 'The server has no space for the report; nothing was stored.',
    },
    handle: async ({ query, request, response }) => {
      const { log, audit, warehouse } = options;
      if (query.complete === 'true' && query.outcome !== undefined && query.outcome !== 'complete')
        throw contradiction(query.outcome);
      const upload = await receive(request, query.name, options.limits);
      let scopes: readonly ScopeResult[];
      try {
        // From here on it is done whether or not the client is still there: half of its scopes would be worse than all.
        scopes = await inTurn(() => take(options, upload, query, response));
      } finally {
        await upload.remove();
      }
      await audit.record(request, {
        action: 'report.ingest',
        target: upload.name,
        after: scopes.map(({ scope, runId, status, outcome, late }) => ({
          scope,
          runId,
          status,
          outcome,
          late,
        })),
      });
      warehouse?.refresh().catch((error: unknown) => log.warn({ err: error }, 'not mirrored yet'));
      const report = query.report === 'true' ? await publish() : null;
      sendJson(request, response, { scopes: scopes.map(shown), report });
    },
  });
}

async function take(
  options: ApiOptions,
  upload: Upload,
  query: Asked,
  response: Response,
): Promise<readonly ScopeResult[]> {
  const { committer, limits } = options;
  const report = await openUpload(upload, limits);
  try {
    const { name, input, companion } = report;
    if (input === undefined) throw new RangeError(`${name} was neither opened nor refused`);
    return await ingestReport(
      committer,
      { name, input, ...(companion === undefined ? {} : { companion }) },
      {
        ...ingestOptions(query),
        reading: options.reading,
        admit: (reports) => admitReports(committer, reports, accessOf(response)),
      },
    );
  } finally {
    closeReport(report);
  }
}

function ingestOptions(asked: Asked): IngestOptions {
  const { source, complete, outcome, observedAt, durationMs, account, region, resource } = asked;
  const placed = account !== undefined || region !== undefined || resource !== undefined;
  return {
    declareComplete: complete === 'true',
    ...(placed ? { place: { account, region, resource } } : {}),
    ...(source === undefined ? {} : { source }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(observedAt === undefined ? {} : { observedAt }),
    ...(durationMs === undefined ? {} : { durationMs }),
  };
}

function contradiction(outcome: string): HttpProblem {
  return new HttpProblem(400, 'Bad request', `complete=true and outcome=${outcome} contradict each other.`, {
    hint: 'Give one of them.',
  });
}

function shown(result: ScopeResult): z.infer<typeof ingestResponse>['scopes'][number] {
  const { scope, runId, observedAt, status, outcome, reason, late, counts, notes } = result;
  const opened = counts.drift + counts.ruleset + counts.baseline;
  return { scope, runId, observedAt, status, outcome, reason, late, opened, ...counts, notes: [...notes] };
}
