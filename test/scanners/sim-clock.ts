import type { Clock } from '../../collector/src/scanners/clock.ts';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** Hours that pass in an instant: time goes on only when everybody sleeps. */
export class SimClock {
  now: number;
  /** Calls under way that are no sleep: time stands still for them. */
  #pending = 0;
  readonly #sleepers = new Set<Sleeper>();

  constructor(start: number) {
    this.now = start;
  }

  /** The clock of one machine, which may differ from the others'. `isDead`: whoever sleeps there wakes no more. */
  clock(skewMs = 0, isDead: () => boolean = () => false): Clock {
    return {
      now: () => this.now + skewMs,
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          if (signal?.aborted === true) {
            resolve();
            return;
          }
          const sleeper: Sleeper = {
            at: this.now + Math.max(0, ms),
            wake: () => {
              this.#sleepers.delete(sleeper);
              signal?.removeEventListener('abort', sleeper.wake);
              if (!isDead()) resolve();
            },
          };
          this.#sleepers.add(sleeper);
          signal?.addEventListener('abort', sleeper.wake, { once: true });
        }),
    };
  }

  async working<T>(work: () => Promise<T>): Promise<T> {
    this.#pending++;
    try {
      return await work();
    } finally {
      this.#pending--;
    }
  }

  /** Lets time go by until `until`, or until `done` says so. */
  async pass(until: number, done: () => boolean = () => false): Promise<void> {
    for (;;) {
      await this.#quiet();
      if (done()) return;
      const next = Math.min(...[...this.#sleepers].map(({ at }) => at));
      if (next > until) break;
      this.now = Math.max(this.now, next);
      for (const sleeper of [...this.#sleepers]) if (sleeper.at <= this.now) sleeper.wake();
    }
    this.now = Math.max(this.now, until);
  }

  /** Until nothing is under way, and nothing follows from what was. */
  async #quiet(): Promise<void> {
    for (let calm = 0; calm < 4;) {
      await new Promise((resolve) => setImmediate(resolve));
      calm = this.#pending === 0 ? calm + 1 : 0;
    }
  }
}
