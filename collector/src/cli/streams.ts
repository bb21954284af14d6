import { Streams } from '../api/streams/streams.ts';
import type { Feed } from '../ingest/spool/index.ts';
import { scheduleDrain } from './drain-schedule.ts';
import { type DrainParts, newOwner, publishingAfter, scheduleOf } from './take-over.ts';

interface Parts extends DrainParts {
  /** After events became findings. */
  readonly onTaken: () => void;
}

/** Of a server: takes events in and makes findings of them, its own and those that others left behind. */
export function openStreams(parts: Parts): { readonly streams: Streams; readonly end: () => Promise<void> } {
  const { config, committer, log, onTaken } = parts;
  const { linger, ...limits } = config.streams;
  const streams = new Streams({ committer, owner: newOwner(), limits: { ...limits, lingerMs: linger }, log });
  const published = publishingAfter(parts);
  const end = scheduleDrain({
    ...scheduleOf(parts),
    owner: streams.spool.owner,
    look: () => streams.look(),
    settledBelow: () => streams.spool.settledBelow,
    onTaken: (feed: Feed, events: number) => {
      streams.committed(feed, events);
      onTaken();
      published();
    },
  });
  return { streams, end };
}
