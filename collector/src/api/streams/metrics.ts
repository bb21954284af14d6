import { Counter, Gauge, type Registry } from 'prom-client';
import type { EpochMs } from '../../findings/model.ts';
import type { Backlog } from '../../ingest/spool/index.ts';
import type { Streams } from './streams.ts';

/** What came in through this server, and what waits in the bucket whoever took it in. */
export function streamMetrics(registry: Registry, { numbers, spool }: Streams, now: () => EpochMs): void {
  const registers = [registry];
  new Counter({
    name: 'sightline_spool_events_total',
    help: 'Events that were pushed to this server, by what became of them; refused ones by request.',
    labelNames: ['feed', 'result'],
    registers,
    collect() {
      this.reset();
      for (const { feed, result, count } of numbers.received()) this.inc({ feed, result }, count);
    },
  });
  new Counter({
    name: 'sightline_spool_committed_events_total',
    help: 'Pushed events that this server has made into findings.',
    labelNames: ['feed'],
    registers,
    collect() {
      this.reset();
      for (const [feed, count] of numbers.committed) this.inc({ feed }, count);
    },
  });
  new Gauge({
    name: 'sightline_spool_memory_bytes',
    help: 'Pushed events in memory, not acknowledged yet.',
    registers,
    collect() {
      this.set(spool.waitingBytes);
    },
  });
  const gauge = (name: string, help: string, value: (of: Backlog) => number): Gauge<'feed'> =>
    new Gauge({
      name: `sightline_spool_${name}`,
      help,
      labelNames: ['feed'],
      registers,
      collect() {
        this.reset();
        for (const backlog of numbers.backlogs.values()) this.set({ feed: backlog.feed }, value(backlog));
      },
    });
  gauge('waiting_batches', 'Batches in the bucket that are not committed yet.', ({ batches }) => batches);
  gauge('waiting_events', 'Events in the bucket that are not committed yet.', ({ events }) => events);
  gauge('oldest_seconds', 'Age of the batch that has waited longest; 0 where none waits.', ({ oldestAt }) =>
    oldestAt === null ? 0 : Math.max(0, (now() - oldestAt) / 1000),
  );
  gauge('rejected_objects', 'Objects that were set aside because they can not be read.', (of) => of.rejected);
}
