import { type Command, Option } from 'commander';
import { CellIndex } from '../findings/cells.ts';
import type { Status } from '../findings/finding.ts';
import type { EpochMs } from '../findings/model.ts';
import type { Committer } from '../lake/committer.ts';
import { readScopes } from '../lake/lake.ts';
import { countOf, listOf, oneOf, prefixOf, repeated, severitiesOf, sinceOf } from './choices.ts';
import type { CliContext } from './context.ts';
import { type FindingFilter, isWanted, mayHold, STATUSES } from './finding-filter.ts';
import { orderOf } from './finding-order.ts';
import { type Format, FORMATS, type Listing, writeListing } from './finding-output.ts';
import { type FindingRow, rowOf } from './finding-row.ts';
import { Top } from '../findings/top.ts';

const STATUS_WORDS = [...STATUSES, 'any'] as const;
type StatusWord = (typeof STATUS_WORDS)[number];

interface Options extends Omit<FindingFilter, 'status'> {
  readonly status?: readonly StatusWord[];
  readonly sort: string;
  readonly limit: number;
  readonly all?: boolean;
  readonly format?: Format;
}

const AFTER_HELP = `
Lists are written with commas; patterns take * and ? and ignore case.

Examples:
  sightline findings --severity critical,high --cloud aws
  sightline findings --team payments --overdue --sort dueAt
  sightline findings --new-since 2026-11-01 --search password
  sightline findings --status any --rule 's3_*' --all --format csv > s3.csv
  sightline findings --json | jq -r '.findings[].fingerprint'`;

export function register(program: Command, context: CliContext): void {
  program
    .command('findings')
    .description('list findings, the worst first')
    .option('--status <list>', `${STATUSES.join(', ')} or any (default: open)`, statusesOf)
    .option('--severity <list>', 'critical, high, medium, low, informational', severitiesOf)
    .option('--source <patterns>', 'the scanner', listOf)
    .option('--cloud <patterns>', 'aws, azure, gcp, …', listOf)
    .option('--account <patterns>', 'id or name of the account', listOf)
    .option('--region <patterns>', 'region', listOf)
    .option('--service <patterns>', 'service', listOf)
    .option('--rule <patterns>', 'id of the rule', listOf)
    .option('--resource <pattern>', 'id or name of the resource; may be repeated', repeated)
    .option('--team <patterns>', 'who looks after it', listOf)
    .option('--environment <patterns>', 'production, staging, …', listOf)
    .option('--label <key=pattern>', 'label or tag; may be repeated, all must hold', repeated)
    .option('--overdue', 'open past its date')
    .option(
      '--new-since <date>',
      'opened since, because something changed (not by onboarding or a new rule)',
      sinceOf,
    )
    .option('--search <text>', 'in title, description, rule, resource or CVE')
    .option('--fingerprint <prefix>', 'beginning of the fingerprint', prefixOf)
    .option('--sort <fields>', 'fields to sort by, with - for falling', '-score,firstSeen')
    .option('--limit <n>', 'so many at most', countOf, 50)
    .option('--all', 'as many as there are')
    .addOption(new Option('--format <format>', 'how to write them (default: table)').choices(FORMATS))
    .addHelpText('after', AFTER_HELP)
    .action(async (options: Options, command: Command) => {
      const compare = orderOf(options.sort);
      const opened = await context.open(command);
      const { committer } = opened;
      try {
        const now = context.now();
        const limit = options.all === true ? Number.MAX_SAFE_INTEGER : options.limit;
        const listing = await findFindings(committer, filterOf(options), compare, limit, now);
        const format = options.format ?? (context.options(command).json ? 'json' : 'table');
        writeListing(context, listing, format, now);
      } finally {
        await opened.close();
      }
    });
}

/** Reads one scope at a time and keeps as many rows as are wanted. */
export async function findFindings(
  committer: Committer,
  filter: FindingFilter,
  compare: (a: FindingRow, b: FindingRow) => number,
  limit: number,
  now: EpochMs,
): Promise<Listing> {
  const top = new Top(limit, compare);
  for await (const { head, state } of readScopes(committer, (candidate) => mayHold(candidate, filter))) {
    const cells = new CellIndex(state.cells);
    for (const finding of state.findings.values()) {
      if (isWanted(finding, filter, cells, now)) top.offer(rowOf(finding, head.scope, cells, now));
    }
  }
  return { rows: top.items(), matched: top.count };
}

function statusesOf(text: string, before: readonly StatusWord[] = []): readonly StatusWord[] {
  return [
    ...before,
    ...listOf(text).map((word) => oneOf(word.toLowerCase().replace('-', '_'), STATUS_WORDS)),
  ];
}

function filterOf({ status = ['open'], ...options }: Options): FindingFilter {
  const all = status.includes('any');
  return { ...options, status: all ? [] : status.filter((word): word is Status => word !== 'any') };
}
