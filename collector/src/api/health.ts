import { setTimeout as sleep } from 'node:timers/promises';
import { Router } from 'express';
import type { Logger } from 'pino';
import type { EpochMs } from '../findings/model.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { HttpProblem } from './problem.ts';

const READY_TIMEOUT_MS = 5_000;

/** `/healthz`: the process is alive. `/readyz`: the store answers. */
export function healthRouter(store: ObjectStore, now: () => EpochMs, log: Logger): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ status: 'ok' });
  });
  router.get('/readyz', async (_request, response) => {
    const newest = await withTimeout(newestHead(store)).catch((error: unknown) => {
      log.warn({ err: error }, 'the store does not answer');
      throw error instanceof HttpProblem
        ? error
        : new HttpProblem(503, 'Not ready', 'The store does not answer.');
    });
    response.set('Cache-Control', 'no-store').json({
      status: 'ready',
      scopes: newest.count,
      newestHeadAgeSeconds: newest.at === null ? null : Math.max(0, Math.round((now() - newest.at) / 1000)),
    });
  });
  return router;
}

async function newestHead(store: ObjectStore): Promise<{ count: number; at: EpochMs | null }> {
  let count = 0;
  let at: EpochMs | null = null;
  for await (const { modifiedAt } of store.list('heads/')) {
    count++;
    at = Math.max(at ?? -Infinity, modifiedAt);
  }
  return { count, at };
}

/** A probe that hangs tells its caller less than one that says no. */
async function withTimeout<T>(work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const timeout = sleep(READY_TIMEOUT_MS, undefined, { signal: over.signal }).then(() => {
    throw new HttpProblem(503, 'Not ready', 'The store does not answer in time.');
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    timeout.catch(() => undefined);
    over.abort();
  }
}
