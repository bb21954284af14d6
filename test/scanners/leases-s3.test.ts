import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { decide } from '../../collector/src/scanners/decide.ts';
import { Leases } from '../../collector/src/scanners/leases.ts';
import { Schedule } from '../../collector/src/scanners/schedule.ts';
import { openStore } from '../../collector/src/store/index.ts';
import type { ObjectStore } from '../../collector/src/store/object-store.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { type Server, startVersitygw } from '../support/servers.ts';

const started = await startVersitygw();
const server = started as Server;
const HOUR = 3_600_000;
const task = { job: 'nightly', target: 'aws/123456789012' };
const plan = { schedule: new Schedule('0 * * * *', 'UTC'), offset: 0, catchUp: true };

describe.skipIf(typeof started === 'string')('leases in a bucket of S3', () => {
  let proxy: FaultProxy;
  let store: ObjectStore;

  beforeAll(async () => {
    proxy = await startFaultProxy(server);
    for (const [name, value] of Object.entries(server.env)) vi.stubEnv(name, value);
    const client = new S3Client({ endpoint: server.endpoint, region: 'us-east-1', forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: 'leases' }));
    client.destroy();
    store = openStore(`s3://leases?endpoint=${encodeURIComponent(proxy.endpoint)}&region=us-east-1`);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await store.close();
    await proxy.stop();
    await server.stop();
  });

  it('are won by one of many collectors, though answers are lost and the server is overloaded', async () => {
    const start = Date.parse('2026-11-28T10:30:00Z');
    await new Leases(store).ensure(task, start);
    for (let round = 1; round <= 3; round++) {
      const now = start + round * HOUR;
      const claims = Array.from({ length: 4 }, (_, index) => async () => {
        const leases = new Leases(store);
        await leases.refresh();
        const held = leases.get(task);
        if (held === null) throw new Error('the task is gone');
        const decision = decide(held.state, plan, now, `collector-${index}`);
        return decision.do === 'claim' ? leases.replace(held, decision.next) : null;
      });
      const faults = ['cut-after', 'pass', 503, 'pass', 429, 'cut-before', 'pass'] as const;
      proxy.decide = ({ method }, count) =>
        method === 'PUT' ? (faults[(count + round) % faults.length] ?? 'pass') : 'pass';
      const won = (await Promise.all(claims.map((claim) => claim()))).filter((one) => one !== null);
      proxy.decide = () => 'pass';
      expect(won.length).toBe(1);
      const after = new Leases(store);
      await after.refresh();
      expect(after.get(task)?.state.running?.owner).toBe(won[0]?.state.running?.owner);
      expect(after.get(task)?.state.fence).toBe(round);
    }
  });
});
