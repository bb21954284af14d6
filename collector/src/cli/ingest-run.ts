import * as path from 'node:path';
import { ReportError } from '../errors.ts';
import {
  type IngestOptions,
  ingestReport,
  observedAtOf,
  readReport,
  type ScopeResult,
} from '../ingest/ingest.ts';
import type { Committer } from '../lake/committer.ts';
import { scopeOf } from '../lake/keys.ts';
import { closeReport, type InputLimits, type OpenedReport, openReports } from '../sources/input/index.ts';
import { isNext, oldestFirst, type Planned } from './ingest-order.ts';
import { entryOf, labelOf } from './options.ts';
import { findPage, storePage } from './scoutsuite-page.ts';

/** What became of one report. Exactly one of `scopes` and `error` is there. */
export interface FileResult {
  readonly file: string;
  readonly scopes?: readonly ScopeResult[];
  readonly error?: ReportError;
  /** Said of the file beside its scopes: ScoutSuite's own page was kept, or was not and why. */
  readonly remarks: readonly string[];
}

export interface IngestRun {
  readonly files: readonly FileResult[];
  /** Files of a folder or archive that are no reports and do not look like any. */
  readonly skipped: readonly string[];
}

export interface IngestRequest extends IngestOptions {
  readonly limits: Partial<InputLimits>;
  /** The reports are given oldest first: read each once. */
  readonly ordered: boolean;
  /** Bytes done of all, or files where `total` is null. */
  readonly onStep: (step: {
    readonly done: number;
    readonly total: number | null;
    readonly name: string;
  }) => void;
}

interface Outcome {
  readonly files: FileResult[];
  readonly skipped: string[];
  /** Names of pages of ScoutSuite's that were kept. */
  readonly pages: Set<string>;
}

