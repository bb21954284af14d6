import { pino } from 'pino';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { MemoryStore } from '../../../test/support/memory-store.ts';
import type { Digest } from '../outputs/chat/digest.ts';
import type { Channel } from '../outputs/chat/index.ts';
import { Outbox } from '../outputs/outbox.ts';
import { chatMetrics } from './chat-metrics.ts';

const NONE = { INFORMATIONAL: 0, LOW: 0, MEDIUM: 0, HIGH: 0, CRITICAL: 0 };
const digest = (slot: number): Digest => ({
  ...{ job: 'nightly', slot, startedAt: 0, endedAt: 1, complete: 1, partial: 0, failed: 0, missed: 0 },
  ...{ problems: [], fresh: NONE, fixed: NONE, onboarded: 0 },
});
const channel = (name: string): Channel => ({
  ...{ name, kind: 'webhook', when: 'always', url: () => Promise.resolve(`http://${name}.example.org`) },
});

it('says how many messages wait and since when, were delivered, or were given up, by channel', async () => {
  const store = new MemoryStore();
  const log = pino({ level: 'silent' });
  let now = 1_000_000;
  const [fine, slow, gone] = [channel('fine'), channel('slow'), channel('gone')];
  const statuses: Record<string, number> = { fine: 200, slow: 503, gone: 404 };
  const outbox = new Outbox({
    ...{ store, channels: [fine, slow, gone], owner: 'me', now: () => now, log },
    post: (url) =>
      Promise.resolve(
        new Response(null, { status: statuses[new URL(url).hostname.split('.')[0] ?? ''] ?? 500 }),
      ),
  });
  const registry = new Registry();
  const refresh = chatMetrics(registry, store, () => now, log);
  await refresh();
  expect(await registry.metrics()).not.toContain('channel=');

  for (const one of [fine, slow, gone]) await outbox.put(one, digest(1));
  now += 60_000;
  await outbox.put(slow, digest(2));
  await outbox.sendDue();
  now += 5_000;
  await refresh();
  const text = await registry.metrics();
  for (const line of [
    'sightline_chat_messages{channel="fine",status="delivered"} 1',
    'sightline_chat_messages{channel="fine",status="pending"} 0',
    'sightline_chat_messages{channel="slow",status="pending"} 2',
    'sightline_chat_messages{channel="gone",status="dead"} 1',
    'sightline_chat_oldest_pending_seconds{channel="slow"} 65',
    'sightline_chat_oldest_pending_seconds{channel="gone"} 0',
  ])
    expect(text).toContain(line);
});
