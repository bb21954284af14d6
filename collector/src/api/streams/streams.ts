import type { Logger } from 'pino';
import type { Committer } from '../../lake/committer.ts';
import {
  type Backlog,
  backlogOf,
  type Feed,
  FEEDS,
  Spool,
  type SpoolLimits,
} from '../../ingest/spool/index.ts';
import { EventCounters } from './counters.ts';
import { Intake } from './intake.ts';

export interface StreamNumbers {
  /** Since the server began. */
  received(): ReturnType<EventCounters['all']>;
  readonly committed: ReadonlyMap<Feed, number>;
  /** As they were seen last. */
  readonly backlogs: ReadonlyMap<Feed, Backlog>;
}

export interface StreamsOptions {
  readonly committer: Committer;
  readonly owner: string;
  readonly limits: SpoolLimits;
  readonly log: Logger;
}

/** Everything of a server that takes in events which are pushed. */
export class Streams {
  readonly spool: Spool;
  readonly intake: Intake;
  readonly numbers: StreamNumbers;
  readonly #committer: Committer;
  readonly #committed = new Map<Feed, number>(FEEDS.map((feed) => [feed, 0]));
  readonly #backlogs = new Map<Feed, Backlog>();

  constructor({ committer, owner, limits, log }: StreamsOptions) {
    const counters = new EventCounters();
    this.#committer = committer;
    this.spool = new Spool({ ...limits, store: committer.store, owner, now: committer.now });
    this.intake = new Intake({ spool: this.spool, committer, counters, log });
    this.numbers = {
      received: () => counters.all(),
      committed: this.#committed,
      backlogs: this.#backlogs,
    };
  }

  /** Looks at what waits in the bucket. @throws StoreError */
  async look(): Promise<readonly Backlog[]> {
    const mark = this.spool.mark();
    for (const feed of FEEDS) this.#backlogs.set(feed, await backlogOf(this.#committer.store, feed));
    const backlogs = [...this.#backlogs.values()];
    this.spool.sawBacklog(
      backlogs.reduce((sum, { bytes }) => sum + bytes, 0),
      mark,
    );
    return backlogs;
  }

  committed(feed: Feed, events: number): void {
    this.#committed.set(feed, (this.#committed.get(feed) ?? 0) + events);
  }
}
