import { type Command, Option } from 'commander';
import type { Letter } from '../outputs/outbox.ts';
import { durationText } from '../outputs/chat/digest.ts';
import { UsageError } from '../errors.ts';
import { backlogOf, FEEDS } from '../ingest/spool/index.ts';
import { goneTasks, type Standing, statusOf, type TaskStatus } from '../scanners/status.ts';
import { memoryPrefix } from '../scanners/pulls/memory.ts';
import { taskKey, type TaskName } from '../scanners/task-state.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { CliContext } from './context.ts';
import { eventLines, eventsDocument } from './status-events.ts';
import { iso } from './finding-row.ts';
import {
  clipped,
  type Paint,
  paintFor,
  plural,
  printable,
  timeText,
  writeJson,
  writeLine,
} from './output.ts';
import { createScanning } from './scanning.ts';
import { tableLines } from './table.ts';

interface Options {
  readonly all?: true;
  readonly check?: true;
  readonly forget?: true;
}

const AFTER_HELP = `
One line per job: how its tasks stand, when the last one ended, when the next one begins. Below it what is late, failed or partial, and
why; --all lists every task. Read from the bucket: it says the same on every machine.

Examples:
  sightline status
  sightline status --check                  exit code 1 if something is late or failed
  sightline status --json | jq '.tasks[] | select(.standing != "ok")'`;

const BAD: readonly Standing[] = ['late', 'failed', 'damaged'];

export function register(program: Command, context: CliContext): void {
  program
    .command('status')
    .description('what ran, what is late, what failed and why, and what comes next')
    .option('--all', 'list every task')
    .addOption(new Option('--check', 'end with 1 if something is late or failed, or a message was given up'))
    .option('--forget', 'forget the schedules of tasks that the configuration has no more')
    .addHelpText('after', AFTER_HELP)
    .action(async (options: Options, command: Command) => {
      await status(context, command, options);
    });
}

async function status(context: CliContext, command: Command, { all, check, forget }: Options): Promise<void> {
  const config = await context.config(command);
  const { committer, close } = await context.open(command);
  try {
    const { list, jobs, accounts, perimeter, worker, outbox } = createScanning({
      config,
      committer,
      env: context.env,
      log: context.log,
      looksOnly: true,
    });
    const { leases } = worker;
    const [found, exposed, events] = await Promise.all([
      accounts.all(),
      perimeter(),
      Promise.all(FEEDS.map((feed) => backlogOf(committer.store, feed))),
      leases.refresh(),
      outbox.refresh(),
    ]);
    const now = context.now();
    const tasks = statusOf(
      jobs.filter(({ enabled }) => enabled).flatMap((job) => list.of(job, found, exposed)),
      leases,
      now,
    );
    const gone = goneTasks(
      jobs.flatMap((job) => list.of(job, found, exposed)),
      leases,
      now,
    );
    if (forget === true) await forgetTasks(committer.store, gone, accounts.problems);
    const letters = outbox.letters();
    const dead = letters.filter((letter) => letter.status === 'dead');
    const bad = tasks.some(({ standing }) => BAD.includes(standing)) || dead.length > 0;
    if (check === true && (bad || accounts.problems.size > 0)) context.setExitCode(1);
    if (context.options(command).json) {
      writeJson(context.stdout, {
        at: iso(now),
        tasks: tasks.map(documentOf),
        accounts: { known: found.length, problems: Object.fromEntries(accounts.problems) },
        messages: letters.map(letterDocument),
        events: events.map(eventsDocument),
        gone: gone.map(({ job, target }) => ({ job, target, forgotten: forget === true })),
      });
      return;
    }
    const paint = paintFor(context);
    for (const line of jobLines(tasks, now, paint)) writeLine(context.stdout, line);
    const shown =
      all === true ? tasks : tasks.filter(({ standing }) => standing !== 'ok' && standing !== 'waiting');
    if (shown.length > 0) writeLine(context.stdout);
    for (const line of taskLines(shown, now, paint)) writeLine(context.stdout, line);
    for (const [name, problem] of accounts.problems)
      writeLine(context.stdout, `${paint.yellow('discovery')} ${name}: ${printable(problem)}`);
    for (const line of letterLines(letters, paint)) writeLine(context.stdout, line);
    for (const line of eventLines(events, now, paint)) writeLine(context.stdout, line);
    for (const { job, target } of gone) {
      const what = forget === true ? 'forgotten' : 'not in the configuration any more; --forget forgets it';
      writeLine(context.stdout, `${paint.dim('gone')}  ${job} ${clipped(target, 80)}: ${what}`);
    }
  } finally {
    await close();
  }
}

