import { tmpdir } from 'node:os';
import * as v8 from 'node:v8';
import * as vm from 'node:vm';
import { pino } from 'pino';
import { type Clock, realClock } from '../../collector/src/scanners/clock.ts';
import type { ScanTask } from '../../collector/src/scanners/attempt.ts';
import { executor } from '../../collector/src/scanners/execute.ts';
import type { Account, Job } from '../../collector/src/scanners/job.ts';
import { runProcess } from '../../collector/src/scanners/process.ts';
import { Secrets } from '../../collector/src/scanners/secrets.ts';
import { TaskList } from '../../collector/src/scanners/tasks.ts';
import { Worker } from '../../collector/src/scanners/worker.ts';
import { countingStore, type Counts, FilesystemStore } from '../../collector/src/store/index.ts';
import type { Measured } from './main.ts';
import { since } from './reports.ts';
import { withFolder } from './store.ts';

const COMMAND = ['true'];
const HOUR_MS = 3_600_000;

const job: Job = {
  name: 'bench',
  scanner: 'command',
  enabled: true,
  schedule: '0 * * * *',
  timezone: 'Europe/Berlin',
  jitterMs: 0,
  catchUp: true,
  accounts: {},
  targets: [],
  regions: [],
  args: [],
  command: COMMAND,
  reports: [],
  complete: false,
  env: {},
  timeoutMs: 60_000,
  attempts: 1,
  backoffMs: 1_000,
  nice: 0,
  concurrency: 1,
};

function accountsOf(count: number): Account[] {
  return Array.from({ length: count }, (_, index) => ({
    cloud: 'aws',
    account: String(index + 1).padStart(12, '0'),
    name: null,
    team: null,
    environment: null,
    labels: {},
    enabled: true,
    credentials: null,
    origin: 'configuration',
  }));
}

/**
 * A command that does nothing, on so many accounts, one after the other: first by itself, then by the service. The difference is
 * what the service costs: claiming, a folder, writing down how it ended.
 */
export function service([accounts = '']: readonly string[]): Promise<Measured> {
  const count = Number(accounts);
  return withFolder(async (_committer, folder) => {
    const store = countingStore(new FilesystemStore(`${folder}/leases`));
    let ahead = 0;
    const clock: Clock = {
      now: () => Date.now() + ahead,
      sleep: (ms, signal) => realClock.sleep(ms, signal),
    };
    const list = new TaskList([job], { scanners: {} });
    const tasks = list.scheduled(accountsOf(count));
    const worker = (): Worker<ScanTask> => {
      const log = pino({ level: 'info' }, { write: () => undefined });
      return new Worker<ScanTask>({
        store,
        clock,
        owner: 'bench',
        log,
        places: 1,
        tasks: () => Promise.resolve(tasks),
        execute: executor({
          clock,
          log,
          env: process.env,
          secrets: new Secrets(process.env, Date.now),
          credentials: {},
          programs: {},
          graceMs: 1_000,
          outside: () => Promise.resolve({ perimeter: { assets: [], gone: [] }, jobs: [] }),
          store,
          takeIn: () => Promise.resolve({ scopes: [], problems: [] }),
        }),
      });
    };
    const never = new AbortController().signal;
    // The first time only makes the tasks known: their first slot is the next one.
    await worker().runDue(never);
    const firstTime = total(store.counts) / count;
    ahead = HOUR_MS;
    store.reset();
    const cpuBefore = process.cpuUsage();
    const start = performance.now();
    await worker().runDue(never);
    const seconds = since(start);
    const cpu = process.cpuUsage(cpuBefore);
    const requests = total(store.counts) / count;
    const bare = await bareSeconds(count);
    return {
      seconds,
      facts: {
        ownMs: ((seconds - bare) * 1000) / count,
        commandMs: (bare * 1000) / count,
        cpuMs: (cpu.user + cpu.system) / 1000 / count,
        requests,
        firstTime,
        heapUsed: liveHeap(),
      },
    };
  });
}

async function bareSeconds(count: number): Promise<number> {
  const start = performance.now();
  for (let number = 0; number < count; number++) {
    await runProcess({
      argv: COMMAND,
      cwd: tmpdir(),
      env: { PATH: process.env['PATH'] ?? '' },
      timeoutMs: 60_000,
      graceMs: 1_000,
      nice: 0,
      signal: new AbortController().signal,
      onLine: () => undefined,
      redact: (text) => text,
    });
  }
  return since(start);
}

function total({ get, read, put, replace, remove, list }: Counts): number {
  return get + read + put + replace + remove + list;
}

function liveHeap(): number {
  v8.setFlagsFromString('--expose-gc');
  vm.runInNewContext('gc()');
  return process.memoryUsage().heapUsed;
}
