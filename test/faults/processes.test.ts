import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { Finding } from '../../collector/src/findings/finding.ts';
import { inputReader } from '../../collector/src/ingest/stored-input.ts';
import type { Commit } from '../../collector/src/lake/commit-file.ts';
import { Committer } from '../../collector/src/lake/committer.ts';
import { removeUnnamed } from '../../collector/src/lake/fold.ts';
import type { Head } from '../../collector/src/lake/head.ts';
import { readHistory } from '../../collector/src/lake/history.ts';
import { commitKey, scopeIdOf } from '../../collector/src/lake/keys.ts';
import { readHeads } from '../../collector/src/lake/lake.ts';
import { rebuildScope } from '../../collector/src/lake/rebuild.ts';
import { openStore } from '../../collector/src/store/index.ts';
import type { ObjectStore } from '../../collector/src/store/object-store.ts';
import { type Fault, type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { byFingerprint, checkScope } from '../support/invariants.ts';
import { randomFrom } from '../support/random.ts';
import { runCleaner, runWorker } from './run-worker.ts';
import { folderKind, versitygwKind } from './stores.ts';
import { scopeNameOf, type Task } from './tasks.ts';

vi.setConfig({ testTimeout: 180_000 });

const HOUR = 3_600_000;
const T0 = Date.UTC(2026, 0, 5, 3);
const PROCESSES = 8;
const SHARED = '111111111111';
/** Two processes write to each of these. */
const PAIRED = ['222222222222', '333333333333', '444444444444', '555555555555'] as const;
/** Written by one process alone, in order, when the others are done. */
const ORDERED = '999999999999';

/** What each process does: seeded, so that only the order in which they meet is left to chance. */
function plans(seed: number, rounds: number): Task[][] {
  const random = randomFrom(seed);
  return Array.from({ length: PROCESSES }, (_, process) => {
    const tasks: Task[] = [];
    const paired = PAIRED[process % PAIRED.length] ?? SHARED;
    for (let round = 0; round < rounds; round++) {
      const hour = round * PROCESSES + process;
      const late = random() < 0.15;
      const account = random() < 0.5 ? SHARED : paired;
      const accounts = random() < 0.2 ? [SHARED, paired] : [account];
      tasks.push({
        do: 'ingest',
        accounts,
        at: T0 + (late ? hour / 2 : hour) * HOUR,
        seed: seed * 1000 + hour,
      });
      if (random() < 0.3) {
        // A run that every other process brings too: one collector was started twice, an upload was repeated.
        tasks.push({
          do: 'ingest',
          accounts: [SHARED],
          at: T0 + (round * PROCESSES + 0.5) * HOUR,
          seed: round,
        });
      }
      if (random() < 0.3) {
        const nth = Math.floor(random() * 20);
        tasks.push({
          do: 'verdict',
          account,
          at: T0 + hour * HOUR,
          nth,
          reason: `process ${process} round ${round}`,
        });
      }
    }
    return tasks;
  }).map((tasks, process) => {
    const config = (settings: 'owners' | 'severities', round: number): Task => ({
      do: 'config',
      settings,
      at: T0 + (round * PROCESSES + process) * HOUR,
    });
    if (process === 0)
      return tasks.toSpliced(3, 0, config('owners', 3)).toSpliced(9, 0, config('severities', 8));
    if (process === 4)
      return tasks.toSpliced(4, 0, config('severities', 4)).toSpliced(8, 0, config('owners', 7));
    return tasks;
  });
}

/** A scope's life in order: nothing that a rebuild in order of time could see otherwise. */
const ORDERED_LIFE: readonly Task[] = [
  { do: 'ingest', accounts: [ORDERED], at: T0 + 200 * HOUR, seed: 1 },
  { do: 'ingest', accounts: [ORDERED], at: T0 + 201 * HOUR, seed: 2 },
  { do: 'verdict', account: ORDERED, at: T0 + 202 * HOUR, nth: 3, reason: 'ordered' },
  { do: 'config', settings: 'owners', at: T0 + 203 * HOUR },
  { do: 'ingest', accounts: [ORDERED], at: T0 + 204 * HOUR, seed: 3 },
  { do: 'verdict', account: ORDERED, at: T0 + 205 * HOUR, nth: 2, reason: 'ordered too' },
  { do: 'config', settings: 'severities', at: T0 + 206 * HOUR },
  { do: 'ingest', accounts: [ORDERED], at: T0 + 207 * HOUR, seed: 4 },
  { do: 'retire', account: ORDERED, at: T0 + 208 * HOUR },
  { do: 'ingest', accounts: [ORDERED], at: T0 + 209 * HOUR, seed: 5 },
];

/** About one request in twelve goes wrong. */
function faulty(seed: number): () => Fault {
  const random = randomFrom(seed);
  return () => {
    const chance = random();
    if (chance < 0.03) return 'cut-after';
    if (chance < 0.05) return 'cut-before';
    if (chance < 0.08) return 503;
    return 'pass';
  };
}

async function historyOf(store: ObjectStore, head: Head): Promise<Commit[]> {
  const commits: Commit[] = [];
  for await (const commit of readHistory(store, head)) commits.push(commit);
  return commits;
}

/** What the order of arrival does not decide. */
function lasting(finding: Finding): unknown {
  const { fingerprint, cell, ruleId, resourceId, title, description, severity, score } = finding;
  const { accountName, team, environment, labels, mute, verdict } = finding;
  const content = { fingerprint, cell, ruleId, resourceId, title, description, severity, score };
  const decided = verdict === null ? null : [verdict.kind, verdict.until, verdict.reason];
  return { ...content, accountName, team, environment, labels, mute, decided };
}

function openOnes(findings: Iterable<Finding>): Finding[] {
  return byFingerprint(findings).filter(({ scanner }) => scanner === 'open');
}

async function keysOf(store: ObjectStore, scopeId: string): Promise<string[]> {
  const keys: string[] = [];
  for (const folder of ['state', 'commits', 'segments']) {
    for await (const { key } of store.list(`${folder}/${scopeId}/`)) keys.push(key);
  }
  return keys.sort();
}

function namedBy(head: Head): string[] {
  return [
    ...(head.state === null ? [] : [head.state.key]),
    ...head.commits.map(({ id }) => commitKey(head.scopeId, id)),
    ...head.segments.map(({ key }) => key),
  ].sort();
}

const kinds = [folderKind(), await versitygwKind()];
const folder = mkdtempSync(join(tmpdir(), 'sightline-started-'));
afterAll(async () => {
  for (const kind of kinds) await kind.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(kinds)('8 processes on one store ($name), beside one that folds and removes', (kind) => {
  it.skipIf(kind.skip)(
    'lose nothing, take nothing twice, and end as some order of their commits',
    async () => {
      const proxy: FaultProxy | null = kind.server === null ? null : await startFaultProxy(kind.server);
      if (proxy !== null) proxy.decide = faulty(7);
      const url = kind.url(proxy?.endpoint);
      // Each request to a server through a proxy costs more than one to a folder: as much time, not as much work.
      const tasks = plans(1, proxy === null ? 9 : 6);
      const started = (process: number): string => join(folder, `${kind.name}-${process}`);

      const cleaner = runCleaner(
        url,
        tasks.map((_, process) => started(process)),
      );
      const ran = await Promise.all(
        tasks.map((own, process) => runWorker(url, { tasks: own, startedFile: started(process) })),
      );
      const ordered = await runWorker(url, { tasks: ORDERED_LIFE, startedFile: started(0) });
      const cleaned = await cleaner.stop();
      await proxy?.stop();
      for (const { code, errors } of [...ran, ordered, cleaned])
        expect({ code, errors }).toEqual({ code: 0, errors: '' });
      const folded = cleaned.done.reduce((sum, { folded: count }) => sum + count, 0);
      const removed = cleaned.done.reduce((sum, { removed: count }) => sum + count, 0);

      // From here on without the faults of the network.
      const store = openStore(
        proxy === null ? url : url.replace(proxy.endpoint, kind.server?.endpoint ?? ''),
      );
      const committer = new Committer({ store, now: () => Date.now() });
      const heads = await readHeads(committer);
      expect(heads.map(({ account }) => account)).toEqual([SHARED, ...PAIRED, ORDERED]);
      const done = [...ran, ordered].flatMap((worker) => worker.done);
      const runs = done.flatMap((task) => task.runs);
      console.log(
        `${kind.name}: ${runs.length} runs, ${folded} commits folded, ${removed} objects removed while they ran, ` +
          `${proxy?.count ?? 0} requests`,
      );
      const current = await committer.configs.current();
      for (const head of heads) {
        const { scope, scopeId } = head;
        const inputs = await checkScope(committer, scopeId, inputReader(store), scope);
        const commits = await historyOf(store, head);

        // What was acknowledged is there, and (checkScope) nothing is there twice.
        const acknowledged = runs.filter((run) => run.scope === scope);
        expect(inputs, scope).toEqual(expect.arrayContaining(acknowledged.map(({ runId }) => runId)));
        const distinct = new Set(acknowledged.map(({ runId }) => runId));
        const committed = acknowledged.filter(({ status }) => status === 'committed').length;
        // Where answers get lost, a commit that was folded before its writer looked counts as there already.
        if (proxy === null) expect(committed, scope).toBe(distinct.size);
        else expect(committed, scope).toBeLessThanOrEqual(distinct.size);
        expect(commits.filter(({ input }) => input.kind === 'run')).toHaveLength(distinct.size);
        const verdicts = done.filter(({ verdict }) => verdict === scope).length;
        expect(commits.filter(({ input }) => input.kind === 'verdict')).toHaveLength(verdicts);
        expect(head.config, scope).toBe(current.digest);

        const { state } = await committer.readBase(scopeId);
        const leftOver = (await keysOf(store, scopeId)).filter((key) => !namedBy(head).includes(key));
        // Each lost race leaves a state and a commit, each fold the commits it replaced: in proportion to the work.
        expect(leftOver.length, scope).toBeLessThan(20 * commits.length);
        await removeUnnamed(committer, scopeId, 0);
        expect(await keysOf(store, scopeId), scope).toEqual(namedBy(head));

        await rebuildScope(committer, scopeId, inputReader(store));
        const again = await committer.readBase(scopeId);
        expect(await checkScope(committer, scopeId, inputReader(store), `${scope} rebuilt`)).toHaveLength(
          inputs.length,
        );
        expect(openOnes(again.state.findings.values()).map(lasting), scope).toEqual(
          openOnes(state.findings.values()).map(lasting),
        );
        for (const finding of state.findings.values()) {
          expect(again.state.findings.get(finding.fingerprint)?.scanner, scope).toBe(finding.scanner);
        }
        if (scopeId !== scopeIdOf(scopeNameOf(ORDERED))) continue;
        expect(byFingerprint(again.state.findings.values())).toEqual(byFingerprint(state.findings.values()));
        expect(again.state.cells).toEqual(state.cells);
      }
      expect(folded).toBeGreaterThan(20);
      expect(removed).toBeGreaterThan(20);
      await store.close();
    },
  );
});
