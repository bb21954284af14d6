import { setTimeout as sleep } from 'node:timers/promises';

/** Lets through so many a second, and a few at once after a pause: an API that throttles is asked more slowly beforehand. */
export function pace(perSecond: number, burst: number, signal: AbortSignal): () => Promise<void> {
  const gapMs = 1000 / perSecond;
  /** When the next one would be due if all came evenly. */
  let due = Number.NEGATIVE_INFINITY;
  return async () => {
    const now = performance.now();
    due = Math.max(due, now - burst * gapMs) + gapMs;
    if (due > now) await sleep(due - now, undefined, { signal });
  };
}
