import type { CommanderError } from 'commander';
import { Command } from 'commander';
import { SightlineError, UsageError } from '../errors.ts';
import { register as compact } from './compact.ts';
import { register as config } from './config.ts';
import { collectorVersion, type CliContext } from './context.ts';
import { register as demo } from './demo.ts';
import { register as doctor } from './doctor.ts';
import { register as drain } from './drain.ts';
import { register as findings } from './findings.ts';
import { register as fold } from './fold.ts';
import { register as ingest } from './ingest.ts';
import { register as mutes } from './mutes.ts';
import { register as parse } from './parse.ts';
import { register as rebuild } from './rebuild.ts';
import { register as report } from './report.ts';
import { register as run } from './run.ts';
import { register as scope } from './scope.ts';
import { register as serve } from './serve.ts';
import { register as status } from './status.ts';
import { register as token } from './token.ts';
import { register as verdict } from './verdict.ts';
import { register as worker } from './worker.ts';

/** In the order of the help: first what one starts with. */
const COMMANDS: readonly ((program: Command, context: CliContext) => void)[] = [
  demo,
  ingest,
  parse,
  report,
  serve,
  run,
  worker,
  drain,
  status,
  findings,
  verdict,
  mutes,
  scope,
  token,
  config,
  fold,
  compact,
  rebuild,
  doctor,
];

const AFTER_HELP = `
Examples:
  sightline demo --serve                    a sample estate, to look around
  sightline ingest reports/ --store ./data  take in every report of a folder
  sightline ingest - < prowler.ocsf.json    … or one from a pipe
  sightline findings --severity high        what is open, worst first
  sightline serve                           the page of the newest report, on http://127.0.0.1:8080

Where the findings are kept: --store, else SIGHTLINE_STORE, else \`store\` in sightline.yaml, else ./data.
A folder, or s3://bucket/prefix?region=… (credentials as the AWS tools find them).

Exit codes:
  0  done
  1  a defect of Sightline, or a check that failed
  2  wrong usage or configuration
  3  a report could not be read (the others were)
  4  the store did not answer, or not as it should`;

export function createProgram(context: CliContext, onParsed: (command: Command) => void): Command {
  const program = new Command('sightline')
    .description(
      'Security observability: reports of scanners become findings with a history, kept in a bucket.',
    )
    .version(collectorVersion(), '-V, --version', 'print the version')
    .option('--store <url>', 'folder or s3:// address of the findings')
    .option('--config <file>', 'configuration file (default: ./sightline.yaml where there is one)')
    .option('--json', 'machine-readable output: one JSON document per line')
    .option('-q, --quiet', 'no progress and no log below errors')
    .option('-v, --verbose', 'more log, and the stack of an error')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help of a command')
    .addHelpText('after', AFTER_HELP)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      // Said once, by whoever catches the error, as text or JSON.
      outputError: () => undefined,
    })
    .hook('preAction', (_program, command) => {
      onParsed(command);
    });
  for (const register of COMMANDS) register(program, context);
  return program;
}

/** Help and version are thrown by commander as errors; its real errors become ours, with a next step. */
export function usageErrorOf(error: CommanderError): UsageError | null {
  if (error.exitCode === 0) return null;
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  return new UsageError(
    message,
    suggestion?.replace(/^\((.*)\)$/, '$1') ?? '`sightline --help` lists commands and options.',
  );
}

/** The exit code that an error asks for. */
export function exitCodeOf(error: unknown): number {
  return error instanceof SightlineError ? error.exitCode : 1;
}
