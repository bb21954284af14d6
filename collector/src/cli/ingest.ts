import { type Command, InvalidArgumentError } from 'commander';
import { UsageError } from '../errors.ts';
import type { EpochMs, RunOutcome } from '../findings/model.ts';
import type { CliContext } from './context.ts';
import { ingestAll, type IngestRequest, isSingle } from './ingest-run.ts';
import { fileDocument, fileLines, totalDocument, totalLines } from './ingest-text.ts';
import { inputLimits, instantOf, placeOf, readingOf, sourceOf } from './options.ts';
import { paintFor, writeJson, writeLine } from './output.ts';
import { createProgress, type Progress } from './progress.ts';
import { publish } from './publish.ts';

interface Options {
  readonly observedAt?: EpochMs;
  readonly outcome?: RunOutcome;
  readonly duration?: number;
  readonly complete?: true;
  readonly source?: string;
  readonly account?: string;
  readonly region?: string;
  readonly resource?: string;
  readonly ordered?: true;
  readonly report: boolean;
}

const AFTER_HELP = `
Takes single reports, folders, globs, .gz, .zst and .zip, and - for standard input; the content tells which scanner wrote it.
One report that can't be read stops no other. The same report again changes nothing.

Each report of a scope has to come after the older ones, so several files are read for their times first and then taken in
oldest first. Where they are in order already, --ordered saves the first reading.

A finding counts as fixed only where a complete scan has looked and not seen it. A scan that shows under 80 % of the rules of
the last complete one is taken as partial; --complete says that it is not, --outcome says how it ended.

Examples:
  sightline ingest scoutsuite-report/ prowler-output.ocsf.json
  sightline ingest 'weeks/**/*.csv' --store s3://findings/prod?region=eu-west-1
  prowler aws -M json-ocsf … && sightline ingest output/
  gunzip -c prowler.csv.gz | sightline ingest - --observed-at 2026-11-20T04:00:00Z`;

export function register(program: Command, context: CliContext): void {
  program
    .command('ingest')
    .description('take in reports: their findings, with what is new and what is fixed')
    .argument('<path...>', 'reports, folders, globs, archives; - for standard input')
    .option('--observed-at <time>', 'when the scan looked, for reports that do not say', instantOf)
    .option('--outcome <word>', 'how the scan ended: complete, partial or failed', outcomeOf)
    .option('--duration <seconds>', 'how long the scan took', secondsOf)
    .option('--complete', 'the scan looked at everything in its scope, however few rules it shows')
    .option('--source <id>', 'take every file for a report of this source, or mapping')
    .option('--account <id>', 'the account, repository, cluster or network of reports that do not say')
    .option('--region <name>', 'the region of reports that do not say')
    .option('--resource <name>', 'the policy, template or file of reports that do not say')
    .option('--ordered', 'the reports are given oldest first')
    .option('--no-report', 'do not make and publish the report afterwards')
    .addHelpText('after', AFTER_HELP)
    .action(async (paths: readonly string[], options: Options, command: Command) => {
      await ingest(context, command, paths, options);
    });
}

async function ingest(
  context: CliContext,
  command: Command,
  paths: readonly string[],
  options: Options,
): Promise<void> {
  if (options.complete === true && options.outcome !== undefined && options.outcome !== 'complete') {
    throw new UsageError(
      `--complete and --outcome ${options.outcome} contradict each other`,
      'Give one of them.',
    );
  }
  const config = await context.config(command);
  const { committer, close } = await context.open(command);
  const progress = steps(context);
  try {
    const run = await ingestAll(committer, paths, {
      limits: inputLimits(config),
      ordered: options.ordered === true || isSingle(paths),
      declareComplete: options.complete === true,
      onStep: progress.onStep,
      ...(options.observedAt === undefined ? {} : { observedAt: options.observedAt }),
      ...(options.outcome === undefined ? {} : { outcome: options.outcome }),
      ...(options.duration === undefined ? {} : { durationMs: options.duration * 1000 }),
      ...sourceOf(options.source, config),
      ...placeOf(options),
      ...readingOf(config),
    }).finally(progress.stop);
    const failed = run.files.filter(({ error }) => error !== undefined);
    if (failed.length > 0 || run.files.length === 0) context.setExitCode(3);

    const worked = run.files.length > failed.length;
    const published = options.report && worked ? await publish(committer, config) : null;
    if (context.options(command).json) {
      for (const file of run.files) writeJson(context.stdout, fileDocument(file));
      writeJson(context.stdout, totalDocument(run, published));
      return;
    }
    const paint = paintFor(context);
    for (const file of run.files) {
      const stream = file.error === undefined ? context.stdout : context.stderr;
      for (const line of fileLines(file, paint)) writeLine(stream, line);
    }
    for (const line of totalLines(run, published, committer.store.description, paint)) {
      writeLine(context.stdout, line);
    }
  } finally {
    progress.stop();
    await close();
  }
}

/** One bar for the bytes of all reports; while they are read for their times there is no total, and no bar. */
function steps(context: CliContext): { onStep: IngestRequest['onStep']; stop: () => void } {
  let progress: Progress | undefined;
  return {
    onStep: ({ done, total, name }) => {
      if (total === null) return;
      progress ??= createProgress(context, total, 'bytes');
      progress.update(done, name);
    },
    stop: () => {
      progress?.stop();
      progress = undefined;
    },
  };
}

/** Of a scan: whole or broken seconds, at most a year. */
function secondsOf(text: string): number {
  const seconds = Number(text);
  if (/^\d{1,8}(\.\d{1,3})?$/.test(text) && seconds <= 366 * 86_400) return seconds;
  throw new InvalidArgumentError('A duration is a number of seconds: 90 or 12.5.');
}

function outcomeOf(text: string): RunOutcome {
  if (text === 'complete' || text === 'partial' || text === 'failed') return text;
  throw new InvalidArgumentError('An outcome is complete, partial or failed.');
}
