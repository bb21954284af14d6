import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { readScopes } from '../lake/lake.ts';
import type { CliContext } from './context.ts';
import { iso } from './finding-row.ts';
import {
  type Moved,
  MutePreview,
  type MutesPreview,
  type MuteState,
  muteState,
  type RulePreview,
} from './mute-preview.ts';
import {
  clipped,
  type Paint,
  paintFor,
  plural,
  printable,
  WORST_FIRST,
  writeJson,
  writeLine,
} from './output.ts';
import { tableLines } from './table.ts';

const AFTER_HELP = `
Mutes are written in sightline.yaml, with an owner, a reason and an end, and put into force by \`sightline config apply\`.

Examples:
  sightline mutes preview                 what the mutes of sightline.yaml would do to the findings of the store
  sightline mutes list                    those in force`;

export function register(program: Command, context: CliContext): void {
  const mutes = program
    .command('mutes')
    .description('try mute rules before they count, and see those in force')
    .addHelpText('after', AFTER_HELP);
  mutes
    .command('preview')
    .description(
      'what the mutes of the configuration match, which match nothing or end soon, and what would change',
    )
    .action(async (_options: unknown, command: Command) => {
      await preview(context, command);
    });
  mutes
    .command('list')
    .description('the mutes in force')
    .action(async (_options: unknown, command: Command) => {
      await list(context, command);
    });
}

async function preview(context: CliContext, command: Command): Promise<void> {
  const { path, settings } = await context.config(command);
  if (path === null) {
    throw new UsageError(
      'there is no configuration file whose mutes could be tried',
      'Name one with --config, or write ./sightline.yaml.',
      'config',
    );
  }
  const opened = await context.open(command);
  const { committer } = opened;
  try {
    // What was found is none of the file's business, and stays when it is applied.
    const { discovered } = (await committer.configs.reload()).settings;
    const trial = new MutePreview({ ...settings, discovered }, context.now());
    for await (const { state } of readScopes(committer)) {
      for (const finding of state.findings.values()) trial.add(finding);
    }
    const result = trial.result();
    if (context.options(command).json) writeJson(context.stdout, documentOf(result));
    else writePreview(context, result, path);
  } finally {
    await opened.close();
  }
}

function documentOf({ rules, muted, unmuted }: MutesPreview): unknown {
  return {
    rules: rules.map(({ rule, ...rest }) => ({ ...rule, expires: iso(rule.expires), ...rest })),
    muted,
    unmuted,
  };
}

function writePreview(context: CliContext, { rules, muted, unmuted }: MutesPreview, path: string): void {
  const paint = paintFor(context);
  const line = (text = ''): void => {
    writeLine(context.stdout, text);
  };
  if (rules.length === 0) line(`${printable(path)} has no mutes`);
  for (const preview of rules) {
    const { rule, state, samples, matched } = preview;
    line(
      `${paint.bold(printable(rule.id))}  ${stateText(state, paint)}  until ${dayOf(rule.expires)}  ${paint.dim(printable(rule.owner))}`,
    );
    line(`  ${matched === 0 ? 'matches nothing that is open' : `matches ${countsText(preview)}`}`);
    for (const sample of samples) {
      line(
        paint.dim(
          `    ${sample.fingerprint.slice(0, 12)}  ${clipped(sample.title, 56)}  ${clipped(sample.resource, 40)}`,
        ),
      );
    }
  }
  line();
  line(movedText('would be muted', muted));
  line(movedText('would be counted again', unmuted));
  if (muted.count + unmuted.count > 0) line(paint.dim('`sightline config apply` puts it into force'));
}

function countsText({ matched, severities }: RulePreview): string {
  const parts = WORST_FIRST.filter((severity) => severities[severity] > 0).map(
    (severity) => `${severities[severity].toLocaleString('en')} ${severity.toLowerCase()}`,
  );
  return `${plural(matched, 'finding')}: ${parts.join(', ')}`;
}

function movedText(what: string, { count, samples }: Moved): string {
  const names = samples.map(({ title, resource }) => `${clipped(title, 40)} (${clipped(resource, 28)})`);
  const more = count > samples.length ? ', …' : '';
  return `${plural(count, 'finding')} ${what}${count === 0 ? '' : `: ${names.join(', ')}${more}`}`;
}

export function stateText(state: MuteState, paint: Paint): string {
  const color = { 'in force': paint.green, ending: paint.yellow, expired: paint.red, dead: paint.red };
  return color[state](state);
}

async function list(context: CliContext, command: Command): Promise<void> {
  const opened = await context.open(command);
  const { committer } = opened;
  try {
    const { settings } = await committer.configs.reload();
    const now = context.now();
    const rows = settings.mutes.map((rule) => ({ rule, state: muteState(rule.expires, null, now) }));
    if (context.options(command).json) {
      const mutes = rows.map(({ rule, state }) => ({ ...rule, expires: iso(rule.expires), state }));
      writeJson(context.stdout, { mutes });
      return;
    }
    if (rows.length === 0) {
      writeLine(context.stdout, 'no mutes are in force');
      return;
    }
    const paint = paintFor(context);
    const cells = rows.map(({ rule, state }) => [
      printable(rule.id),
      stateText(state, paint),
      dayOf(rule.expires),
      clipped(rule.owner, 32),
      clipped(rule.reason, 60),
    ]);
    for (const line of tableLines(['mute', 'state', 'until', 'owner', 'reason'], cells))
      writeLine(context.stdout, line);
  } finally {
    await opened.close();
  }
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
