import type { Command } from 'commander';
import type { LoadedConfig } from '../config/index.ts';
import { messageOf, SightlineError } from '../errors.ts';
import { openStore } from '../store/index.ts';
import type { CliContext, Opened } from './context.ts';
import { checkAccounts } from './doctor-accounts.ts';
import { type Check, fail, ok } from './doctor-check.ts';
import { checkFound, checkFreshness, checkObjects, checkSettings, readEveryHead } from './doctor-lake.ts';
import {
  checkClock,
  checkDisk,
  checkWrites,
  folderProbe,
  probeAddress,
  storeFailure,
} from './doctor-store.ts';
import { paintFor, printable, writeJson, writeLine } from './output.ts';

const AFTER_HELP = `
Looks at the configuration, the store and what is in it. It writes into a folder of its own inside the store and takes that away again.

Examples:
  sightline doctor
  sightline doctor --account all            would scanners get into every account, and which right is missing?
  sightline doctor --account payments-prod --verbose    with the rights that are there
  sightline doctor --json | jq '.checks[] | select(.status != "ok")'`;

export function register(program: Command, context: CliContext): void {
  program
    .command('doctor')
    .description('check configuration, store and findings, and say what to do')
    .option('--account <account...>', 'also whether scanners get into these accounts; all for every one')
    .addHelpText('after', AFTER_HELP)
    .action(async (options: { readonly account?: readonly string[] }, command: Command) => {
      const checks = await examine(context, command, options.account ?? []);
      if (checks.some(({ status }) => status === 'fail')) context.setExitCode(1);
      if (context.options(command).json) writeJson(context.stdout, { checks });
      else writeChecks(context, checks, context.options(command).verbose);
    });
}

async function examine(context: CliContext, command: Command, accounts: readonly string[]): Promise<Check[]> {
  const checks = [nodeCheck(process.versions.node)];
  let config: LoadedConfig;
  let opened: Opened;
  try {
    config = await context.config(command);
    checks.push(
      ok('configuration', config.path === null ? 'none: the defaults hold' : `${config.path} is valid`),
    );
    opened = await context.open(command);
  } catch (error) {
    // Without a configuration nobody knows which store is meant.
    const next = error instanceof SightlineError ? error.hint : 'See `sightline doctor --verbose`.';
    return [...checks, fail('configuration', messageOf(error), next)];
  }
  try {
    checks.push(...(await storeChecks(context, command, opened, config)));
    if (accounts.length > 0) checks.push(...(await checkAccounts(context, config, opened, accounts)));
    return checks;
  } finally {
    await opened.close();
  }
}

async function storeChecks(
  context: CliContext,
  command: Command,
  { store, committer }: Opened,
  config: LoadedConfig,
): Promise<Check[]> {
  let read: Awaited<ReturnType<typeof readEveryHead>>;
  try {
    read = await readEveryHead(store);
  } catch (error) {
    return [storeFailure('store', error)];
  }
  const checks = [ok('store', `${store.description} answers`)];
  const url = probeAddress(await context.storeUrl(command));
  const probe = await folderProbe(openStore(url, config.storeOptions, context.env), store);
  try {
    checks.push(await checkWrites(probe.store), await checkClock(probe.store, context.now));
  } finally {
    await probe.dispose();
  }
  const disk = await checkDisk(store);
  if (disk !== undefined) checks.push(disk);
  checks.push(read.check);
  const { heads } = read;
  const now = context.now();
  try {
    checks.push(...(await checkObjects(store, heads, now)));
    checks.push(await checkSettings(committer, heads));
    checks.push(
      ...(await checkFound(
        committer,
        config.scanning.discovery.map(({ name }) => name),
      )),
    );
  } catch (error) {
    checks.push(storeFailure('objects', error));
  }
  checks.push(checkFreshness(heads, config.report.cadenceHours, now));
  return checks;
}

/** The oldest that everything we use supports. */
const NODE = { major: 22, minor: 12 };

export function nodeCheck(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const enough = major > NODE.major || (major === NODE.major && minor >= NODE.minor);
  return enough
    ? ok('Node.js', version)
    : fail('Node.js', `${version} is too old`, `Use ${NODE.major}.${NODE.minor} or newer.`);
}

function writeChecks(context: CliContext, checks: readonly Check[], verbose: boolean): void {
  const paint = paintFor(context);
  const words = { ok: paint.green('ok  '), warn: paint.yellow('warn'), fail: paint.red('FAIL') };
  for (const { name, status, detail, next, rights = [] } of checks) {
    writeLine(context.stdout, `${words[status]}  ${name.padEnd(18)}  ${printable(detail)}`);
    for (const { right, state, neededBy } of rights) {
      if (state !== 'missing' && !verbose) continue;
      const word = { ok: paint.green('ok'), missing: paint.red('missing'), unknown: paint.dim('not tried') }[
        state
      ];
      writeLine(context.stdout, `${' '.repeat(26)}${word}  ${right} (${neededBy.join(', ')})`);
    }
    if (next !== null) writeLine(context.stdout, `${' '.repeat(26)}→ ${printable(next)}`);
  }
}
