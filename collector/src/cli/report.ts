import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { readHeads } from '../lake/lake.ts';
import { readReportBody, reportKey } from '../reports/publish.ts';
import type { Report } from '../reports/schema.ts';
import type { CliContext } from './context.ts';
import { writeJson, writeLine } from './output.ts';
import { publish } from './publish.ts';
import { reportLines } from './report-text.ts';

interface Options {
  readonly date?: string;
}

const AFTER_HELP = `
The report is made of the heads of all scopes and put into the store: reports/<date>.json, reports/report_latest.json
and the page, index.html. \`ingest\` does it by itself.

Examples:
  sightline report                      make today's report again
  sightline report --json | jq .total   … and work with it
  sightline report --date 2026-11-20    show the one of that day, as it was published`;

export function register(program: Command, context: CliContext): void {
  program
    .command('report')
    .description('make and publish the report and its page; with --date, show an earlier one')
    .option('--date <YYYY-MM-DD>', 'show the published report of that day, change nothing')
    .addHelpText('after', AFTER_HELP)
    .action(async (options: Options, command: Command) => {
      const { committer, store, close } = await context.open(command);
      try {
        const report =
          options.date === undefined
            ? await publishNow(context, command, committer)
            : await published(store, options.date);
        if (context.options(command).json) writeJson(context.stdout, report);
        else for (const line of reportLines(report, context)) writeLine(context.stdout, line);
      } finally {
        await close();
      }
    });
}

async function publishNow(
  context: CliContext,
  command: Command,
  committer: Awaited<ReturnType<CliContext['open']>>['committer'],
): Promise<Report> {
  const heads = await readHeads(committer);
  if (heads.length === 0) {
    throw new UsageError(
      `there is nothing to report on: ${committer.store.description} holds no scope`,
      'Take in reports of scanners with `sightline ingest`, or name another store with --store.',
      'not_found',
    );
  }
  const { report, written } = await publish(committer, await context.config(command));
  if (!written) {
    context.log.warn('a newer collector, or a later day, has published there: its report was left as it is');
  }
  return report;
}

async function published(
  store: Awaited<ReturnType<CliContext['open']>>['store'],
  date: string,
): Promise<Report> {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || Number.isNaN(Date.parse(date))) {
    throw new UsageError(`${JSON.stringify(date.slice(0, 40))} is no date`, 'Write it as YYYY-MM-DD.');
  }
  const stored = await store.get(reportKey(date));
  if (stored === undefined) {
    throw new UsageError(
      `there is no report of ${date}`,
      'Reports are kept for days on which one was published.',
      'not_found',
    );
  }
  const report = readReportBody(stored.body);
  if (report !== null) return report;
  throw new UsageError(
    `the report of ${date} was written by another version, or by another tool`,
    `Read ${reportKey(date)} from the store as it is.`,
    'unsupported',
  );
}
