import type { Command } from 'commander';
import { foldScope, KEPT_APART, removeUnnamed } from '../lake/fold.ts';
import { countOf } from './choices.ts';
import type { CliContext } from './context.ts';
import { plural, printable, writeJson, writeLine } from './output.ts';
import { createProgress } from './progress.ts';
import { headsFor } from './scopes.ts';

interface Options {
  readonly scope?: string;
  readonly keep: number;
  readonly removeUnnamed?: boolean;
}

const AFTER_HELP = `
The writer folds by itself, at 256 commits; this is for a quiet hour. What was unnamed for 7 days (left by crashes and
lost races) is deleted with --remove-unnamed. Reports, verdicts and configurations never are.

Examples:
  sightline fold
  sightline fold --scope prowler/aws/123456789012 --keep 8 --remove-unnamed`;

export function register(program: Command, context: CliContext): void {
  program
    .command('fold')
    .description('move old commits into segments, so that a store has fewer objects')
    .option('--scope <scope>', 'only this one')
    .option('--keep <n>', 'newest commits that stay files of their own', countOf, KEPT_APART)
    .option('--remove-unnamed', 'delete what nothing has named for 7 days')
    .addHelpText('after', AFTER_HELP)
    .action(async ({ scope, keep, removeUnnamed: remove }: Options, command: Command) => {
      const opened = await context.open(command);
      const { committer } = opened;
      const { json } = context.options(command);
      try {
        const heads = await headsFor(committer, scope === undefined ? { all: true } : { scope });
        const progress = createProgress(context, heads.length, 'count');
        const done: { scope: string; folded: number; removed: number }[] = [];
        try {
          for (const [index, head] of heads.entries()) {
            progress.update(index, head.scope);
            const folded = await foldScope(committer, head.scopeId, keep);
            const removed = remove === true ? await removeUnnamed(committer, head.scopeId) : 0;
            done.push({ scope: head.scope, folded, removed });
          }
        } finally {
          progress.stop();
        }
        for (const row of done) {
          if (json) writeJson(context.stdout, row);
          else if (row.folded + row.removed > 0) writeLine(context.stdout, rowText(row));
        }
        if (!json && done.every(({ folded, removed }) => folded + removed === 0)) {
          writeLine(context.stdout, 'there was nothing to fold');
        }
      } finally {
        await opened.close();
      }
    });
}

function rowText({ scope, folded, removed }: { scope: string; folded: number; removed: number }): string {
  const said = removed > 0 ? `, ${plural(removed, 'unnamed object')} deleted` : '';
  return `${printable(scope)}: ${plural(folded, 'commit')} folded${said}`;
}
