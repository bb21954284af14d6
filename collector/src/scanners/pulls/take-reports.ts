import { readFile, writeFile } from 'node:fs/promises';
import type { EpochMs } from '../../findings/model.ts';
import type { TakeInOptions, TakenIn } from '../attempt.ts';
import type { Job, Target } from '../job.ts';
import type { Pulled, WrittenReport } from './attempt.ts';
import type { Refusal } from './request.ts';

type TakeIn = (paths: readonly string[], options: TakeInOptions) => Promise<TakenIn>;
type Scopes = TakenIn['scopes'];

interface Pull {
  readonly job: Job;
  readonly on: Target;
  readonly pulled: Pulled;
  readonly observedAt: EpochMs;
}

interface Taken {
  readonly scopes: Scopes;
  readonly refusal: Refusal | null;
}

/**
 * Takes in what a pull wrote, the oldest first, each report with what is known of it.
 * @returns by their names also those that could not be read. @throws StoreError
 */
export async function takeReports(
  takeIn: TakeIn,
  { job, on, pulled, observedAt }: Pull,
): Promise<{ readonly scopes: Scopes; readonly refused: ReadonlyMap<string, Refusal> }> {
  const { failure, end } = pulled;
  const scopes: Scopes[number][] = [];
  const refused = new Map<string, Refusal>();
  const timeOf = (report: WrittenReport): EpochMs => report.observedAt ?? observedAt;
  for (const report of [...pulled.reports].sort((a, b) => timeOf(a) - timeOf(b))) {
    const failed = failure !== null && report.brought !== true;
    const taken = await takeOne(takeIn, report, {
      outcome: failed ? 'failed' : (report.outcome ?? null),
      complete: !failed && (report.complete === true || job.complete),
      observedAt: timeOf(report),
      durationMs: report.brought === true ? null : end.durationMs,
      source: report.source ?? job.source ?? null,
      place: report.place,
      account: report.othersToo !== true && on.kind === 'account' ? on.account : null,
    });
    scopes.push(...taken.scopes);
    if (taken.refusal !== null) refused.set(report.name, taken.refusal);
  }
  return { scopes, refused };
}

async function takeOne(takeIn: TakeIn, report: WrittenReport, options: TakeInOptions): Promise<Taken> {
  const { scopes, problems } = await takeIn([report.file], options);
  const problem = named(report, problems[0]);
  if (problem === undefined) return { scopes, refusal: null };
  if (report.lines !== true) return { scopes, refusal: { problem, lines: [] } };
  const lines = (await readFile(report.file, 'utf8')).split('\n').filter((line) => line !== '');
  return takeHalves(takeIn, report, options, { lines, from: 0, problem });
}

/** Where it lay for a moment is nobody's business. */
function named({ file, name }: WrittenReport, problem: string | undefined): string | undefined {
  if (problem === undefined) return undefined;
  return problem.includes(file) ? problem.replaceAll(file, name) : `${name}: ${problem}`;
}

/** Lines that could not be read together: half by half, down to those that can't be read alone. */
async function takeHalves(
  takeIn: TakeIn,
  report: WrittenReport,
  options: TakeInOptions,
  {
    lines,
    from,
    problem,
  }: { readonly lines: readonly string[]; readonly from: number; readonly problem: string },
): Promise<Taken> {
  if (lines.length <= 1) return { scopes: [], refusal: { problem, lines: [from] } };
  const middle = Math.ceil(lines.length / 2);
  const scopes: Scopes[number][] = [];
  const refusals: Refusal[] = [];
  for (const [start, half] of [
    [0, lines.slice(0, middle)],
    [middle, lines.slice(middle)],
  ] as const) {
    await writeFile(report.file, half.map((line) => `${line}\n`).join(''));
    const taken = await takeIn([report.file], options);
    scopes.push(...taken.scopes);
    const said = named(report, taken.problems[0]);
    if (said === undefined) continue;
    const deeper = await takeHalves(takeIn, report, options, {
      lines: half,
      from: from + start,
      problem: said,
    });
    scopes.push(...deeper.scopes);
    if (deeper.refusal !== null) refusals.push(deeper.refusal);
  }
  const [first] = refusals;
  const refusal = first && { problem: first.problem, lines: refusals.flatMap((one) => one.lines) };
  return { scopes, refusal: refusal ?? null };
}

/** What became of a pull, once its reports are in. */
export async function settle(
  { answer }: Pulled,
  scopes: Scopes,
  refused: ReadonlyMap<string, Refusal>,
): Promise<{ readonly gap: string | null; readonly taken: TakenIn; readonly cursor?: unknown }> {
  const problems = [...refused.values()].map(({ problem }) => problem);
  if (answer?.settleEach !== undefined) {
    const { gaps, cursor } = await answer.settleEach(refused);
    return { gap: gapOf([...answer.gaps, ...gaps]), taken: { scopes, problems: [] }, ...withCursor(cursor) };
  }
  const gap = gapOf(answer?.gaps ?? []);
  if (answer === null || problems.length > 0) return { gap, taken: { scopes, problems } };
  await answer.settle?.();
  return { gap, taken: { scopes, problems }, ...withCursor(answer.cursor) };
}

function gapOf(gaps: readonly string[]): string | null {
  return gaps.length === 0 ? null : gaps.join('; ');
}

function withCursor(cursor: unknown): { readonly cursor?: unknown } {
  return cursor === undefined ? {} : { cursor };
}
