import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { Logger } from 'pino';
import { glob } from 'tinyglobby';
import { messageOf, ScanError } from '../errors.ts';
import type { EpochMs, RunOutcome } from '../findings/model.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { Clock } from './clock.ts';
import { addChanges, type Changes, noChanges } from './counts.ts';
import { type CredentialSource, grant, type Granted, NOTHING } from './credentials/index.ts';
import type { Job, Target } from './job.ts';
import { kindOf, type ProgramKind, type PullKind } from './kinds/index.ts';
import { type ProcessEnd, runProcess } from './process.ts';
import { hostOf } from './perimeter/asset.ts';
import { pullOnce } from './pulls/attempt.ts';
import { memoryOf } from './pulls/memory.ts';
import type { Outside, ReportPlace } from './pulls/request.ts';
import { settle, takeReports } from './pulls/take-reports.ts';
import { growingRedactor } from './redact.ts';
import type { Env, Secrets } from './secrets.ts';
import { fillIn, harmless, type Places, valuesOf } from './template.ts';
import { failed, type RunRequest, type RunResult, type WorkerTask } from './worker.ts';

/** A task with all that it takes to carry it out. */
export interface ScanTask extends WorkerTask {
  readonly details: Job;
  readonly on: Target;
}

export interface TakeInOptions {
  readonly outcome: RunOutcome | null;
  readonly complete: boolean;
  readonly observedAt: EpochMs;
  /** null: of a scan that somebody else made. */
  readonly durationMs: number | null;
  readonly source: string | null;
  /** Where reports belong that do not say; by default to `account`. */
  readonly place?: ReportPlace | undefined;
  /** What is known of hosts that reports are about. */
  readonly hosts?: HostsKnown | undefined;
  /** Reports of other accounts are refused. */
  readonly account: { readonly cloud: string; readonly account: string } | null;
}

export interface HostsKnown {
  /** By address or name. */
  readonly named: Readonly<
    Record<string, { readonly name: string; readonly tags: Readonly<Record<string, string>> }>
  >;
  /** They were looked at and are no more: what was found on them is over. */
  readonly gone: readonly string[];
}

export interface TakenIn {
  readonly scopes: readonly {
    readonly scope: string;
    readonly outcome: RunOutcome | null;
    readonly reason: string | null;
    /** What was to be looked at and could not be, each in a sentence. */
    readonly gaps: readonly string[];
    readonly changes: Changes;
  }[];
  /** Reports that could not be read, each in a sentence. */
  readonly problems: readonly string[];
}

export interface ExecutorOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly env: Env;
  readonly secrets: Secrets;
  readonly credentials: Readonly<Record<string, CredentialSource>>;
  /** Programs that are not on the PATH, by the name that the scanner has. */
  readonly programs: Readonly<Record<string, string>>;
  /** For the folders of runs. */
  readonly workDir?: string | undefined;
  readonly graceMs: number;
  /** What is known to be reached from outside, and which jobs look at it. */
  readonly outside: () => Promise<Outside>;
  /** Where pulls keep what they have to remember. */
  readonly store: ObjectStore;
  /** Reads reports into the lake. @throws StoreError */
  readonly takeIn: (paths: readonly string[], options: TakeInOptions) => Promise<TakenIn>;
}

/** Of the collector's environment, what any program needs to run, and none of its secrets. */
const PASSED = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
  ...['REQUESTS_CA_BUNDLE', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'],
];
const FOLDER = 'sightline-run-';
const LONGEST_BACKOFF_MS = 15 * 60_000;

interface Attempt {
  readonly end: ProcessEnd;
  /** Why it did not end well; null if it did. */
  readonly failure: string | null;
  /** What was not looked at although it ended well; null for nothing. */
  readonly gap: string | null;
  readonly taken: TakenIn;
  /** Where the next run goes on from; undefined: where this one did. */
  readonly cursor?: unknown;
}

/** Carries out runs: each attempt in a folder of its own, its reports taken in however it ended. */
export function executor(options: ExecutorOptions): (request: RunRequest<ScanTask>) => Promise<RunResult> {
  return async (request) => {
    const { details: job } = request.task;
    let changes = noChanges();
    for (let number = 1; ; number++) {
      const attempt = await attemptOnce(options, request);
      if (attempt === null) return failed('the run was taken over by another collector');
      for (const scope of attempt.taken.scopes) changes = addChanges(changes, scope.changes);
      const result = resultOf(attempt, changes, number);
      const hopeless = attempt.end.notStarted !== null || request.signal.aborted;
      if (result.outcome !== 'failed' || number >= job.attempts || hopeless) return result;
      const wait = Math.min(job.backoffMs * 4 ** (number - 1), LONGEST_BACKOFF_MS);
      options.log.warn(
        { job: job.name, target: request.task.target, reason: result.reason, wait },
        'it is tried again',
      );
      await options.clock.sleep(wait, request.signal);
      if (isAborted(request)) return result;
    }
  };
}

