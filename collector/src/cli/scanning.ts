import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import pLimit from 'p-limit';
import type { LoadedConfig } from '../config/index.ts';
import { ReportError } from '../errors.ts';
import type { Committer } from '../lake/committer.ts';
import type { Channel } from '../outputs/chat/index.ts';
import { post } from '../outputs/deliver.ts';
import { Outbox } from '../outputs/outbox.ts';
import { AccountBook } from '../scanners/accounts/book.ts';
import { putIntoForce } from '../scanners/accounts/in-force.ts';
import { realClock } from '../scanners/clock.ts';
import { AssetBook, type Perimeter } from '../scanners/perimeter/book.ts';
import { retireSites } from '../scanners/perimeter/retire.ts';
import { looksOutside } from '../scanners/perimeter/scans.ts';
import type { Outside } from '../scanners/pulls/request.ts';
import type { ScanTask, TakeInOptions, TakenIn } from '../scanners/attempt.ts';
import { executor, removeStaleFolders } from '../scanners/execute.ts';
import type { Job } from '../scanners/job.ts';
import { endAllAtOnce } from '../scanners/process.ts';
import { Reporter } from '../scanners/reporter.ts';
import { type Env, Secrets } from '../scanners/secrets.ts';
import { TaskList } from '../scanners/tasks.ts';
import { Worker, type WorkView } from '../scanners/worker.ts';
import type { CliContext } from './context.ts';
import { ingestAll, isBystander, isSingle } from './ingest-run.ts';
import { inputLimits, readingOf } from './options.ts';
import { publish } from './publish.ts';

export interface ScanningOptions {
  readonly config: LoadedConfig;
  readonly committer: Committer;
  readonly env: Env;
  readonly log: Logger;
  /** Nothing is scanned: what was found is for those that do to put into force. */
  readonly looksOnly?: true;
  /** After reports were taken in. */
  readonly onTaken?: () => void;
  /** Whenever a run begins or ends. */
  readonly onWork?: (work: WorkView) => void;
}

/** Everything that scans by itself, as the configuration wants it. */
export interface Scanning {
  readonly jobs: readonly Job[];
  readonly accounts: AccountBook;
  /** What can be reached from outside, for jobs that scan it. */
  readonly perimeter: () => Promise<Perimeter>;
  readonly secrets: Secrets;
  readonly list: TaskList;
  readonly worker: Worker<ScanTask>;
  readonly outbox: Outbox;
  readonly reporter: Reporter;
  /** Makes the daily report, if something was taken in since. */
  readonly publish: () => Promise<void>;
}

/** While scans go on, the daily report is made at most so often: it reads every head. */
const PUBLISH_MS = 5 * 60_000;

const TASKS_MS = 15_000;

/**
 * Aborted by the first signal, so that scans under way are given back; at a second one the process ends with all it started. `forget`
 * has to be called at the end.
 */
export function stoppable(context: CliContext): { readonly stop: AbortSignal; readonly forget: () => void } {
  const controller = new AbortController();
  let forget = context.onSignal((signal) => {
    forget();
    forget = endAtOnce(context);
    context.log.info({ signal }, 'ending: scans under way are given back; once more ends at once');
    controller.abort();
  });
  return { stop: controller.signal, forget: () => forget() };
}

/** What a signal does by itself, and the scanners do not survive it. @returns to be called when there is nothing to end any more */
export function endAtOnce(context: CliContext): () => void {
  const forget = context.onSignal((signal) => {
    forget();
    endAllAtOnce();
    process.kill(process.pid, signal);
  });
  return forget;
}

