import type { Command } from 'commander';
import { SightlineError } from '../errors.ts';
import { inputReader } from '../ingest/stored-input.ts';
import type { Committer } from '../lake/committer.ts';
import type { Head } from '../lake/head.ts';
import { type ReadInput, rebuildScope } from '../lake/rebuild.ts';
import type { CliContext } from './context.ts';
import { clipped, paintFor, plural, printable, writeJson, writeLine } from './output.ts';
import { createProgress } from './progress.ts';
import { checkReplay, type Difference } from './replay-check.ts';
import { confirm, headsFor } from './scopes.ts';

interface Options {
  readonly scope?: string;
  readonly all?: boolean;
  readonly yes?: boolean;
  readonly check?: boolean;
}

const AFTER_HELP = `
Reads every report, verdict and configuration of a scope again from the store, in the order of their times, and puts what
comes out in the place of what is there, as a new generation. Verdicts stay. Nothing that came in is ever deleted.

Examples:
  sightline rebuild --all --check                  does the history give what is kept? changes nothing
  sightline rebuild --scope prowler/aws/123456789012 --yes`;

export function register(program: Command, context: CliContext): void {
  program
    .command('rebuild')
    .description('make findings again from the reports in the store')
    .option('--scope <scope>', 'this one, as `scope list` names it')
    .option('--all', 'every scope')
    .option('-y, --yes', 'do not ask')
    .option(
      '--check',
      'change nothing: do the commits again in their order, compare, and fail where they differ',
    )
    .addHelpText('after', AFTER_HELP)
    .action(async (options: Options, command: Command) => {
      const opened = await context.open(command);
      const { committer } = opened;
      try {
        const heads = await headsFor(committer, options);
        if (options.check === true) {
          await check(context, command, committer, heads);
          return;
        }
        await confirm(context, `Rebuild ${plural(heads.length, 'scope')}?`, options.yes === true);
        await rebuild(context, command, committer, heads);
      } finally {
        await opened.close();
      }
    });
}

async function rebuild(
  context: CliContext,
  command: Command,
  committer: Committer,
  heads: readonly Head[],
): Promise<void> {
  const { json } = context.options(command);
  const readInput = inputReader(committer.store);
  const progress = createProgress(context, heads.length, 'count');
  const lines: string[] = [];
  try {
    for (const [index, before] of heads.entries()) {
      progress.update(index, before.scope);
      const after = await rebuildScope(committer, before.scopeId, readInput);
      if (after === null) continue;
      const document = {
        scope: after.scope,
        generation: after.generation,
        commits: after.seq,
        findings: after.state?.rows ?? 0,
        findingsBefore: before.state?.rows ?? 0,
      };
      lines.push(
        json
          ? JSON.stringify(document)
          : `${printable(after.scope)}: ${plural(document.findings, 'finding')} of ${plural(document.commits, 'commit')}, generation ${document.generation}`,
      );
    }
  } finally {
    progress.stop();
    for (const line of lines) writeLine(context.stdout, line);
  }
}

async function check(
  context: CliContext,
  command: Command,
  committer: Committer,
  heads: readonly Head[],
): Promise<void> {
  const { json } = context.options(command);
  const readInput = inputReader(committer.store);
  const progress = createProgress(context, heads.length, 'count');
  const results: { readonly head: Head; readonly differences: readonly Difference[] }[] = [];
  try {
    for (const [index, head] of heads.entries()) {
      progress.update(index, head.scope);
      results.push({ head, differences: await differencesOf(committer, head, readInput) });
    }
  } finally {
    progress.stop();
  }
  for (const { head, differences } of results) {
    if (differences.length > 0) context.setExitCode(1);
    if (json) writeJson(context.stdout, { scope: head.scope, same: differences.length === 0, differences });
    else writeDifferences(context, head.scope, differences);
  }
}

/** What can't be read differs too: it must not keep the other scopes from being checked. */
async function differencesOf(committer: Committer, head: Head, readInput: ReadInput): Promise<Difference[]> {
  try {
    return (await checkReplay(committer, head, readInput)).slice(0, KEPT);
  } catch (error) {
    if (!(error instanceof SightlineError) || error.code !== 'corrupt') throw error;
    return [{ what: 'scope', field: 'objects', kept: error.message, replayed: null }];
  }
}

/** More would say nothing new, of 500 scopes together a lot of memory. */
const KEPT = 50;
const SHOWN = 8;

function writeDifferences(context: CliContext, scope: string, differences: readonly Difference[]): void {
  const paint = paintFor(context);
  if (differences.length === 0) {
    writeLine(context.stdout, `${paint.green('same')}    ${printable(scope)}`);
    return;
  }
  writeLine(context.stdout, `${paint.red('differs')} ${printable(scope)}`);
  for (const { what, field, kept, replayed } of differences.slice(0, SHOWN)) {
    writeLine(
      context.stdout,
      `  ${clipped(what, 40)} ${field}: kept ${shown(kept)}, again ${shown(replayed)}`,
    );
  }
  if (differences.length > SHOWN) {
    const many = differences.length === KEPT ? `${KEPT - SHOWN} or more` : String(differences.length - SHOWN);
    writeLine(context.stdout, paint.dim(`  and ${many} others`));
  }
}

function shown(value: unknown): string {
  return clipped(JSON.stringify(value), 80);
}
