import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { Committer } from '../lake/committer.ts';
import { countingStore } from '../store/index.ts';
import { type CliContext, collectorVersion } from './context.ts';
import { inputLimits, portOf, readingOf } from './options.ts';
import { writeJson, writeLine } from './output.ts';
import { scheduleCompact } from './serve-compact.ts';
import { warehouseOptions } from './warehouse-options.ts';
import { createScanning, endAtOnce } from './scanning.ts';
import { work } from './worker.ts';
import type { LoadedConfig } from '../config/index.ts';
import type { Warehouse } from '../warehouse/contract.ts';

export interface ServeOptions {
  readonly host?: string;
  readonly port?: number;
  readonly publicUrl?: string;
  /** Nobody is asked who they are. */
  readonly insecureNoAccess?: boolean;
  /** Of the configuration; false: another process runs them. */
  readonly jobs?: boolean;
}

const AFTER_HELP = `
Paths:
  /                    the page of the newest report
  /api/v1/…            queries, findings, verdicts, reports and events to take in; /api/v1/openapi.json describes it
  /reports/… /raw/…    reports and what the scanners wrote, from the store
  /healthz /readyz     the process is alive · the store answers
  /metrics             for Prometheus

Whoever asks needs a token (\`sightline token create\`), or one of the issuer in sightline.yaml; only health is open. On this
machine's own address, with no token anywhere, nobody is asked. docs/access.md has it all.

Examples:
  sightline serve
  sightline serve --store s3://findings/prod?region=eu-west-1 --port 9000
  sightline token create --role viewer --name grafana
  sightline serve --host 0.0.0.0 --public-url https://findings.example.org`;

const NO_TOKENS =
  'no tokens: anyone on this machine can read every finding and change verdicts (`sightline token create` makes one)';
const INSECURE =
  '--insecure-no-access: anyone who reaches this address can read every finding and change verdicts';

export function register(program: Command, context: CliContext): void {
  program
    .command('serve')
    .description('serve the page, the query API, the reports, health and metrics')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <number>', 'port to listen on, 0 for any free one (default: 8080)', portOf)
    .option('--public-url <url>', 'where a reverse proxy shows this server')
    .option('--insecure-no-access', 'ask nobody who they are, on any address')
    .option('--no-jobs', 'do not run the jobs of the configuration: `sightline worker` does elsewhere')
    .addHelpText('after', AFTER_HELP)
    .action(async (options: ServeOptions, command: Command) => {
      await serve(context, command, options);
    });
}

/** Serves until a signal comes. */
export async function serve(context: CliContext, command: Command, options: ServeOptions): Promise<void> {
  // Only here: no other command needs a web server, and loading one takes a while.
  const { startServer } = await import('../api/server.ts');
  const { openAccess } = await import('../api/access/index.ts');
  const { openStreams } = await import('./streams.ts');
  const { openWarehouse } = await import('../warehouse/warehouse.ts');
  const config = await context.config(command);
  const { serve: defaults, limits } = config;
  const host = options.host ?? defaults.host;
  if (options.publicUrl !== undefined && !/^https?:$/.test(URL.parse(options.publicUrl)?.protocol ?? '')) {
    throw new UsageError(
      '--public-url is no http:// or https:// address',
      'Write it as https://findings.example.org.',
    );
  }
  const { store: opened, close } = await context.open(command);
  const store = countingStore(opened);
  const committer = new Committer({ store, now: context.now, cacheRows: limits.cacheRows });
  let warehouse: Warehouse | undefined;
  try {
    const { mode, access } = await openAccess({
      config: config.access,
      store,
      env: context.env,
      log: context.log,
      now: context.now,
      host,
      publicUrl: options.publicUrl,
      insecure: options.insecureNoAccess === true,
    });
    warehouse = await openWarehouse({
      ...warehouseOptions(config),
      committer,
      log: context.log,
    });
    const mirrored = warehouse;
    const { streams, end: endStreams } = openStreams({
      config,
      committer,
      storeUrl: await context.storeUrl(command),
      log: context.log,
      onTaken: () => {
        mirrored.refresh().catch((error: unknown) => context.log.warn({ err: error }, 'not mirrored yet'));
      },
    });
    const server = await startServer({
      committer,
      store,
      log: context.log,
      host,
      port: options.port ?? defaults.port,
      publicUrl: options.publicUrl,
      api: {
        warehouse,
        access,
        streams,
        limits: inputLimits(config),
        ...readingOf(config),
        report: { ...config.report, version: collectorVersion() },
      },
    });
    const endCompact = scheduleCompact({
      everyHours: config.tables.everyHours,
      storeUrl: await context.storeUrl(command),
      configPath: config.path,
      log: context.log,
    });
    const scanning = startScanning(context, config, committer, options, warehouse);
    // Before anything is said: whoever waits for that may end us at once.
    const ended = signal(context);
    const url = options.publicUrl ?? server.url;
    if (context.options(command).json) {
      writeJson(context.stdout, { url, listening: server.url, access: mode });
    } else {
      writeLine(context.stdout, `Sightline is at ${url} (Ctrl+C ends it)`);
      if (mode === 'everyone') writeLine(context.stdout, NO_TOKENS);
    }
    if (mode === 'insecure') context.log.warn({ host }, INSECURE);
    await ended;
    endCompact();
    await Promise.all([server.close(), scanning?.end(), endStreams()]);
  } finally {
    await warehouse?.close();
    await close();
  }
}

/** Runs the jobs of the configuration beside the server, where there are any with a schedule. */
function startScanning(
  context: CliContext,
  config: LoadedConfig,
  committer: Committer,
  options: ServeOptions,
  warehouse: Warehouse,
): { readonly end: () => Promise<void> } | null {
  const scheduled = config.scanning.jobs.some(({ enabled, schedule }) => enabled && schedule !== undefined);
  if (options.jobs === false || !scheduled) return null;
  const { log, env } = context;
  const scanning = createScanning({
    config,
    committer,
    env,
    log,
    onTaken: () => {
      warehouse.refresh().catch((error: unknown) => log.warn({ err: error }, 'not mirrored yet'));
    },
  });
  const stop = new AbortController();
  const working = work(scanning, stop.signal).catch((error: unknown) => {
    log.error({ err: error }, 'the schedule ended');
  });
  return {
    end: async () => {
      stop.abort();
      await working;
    },
  };
}

/** Until the first SIGINT or SIGTERM; a second one ends the process at once, as it would have without us. */
async function signal(context: CliContext): Promise<void> {
  await new Promise<void>((resolve) => {
    const forget = context.onSignal((name) => {
      forget();
      endAtOnce(context);
      context.log.info({ signal: name }, 'ending: requests under way are finished; once more ends at once');
      resolve();
    });
  });
}
