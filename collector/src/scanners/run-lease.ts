import type { EpochMs } from '../findings/model.ts';
import type { Clock } from './clock.ts';
import type { Policy } from './decide.ts';
import type { Held, Leases } from './leases.ts';
import { type RunRecord, type TaskState, withRun } from './task-state.ts';

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

/** The lease of one run, from its claim to its end. All its writes go one after the other: each needs the token of the one before. */
export class RunLease {
  readonly #leases: Leases;
  readonly #clock: Clock;
  readonly #policy: Policy;
  #held: Held;
  #lost = false;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(leases: Leases, held: Held, clock: Clock, policy: Policy) {
    this.#leases = leases;
    this.#held = held;
    this.#clock = clock;
    this.#policy = policy;
  }

  /** Somebody else has taken the run over. */
  get lost(): boolean {
    return this.#lost;
  }

  /** Whether the run is still ours, beyond any difference of clocks; asks the bucket when that is not sure. */
  async confirm(): Promise<boolean> {
    if (this.#lost) return false;
    if (this.#clock.now() < this.#until() - this.#policy.skewMs) return true;
    return this.renew();
  }

  /** @returns false when somebody else has taken the run over. @throws StoreError */
  renew(): Promise<boolean> {
    return this.#inTurn(async () => {
      const { state } = this.#held;
      if (this.#lost || state.running === null) return false;
      const until = this.#clock.now() + this.#policy.leaseMs;
      return this.#replace((now) => ({ ...now, running: now.running && { ...now.running, until } }));
    });
  }

  /**
   * Writes down how the run ended, and with it where the next one goes on; as long as it takes, for a store that is away.
   * @returns false when it was not ours any more
   */
  finish(record: RunRecord, cursor: unknown, giveUpAt: EpochMs): Promise<boolean> {
    return this.#persist(giveUpAt, () =>
      this.#replace(
        (now) => ({ ...withRun(now, record), ...(cursor === undefined ? {} : { cursor }) }),
        ({ runs }) => runs[0]?.owner === record.owner && runs[0].endedAt === record.endedAt,
      ),
    );
  }

  /** Gives the run back: whoever looks next begins it again. */
  release(giveUpAt: EpochMs): Promise<boolean> {
    return this.#persist(giveUpAt, () => this.#replace((now) => ({ ...now, running: null })));
  }

  /**
   * A write of ours of which no answer came, nor one to what became of it, is met here again: as long as nobody has claimed the task
   * since, what is there is ours.
   * @param isDone whether what is there is what was to be written
   */
  async #replace(
    next: (now: TaskState) => TaskState,
    isDone: (there: TaskState) => boolean = () => false,
  ): Promise<boolean> {
    for (;;) {
      const before = this.#held.state;
      const written = await this.#leases.replace(this.#held, next(before));
      const there = written ?? this.#leases.get(before);
      const isOurs = there?.state.fence === before.fence && there.state.running !== null;
      if (there !== null && (written !== null || isOurs)) this.#held = there;
      if (written !== null) return true;
      if (isOurs) continue;
      if (there !== null && there.state.fence === before.fence && isDone(there.state)) return true;
      this.#lost = true;
      return false;
    }
  }

  #until(): EpochMs {
    return this.#held.state.running?.until ?? 0;
  }

  #persist(giveUpAt: EpochMs, write: () => Promise<boolean>): Promise<boolean> {
    return this.#inTurn(async () => {
      if (this.#lost) return false;
      for (let wait = FIRST_RETRY_MS; ; wait = Math.min(wait * 2, LONGEST_RETRY_MS)) {
        try {
          return await write();
        } catch (error) {
          if (this.#clock.now() + wait > giveUpAt) throw error;
          await this.#clock.sleep(wait);
        }
      }
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#writing.then(work);
    this.#writing = done.catch(() => undefined);
    return done;
  }
}
