import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import type { CliContext } from './context.ts';
import { takeOverStreams } from './take-over.ts';
import { createScanning, type Scanning, stoppable } from './scanning.ts';

const AFTER_HELP = `
Runs the jobs of sightline.yaml by their schedules, until it is ended; scans under way are then ended and given back. Start as many as
you like, on as many machines: they share the work and take over from each other. \`sightline serve\` does the same beside serving.
Events that were pushed to a server which has gone are made into findings, too.

Examples:
  sightline worker --store s3://findings/prod?region=eu-west-1
  sightline status                          what ran, what is late, what failed and why`;

export function register(program: Command, context: CliContext): void {
  program
    .command('worker')
    .description('run the jobs of the configuration by their schedules')
    .addHelpText('after', AFTER_HELP)
    .action(async (_options: unknown, command: Command) => {
      const config = await context.config(command);
      if (!config.scanning.jobs.some(({ enabled, schedule }) => enabled && schedule !== undefined)) {
        throw new UsageError(
          'there is no job with a schedule',
          'Write one below `jobs` in sightline.yaml; docs/scanning.md shows how.',
          'config',
        );
      }
      const { committer, close } = await context.open(command);
      const { stop, forget } = stoppable(context);
      try {
        const scanning = createScanning({ config, committer, env: context.env, log: context.log });
        context.log.info({ jobs: scanning.jobs.length, store: committer.store.description }, 'working');
        const endStreams = takeOverStreams({
          config,
          committer,
          storeUrl: await context.storeUrl(command),
          log: context.log,
        });
        await work(scanning, stop);
        await endStreams();
      } finally {
        forget();
        await close();
      }
    });
}

/** Until `signal` is aborted; what is to be told then is told. */
export async function work({ worker, publish, reporter }: Scanning, signal: AbortSignal): Promise<void> {
  await worker.run(signal);
  await publish();
  await reporter.flush();
}
