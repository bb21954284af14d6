import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { messageOf, SightlineError } from '../errors.ts';
import type { EpochMs } from '../findings/model.ts';
import type { Attempt, ExecutorOptions, ScanTask, TakenIn } from './attempt.ts';
import { addChanges, type Changes, noChanges } from './counts.ts';
import { kindOf } from './kinds/index.ts';
import { mayPass } from './passing.ts';
import type { ProcessEnd } from './process.ts';
import { runPull } from './pulls/run-pull.ts';
import { runProgram } from './run-program.ts';
import { failed, type RunRequest, type RunResult } from './worker.ts';

const FOLDER = 'sightline-run-';
const LONGEST_BACKOFF_MS = 15 * 60_000;

/** Carries out runs: each attempt in a folder of its own, its reports taken in however it ended. */
export function executor(options: ExecutorOptions): (request: RunRequest<ScanTask>) => Promise<RunResult> {
  return async (request) => {
    const { details: job } = request.task;
    let changes = noChanges();
    for (let number = 1; ; number++) {
      const attempt = await attemptOnce(options, request).catch((error: unknown) =>
        brokenOff(options, request, error),
      );
      if (attempt === null) return failed('the run was taken over by another collector');
      for (const scope of attempt.taken.scopes) changes = addChanges(changes, scope.changes);
      const result = resultOf(attempt, changes, number);
      const hopeless = attempt.end.notStarted !== null || request.signal.aborted;
      if (result.outcome !== 'failed' || number >= job.attempts || hopeless) return result;
      const longest = Math.max(job.backoffMs, LONGEST_BACKOFF_MS);
      const wait = Math.min(job.backoffMs * 4 ** (number - 1), longest);
      options.log.warn(
        { job: job.name, target: request.task.target, reason: result.reason, wait },
        'it is tried again',
      );
      await options.clock.sleep(wait, request.signal);
      if (isAborted(request)) return result;
    }
  };
}

/** An attempt that came to nothing: a service gave no keys, the store took no report. @throws what no further attempt would mend */
function brokenOff({ log }: ExecutorOptions, { task }: RunRequest<ScanTask>, error: unknown): Attempt {
  if (!mayPass(error)) throw error;
  const hint = error instanceof SightlineError ? error.hint : '';
  const what = error instanceof SightlineError ? { reason: error.message, hint } : { err: error };
  log.warn({ job: task.job, target: task.target, ...what }, 'the attempt broke off');
  const end: ProcessEnd = {
    ...{ exitCode: null, signal: null, timedOut: false, notStarted: null, durationMs: 0 },
    stderr: hint,
  };
  return { end, failure: messageOf(error), gap: null, taken: { scopes: [], problems: [] } };
}

function isAborted({ signal }: RunRequest<ScanTask>): boolean {
  return signal.aborted;
}

/** @returns null when the run was not ours any more by the time there was something to write */
async function attemptOnce(options: ExecutorOptions, request: RunRequest<ScanTask>): Promise<Attempt | null> {
  const kind = kindOf(request.task.details.scanner);
  const folder = await fs.mkdtemp(path.join(options.workDir ?? tmpdir(), `${FOLDER}${process.pid}-`));
  try {
    if (kind.run === 'pull') return await runPull(options, kind, request, folder);
    return await runProgram(options, kind, request, folder);
  } finally {
    await removeFolder(folder).catch((error: unknown) => {
      const { job, target } = request.task;
      options.log.warn(
        { job, target, folder, reason: messageOf(error) },
        'the folder of a run could not be removed',
      );
    });
  }
}

function resultOf(
  { end, failure, gap, taken, cursor }: Attempt,
  changes: Changes,
  attempts: number,
): RunResult {
  const partial = taken.scopes.find(({ outcome }) => outcome === 'partial' || outcome === 'failed');
  const broken = failure ?? taken.problems[0] ?? null;
  const outcome = broken !== null ? 'failed' : (partial?.outcome ?? (gap === null ? 'complete' : 'partial'));
  return {
    outcome,
    reason: broken ?? gap ?? explained(partial?.reason ?? null, taken),
    attempts,
    exitCode: end.exitCode,
    signal: end.signal,
    stderr: outcome === 'complete' ? '' : end.stderr,
    scopes: [...new Set(taken.scopes.map(({ scope }) => scope))].slice(0, 20),
    ...(cursor === undefined ? {} : { cursor }),
    ...changes,
  };
}

/** A scan may end well and not have seen everything: why something does not close is said of a complete run, too. */
function explained(reason: string | null, { scopes }: TakenIn): string | null {
  const [gap, ...more] = scopes.flatMap(({ gaps }) => gaps).filter((text) => text !== reason);
  if (gap === undefined) return reason;
  const rest = more.length === 0 ? gap : `${gap} (and ${more.length} more)`;
  return reason === null ? rest : `${reason}; ${rest}`;
}

/** Also what a scanner made read-only, as caches of packages are. */
async function removeFolder(folder: string): Promise<void> {
  const remove = (): Promise<void> => fs.rm(folder, { recursive: true, force: true, maxRetries: 3 });
  await remove().catch(async () => {
    await makeWritable(folder);
    await remove();
  });
}

async function makeWritable(folder: string): Promise<void> {
  await fs.chmod(folder, 0o700);
  for (const entry of await fs.readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await makeWritable(path.join(folder, entry.name));
}

/** Folders that a killed collector left on this machine a day ago or longer. */
export async function removeStaleFolders(workDir: string | undefined, now: EpochMs): Promise<void> {
  const parent = workDir ?? tmpdir();
  for (const name of await fs.readdir(parent).catch(() => [])) {
    if (!name.startsWith(FOLDER)) continue;
    const folder = path.join(parent, name);
    const found = await fs.lstat(folder).catch(() => null);
    if (found === null || now - found.mtimeMs < 24 * 3_600_000) continue;
    if (isInUse(Number(name.slice(FOLDER.length).split('-')[0]), found.birthtimeMs, now)) continue;
    await removeFolder(folder).catch((error: unknown) => messageOf(error));
  }
}

/** In a container every collector has the same number: what was made before this one began is not its own. */
function isInUse(pid: number, madeAt: EpochMs, now: EpochMs): boolean {
  if (pid !== process.pid) return isAlive(pid);
  return madeAt >= now - process.uptime() * 1000;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
