import { type Command, Option } from 'commander';
import { type Compacted, compactTables } from '../lake/delta/compact.ts';
import { TABLE_NAMES, type TableName } from '../lake/delta/snapshot.ts';
import type { CliContext } from './context.ts';
import { plural, writeJson, writeLine } from './output.ts';
import { createProgress } from './progress.ts';

interface Options {
  readonly table?: TableName;
}

const AFTER_HELP = `
The tables are tables/findings, tables/events and tables/checks in the store, for Athena, Trino, Spark, DuckDB and others
that read Delta Lake. Each says for itself up to which commit of each scope it goes. Files that a newer version has
replaced are deleted after 7 days.

Examples:
  sightline compact
  sightline compact --table events --json`;

export function register(program: Command, context: CliContext): void {
  program
    .command('compact')
    .description('bring the Delta Lake tables of the store up to date, for other engines')
    .addOption(new Option('--table <name>', 'only this one').choices(TABLE_NAMES))
    .addHelpText('after', AFTER_HELP)
    .action(async ({ table }: Options, command: Command) => {
      const opened = await context.open(command);
      const { json } = context.options(command);
      try {
        for (const name of table === undefined ? TABLE_NAMES : [table]) {
          let progress: ReturnType<typeof createProgress> | undefined;
          try {
            const done = await compactTables(opened.committer, {
              tables: [name],
              onProgress: (_table, scopes, total) => {
                progress ??= createProgress(context, total, 'count');
                progress.update(scopes, name);
              },
            });
            progress?.stop();
            for (const result of done) {
              if (json) writeJson(context.stdout, result);
              else writeLine(context.stdout, textOf(result));
            }
          } finally {
            progress?.stop();
          }
        }
      } finally {
        await opened.close();
      }
    });
}

function textOf(result: Compacted): string {
  const { table, rows, files, bytes, changed, rowsWritten, filesWritten, removed, version } = result;
  const size = `${plural(rows, 'row')} in ${plural(files, 'file')}, ${(bytes / 1e6).toFixed(1)} MB`;
  if (!changed) return `${table}: up to date at version ${version} (${size})`;
  const said = removed > 0 ? `, ${plural(removed, 'old object')} deleted` : '';
  return `${table}: version ${version}, ${plural(rowsWritten, 'row')} written into ${plural(filesWritten, 'file')}${said} (${size})`;
}