/** @throws UsageError while nobody knows which accounts there are */
async function forgetTasks(
  store: ObjectStore,
  gone: readonly TaskName[],
  problems: ReadonlyMap<string, string>,
): Promise<void> {
  const [name] = problems.keys();
  if (name !== undefined) {
    throw new UsageError(
      `the accounts of the discovery ${name} are not known for sure: nothing is forgotten`,
      'Try again when `sightline status` shows no problem with it.',
    );
  }
  const keys = gone.map(taskKey);
  for (const task of gone) for await (const { key } of store.list(memoryPrefix(task))) keys.push(key);
  await store.remove(keys);
}

function jobLines(tasks: readonly TaskStatus[], now: number, paint: Paint): string[] {
  if (tasks.length === 0) return ['there are no jobs: docs/scanning.md shows how to write one'];
  const jobs = [...new Set(tasks.map(({ job }) => job))];
  const rows = jobs.map((job) => {
    const own = tasks.filter((task) => task.job === job);
    const count = (...standings: Standing[]): number =>
      own.filter(({ standing }) => standings.includes(standing)).length;
    const ended = Math.max(...own.map(({ last }) => last?.endedAt ?? 0));
    const next = Math.min(...own.map(({ nextAt }) => nextAt ?? Number.POSITIVE_INFINITY));
    const missed = own.reduce((sum, task) => sum + task.missed, 0);
    return [
      job,
      String(own.length),
      String(count('ok')),
      shade(count('running'), paint.cyan),
      shade(count('partial'), paint.yellow),
      shade(count('failed', 'damaged'), paint.red),
      shade(count('late'), paint.red),
      shade(missed, paint.yellow),
      ended === 0 ? 'never' : `${durationText(now - ended)} ago`,
      Number.isFinite(next) ? timeText(next) : 'by hand',
    ];
  });
  const heading = ['job', 'tasks', 'ok', 'running', 'partial', 'failed', 'late', 'missed', 'last', 'next'];
  return tableLines(
    heading.map((name) => paint.dim(name)),
    rows,
  );
}

function shade(count: number, colour: (text: string) => string): string {
  return count === 0 ? '0' : colour(String(count));
}

function taskLines(tasks: readonly TaskStatus[], now: number, paint: Paint): string[] {
  const colours: Readonly<Record<Standing, (text: string) => string>> = {
    running: paint.cyan,
    ok: paint.green,
    partial: paint.yellow,
    failed: paint.red,
    late: paint.red,
    damaged: paint.red,
    waiting: paint.dim,
  };
  return tasks.flatMap((task) => {
    const { job, target, standing, running, last, reason } = task;
    const when =
      standing === 'running' && running !== null
        ? `for ${durationText(now - running.since)} by ${running.owner}`
        : last === null
          ? 'never ran'
          : `${durationText(now - last.endedAt)} ago`;
    const head = `${colours[standing](standing)}  ${job} ${clipped(target, 80)}  ${printable(when)}`;
    const complaint =
      last !== null && last.stderr !== '' && standing !== 'running' ? last.stderr.split('\n').slice(-3) : [];
    return [
      reason === null || standing === 'running' ? head : `${head}: ${printable(reason)}`,
      ...complaint.map((line) => `    ${paint.dim(clipped(line, 160))}`),
    ];
  });
}

function letterLines(letters: readonly Letter[], paint: Paint): string[] {
  const pending = letters.filter((letter) => letter.status === 'pending');
  const dead = letters.filter((letter) => letter.status === 'dead');
  const line = ({ channel, job, slot, attempts, problem }: Letter): string =>
    `  ${channel}: ${job} of ${timeText(slot)}, ${plural(attempts, 'attempt')}${problem === null ? '' : `: ${printable(problem)}`}`;
  return [
    ...(pending.length === 0
      ? []
      : [`${paint.yellow('waiting')} ${plural(pending.length, 'message')}`, ...pending.map(line)]),
    ...(dead.length === 0
      ? []
      : [`${paint.red('given up')} ${plural(dead.length, 'message')}`, ...dead.map(line)]),
  ];
}

function documentOf({ last, running, lastMissed, nextAt, lastCompleteAt, ...task }: TaskStatus): unknown {
  return {
    ...task,
    nextAt: iso(nextAt),
    lastCompleteAt: iso(lastCompleteAt),
    running: running && {
      ...running,
      slot: iso(running.slot),
      since: iso(running.since),
      until: iso(running.until),
    },
    last: last && {
      ...last,
      slot: iso(last.slot),
      startedAt: iso(last.startedAt),
      endedAt: iso(last.endedAt),
    },
    lastMissed: lastMissed && { ...lastMissed, from: iso(lastMissed.from), to: iso(lastMissed.to) },
  };
}

/** Without the message: it is for the channel. */
function letterDocument({
  channel,
  job,
  slot,
  status: state,
  attempts,
  problem,
  createdAt,
  endedAt,
}: Letter): unknown {
  return {
    channel,
    job,
    slot: iso(slot),
    status: state,
    attempts,
    problem,
    createdAt: iso(createdAt),
    endedAt: iso(endedAt),
  };
}
