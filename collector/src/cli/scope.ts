import type { Command } from 'commander';
import type { EpochMs } from '../findings/model.ts';
import { standingsAt } from '../findings/summary.ts';
import type { Severity } from '../findings/severity.ts';
import type { Head } from '../lake/head.ts';
import { readHeads, retireScope } from '../lake/lake.ts';
import type { CliContext } from './context.ts';
import { iso } from './finding-row.ts';
import {
  clipped,
  type Paint,
  paintFor,
  paintSeverity,
  plural,
  printable,
  WORST_FIRST,
  writeJson,
  writeLine,
} from './output.ts';
import { headsFor } from './scopes.ts';
import { tableLines } from './table.ts';

const AFTER_HELP = `
A scope is a source and an account: prowler/aws/123456789012. It comes to be with its first report.

Examples:
  sightline scope list
  sightline scope retire prowler/aws/123456789012 --reason 'account closed'`;

export function register(program: Command, context: CliContext): void {
  const scope = program
    .command('scope')
    .description('the accounts that are scanned, and those that are no more')
    .addHelpText('after', AFTER_HELP);
  scope
    .command('list')
    .description('every scope with what is open and when it was looked at')
    .action(async (_options: unknown, command: Command) => {
      await list(context, command);
    });
  scope
    .command('retire')
    .description('close what is open in an account that is gone: as retired, which is not fixed')
    .argument('<scope>', 'as `scope list` names it')
    .requiredOption('--reason <text>', 'why')
    .option('--by <name>', 'who does it (default: you)')
    .action(
      async (name: string, options: { readonly reason: string; readonly by?: string }, command: Command) => {
        await retire(context, command, name, options);
      },
    );
}

/** What a head says of its scope. */
export function scopeRow(head: Head, now: EpochMs) {
  const open: Record<Severity, number> = { INFORMATIONAL: 0, LOW: 0, MEDIUM: 0, HIGH: 0, CRITICAL: 0 };
  let overdue = 0;
  for (const standing of standingsAt(head.summary, head.cells, now)) {
    open[standing.group.severity] += standing.open;
    overdue += standing.overdueConfirmed + standing.overdueUnverified;
  }
  return {
    scope: head.scope,
    scopeId: head.scopeId,
    source: head.source,
    cloud: head.cloud,
    account: head.account,
    accountName: head.accountName,
    team: head.team,
    environment: head.environment,
    open,
    overdue,
    lastRun: iso(head.lastRun?.observedAt ?? null),
    lastComplete: iso(head.lastComplete?.at ?? null),
    outcome: head.lastRun?.outcome ?? null,
    reason: head.lastRun?.reason ?? null,
    generation: head.generation,
    seq: head.seq,
    config: head.config,
    retired: head.retired,
  };
}

async function list(context: CliContext, command: Command): Promise<void> {
  const opened = await context.open(command);
  const { committer } = opened;
  try {
    const rows = (await readHeads(committer)).map((head) => scopeRow(head, context.now()));
    if (context.options(command).json) {
      for (const row of rows) writeJson(context.stdout, row);
      return;
    }
    if (rows.length === 0) {
      writeLine(context.stdout, 'there are no scopes yet: `sightline ingest` makes them');
      return;
    }
    const paint = paintFor(context);
    const heading = [
      'scope',
      'name',
      'team',
      'crit',
      'high',
      'med',
      'low',
      'info',
      'overdue',
      'last run',
      'last complete',
      'outcome',
      'version',
    ];
    const cells = rows.map((row) => [
      clipped(row.scope, 60),
      clipped(row.accountName ?? '', 24),
      clipped(row.team ?? '', 16),
      ...WORST_FIRST.map((severity) => countText(row.open[severity], severity, paint)),
      String(row.overdue),
      row.lastRun?.slice(0, 10) ?? '',
      row.lastComplete?.slice(0, 10) ?? 'never',
      row.retired ? paint.dim('retired') : outcomeText(row.outcome, paint),
      `${row.generation}/${row.seq}`,
    ]);
    for (const line of tableLines(
      heading.map((name) => paint.dim(name)),
      cells,
    ))
      writeLine(context.stdout, line);
    writeLine(context.stdout);
    writeLine(context.stdout, plural(rows.length, 'scope'));
  } finally {
    await opened.close();
  }
}

function countText(count: number, severity: Severity, paint: Paint): string {
  const text = count.toLocaleString('en');
  return count === 0 ? paint.dim(text) : paintSeverity(paint, severity, text);
}

function outcomeText(outcome: 'complete' | 'partial' | 'failed' | null, paint: Paint): string {
  if (outcome === null) return '';
  return outcome === 'complete' ? outcome : paint.yellow(outcome);
}

async function retire(
  context: CliContext,
  command: Command,
  name: string,
  { reason, by }: { readonly reason: string; readonly by?: string },
): Promise<void> {
  const opened = await context.open(command);
  const { committer } = opened;
  try {
    const [head] = await headsFor(committer, { scope: name });
    const scope = head?.scope ?? name;
    const who = by ?? context.env['USER'] ?? context.env['USERNAME'] ?? 'unknown';
    const { status, advance } = await retireScope(committer, scope, who, reason, context.now());
    const closed = advance?.events.filter(({ kind }) => kind === 'retired').length ?? 0;
    if (context.options(command).json) writeJson(context.stdout, { scope, status, retired: closed });
    else if (status === 'unchanged') writeLine(context.stdout, `${printable(scope)} was retired before`);
    else
      writeLine(context.stdout, `${printable(scope)} is retired, and with it ${plural(closed, 'finding')}`);
  } finally {
    await opened.close();
  }
}
