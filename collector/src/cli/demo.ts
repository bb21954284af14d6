import { type Command, InvalidArgumentError } from 'commander';
import type { CliContext } from './context.ts';
import { type DemoPlan, fillDemo, readDemo } from './demo-story.ts';
import { portOf } from './options.ts';
import { plural, writeJson, writeLine } from './output.ts';
import { createProgress } from './progress.ts';
import { readReportBody, LATEST_KEY } from '../reports/publish.ts';
import { reportLines } from './report-text.ts';
import { serve } from './serve.ts';
import { DEFAULT_SEED, SAMPLE_WEEKS } from '../sample/index.ts';
import type { ObjectStore } from '../store/object-store.ts';

interface Options {
  readonly serve?: true;
  readonly weeks: number;
  readonly seed: number;
  readonly host?: string;
  readonly port?: number;
}

const AFTER_HELP = `
The reports are made up, in the shapes of the real tools, and go the way that real ones go: they are parsed, become
findings with a history, and each week ends with its report. The store has to be empty, so that no sample finding ever
stands beside a real one.

Examples:
  sightline demo --serve                     into ./data, then on http://127.0.0.1:8080
  sightline demo --store /tmp/demo --weeks 4
  sightline demo --store s3://scratch/demo`;

export function register(program: Command, context: CliContext): void {
  program
    .command('demo')
    .description('fill an empty store with a sample estate: twelve weeks of reports of six scanners')
    .option('--serve', 'serve the page when it is done')
    .option(
      '--weeks <number>',
      `the first so many weeks of the story, 1 to ${SAMPLE_WEEKS}`,
      weeksOf,
      SAMPLE_WEEKS,
    )
    .option('--seed <number>', 'another estate by chance', seedOf, DEFAULT_SEED)
    .option('--host <address>', 'with --serve: address to listen on')
    .option('--port <number>', 'with --serve: port to listen on', portOf)
    .addHelpText('after', AFTER_HELP)
    .action(async (options: Options, command: Command) => {
      const { committer, store, close } = await context.open(command);
      try {
        const plan: DemoPlan = { seed: options.seed, weeks: options.weeks, end: context.now() };
        const there = await readDemo(store);
        if (there === null) await fill(context, command, committer.store, plan);
        else context.log.debug({ ...there }, 'the demo is there already');
        await show(context, command, store, there !== null);
      } finally {
        await close();
      }
      if (options.serve === true) await serve(context, command, options);
    });
}

async function fill(
  context: CliContext,
  command: Command,
  store: ObjectStore,
  plan: DemoPlan,
): Promise<void> {
  const { report, limits } = await context.config(command);
  const started = performance.now();
  let progress: ReturnType<typeof createProgress> | undefined;
  try {
    const filled = await fillDemo(
      store,
      plan,
      { report, cacheRows: limits.cacheRows },
      (done, total, label) => {
        progress ??= createProgress(context, total, 'count');
        progress.update(done, label);
      },
    );
    progress?.stop();
    for (const note of filled.unmatched)
      context.log.warn({ verdict: note }, 'a verdict of the story found nothing');
    if (context.options(command).json) return;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    writeLine(
      context.stdout,
      `${plural(filled.reports, 'report')} of ${plural(plan.weeks, 'week')} became ${plural(filled.findings, 'finding')} with ${plural(filled.events, 'event')} in ${seconds} s, in ${store.description}`,
    );
  } finally {
    progress?.stop();
  }
}

async function show(
  context: CliContext,
  command: Command,
  store: ObjectStore,
  again: boolean,
): Promise<void> {
  const latest = await store.get(LATEST_KEY);
  const report = latest === undefined ? null : readReportBody(latest.body);
  if (report === null) return;
  if (context.options(command).json) {
    writeJson(context.stdout, { store: store.description, existed: again, total: report.total });
    return;
  }
  if (again) writeLine(context.stdout, `${store.description} holds the demo already.`);
  for (const line of reportLines(report, context)) writeLine(context.stdout, line);
}

function weeksOf(text: string): number {
  const weeks = Number(text);
  if (Number.isInteger(weeks) && weeks >= 1 && weeks <= SAMPLE_WEEKS) return weeks;
  throw new InvalidArgumentError(`The story has 1 to ${SAMPLE_WEEKS} weeks.`);
}

function seedOf(text: string): number {
  const seed = Number(text);
  if (/^\d{1,9}$/.test(text)) return seed;
  throw new InvalidArgumentError('A seed is a whole number below a billion.');
}
