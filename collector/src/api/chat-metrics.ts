import type { Logger } from 'pino';
import { Gauge, type Registry } from 'prom-client';
import type { EpochMs } from '../findings/model.ts';
import { type Known, lookAt } from '../outputs/outbox.ts';
import type { ObjectStore } from '../store/object-store.ts';

/** As with jobs: what stands in the bucket, whoever sends. Labels are names of channels. */
export function chatMetrics(
  registry: Registry,
  store: ObjectStore,
  now: () => EpochMs,
  log: Logger,
): () => Promise<void> {
  const messages = new Gauge({
    name: 'sightline_chat_messages',
    help: 'Messages to a channel: pending, delivered (in the last week), dead (given up in the last thirty days).',
    labelNames: ['channel', 'status'],
    registers: [registry],
  });
  const oldest = new Gauge({
    name: 'sightline_chat_oldest_pending_seconds',
    help: 'How long the oldest message to a channel has been waiting; 0 if none waits.',
    labelNames: ['channel'],
    registers: [registry],
  });
  const known = new Map<string, Known>();
  return async () => {
    try {
      await lookAt(store, known, log);
    } catch (error) {
      log.error({ err: error }, 'the outbox could not be read for the metrics');
      return;
    }
    messages.reset();
    oldest.reset();
    const letters = [...known.values()].map(({ letter }) => letter);
    for (const channel of new Set(letters.map((letter) => letter.channel))) {
      const own = letters.filter((letter) => letter.channel === channel);
      for (const status of ['pending', 'delivered', 'dead'] as const)
        messages.set({ channel, status }, own.filter((letter) => letter.status === status).length);
      const waiting = own
        .filter(({ status }) => status === 'pending')
        .map(({ createdAt }) => now() - createdAt);
      oldest.set({ channel }, Math.max(0, ...waiting) / 1000);
    }
  };
}
