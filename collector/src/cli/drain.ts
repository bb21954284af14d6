import { type Command, Option } from 'commander';
import { type Drained, drain, FEEDS } from '../ingest/spool/index.ts';
import { UsageError } from '../errors.ts';
import { randomNonce } from '../lake/keys.ts';
import type { CliContext } from './context.ts';
import { plural, printable, writeJson, writeLine } from './output.ts';

interface Options {
  readonly all?: true;
  readonly owner?: string;
  readonly settled?: string;
}

const AFTER_HELP = `
Makes events that were pushed (Falco, EventBridge) and wait in the bucket into findings. \`sightline serve\` and \`sightline worker\` do so by
themselves; this is for a bucket that has no server any more. Only what has lain for two minutes is taken: its server may still be at it.

Examples:
  sightline drain --store s3://findings/prod?region=eu-west-1
  sightline drain --all                     also what came within the last two minutes`;

export function register(program: Command, context: CliContext): void {
  program
    .command('drain')
    .description('make pushed events that wait in the bucket into findings')
    .option('--all', 'also what came within the last minutes')
    .addOption(new Option('--owner <id>', 'the server that asks').hideHelp())
    .addOption(new Option('--settled <number>', 'own batches below this number are whole').hideHelp())
    .addHelpText('after', AFTER_HELP)
    .action(async (options: Options, command: Command) => {
      await drainAll(context, command, options);
    });
}

async function drainAll(
  context: CliContext,
  command: Command,
  { all, owner, settled }: Options,
): Promise<void> {
  const settledBelow = Number(settled ?? 0);
  if (!Number.isInteger(settledBelow)) throw new UsageError('--settled is no number', 'Leave it out.');
  const { streams } = await context.config(command);
  const { committer, close } = await context.open(command);
  const { json } = context.options(command);
  try {
    let batches = 0;
    for (const feed of FEEDS) {
      const runs = drain(feed, {
        committer,
        owner: owner ?? `drain${randomNonce()}`,
        settledBelow,
        takeOverMs: all === true ? 0 : streams.takeOver,
        reportBytes: streams.reportBytes,
        log: context.log,
      });
      for await (const drained of runs) {
        batches += drained.batches;
        if (json) writeJson(context.stdout, documentOf(drained));
        else for (const line of linesOf(drained)) writeLine(context.stdout, line);
      }
    }
    if (batches === 0 && !json) writeLine(context.stdout, 'no events wait');
  } finally {
    await close();
  }
}

/** One a run, on one line. */
function documentOf({ feed, batches, events, rejected, scopes }: Drained): unknown {
  return {
    feed,
    batches,
    events,
    rejected,
    scopes: scopes.map(({ scope, runId, status, counts }) => ({ scope, runId, status, ...counts })),
  };
}

function linesOf({ feed, events, rejected, scopes }: Drained): string[] {
  const aside = rejected === 0 ? '' : `, ${rejected} set aside (spool/${feed}/rejected/)`;
  return [
    `${feed}: ${plural(events, 'event')}${aside}`,
    ...scopes.map(({ scope, counts: { drift, baseline, ruleset, reopened, fixed } }) => {
      const opened = drift + baseline + ruleset;
      return `  ${printable(scope)}: ${opened} opened, ${reopened} reopened, ${fixed} closed`;
    }),
  ];
}
