import { type Feed, FEEDS } from '../../ingest/spool/index.ts';

/**
 * `accepted`: in the bucket; `ignored`: no findings; `refused`: not what it should be (counted by request); `full`: 429, `failed`: the store
 * did not take them.
 */
export type Result = 'accepted' | 'ignored' | 'refused' | 'full' | 'failed';

const RESULTS: readonly Result[] = ['accepted', 'ignored', 'refused', 'full', 'failed'];

interface Counted {
  readonly feed: Feed;
  readonly result: Result;
  count: number;
}

/** Plain numbers: a counter of Prometheus with labels costs more than all the rest of a request. */
export class EventCounters {
  readonly #counts = new Map<string, Counted>();

  constructor() {
    for (const feed of FEEDS) {
      for (const result of RESULTS) this.#counts.set(`${feed} ${result}`, { feed, result, count: 0 });
    }
  }

  add(feed: Feed, result: Result, events: number): void {
    const counter = this.#counts.get(`${feed} ${result}`);
    if (counter !== undefined) counter.count += events;
  }

  all(): readonly Readonly<Counted>[] {
    return [...this.#counts.values()];
  }
}