/** A single plain file needs no order; what a folder or an archive holds is not known yet. */
export function isSingle(paths: readonly string[]): boolean {
  const [only, ...others] = paths;
  return (
    others.length === 0 &&
    only !== undefined &&
    /\.(json|jsonl|ndjson|js|csv|xml|sarif)(\.gz|\.zst)?$/i.test(only) &&
    !/[*?[{]/.test(only)
  );
}

/**
 * Takes in everything that the arguments stand for, each scope oldest first. One report that can't be read stops nothing
 * else; a store that does not answer stops everything.
 * @throws StoreError
 */
export async function ingestAll(
  committer: Committer,
  args: readonly string[],
  request: IngestRequest,
): Promise<IngestRun> {
  const outcome: Outcome = { files: [], skipped: [], pages: new Set() };
  // Standard input can be read once only: after the files, as it is most likely the newest.
  const files = args.filter((arg) => arg !== '-');
  const planned = request.ordered ? null : await plan(files, request, outcome, committer.now());
  if (planned === null) await inGivenOrder(committer, files, request, outcome);
  else await inOrderOfTime(committer, planned, request, outcome);
  if (args.includes('-')) await inGivenOrder(committer, ['-'], request, outcome);
  const { files: results, skipped, pages } = outcome;
  return { files: results, skipped: skipped.filter((name) => !pages.has(baseOf(name)) && !isPagePart(name)) };
}

/** Reads every report for its scopes and times, and keeps nothing else of it. What can't be read is settled here. */
async function plan(
  files: readonly string[],
  request: IngestRequest,
  outcome: Outcome,
  now: number,
): Promise<Planned[]> {
  const planned: Planned[] = [];
  if (files.length === 0) return planned;
  for await (const report of openReports(files, { limits: request.limits })) {
    try {
      request.onStep({ done: planned.length, total: null, name: report.name });
      if (report.input === undefined) throw report.error ?? neither(report);
      const { reports } = await readReport(withInput(report), {
        ...sourceOnly(request),
        observedAt: request.observedAt ?? now,
      });
      for (const one of reports) observedAtOf(report.name, one, request, now);
      planned.push({
        name: report.name,
        path: report.path,
        bytes: report.input.size,
        scopes: reports.map(({ source, cloud, account, observedAt }) => ({
          scope: scopeOf(source, cloud, account),
          observedAt,
        })),
      });
    } catch (error) {
      settle(report, error, outcome);
    } finally {
      closeReport(report);
    }
  }
  return oldestFirst(planned);
}

async function inOrderOfTime(
  committer: Committer,
  planned: readonly Planned[],
  request: IngestRequest,
  outcome: Outcome,
): Promise<void> {
  const total = planned.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  let pending = [...planned];
  while (pending.length > 0) {
    const before = pending.length;
    const paths = [...new Set(pending.map(({ path: file }) => file).filter((file) => file !== null))];
    for await (const report of openReports(paths, { limits: request.limits })) {
      const here = pending.find(({ name }) => name === report.name);
      if (here === undefined || !isNext(here, pending)) {
        closeReport(report);
        continue;
      }
      const start = done;
      const onProgress = (bytes: number): void => {
        request.onStep({ done: start + bytes, total, name: report.name });
      };
      onProgress(0);
      await takeIn(committer, report, { ...request, onProgress }, outcome);
      done += here.bytes;
      pending = pending.filter((other) => other !== here);
    }
    // Files that vanished since they were planned.
    if (pending.length === before) break;
  }
  for (const { name, path: file } of pending) {
    const error = new ReportError(
      'not_found',
      `${name}: it was there a moment ago`,
      'Do not move reports while they are read.',
    );
    outcome.files.push({ file: labelOf({ name, path: file }), error, remarks: [] });
  }
}

async function inGivenOrder(
  committer: Committer,
  args: readonly string[],
  request: IngestRequest,
  outcome: Outcome,
): Promise<void> {
  if (args.length === 0) return;
  let done = 0;
  for await (const report of openReports(args, { limits: request.limits })) {
    request.onStep({ done: done++, total: null, name: report.name });
    await takeIn(committer, report, request, outcome);
  }
}

async function takeIn(
  committer: Committer,
  report: OpenedReport,
  request: IngestOptions,
  outcome: Outcome,
): Promise<void> {
  try {
    if (report.input === undefined) throw report.error ?? neither(report);
    const scopes = await ingestReport(committer, withInput(report), request);
    outcome.files.push({
      file: labelOf(report),
      scopes,
      remarks: await keepPage(committer, report, scopes, outcome),
    });
  } catch (error) {
    settle(report, error, outcome);
  } finally {
    closeReport(report);
  }
}

/** @throws what is no fault of the report */
function settle(report: OpenedReport, error: unknown, outcome: Outcome): void {
  if (!(error instanceof ReportError)) throw error;
  if (isBystander(report, error)) outcome.skipped.push(labelOf(report));
  else outcome.files.push({ file: labelOf(report), error, remarks: [] });
}

/**
 * Something that lies beside reports and is none: only where it was found and not named, and does not look like a report.
 * What looks like one and is not (a half-written .json) has to be said.
 */
export function isBystander(report: Pick<OpenedReport, 'named' | 'name'>, error: ReportError): boolean {
  if (report.named) return false;
  if (isPagePart(report.name)) return true;
  return (
    error.code === 'unknown_format' &&
    !/\.(json|js|csv|xml|sarif|ndjson|jsonl)(\.gz|\.zst)?$/i.test(report.name)
  );
}

/** What ScoutSuite's own page is made of: never worth a word. */
function isPagePart(name: string): boolean {
  return /(^|[/\\:!])(inc-[^/\\]+[/\\]|scoutsuite_exceptions)/.test(name);
}

function baseOf(name: string): string {
  return name.split(/[/\\!]/).at(-1) ?? name;
}

/** ScoutSuite's own page, where it lies beside the results. Failing that, the findings are in all the same. */
async function keepPage(
  committer: Committer,
  report: OpenedReport,
  scopes: readonly ScopeResult[],
  { pages }: Outcome,
): Promise<string[]> {
  if (report.path === null || !scopes.some(({ name }) => name.source === 'scoutsuite')) return [];
  try {
    const page = await findPage(report.path, entryOf(report));
    if (page === null) return [];
    pages.add(page.entry);
    let kept = false;
    for (const { scope, observedAt, runId } of scopes) {
      kept = (await storePage(committer.store, page, { scope, observedAt, runId })) || kept;
    }
    return kept ? [`ScoutSuite’s own page ${page.entry} is kept beside the report, which links to it`] : [];
  } catch (error) {
    if (error instanceof ReportError) return [`ScoutSuite’s own page is not kept: ${error.message}`];
    throw error;
  }
}

function withInput(report: OpenedReport) {
  const { name, input, companion } = report;
  if (input === undefined) throw neither(report);
  return { name, input, ...(companion === undefined ? {} : { companion }) };
}

function sourceOnly({ source, place, reading }: IngestOptions): IngestOptions {
  return {
    ...(source === undefined ? {} : { source }),
    ...(place === undefined ? {} : { place }),
    ...(reading === undefined ? {} : { reading }),
  };
}

function neither({ name }: OpenedReport): RangeError {
  return new RangeError(`${path.basename(name)} was neither opened nor refused`);
}
