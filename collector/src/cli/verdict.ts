import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import type { Command } from 'commander';
import { messageOf, UsageError } from '../errors.ts';
import { type Finding, type Status, statusAt, type VerdictKind } from '../findings/finding.ts';
import type { EpochMs } from '../findings/model.ts';
import type { Committer } from '../lake/committer.ts';
import { type Decision, decide } from '../lake/lake.ts';
import { untilOf } from './choices.ts';
import type { CliContext } from './context.ts';
import { findByPrefixes, type Found } from './find-by-prefix.ts';
import { clipped, paintFor, plural, printable, writeJson, writeLine } from './output.ts';

interface Options {
  readonly accept?: boolean;
  readonly falsePositive?: boolean;
  readonly clear?: boolean;
  readonly until?: EpochMs;
  readonly reason: string;
  readonly by?: string;
  readonly fromFile?: string;
}

const AFTER_HELP = `
A verdict belongs to the finding: it stays when the finding is fixed and comes back, until it ends or is cleared.
A beginning of a fingerprint will do (8 digits at least) where it stands for one finding.

Examples:
  sightline verdict 3f2a9c1be07d --accept --until 2027-03-31 --reason 'goes with the old VPN'
  sightline verdict 3f2a9c1be07d --false-positive --reason 'a machine user, it has no console'
  sightline verdict 3f2a9c1be07d --clear --reason 'decided anew'
  sightline findings --rule s3_logging --all --format ndjson |
    sightline verdict --from-file - --accept --until 2027-03-31 --reason 'logs come with the new trail'`;

export function register(program: Command, context: CliContext): void {
  program
    .command('verdict')
    .description('accept findings until a date, call them false positives, or take a verdict back')
    .argument('[fingerprints...]', 'fingerprints, or beginnings of them')
    .option('--accept', 'the risk is taken, until a date')
    .option('--until <date>', 'last day of the acceptance (UTC), or the moment it ends', untilOf)
    .option('--false-positive', 'the scanner is wrong')
    .option('--clear', 'take earlier verdicts back')
    .requiredOption('--reason <text>', 'why')
    .option('--by <name>', 'who decides (default: you)')
    .option(
      '--from-file <file>',
      'fingerprints from a file, - for standard input: one a line, or findings as NDJSON',
    )
    .addHelpText('after', AFTER_HELP)
    .action(async (given: readonly string[], options: Options, command: Command) => {
      const decision = decisionOf(options, context);
      const prefixes = prefixesOf([...given, ...(await fromFile(options.fromFile, context))]);
      const opened = await context.open(command);
      const { committer } = opened;
      try {
        const found = await findByPrefixes(committer, prefixes);
        await decideAll(context, command, committer, found, decision);
      } finally {
        await opened.close();
      }
    });
}

function decisionOf(options: Options, context: CliContext): Decision {
  const verdict = kindOf(options);
  if (verdict === 'accepted' && options.until === undefined) {
    throw new UsageError('an acceptance lasts until a date', 'Give --until YYYY-MM-DD.');
  }
  if (verdict !== 'accepted' && options.until !== undefined) {
    throw new UsageError('only an acceptance has an end', 'Leave --until out, or give --accept.');
  }
  const by = options.by ?? context.env['USER'] ?? context.env['USERNAME'] ?? '';
  return { verdict, until: options.until ?? null, by, reason: options.reason, at: context.now() };
}

function kindOf({ accept, falsePositive, clear }: Options): VerdictKind | null {
  if ([accept, falsePositive, clear].filter((given) => given === true).length !== 1) {
    throw new UsageError(
      'a verdict is one of --accept, --false-positive and --clear',
      '`sightline verdict --help` has examples.',
    );
  }
  return accept === true ? 'accepted' : falsePositive === true ? 'false_positive' : null;
}

async function fromFile(path: string | undefined, context: CliContext): Promise<string[]> {
  if (path === undefined) return [];
  let text: string;
  try {
    text = path === '-' ? await textOf(context.stdin) : await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(
      `${path} can't be read: ${messageOf(error)}`,
      'Check the path.',
      'unreadable',
      error,
    );
  }
  return text
    .split(/\r?\n/)
    .flatMap((line, index) => (line.trim() === '' ? [] : [fingerprintIn(line.trim(), index + 1)]));
}

