#!/usr/bin/env node
import { CommanderError } from 'commander';
import { ProcessContext } from './context.ts';
import { useProxy } from '../proxy.ts';
import { printError, writeLine } from './output.ts';
import { createProgram, exitCodeOf, usageErrorOf } from './program.ts';

/** The entry of the program: parses the command line, runs the command, says what went wrong, sets the exit code. */

const context = new ProcessContext(process);

/** Whoever reads our output may stop reading (`| head`): then there is nobody left to tell, and nothing went wrong. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(context.exitCode);
    throw error;
  });
}

function fail(error: unknown): void {
  // Errors can come before the options are parsed.
  const style = {
    json: process.argv.includes('--json'),
    verbose: /^(-v|--verbose)$/m.test(process.argv.join('\n')),
  };
  if (error instanceof CommanderError) {
    const usage = usageErrorOf(error);
    if (usage === null) return;
    context.setExitCode(usage.exitCode);
    // "(outputHelp)": commander has printed the help itself.
    if (error.code !== 'commander.help') printError(context, usage, style);
    return;
  }
  context.setExitCode(exitCodeOf(error));
  printError(context, error, style);
}

process.on('uncaughtException', (error) => {
  fail(error);
  process.exit(context.exitCode);
});

try {
  if (!useProxy()) {
    const use = `Node.js ${process.versions.node} is too old for the proxy that HTTPS_PROXY or HTTP_PROXY names`;
    writeLine(process.stderr, `warning: ${use}: it is not used. Node.js 24 in its newest version can.`);
  }
  const program = createProgram(context, (command) => {
    context.settle(command);
  });
  await program.parseAsync(process.argv);
} catch (error) {
  fail(error);
}
process.exitCode = context.exitCode;
