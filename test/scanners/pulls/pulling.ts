import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { pino } from 'pino';
import { createScanning } from '../../../collector/src/cli/scanning.ts';
import { loadConfig } from '../../../collector/src/config/index.ts';
import type { Finding } from '../../../collector/src/findings/finding.ts';
import { Committer } from '../../../collector/src/lake/committer.ts';
import { readHeads } from '../../../collector/src/lake/lake.ts';
import type { RunRecord } from '../../../collector/src/scanners/task-state.ts';
import { emptyFolder } from '../../cli/support.ts';
import { MemoryStore } from '../../support/memory-store.ts';

export interface Pulling {
  readonly store: MemoryStore;
  /** Runs a job, on its only task or on the account. */
  readonly run: (job: string, account?: string) => Promise<RunRecord & { readonly cursor: unknown }>;
  /** Sorted; `source/account region rule` of what is open. */
  readonly open: () => Promise<string[]>;
  readonly findings: () => Promise<(Finding & { readonly scope: string })[]>;
  /** The runs that scopes have seen, newest commit last: `source/account: notes`. */
  readonly notes: () => Promise<string[]>;
  /** What is kept for the next run of the job's only task, changed. */
  readonly changeCursor: (change: (cursor: unknown) => unknown) => void;
}

/** A collector with its jobs as they run in life, on a store in memory; services are where the environment says. */
export function pulling(config: string, store = new MemoryStore()): Pulling {
  const folder = emptyFolder();
  const file = path.join(folder, 'sightline.yaml');
  writeFileSync(file, config);
  const env = process.env;
  const committer = new Committer({ store, now: Date.now });
  const log = pino({ level: process.env['PULL_LOG'] ?? 'silent' });
  const findings = async (): Promise<(Finding & { scope: string })[]> => {
    const found: (Finding & { scope: string })[] = [];
    for (const head of await readHeads(committer))
      for (const finding of (await committer.stateFor(head)).findings.values())
        found.push({ ...finding, scope: head.scope });
    return found;
  };
  return {
    store,
    findings,
    run: async (name, account) => {
      const scanning = createScanning({ config: await loadConfig(file, env), committer, env, log });
      const job = scanning.jobs.find((one) => one.name === name);
      if (job === undefined) throw new Error(`no job ${name}`);
      const tasks = scanning.list.of(job, await scanning.accounts.all());
      const task = tasks.find(({ target }) => account === undefined || target.endsWith(account));
      if (task === undefined) throw new Error('no task');
      await scanning.worker.runByHand([task], new AbortController().signal);
      const state = scanning.worker.leases.get(task)?.state;
      const [record] = state?.runs ?? [];
      if (record === undefined) throw new Error('no run');
      return { ...record, cursor: state?.cursor };
    },
    open: async () =>
      (await findings())
        .filter(({ scanner }) => scanner === 'open')
        .map(({ source, account, region, ruleId }) => `${source}/${account} ${region} ${ruleId}`)
        .sort(),
    notes: async () =>
      (await readHeads(committer)).flatMap(({ source, account, lastRun }) =>
        (lastRun?.notes ?? []).map((note) => `${source}/${account}: ${note}`),
      ),
    changeCursor: (change) => {
      for (const [key, stored] of store.objects) {
        if (!key.startsWith('leases/')) continue;
        const state = JSON.parse(stored.body.toString()) as { cursor?: unknown };
        state.cursor = change(state.cursor);
        store.objects.set(key, {
          ...stored,
          body: Buffer.from(JSON.stringify(state)),
          etag: `${stored.etag}c`,
        });
      }
    },
  };
}