/** A line is a fingerprint, or a finding as `findings --format ndjson` writes it. */
function fingerprintIn(line: string, number: number): string {
  if (!line.startsWith('{')) return line;
  try {
    const row: unknown = JSON.parse(line);
    if (
      typeof row === 'object' &&
      row !== null &&
      'fingerprint' in row &&
      typeof row.fingerprint === 'string'
    ) {
      return row.fingerprint;
    }
  } catch {
    // Said below: a line that is no JSON is as wrong as one without a fingerprint.
  }
  throw new UsageError(
    `line ${number} is no finding: it has no fingerprint`,
    'Give one fingerprint a line, or what `sightline findings --format ndjson` writes.',
  );
}

function prefixesOf(given: readonly string[]): string[] {
  if (given.length === 0) {
    throw new UsageError(
      'no fingerprint is given',
      'Name findings, or give a file of them with --from-file.',
    );
  }
  return given.map((text) => {
    const prefix = text.trim().toLowerCase();
    if (/^[0-9a-f]{8,32}$/.test(prefix)) return prefix;
    throw new UsageError(
      `${JSON.stringify(printable(text.slice(0, 60)))} is no fingerprint`,
      'It has 32 hexadecimal digits; the first 8 will do where they stand for one finding.',
    );
  });
}

interface Change {
  readonly finding: Finding;
  readonly from: Status;
  readonly to: Status;
}

async function decideAll(
  context: CliContext,
  command: Command,
  committer: Committer,
  found: readonly Found[],
  decision: Decision,
): Promise<void> {
  const { json } = context.options(command);
  let count = 0;
  for (const { head, findings } of found) {
    const { status, advance } = await decide(
      committer,
      head,
      findings.map(({ fingerprint }) => fingerprint),
      decision,
    );
    const changes = findings.map((finding): Change => {
      const after = advance?.state.findings.get(finding.fingerprint) ?? finding;
      return { finding, from: statusAt(finding, decision.at), to: statusAt(after, decision.at) };
    });
    count += status === 'committed' ? findings.length : 0;
    if (json) writeJson(context.stdout, document(head.scope, status, changes, decision));
    else writeChanges(context, head.scope, changes);
  }
  if (!json) {
    const end =
      decision.until === null ? '' : ` until ${new Date(decision.until).toISOString().slice(0, 10)}`;
    const word = decision.verdict === null ? 'cleared' : decision.verdict.replace('_', ' ');
    writeLine(context.stdout, count === 0 ? 'nothing changes' : `${plural(count, 'finding')} ${word}${end}`);
  }
}

function document(scope: string, status: string, changes: readonly Change[], decision: Decision): unknown {
  return {
    scope,
    status,
    verdict: decision.verdict,
    until: decision.until === null ? null : new Date(decision.until).toISOString(),
    by: decision.by,
    reason: decision.reason,
    findings: changes.map(({ finding, from, to }) => ({
      fingerprint: finding.fingerprint,
      title: finding.title,
      resourceId: finding.resourceId,
      from,
      to,
    })),
  };
}

/** A bulk decision is not read line by line. */
const SHOWN = 20;

function writeChanges(context: CliContext, scope: string, changes: readonly Change[]): void {
  const paint = paintFor(context);
  writeLine(context.stdout, paint.bold(printable(scope)));
  for (const { finding, from, to } of changes.slice(0, SHOWN)) {
    const what = `${clipped(finding.title, 50)} · ${clipped(finding.resourceName ?? finding.resourceId, 36)}`;
    const words = from === to ? to : `${from} → ${to}`;
    writeLine(
      context.stdout,
      `  ${finding.fingerprint.slice(0, 12)}  ${words.replaceAll('_', ' ')}  ${what}`,
    );
  }
  if (changes.length > SHOWN) writeLine(context.stdout, paint.dim(`  and ${changes.length - SHOWN} more`));
}
