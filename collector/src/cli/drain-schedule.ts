import { type ChildProcess, spawn } from 'node:child_process';
import * as os from 'node:os';
import * as readline from 'node:readline';
import type { Logger } from 'pino';
import { z } from 'zod';
import { messageOf } from '../errors.ts';
import type { EpochMs } from '../findings/model.ts';
import type { Backlog, Feed } from '../ingest/spool/index.ts';

/** Lowest but one: whoever pushes events waits for an answer, and nobody waits for a commit. */
const NICE = 10;

export interface DrainSchedule {
  readonly everyMs: number;
  readonly takeOverMs: number;
  readonly owner: string;
  readonly storeUrl: string;
  readonly configPath: string | null;
  readonly log: Logger;
  readonly now: () => EpochMs;
  /** Looks at what waits in the bucket. @throws StoreError */
  readonly look: () => Promise<readonly Backlog[]>;
  /** Own batches with a lower number are whole. */
  readonly settledBelow: () => number;
  /** After events were committed. */
  readonly onTaken?: (feed: Feed, events: number) => void;
}

/** What `sightline drain --json` says of each run. */
const drainedSchema = z.object({
  feed: z.enum(['falco', 'eventbridge']),
  batches: z.number(),
  events: z.number(),
  rejected: z.number(),
  scopes: z.array(z.object({ scope: z.string() })),
});

/**
 * A line of it. null for half a line, as one leaves that is killed (for its memory, or as the server ends) while it writes: thrown where
 * lines are heard, that would end the server as well.
 */
export function drainedIn(line: string): z.infer<typeof drainedSchema> | null {
  try {
    return drainedSchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

/**
 * Runs `sightline drain` whenever events wait, in a process of its own: reading half a minute of events is one long computation,
 * and requests are answered meanwhile.
 * @returns ends it; what was under way is done again by whoever comes next
 */
export function scheduleDrain(schedule: DrainSchedule): () => Promise<void> {
  const { log, everyMs } = schedule;
  let child: ChildProcess | undefined;
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> = Promise.resolve();
  const round = async (): Promise<void> => {
    try {
      if ((await schedule.look()).some((backlog) => isForUs(backlog, schedule)) && !ended) {
        await runDrain(schedule, (started) => {
          child = started;
        });
        await schedule.look();
      }
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'the events that wait could not be looked at');
    }
    if (!ended) next();
  };
  const next = (): void => {
    timer = setTimeout(() => {
      working = round();
    }, everyMs);
    timer.unref();
  };
  next();
  return async () => {
    ended = true;
    clearTimeout(timer);
    child?.kill();
    await working;
  };
}

function isForUs({ owners }: Backlog, { owner, takeOverMs, now }: DrainSchedule): boolean {
  return [...owners].some(([other, oldestAt]) => other === owner || now() - oldestAt >= takeOverMs);
}

async function runDrain(schedule: DrainSchedule, onStart: (child: ChildProcess) => void): Promise<void> {
  const { owner, storeUrl, configPath, log, settledBelow, onTaken } = schedule;
  const config = configPath === null ? [] : ['--config', configPath];
  const child = spawn(
    process.execPath,
    [
      ...process.execArgv,
      process.argv[1] ?? '',
      'drain',
      '--json',
      '--quiet',
      ...['--owner', owner, '--settled', String(settledBelow()), '--store', storeUrl],
      ...config,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  onStart(child);
  lower(child);
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = `${complaint}${text}`.slice(-2_000);
  });
  readline.createInterface({ input: child.stdout }).on('line', (line) => {
    const drained = drainedIn(line);
    if (drained === null) {
      log.warn({ line: line.slice(0, 200) }, 'the process that commits pushed events died while it spoke');
      return;
    }
    const { feed, batches, events, rejected, scopes } = drained;
    log.info({ feed, batches, events, rejected, scopes: scopes.length }, 'pushed events were committed');
    onTaken?.(feed, events);
  });
  await new Promise<void>((resolve) => {
    child.once('error', (error) => {
      log.warn({ err: error }, 'pushed events could not be committed');
      resolve();
    });
    child.once('close', (code) => {
      if (code !== 0 && code !== null) log.warn({ code, complaint }, 'pushed events could not be committed');
      else if (complaint !== '') log.warn({ complaint }, 'not all pushed events could be committed');
      resolve();
    });
  });
}

function lower({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) os.setPriority(pid, NICE);
  } catch {
    // It has ended already, or the system does not let us: it works all the same.
  }
}
