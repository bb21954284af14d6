import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Engine } from './engine.ts';
import { sql } from './sql.ts';

let folder: string;
let engine: Engine;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sightline-engine-'));
  engine = await Engine.open({
    file: ':memory:',
    staging: path.join(folder, 'staging'),
    memoryMiB: 128,
    threads: 1,
    concurrency: 1,
  });
});
afterEach(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

describe('several statements on one state', () => {
  it('end where the time is over, also between two of them', async () => {
    let begun = 0;
    const asked = engine.snapshot({ timeoutMs: 20 }, async (read) => {
      await read(sql`select 1`);
      await sleep(200);
      begun++;
      await read(sql`select 2`);
      begun++;
    });
    await expect(asked).rejects.toMatchObject({ reason: 'timeout' });
    expect(begun).toBeLessThan(2);
    expect((await engine.read(sql`select 3`)).rows).toEqual([[3]]);
  });

  it('end where nobody waits for them any more, also between two of them', async () => {
    const gone = new AbortController();
    const asked = engine.snapshot({ signal: gone.signal }, async (read) => {
      await read(sql`select 1`);
      gone.abort();
      await read(sql`select 2`);
    });
    await expect(asked).rejects.toMatchObject({ reason: 'cancelled' });
    expect((await engine.read(sql`select 3`)).rows).toEqual([[3]]);
  });
});
