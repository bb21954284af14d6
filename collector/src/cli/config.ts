import type { Command } from 'commander';
import { stringify } from 'yaml';
import { configJsonSchema, type LoadedConfig } from '../config/index.ts';
import { UsageError } from '../errors.ts';
import type { Settings } from '../findings/settings.ts';
import { applyConfig } from '../lake/lake.ts';
import type { CliContext } from './context.ts';
import { muteState } from './mute-preview.ts';
import { paintFor, plural, printable, timeText, writeJson, writeLine } from './output.ts';
import { settingsDocument } from './settings-file.ts';

const AFTER_HELP = `
Ownership, account names, mutes, severities and days to fix belong to the findings: \`apply\` puts them into the store, from
where every collector takes them, and changes the findings they are about. The past stays as it was.

Examples:
  sightline config check
  sightline config apply --by alice
  sightline config show > sightline.yaml`;

export function register(program: Command, context: CliContext): void {
  const config = program
    .command('config')
    .description('check sightline.yaml, put its settings into force, show those in force')
    .addHelpText('after', AFTER_HELP);
  config
    .command('check')
    .description('say whether the file is right; with --json, every value in effect')
    .action(async (_options: unknown, command: Command) => {
      check(context, command, await context.config(command));
    });
  config
    .command('apply')
    .description('put the settings of the file into force')
    .option('--by <name>', 'who does it (default: you)')
    .action(async (options: { readonly by?: string }, command: Command) => {
      await apply(context, command, options.by);
    });
  config
    .command('show')
    .description('the settings in force, as a file')
    .action(async (_options: unknown, command: Command) => {
      await show(context, command);
    });
  config
    .command('schema')
    .description('JSON Schema of the file, for editors')
    .action(() => {
      writeLine(context.stdout, JSON.stringify(configJsonSchema(), null, 2));
    });
}

function check(context: CliContext, command: Command, config: LoadedConfig): void {
  const warnings = warningsOf(config, context.now());
  if (context.options(command).json) {
    const { settings, ...rest } = config;
    writeJson(context.stdout, {
      ...rest,
      store: config.store ?? null,
      settings: settingsDocument(settings),
      warnings,
    });
    return;
  }
  const { accounts, ownership, mutes, severity } = config.settings;
  const parts = [
    plural(accounts.length, 'account'),
    plural(ownership.length, 'ownership rule'),
    plural(mutes.length, 'mute'),
    plural(severity.length, 'severity rule'),
  ];
  const said =
    config.path === null ? 'no configuration file: the defaults hold' : `${printable(config.path)} is valid`;
  writeLine(context.stdout, `${said} (${parts.join(', ')})`);
  const paint = paintFor(context);
  for (const warning of warnings) writeLine(context.stdout, `  ${paint.yellow('!')} ${printable(warning)}`);
}

function warningsOf({ settings }: LoadedConfig, now: number): string[] {
  return settings.mutes.flatMap(({ id, expires, owner }) => {
    const state = muteState(expires, null, now);
    const day = new Date(expires).toISOString().slice(0, 10);
    if (state === 'expired') return [`the mute ${id} ended on ${day}: take it out, or ask ${owner}`];
    return state === 'ending' ? [`the mute ${id} ends on ${day}`] : [];
  });
}

async function apply(context: CliContext, command: Command, by: string | undefined): Promise<void> {
  const { path, settings } = await context.config(command);
  if (path === null) {
    throw new UsageError(
      'there is no configuration file to apply',
      'Name one with --config, or write ./sightline.yaml.',
      'config',
    );
  }
  const who = by ?? context.env['USER'] ?? context.env['USERNAME'] ?? '';
  if (who.trim() === '') throw new UsageError('nobody applies it', 'Give --by.');
  const opened = await context.open(command);
  const { committer } = opened;
  try {
    const { config, changed, scopes } = await applyConfig(committer, settings, who, context.now());
    if (context.options(command).json) {
      writeJson(context.stdout, { digest: config.digest, seq: config.seq, changed, scopes });
      return;
    }
    for (const { scope, events } of scopes) {
      writeLine(context.stdout, `${printable(scope)}: ${plural(events, 'finding')} changed`);
    }
    const touched = scopes.length === 0 ? 'no finding changes' : `${plural(scopes.length, 'scope')} changed`;
    // A crash after the settings were in force leaves scopes behind, which the next call takes up.
    const nothing = !changed && scopes.length === 0;
    writeLine(
      context.stdout,
      nothing ? 'nothing changes' : `configuration ${config.seq} is in force; ${touched}`,
    );
  } finally {
    await opened.close();
  }
}

async function show(context: CliContext, command: Command): Promise<void> {
  const opened = await context.open(command);
  const { committer } = opened;
  try {
    const { digest, seq, appliedAt, settings } = await committer.configs.reload();
    const document = settingsDocument(settings);
    if (context.options(command).json) {
      const at = digest === null ? null : new Date(appliedAt).toISOString();
      writeJson(context.stdout, {
        ...{ digest, seq, appliedAt: at, settings: document },
        discovered: settings.discovered,
      });
      return;
    }
    const origin =
      digest === null
        ? 'the defaults: none was ever applied'
        : `configuration ${seq}, applied ${timeText(appliedAt)}`;
    writeLine(context.stdout, `# ${origin}`);
    for (const line of stringify(document, { lineWidth: 0 }).trimEnd().split('\n')) {
      writeLine(context.stdout, printable(line));
    }
    for (const line of discoveredLines(settings.discovered)) writeLine(context.stdout, line);
  } finally {
    await opened.close();
  }
}

/** As a comment: what was found is no part of a file, and stays when one is applied. */
function discoveredLines(discovered: Settings['discovered']): string[] {
  if (discovered.length === 0) return [];
  const lines = stringify({ discovered }, { lineWidth: 0 }).trimEnd().split('\n');
  return [
    '#',
    '# Found by discoveries, and kept whatever file is applied; `accounts` above win:',
    ...lines.map((line) => `# ${printable(line)}`),
  ];
}