function isAborted({ signal }: RunRequest<ScanTask>): boolean {
  return signal.aborted;
}

/** @returns null when the run was not ours any more by the time there was something to write */
async function attemptOnce(options: ExecutorOptions, request: RunRequest<ScanTask>): Promise<Attempt | null> {
  const kind = kindOf(request.task.details.scanner);
  const folder = await fs.mkdtemp(path.join(options.workDir ?? tmpdir(), `${FOLDER}${process.pid}-`));
  try {
    if (kind.run === 'pull') return await pull(options, kind, request, folder);
    return await runProgram(options, kind, request, folder);
  } finally {
    await fs.rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function runProgram(
  options: ExecutorOptions,
  kind: ProgramKind,
  { task, signal, confirm }: RunRequest<ScanTask>,
  folder: string,
): Promise<Attempt | null> {
  const { details: job, on } = task;
  const observedAt = options.clock.now();
  const log = options.log.child({ job: job.name, target: task.target });
  const granted = await credentialsFor({ ...options, log }, kind, job, on);
  try {
    const places = await prepare(folder, on, job, kind, granted);
    const own = await ownVariables(options.secrets, job);
    const { env, secrets } = granted;
    const end = await runProcess({
      argv: argvOf(kind, job, places, options.programs),
      cwd: folder,
      env: { ...passedOn(options.env, kind), ...withFolder(env, folder), ...own.env, TMPDIR: folder },
      timeoutMs: job.timeoutMs,
      graceMs: options.graceMs,
      nice: job.nice,
      signal,
      onLine: (stream, line) => log.info({ stream, line }, 'output'),
      redact: growingRedactor(() => [...options.secrets.values, ...secrets, ...own.secrets]),
    });
    const failure = failureOf(end, job.successExitCodes ?? kind.successExitCodes, job, signal);
    if (!(await confirm())) return null;
    const reports = await reportsIn(places.output, job.scanner === 'command' ? job.reports : kind.reports);
    const taken = await takeIn(options, { job, on, end, failure, reports, observedAt });
    return { end, failure: failure ?? nothingLeft(job, reports), gap: null, taken };
  } finally {
    await granted.end?.();
  }
}

/** Each of its reports is taken in with what is known of it; only then is what was asked settled with whoever was asked. */
async function pull(
  options: ExecutorOptions,
  kind: PullKind,
  { task, cursor, signal, confirm }: RunRequest<ScanTask>,
  folder: string,
): Promise<Attempt | null> {
  const { details: job, on } = task;
  const { clock, env, secrets, log, store } = options;
  const observedAt = clock.now();
  const over = new AbortController();
  try {
    const pulled = await pullOnce(kind, {
      ...{ job, on, cursor, observedAt, signal, folder, timeoutMs: job.timeoutMs, now: () => clock.now() },
      log: log.child({ job: job.name, target: task.target }),
      credentials: sourceFor(options, job, on),
      context: { env, secrets, log },
      outside: options.outside,
      over: over.signal,
      memory: memoryOf(store, task, () => clock.now()),
    });
    if (!(await confirm())) return null;
    const { scopes, refused } = await takeReports(options.takeIn, { job, on, pulled, observedAt });
    const { end, failure } = pulled;
    return { end, failure, ...(await settle(pulled, scopes, refused)) };
  } finally {
    over.abort();
  }
}

async function credentialsFor(
  options: ExecutorOptions,
  kind: ProgramKind,
  job: Job,
  on: Target,
): Promise<Granted> {
  const { env, secrets, log } = options;
  if (on.kind !== 'account') return NOTHING;
  const source = sourceFor(options, job, on);
  // Prowler and ScoutSuite have to get in somehow; what any other program does with an account is its own business.
  if (source === null && job.scanner === 'command') return NOTHING;
  return grant(source, on.account, { env, secrets, log }, kind.refreshesKeys === true);
}

/** @throws ScanError when the configuration has none of that name */
function sourceFor({ credentials }: ExecutorOptions, job: Job, on: Target): CredentialSource | null {
  const own = on.kind === 'account' ? on.account.credentials : null;
  const name = own ?? job.credentials;
  const source = name === undefined ? null : credentials[name];
  if (source !== undefined) return source;
  throw new ScanError(
    `there are no credentials ${name ?? ''}`,
    'Add them below `credentials`.',
    'credentials',
  );
}

async function prepare(
  folder: string,
  target: Target,
  job: Job,
  kind: ProgramKind,
  granted: Granted,
): Promise<Places> {
  const output = path.join(folder, 'output');
  const targetsFile = path.join(folder, 'targets.txt');
  await fs.mkdir(output, { mode: 0o700 });
  await fs.writeFile(
    targetsFile,
    valuesOf(target)
      .map((value) => `${harmless(value)}\n`)
      .join(''),
  );
  const places: Places = { target, regions: job.regions, folder, output, targetsFile };
  const files = { ...granted.files, ...kind.files?.(job, places) };
  for (const [name, text] of Object.entries(files)) {
    await fs.writeFile(path.join(folder, name), text, { mode: 0o600 });
  }
  return places;
}

async function ownVariables(
  secrets: Secrets,
  job: Job,
): Promise<{ env: Record<string, string>; secrets: string[] }> {
  const own: { env: Record<string, string>; secrets: string[] } = { env: {}, secrets: [] };
  for (const [name, value] of Object.entries(job.env)) {
    const text = await secrets.text(value);
    own.env[name] = text;
    if (typeof value !== 'string') own.secrets.push(text);
  }
  return own;
}

function argvOf(
  kind: ProgramKind,
  job: Job,
  places: Places,
  programs: ExecutorOptions['programs'],
): string[] {
  const [program = '', ...args] = [...kind.argv(job, places), ...fillIn(job.args, places)];
  return [programs[program] ?? program, ...args];
}

function passedOn(env: Env, kind: ProgramKind): Record<string, string> {
  const wanted = [...PASSED, ...kind.passes];
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && wanted.includes(entry[0]),
    ),
  );
}

