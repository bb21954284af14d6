import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { pino } from 'pino';
import { afterEach, expect, it, vi } from 'vitest';
import { emptyFolder } from '../../../test/cli/support.ts';
import type { Backlog } from '../ingest/spool/index.ts';
import { drainedIn, scheduleDrain } from './drain-schedule.ts';

const said = JSON.stringify({ feed: 'falco', batches: 1, events: 2, rejected: 0, scopes: [{ scope: 'a' }] });

it('reads what a process that commits says, and nothing of half a line', () => {
  expect(drainedIn(said)).toMatchObject({ feed: 'falco', events: 2 });
  for (const cut of ['', said.slice(0, 20), 'null', '{}']) expect(drainedIn(cut), cut).toBeNull();
});

const program = process.argv[1];
afterEach(() => {
  process.argv[1] = program ?? '';
});

it('goes on after a process that was killed while it spoke', async () => {
  const script = path.join(emptyFolder(), 'drain.mjs');
  writeFileSync(script, `process.stdout.write(${JSON.stringify(`${said}\n${said.slice(0, 30)}`)})`);
  process.argv[1] = script;
  const waiting: Backlog = {
    feed: 'falco',
    batches: 1,
    events: 2,
    bytes: 1,
    oldestAt: 0,
    rejected: 0,
    owners: new Map([['one', 0]]),
  };
  let taken = 0;
  const end = scheduleDrain({
    everyMs: 10,
    takeOverMs: 1_000,
    owner: 'one',
    storeUrl: 'memory',
    configPath: null,
    log: pino({ level: 'silent' }),
    now: () => 0,
    look: () => Promise.resolve([waiting]),
    settledBelow: () => 1,
    onTaken: (_feed, events) => (taken += events),
  });
  await vi.waitFor(() => expect(taken).toBeGreaterThanOrEqual(4), { timeout: 30_000 });
  await end();
}, 60_000);
