import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { glob } from 'tinyglobby';
import type { EpochMs } from '../findings/model.ts';
import type { KnownHosts } from '../sources/adapter.ts';
import { hostOf } from '../sources/common/web.ts';
import { type Attempt, type ExecutorOptions, type ScanTask, sourceFor, type TakenIn } from './attempt.ts';
import { grant, type Granted, NOTHING } from './credentials/index.ts';
import type { Job, Target } from './job.ts';
import type { ProgramKind } from './kinds/index.ts';
import { type ProcessEnd, runProcess } from './process.ts';
import { growingRedactor } from './redact.ts';
import type { Env, Secrets } from './secrets.ts';
import { fillIn, harmless, type Places, valuesOf } from './template.ts';
import type { RunRequest } from './worker.ts';

/** Of the collector's environment, what any program needs to run, and none of its secrets. */
const PASSED = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
  ...['REQUESTS_CA_BUNDLE', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'],
];
/** Runs it once and takes in what it left, however it ended. @returns null when the run was not ours any more */
export async function runProgram(
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
  // By the scanner, whatever its program is called: `zap` is zap.sh, `scoutsuite` is scout.
  return [programs[job.scanner === 'command' ? program : job.scanner] ?? program, ...args];
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
function hostsOf(on: Target): KnownHosts | undefined {
  if (on.kind === 'account' || on.assets === undefined) return undefined;
  const named: Record<string, KnownHosts['named'][string]> = {};
  for (const { endpoint, name, id, cloud, account, labels } of on.assets)
    named[hostOf(endpoint)] = { name: name ?? id, tags: { cloud, account, ...labels } };
  return { named, gone: on.kind === 'list' ? (on.gone ?? []) : [] };
}
