import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { digestOf } from '../scanners/digest.ts';
import type { ScanTask } from '../scanners/attempt.ts';
import type { TaskState } from '../scanners/task-state.ts';
import type { CliContext } from './context.ts';
import { iso } from './finding-row.ts';
import { type Paint, paintFor, plural, printable, writeJson, writeLine } from './output.ts';
import { runProgress } from './run-progress.ts';
import { createScanning, type Scanning, stoppable } from './scanning.ts';

interface Options {
  readonly due?: true;
  readonly target?: readonly string[];
}

const AFTER_HELP = `
With the name of a job it is run now, whatever its schedule says, on all it is for or only on --target. With --due, what the
schedules want by now is run, and that is all: for pipelines and Kubernetes CronJobs, which need no disk, the bucket remembers.

Exit code 1 if a run failed, or came to no end: ended by a signal, or taken over by another collector.

Examples:
  sightline run prowler-nightly
  sightline run prowler-nightly --target aws/123456789012
  sightline run --due`;

export function register(program: Command, context: CliContext): void {
  program
    .command('run')
    .description('run a job now, or everything that is due')
    .argument('[job]', 'name of a job in the configuration')
    .option('--due', 'run what is due by the schedules, then end')
    .option('--target <target...>', 'only these: aws/123456789012, https://example.org')
    .addHelpText('after', AFTER_HELP)
    .action(async (job: string | undefined, options: Options, command: Command) => {
      await run(context, command, job, options);
    });
}

async function run(
  context: CliContext,
  command: Command,
  name: string | undefined,
  { due, target }: Options,
): Promise<void> {
  if ((name === undefined) === (due === undefined)) {
    throw new UsageError(
      name === undefined ? 'neither a job nor --due was given' : 'a job and --due exclude each other',
      'Give the name of a job, or --due.',
    );
  }
  const config = await context.config(command);
  const { committer, close } = await context.open(command);
  const { stop, forget } = stoppable(context);
  const progress = runProgress(context, context.options(command).json);
  try {
    const scanning = createScanning({
      ...{ config, committer, env: context.env, log: context.log },
      onWork: progress.onWork,
    });
    const began = context.now();
    if (name === undefined) await scanning.worker.runDue(stop);
    else await byHand(context, scanning, await chosen(scanning, name, target ?? []), stop);
    progress.stop();
    await scanning.publish();
    await scanning.reporter.flush();
    const { unfinished } = scanning.worker;
    if (unfinished > 0 || stop.aborted) context.setExitCode(1);
    show(context, command, finishedSince(scanning, began), unfinished);
  } finally {
    progress.stop();
    forget();
    await close();
  }
}

/** @throws UsageError for a job or a target that there is not */
async function chosen(
  { jobs, list, accounts, perimeter }: Scanning,
  name: string,
  targets: readonly string[],
): Promise<ScanTask[]> {
  const job = jobs.find((one) => one.name === name);
  if (job === undefined) {
    const known = jobs.map((one) => one.name).join(', ');
    throw new UsageError(
      `there is no job ${name}`,
      known === '' ? 'The configuration has no `jobs`.' : `There are ${known}.`,
    );
  }
  const tasks = list.of(job, await accounts.all(), await perimeter());
  const missing = targets.find((target) => !tasks.some((task) => isCalled(task, target)));
  if (missing !== undefined) {
    throw new UsageError(
      `the job ${name} has no target ${missing}`,
      `It has ${
        tasks.length === 0
          ? 'none'
          : tasks
              .slice(0, 10)
              .map(({ target }) => target)
              .join(', ')
      }.`,
    );
  }
  if (tasks.length === 0)
    throw new UsageError(
      `the job ${name} has nothing to scan`,
      job.perimeter === undefined
        ? 'No account matches its `accounts`.'
        : 'Nothing that perimeter discovery found matches its `perimeter`.',
    );
  return targets.length === 0
    ? tasks
    : tasks.filter((task) => targets.some((target) => isCalled(task, target)));
}

function isCalled({ target, on }: ScanTask, name: string): boolean {
  if (target === name) return true;
  return on.kind === 'account' && (on.account.account === name || on.account.name === name);
}

async function byHand(
  context: CliContext,
  { worker, reporter }: Scanning,
  tasks: readonly ScanTask[],
  signal: AbortSignal,
): Promise<void> {
  const refused = await worker.runByHand(tasks, signal);
  for (const task of refused) {
    const owner = worker.leases.get(task)?.state.running?.owner ?? 'another collector';
    context.log.warn({ job: task.job, target: task.target, owner }, 'it is being run already');
    context.setExitCode(1);
  }
  const states = tasks.map((task) => worker.leases.get(task)?.state).filter((state) => state !== undefined);
  // Ours: what was refused, or ended before its end, has earlier ones only, which were told of.
  const slot = states
    .flatMap(({ runs }) => runs)
    .find(({ trigger, owner }) => trigger === 'hand' && owner === worker.owner)?.slot;
  const [first] = tasks;
  if (slot !== undefined && first !== undefined) await reporter.tell(digestOf(first.job, slot, states));
}

interface Finished {
  readonly state: TaskState;
  readonly run: TaskState['runs'][number];
}

function finishedSince({ worker }: Scanning, began: number): Finished[] {
  return worker.leases
    .all()
    .flatMap((state) =>
      state.runs
        .filter(({ endedAt, owner }) => endedAt >= began && owner === worker.owner)
        .map((run) => ({ state, run })),
    );
}

function show(
  context: CliContext,
  command: Command,
  finished: readonly Finished[],
  unfinished: number,
): void {
  if (finished.some(({ run: one }) => one.outcome === 'failed')) context.setExitCode(1);
  if (context.options(command).json) {
    for (const { state, run: one } of finished) {
      const { slot, startedAt, endedAt, ...rest } = one;
      writeJson(context.stdout, {
        job: state.job,
        target: state.target,
        slot: iso(slot),
        startedAt: iso(startedAt),
        endedAt: iso(endedAt),
        ...rest,
      });
    }
    return;
  }
  const { due } = command.opts<Options>();
  const paint = paintFor(context);
  for (const one of finished) writeLine(context.stdout, lineOf(one, paint));
  if (unfinished > 0)
    writeLine(
      context.stdout,
      paint.red(`${plural(unfinished, 'run')} came to no end here: the log says why`),
    );
  if (finished.length > 0) writeLine(context.stdout, plural(finished.length, 'run'));
  else if (unfinished === 0) writeLine(context.stdout, due === true ? 'nothing was due' : 'nothing was run');
}

function lineOf({ state, run: one }: Finished, paint: Paint): string {
  const words = { complete: paint.green, partial: paint.yellow, failed: paint.red };
  const seconds = Math.round((one.endedAt - one.startedAt) / 1000);
  const reason = one.reason === null ? '' : `: ${printable(one.reason)}`;
  return `${state.job} ${printable(state.target)}: ${words[one.outcome](one.outcome)} after ${seconds} s${reason}`;
}
