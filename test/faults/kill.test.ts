import pLimit from 'p-limit';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { Finding } from '../../collector/src/findings/finding.ts';
import { inputReader } from '../../collector/src/ingest/stored-input.ts';
import { Committer } from '../../collector/src/lake/committer.ts';
import { readHistory } from '../../collector/src/lake/history.ts';
import { readHeads } from '../../collector/src/lake/lake.ts';
import { openStore } from '../../collector/src/store/index.ts';
import { byFingerprint, checkScope, eventsOf } from '../support/invariants.ts';
import { runWorker } from './run-worker.ts';
import { folderKind, versitygwKind } from './stores.ts';
import { perform, type Task } from './tasks.ts';

vi.setConfig({ testTimeout: 120_000 });

const HOUR = 3_600_000;
const T0 = Date.UTC(2026, 0, 5, 3);
/** After everything, also the files of the store: whatever no head names counts as old then. */
const NOW = Date.now() + HOUR;
const [A, B] = ['111111111111', '222222222222'] as const;

const ingest = (hour: number, ...accounts: string[]): Task => ({
  do: 'ingest',
  accounts,
  at: T0 + hour * HOUR,
  seed: hour + 1,
});
const verdict: Task = { do: 'verdict', account: A, at: T0 + 20 * HOUR, nth: 3, reason: 'not ours' };
const config: Task = { do: 'config', settings: 'owners', at: T0 + 21 * HOUR };
const LATER: Task = { do: 'config', settings: 'severities', at: T0 + 22 * HOUR };

interface Scenario {
  readonly title: string;
  readonly before: readonly Task[];
  readonly task: Task;
  /** So many moments at least: a test that kills nothing proves nothing. */
  readonly moments: number;
}

const SCENARIOS: readonly Scenario[] = [
  { title: 'the first run of two new scopes', before: [], task: ingest(0, A, B), moments: 14 },
  {
    title: 'the first run of a scope under a configuration',
    before: [ingest(0, B), config],
    task: ingest(1, A),
    moments: 8,
  },
  { title: 'a run with changes', before: [ingest(0, A, B)], task: ingest(1, A), moments: 8 },
  { title: 'a verdict', before: [ingest(0, A)], task: verdict, moments: 8 },
  { title: 'a configuration', before: [ingest(0, A, B), config], task: LATER, moments: 16 },
  {
    title: 'folding',
    before: [ingest(0, A), ingest(1, A), verdict, ingest(2, A)],
    task: { do: 'fold', account: A, keep: 1 },
    moments: 4,
  },
  {
    title: 'removing what no head names',
    before: [ingest(0, A), ingest(1, A), ingest(2, A), { do: 'fold', account: A, keep: 1 }],
    task: { do: 'remove', account: A, at: NOW },
    moments: 4,
  },
  {
    title: 'a rebuild',
    before: [ingest(0, A), ingest(2, A), ingest(1, A), verdict, config],
    task: { do: 'rebuild', account: A },
    moments: 14,
  },
];

interface Look {
  readonly inputs: readonly string[];
  readonly estate: unknown;
}

/** Ids of verdicts are random, and a decision that is repeated after a crash is a new one. */
function plain(finding: Finding): unknown {
  return { ...finding, verdict: finding.verdict === null ? null : { ...finding.verdict, id: '' } };
}

/** All scopes, checked, as far as two runs of the same tasks must agree on them. */
async function look(url: string, context: string): Promise<Look> {
  const store = openStore(url);
  const committer = new Committer({ store, now: () => NOW });
  const inputs: string[] = [];
  const estate: unknown[] = [];
  for (const head of await readHeads(committer)) {
    const ids = await checkScope(committer, head.scopeId, inputReader(store), context);
    inputs.push(...ids.map((id) => `${head.scope} ${id}`));
    const { state } = await committer.readBase(head.scopeId);
    const events: unknown[] = [];
    for await (const commit of readHistory(store, head)) {
      // A verdict that was in already when the process was killed is in twice after the second try.
      if (commit.input.kind !== 'verdict') events.push(eventsOf(commit));
    }
    const { scope, config: digest, cells, identity, retired, checks, team, accountName } = head;
    estate.push({ scope, digest, cells, identity, retired, checks, team, accountName });
    estate.push(byFingerprint(state.findings.values()).map(plain), events);
  }
  await store.close();
  return { inputs, estate };
}

async function doAll(url: string, tasks: readonly Task[]): Promise<void> {
  const store = openStore(url);
  for (const task of tasks) await perform(new Committer({ store, now: () => NOW }), task);
  await store.close();
}

const kinds = [folderKind(), await versitygwKind()];
afterAll(async () => {
  for (const kind of kinds) await kind.stop();
});

describe.each(kinds)('a process on $name that is killed at any moment of', (kind) => {
  it.skipIf(kind.skip).each(SCENARIOS)(
    '$title loses nothing, and a second try ends as if nothing had happened',
    async ({ before, task, moments }) => {
      const undisturbed = kind.url();
      await doAll(undisturbed, [...before, task]);
      const wanted = await look(undisturbed, 'undisturbed');

      const kill = async (killAt: number): Promise<boolean> => {
        const context = `killed at moment ${killAt}`;
        const url = kind.url();
        await doAll(url, before);
        const acknowledged = (await look(url, 'before')).inputs;
        const { killed, code, errors } = await runWorker(url, { tasks: [task], killAt, now: NOW });
        if (!killed) expect({ code, errors }, context).toEqual({ code: 0, errors: '' });
        const after = await look(url, context);
        expect(after.inputs, context).toEqual(expect.arrayContaining([...acknowledged]));
        if (!killed) expect(after.estate, 'not killed').toEqual(wanted.estate);
        await doAll(url, [task]);
        expect((await look(url, `${context}, then again`)).estate, context).toEqual(wanted.estate);
        return killed;
      };
      // After a write is mostly as before the next one. Where requests cost more, only the latter is tried.
      const step = kind.server === null ? 1 : 2;
      const sure = Array.from({ length: moments / step }, (_, index) => 1 + index * step);
      // Two at once, as there are two cores.
      const limit = pLimit(2);
      const killed = await Promise.all(sure.map((killAt) => limit(() => kill(killAt))));
      expect(killed, 'each of the moments comes').not.toContain(false);
      let next = moments + 1;
      while (await kill(next)) expect((next += step), 'the process ends at some time').toBeLessThan(60);
    },
  );
});