function withFolder(env: Readonly<Record<string, string>>, folder: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, value.replace('{folder}', folder)]),
  );
}

function failureOf(
  end: ProcessEnd,
  success: readonly number[],
  job: Job,
  signal: AbortSignal,
): string | null {
  if (end.notStarted !== null) return `it could not be started: ${end.notStarted}`;
  if (end.timedOut) return `it was ended after ${Math.round(job.timeoutMs / 1000)} s, its timeout`;
  if (signal.aborted) return 'it was ended with the collector';
  if (end.signal !== null) return `it was killed by ${end.signal}`;
  return success.includes(end.exitCode ?? -1) ? null : `it ended with ${end.exitCode}`;
}

function nothingLeft(job: Job, reports: readonly string[]): string | null {
  if (reports.length > 0 || (job.scanner === 'command' && job.reports.length === 0)) return null;
  return 'it ended well and left no report';
}

async function reportsIn(output: string, patterns: readonly string[]): Promise<string[]> {
  if (patterns.length === 0) return [];
  const found = await glob([...patterns], {
    cwd: output,
    absolute: true,
    dot: false,
    followSymbolicLinks: false,
  });
  const files: string[] = [];
  // A link could lead to any file that the collector may read.
  for (const file of found.sort()) if ((await fs.lstat(file)).isFile()) files.push(file);
  return files;
}

async function takeIn(
  options: ExecutorOptions,
  run: {
    readonly job: Job;
    readonly on: Target;
    readonly end: ProcessEnd;
    readonly failure: string | null;
    readonly reports: readonly string[];
    readonly observedAt: EpochMs;
  },
): Promise<TakenIn> {
  const { job, on, end, failure, reports, observedAt } = run;
  if (reports.length === 0) return { scopes: [], problems: [] };
  return options.takeIn(reports, {
    outcome: failure === null ? null : 'failed',
    complete: failure === null && job.complete,
    observedAt,
    durationMs: end.durationMs,
    source: job.source ?? null,
    hosts: hostsOf(on),
    account: on.kind === 'account' ? on.account : null,
  });
}

/** What discovery knows of the targets, for findings to be called by names that people know. */
function hostsOf(on: Target): HostsKnown | undefined {
  if (on.kind === 'account' || on.assets === undefined) return undefined;
  const named: Record<string, HostsKnown['named'][string]> = {};
  for (const { endpoint, name, id, cloud, account, labels } of on.assets)
    named[hostOf(endpoint)] = { name: name ?? id, tags: { cloud, account, ...labels } };
  return { named, gone: on.kind === 'list' ? (on.gone ?? []) : [] };
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

/** Folders that a killed collector left on this machine a day ago or longer. */
export async function removeStaleFolders(workDir: string | undefined, now: EpochMs): Promise<void> {
  const parent = workDir ?? tmpdir();
  for (const name of await fs.readdir(parent).catch(() => [])) {
    if (!name.startsWith(FOLDER)) continue;
    const folder = path.join(parent, name);
    const found = await fs.lstat(folder).catch(() => null);
    if (found === null || now - found.mtimeMs < 24 * 3_600_000 || isAlive(Number(name.split('-')[2])))
      continue;
    await fs.rm(folder, { recursive: true, force: true }).catch((error: unknown) => messageOf(error));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
