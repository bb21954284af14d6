import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { LoadedConfig } from '../config/index.ts';
import { backlogOf, FEEDS } from '../ingest/spool/index.ts';
import type { Committer } from '../lake/committer.ts';
import { randomNonce } from '../lake/keys.ts';
import { type DrainSchedule, scheduleDrain } from './drain-schedule.ts';
import { publish } from './publish.ts';

export interface DrainParts {
  readonly config: LoadedConfig;
  readonly committer: Committer;
  readonly storeUrl: string;
  readonly log: Logger;
}

/** While events come, the daily report is made at most so often: it reads every head. */
const PUBLISH_MS = 5 * 60_000;

/** Of a worker: makes findings of what others left behind. @returns ends it */
export function takeOverStreams(parts: DrainParts): () => Promise<void> {
  const { store } = parts.committer;
  return scheduleDrain({
    ...scheduleOf(parts),
    owner: newOwner(),
    look: () => Promise.all(FEEDS.map((feed) => backlogOf(store, feed))),
    settledBelow: () => 0,
    onTaken: publishingAfter(parts),
  });
}

export function scheduleOf({
  config,
  committer,
  storeUrl,
  log,
}: DrainParts): Pick<DrainSchedule, 'everyMs' | 'takeOverMs' | 'storeUrl' | 'configPath' | 'log' | 'now'> {
  const { every: everyMs, takeOver: takeOverMs } = config.streams;
  return { everyMs, takeOverMs, storeUrl, configPath: config.path, log, now: committer.now };
}

export function publishingAfter({ committer, config, log }: DrainParts): () => void {
  let at = -Infinity;
  return () => {
    if (committer.now() - at < PUBLISH_MS) return;
    at = committer.now();
    publish(committer, config).catch((error: unknown) => {
      log.error({ err: error }, 'the report could not be published');
    });
  };
}

/** No two collectors have the same, nor has one that is started again. */
export function newOwner(): string {
  const host = hostname()
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .slice(0, 30);
  return `${host}${randomNonce()}`;
}