export function createScanning({
  config,
  committer,
  env,
  log,
  looksOnly,
  onTaken,
  onWork,
}: ScanningOptions): Scanning {
  const { scanning } = config;
  const { now, store } = committer;
  const secrets = new Secrets(env, now);
  const context = { env, secrets, log };
  const accounts = new AccountBook({
    entries: scanning.accounts,
    discoveries: scanning.discovery,
    credentials: scanning.credentials,
    store,
    context,
    now,
    log,
    ...(looksOnly === true
      ? {}
      : { onList: (name: string, asked: boolean) => putIntoForce({ committer, log }, name, asked) }),
  });
  const jobs = scanning.jobs.map(jobOf);
  const list = new TaskList(jobs, { scanners: scanning.collector.scanners });
  const assets = new AssetBook(committer);
  const perimeter = async (): Promise<Perimeter> =>
    jobs.some((job) => job.perimeter !== undefined) ? assets.perimeter() : { assets: [], gone: [] };
  const outside = async (): Promise<Outside> => ({
    perimeter: await assets.refresh(),
    jobs: jobs.filter(looksOutside).map((job) => ({
      job,
      lastComplete: (target) => {
        const state = worker.leases.get({ job: job.name, target })?.state;
        return state?.runs.find(({ outcome }) => outcome === 'complete')?.startedAt ?? null;
      },
    })),
  });
  const channels: Channel[] = scanning.chat.map(({ url, ...channel }) => ({
    ...channel,
    url: () => secrets.read(url),
  }));
  const owner = `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`;
  const outbox = new Outbox({ store, channels, owner, now, log, post });
  const reporter = new Reporter({ outbox, channels, now, log });
  let taken = 0;
  let published = { count: 0, at: now() };
  const publishNow = async (): Promise<void> => {
    if (taken === published.count) return;
    published = { count: taken, at: now() };
    await publish(committer, config).catch((error: unknown) => {
      log.error({ err: error }, 'the report could not be published');
    });
  };
  let tasks: { readonly at: number; readonly list: readonly ScanTask[] } | undefined;
  const worker = new Worker<ScanTask>({
    store,
    clock: realClock,
    owner,
    log,
    places: scanning.collector.concurrency,
    tasks: async () => {
      // Each run that ends asks; accounts do not come and go that fast.
      if (tasks === undefined || now() - tasks.at > TASKS_MS)
        tasks = { at: now(), list: list.scheduled(await accounts.all(), await perimeter()) };
      return tasks.list;
    },
    execute: executor({
      clock: realClock,
      log,
      env,
      secrets,
      credentials: scanning.credentials,
      programs: programsOf(config),
      workDir: scanning.collector.workDir,
      graceMs: scanning.collector.grace,
      outside,
      store,
      takeIn: takeInto(committer, config, () => {
        taken++;
        onTaken?.();
      }),
    }),
    ...(onWork === undefined ? {} : { onChange: onWork }),
    afterRound: async (leases, known, idle) => {
      await retireSites({ jobs, known, leases, perimeter: await perimeter(), committer, log });
      if (idle || now() - published.at > PUBLISH_MS) await publishNow();
      await reporter.afterRound(leases, known);
    },
  });
  void removeStaleFolders(scanning.collector.workDir, now()).catch((error: unknown) => {
    log.warn({ err: error }, 'folders of earlier runs could not be removed');
  });
  return { jobs, accounts, perimeter, secrets, list, worker, outbox, reporter, publish: publishNow };
}

export function jobOf(job: LoadedConfig['scanning']['jobs'][number]): Job {
  const { jitter, timeout, backoff, overlap, fullEvery, discover, ...same } = job;
  const { scannedWithin, ...chosen } = discover;
  return {
    ...same,
    discover: { ...chosen, scannedWithinMs: scannedWithin },
    jitterMs: jitter,
    timeoutMs: timeout,
    backoffMs: backoff,
    overlapMs: overlap,
    fullEveryMs: fullEvery,
  };
}

function programsOf({ scanning }: LoadedConfig): Record<string, string> {
  const programs: Record<string, string> = {};
  for (const [name, { program }] of Object.entries(scanning.collector.scanners)) {
    if (program !== undefined) programs[name] = program;
  }
  return programs;
}

/** Reads what a scanner left, one run at a time: parsing is one long computation that wants memory. */
function takeInto(committer: Committer, config: LoadedConfig, onTaken: () => void) {
  const inTurn = pLimit(1);
  return (paths: readonly string[], options: TakeInOptions): Promise<TakenIn> =>
    inTurn(async () => {
      const { outcome, source, account, place, hosts, complete, observedAt, durationMs } = options;
      const where = {
        ...(account === null ? {} : { cloud: account.cloud, account: account.account }),
        ...place,
      };
      const { files } = await ingestAll(committer, paths, {
        limits: inputLimits(config),
        ordered: isSingle(paths),
        onStep: () => undefined,
        declareComplete: complete,
        observedAt,
        ...(durationMs === null ? {} : { durationMs }),
        ...readingOf(config),
        // What the report itself says of its account wins, and is held against this one below.
        ...(Object.keys(where).length === 0 ? {} : { place: where }),
        ...(hosts === undefined ? {} : { hosts }),
        ...(outcome === null ? {} : { outcome }),
        ...(source === null ? {} : { source }),
        admit: (reports) => {
          for (const report of reports) if (account !== null) refuseOther(report, account);
          return Promise.resolve();
        },
      });
      const scopes = files.flatMap((file) => file.scopes ?? []);
      const problems = files.flatMap(({ file, error }) =>
        error === undefined || isBystander({ named: false, name: file }, error) ? [] : [error.message],
      );
      if (scopes.length > 0) onTaken();
      else if (problems.length === 0) problems.push('none of its files is a report that can be read');
      return {
        scopes: scopes.map((scope) => ({
          scope: scope.scope,
          outcome: scope.outcome,
          reason: scope.reason,
          gaps: scope.gaps,
          changes: {
            ...scope.severities,
            onboarded: scope.counts.baseline + scope.counts.ruleset,
          },
        })),
        problems,
      };
    });
}

/** A scanner that got hold of other credentials than it was given reports on another account. @throws ReportError */
function refuseOther(
  report: { readonly cloud: string; readonly account: string },
  wanted: { readonly cloud: string; readonly account: string },
): void {
  if (report.account === wanted.account) return;
  throw new ReportError(
    'wrong_shape',
    `the report is of ${report.cloud}/${report.account}, and ${wanted.cloud}/${wanted.account} was to be scanned`,
    'Check `credentials` of the job and the account; nothing of the report was stored.',
  );
}
