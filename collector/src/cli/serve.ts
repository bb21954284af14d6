import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { Committer } from '../lake/committer.ts';
import { countingStore } from '../store/index.ts';
import type { CliContext } from './context.ts';
import { portOf } from './options.ts';
import { writeJson, writeLine } from './output.ts';

export interface ServeOptions {
  readonly host?: string;
  readonly port?: number;
  readonly publicUrl?: string;
}

const AFTER_HELP = `
Paths:
  /                    the page of the newest report
  /reports/… /raw/…    reports and what the scanners wrote, from the store
  /healthz /readyz     the process is alive · the store answers
  /metrics             for Prometheus

There is no log-in yet: on anything but this machine's own address, put a reverse proxy with one in front.

Examples:
  sightline serve
  sightline serve --store s3://findings/prod?region=eu-west-1 --port 9000
  sightline serve --host 0.0.0.0 --public-url https://findings.example.org`;

export function register(program: Command, context: CliContext): void {
  program
    .command('serve')
    .description('serve the page, the reports, health and metrics')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <number>', 'port to listen on, 0 for any free one (default: 8080)', portOf)
    .option('--public-url <url>', 'where a reverse proxy shows this server')
    .addHelpText('after', AFTER_HELP)
    .action(async (options: ServeOptions, command: Command) => {
      await serve(context, command, options);
    });
}

/** Serves until a signal comes. */
export async function serve(context: CliContext, command: Command, options: ServeOptions): Promise<void> {
  // Only here: no other command needs a web server, and loading one takes a while.
  const { isLoopback, startServer } = await import('../api/server.ts');
  const { serve: defaults, limits } = await context.config(command);
  const host = options.host ?? defaults.host;
  if (options.publicUrl !== undefined && !/^https?:$/.test(URL.parse(options.publicUrl)?.protocol ?? '')) {
    throw new UsageError(
      '--public-url is no http:// or https:// address',
      'Write it as https://findings.example.org.',
    );
  }
  const { store: opened, close } = await context.open(command);
  const store = countingStore(opened);
  try {
    const server = await startServer({
      committer: new Committer({ store, now: context.now, cacheRows: limits.cacheRows }),
      store,
      log: context.log,
      host,
      port: options.port ?? defaults.port,
      publicUrl: options.publicUrl,
    });
    const url = options.publicUrl ?? server.url;
    if (context.options(command).json) writeJson(context.stdout, { url, listening: server.url });
    else writeLine(context.stdout, `Sightline is at ${url} (Ctrl+C ends it)`);
    if (!isLoopback(host) && options.publicUrl === undefined) {
      context.log.warn(
        { host },
        'anyone who reaches this address can read every finding: there is no log-in yet. Put a reverse proxy in front, and name it with --public-url',
      );
    }
    await signal(context);
    await server.close();
  } finally {
    await close();
  }
}

/** Until the first SIGINT or SIGTERM; a second one ends the process at once, as it would have without us. */
async function signal(context: CliContext): Promise<void> {
  await new Promise<void>((resolve) => {
    const forget = context.onSignal((name) => {
      forget();
      context.log.info({ signal: name }, 'ending: requests under way are finished; once more ends at once');
      resolve();
    });
  });
}
