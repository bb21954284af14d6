import { spawn } from 'node:child_process';
import type { Logger } from 'pino';

/** So that a server that is started again and again does not spend its life on tables. */
const FIRST_AFTER_MS = 10 * 60_000;
const HOUR_MS = 3_600_000;

export interface CompactSchedule {
  /** 0: never. */
  readonly everyHours: number;
  readonly storeUrl: string;
  readonly configPath: string | null;
  readonly log: Logger;
}

/**
 * Runs `sightline compact` beside the server, in a process of its own: it reads every event that is new, and neither its
 * memory nor its time are to be those of queries.
 * @returns ends it
 */
export function scheduleCompact({ everyHours, storeUrl, configPath, log }: CompactSchedule): () => void {
  if (everyHours === 0) return () => undefined;
  let timer: NodeJS.Timeout | undefined;
  let child: ReturnType<typeof spawn> | undefined;
  const next = (ms: number): void => {
    timer = setTimeout(run, ms);
    timer.unref();
  };
  const run = (): void => {
    const script = process.argv[1] ?? '';
    const config = configPath === null ? [] : ['--config', configPath];
    const args = [...process.execArgv, script, 'compact', '--quiet', '--store', storeUrl, ...config];
    const started = performance.now();
    child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint = `${complaint}${text}`.slice(-2_000);
    });
    child.once('error', (error) => {
      log.warn({ err: error }, 'the Delta tables could not be updated');
    });
    child.once('close', (code) => {
      child = undefined;
      const ms = Math.round(performance.now() - started);
      if (code === 0) log.info({ ms }, 'the Delta tables are up to date');
      else if (code !== null) log.warn({ code, ms, complaint }, 'the Delta tables could not be updated');
    });
    next(everyHours * HOUR_MS);
  };
  next(Math.min(FIRST_AFTER_MS, everyHours * HOUR_MS));
  return () => {
    clearTimeout(timer);
    child?.kill();
  };
}
