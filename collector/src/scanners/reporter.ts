import type { Logger } from 'pino';
import type { EpochMs } from '../findings/model.ts';
import { globMatches } from '../findings/settings.ts';
import { type Channel, isWorthSaying } from '../outputs/chat/index.ts';
import type { Digest } from '../outputs/chat/digest.ts';
import type { Outbox } from '../outputs/outbox.ts';
import { digestOf, finishedSlots } from './digest.ts';
import type { Leases } from './leases.ts';
import type { TaskName, TaskState } from './task-state.ts';

export interface ReporterOptions {
  readonly outbox: Outbox;
  readonly channels: readonly Channel[];
  readonly now: () => EpochMs;
  readonly log: Logger;
}

const REFRESH_MS = 60_000;

/** Tells the channels of what was done: a message goes into the outbox when all tasks of a slot are through. */
export class Reporter {
  readonly #options: ReporterOptions;
  /** By job, the slots that are through and were told of. */
  readonly #told = new Map<string, Set<EpochMs>>();
  #nextAt = Number.NEGATIVE_INFINITY;
  #refreshedAt = Number.NEGATIVE_INFINITY;
  #sending: Promise<void> | null = null;

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  /** Cheap: a look at what is in memory, unless there is something to tell or to send. Sending goes on by itself. */
  async afterRound(leases: Leases, tasks: readonly TaskName[]): Promise<void> {
    const byJob = new Map<string, TaskState[]>();
    for (const task of this.#options.channels.length === 0 ? [] : tasks) {
      const held = leases.get(task);
      if (held !== null) byJob.set(task.job, [...(byJob.get(task.job) ?? []), held.state]);
    }
    const now = this.#options.now();
    for (const [job, states] of byJob) {
      const before = this.#told.get(job);
      const told = new Set<EpochMs>();
      for (const slot of finishedSlots(states, now)) {
        if (before?.has(slot) !== true) await this.tell(digestOf(job, slot, states));
        told.add(slot);
      }
      this.#told.set(job, told);
    }
    if (now >= this.#nextAt || now - this.#refreshedAt >= REFRESH_MS) this.#send();
  }

  /** Puts a message for each channel that wants to hear it. @throws StoreError */
  async tell(digest: Digest | null): Promise<void> {
    if (digest === null) return;
    const { channels, outbox } = this.#options;
    for (const channel of channels) {
      if (channel.jobs?.some((pattern) => globMatches(pattern, digest.job)) === false) continue;
      if (!isWorthSaying(digest, channel.when)) continue;
      if (await outbox.put(channel, digest)) this.#nextAt = Number.NEGATIVE_INFINITY;
    }
  }

  /** Sends what is due, and waits for it. */
  async flush(): Promise<void> {
    await this.#sending;
    this.#send();
    await this.#sending;
  }

  #send(): void {
    if (this.#sending !== null) return;
    this.#sending = this.#work()
      .catch((error: unknown) => {
        this.#options.log.warn({ err: error }, 'the outbox could not be worked off, it is tried again');
      })
      .finally(() => {
        this.#sending = null;
      });
  }

  async #work(): Promise<void> {
    const { outbox, now } = this.#options;
    this.#refreshedAt = now();
    await outbox.refresh();
    this.#nextAt = await outbox.sendDue();
  }
}
