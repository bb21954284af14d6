import { setTimeout as delay } from 'node:timers/promises';
import type { EpochMs } from '../findings/model.ts';

/** Time, passed in: schedules are tried out over hours and years that nobody waits for. */
export interface Clock {
  now(): EpochMs;
  /** Returns early, and without an error, once `signal` is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** What one timer of Node.js can wait; a longer sleep just ends earlier, and its caller looks at the clock again. */
const LONGEST_MS = 24 * 3_600_000;

export const realClock: Clock = {
  now: Date.now,
  sleep: async (ms, signal) => {
    if (signal?.aborted === true) return;
    await delay(
      Math.min(Math.max(0, ms), LONGEST_MS),
      undefined,
      signal === undefined ? {} : { signal },
    ).catch(() => undefined);
  },
};
