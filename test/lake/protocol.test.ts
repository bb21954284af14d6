import { describe, expect, it } from 'vitest';
import { DAY, observation, T0 } from '../../collector/src/findings/testing/builders.ts';
import { DEFAULT_SETTINGS } from '../../collector/src/findings/settings.ts';
import type { Observation } from '../../collector/src/findings/model.ts';
import { Committer, type CommitResult } from '../../collector/src/lake/committer.ts';
import type { Change, ScopeName } from '../../collector/src/lake/advance.ts';
import { foldScope, removeUnnamed } from '../../collector/src/lake/fold.ts';
import { headKey, scopeIdOf } from '../../collector/src/lake/keys.ts';
import { applyConfig } from '../../collector/src/lake/lake.ts';
import { rebuildScope, type ReadInput } from '../../collector/src/lake/rebuild.ts';
import type { ObjectStore } from '../../collector/src/store/object-store.ts';
import { explore, type Outcome, type Program } from '../support/explorer.ts';
import { checkScope } from '../support/invariants.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { runChange } from '../support/run-change.ts';

const NAME: ScopeName = {
  scope: 'prowler/aws/111111111111',
  source: 'prowler',
  cloud: 'aws',
  account: '111111111111',
};
const SCOPE_ID = scopeIdOf(NAME.scope);
const NOW = T0 + 30 * DAY;

const [a, b, c] = ['a', 'b', 'c'].map((resource) => observation({ resource })) as [
  Observation,
  Observation,
  Observation,
];
const CHANGES: Record<string, Change> = {
  r0: runChange({ runId: 'r0', at: T0, observations: [a] }),
  r1: runChange({ runId: 'r1', at: T0 + DAY, observations: [a, b] }),
  r2: runChange({ runId: 'r2', at: T0 + 2 * DAY, observations: [b, c] }),
  r3: runChange({ runId: 'r3', at: T0 + 3 * DAY, observations: [a, c] }),
};

/** Inputs live outside of the store here: reading reports back is not what is explored. */
const readInput: ReadInput = (input): Promise<Change> => {
  const change = CHANGES[input.id];
  if (change !== undefined) return Promise.resolve(change);
  if (input.kind === 'config') return Promise.resolve({ input });
  throw new Error(`no input ${input.id}`);
};

function committer(store: ObjectStore): Committer {
  return new Committer({ store, now: () => NOW });
}

function commits(...ids: string[]): (store: ObjectStore) => Promise<unknown> {
  return async (store) => {
    const own = committer(store);
    const results: CommitResult[] = [];
    for (const id of ids) {
      const change = CHANGES[id];
      if (change !== undefined) results.push(await own.commit(NAME, change));
    }
    return results.map(({ status }) => status);
  };
}

/**
 * However it went: the state is what the commits, replayed one by one, give; each input is there exactly once if its writer
 * lived, else at most once; and a second try of everything adds only what crashed.
 */
function program(
  before: readonly string[],
  writers: readonly ((store: ObjectStore) => Promise<unknown>)[],
  inputs: readonly (readonly string[])[],
): () => Promise<Program> {
  return async () => {
    const store = new MemoryStore();
    await commits(...before)(store);
    return {
      store,
      writers,
      async check({ crashed, trace }: Outcome) {
        const fresh = committer(store);
        const present = await checkScope(fresh, SCOPE_ID, readInput, trace);
        expect(new Set(present), trace).toEqual(new Set([...present, ...before]));
        inputs.forEach((ids, writer) => {
          for (const id of ids) {
            const times = present.filter((input) => input === id).length;
            expect(times, `${id} after ${trace}`).toBeLessThanOrEqual(1);
            if (crashed[writer] === false) expect(times, `${id} after ${trace}`).toBe(1);
          }
        });
        if (!crashed.some(Boolean)) return;
        for (const ids of inputs) await commits(...ids)(store);
        const again = await checkScope(fresh, SCOPE_ID, readInput, `${trace}, then again`);
        expect(new Set(again)).toEqual(new Set([...before, ...inputs.flat(), ...again]));
        expect(again.filter((input) => input.startsWith('r'))).toHaveLength(
          new Set([...before, ...inputs.flat()]).size,
        );
      },
    };
  };
}

const head = (key: string): boolean => key === headKey(SCOPE_ID);
const headOrConfig = (key: string): boolean => head(key) || key === 'config/current.json';
const LIMIT = 20_000;
/** Some thousand executions of a dozen commits each. */
const THREE_WRITERS_MS = 240_000;

describe('the commit protocol, in every order of its steps', () => {
  it('keeps two runs of a new scope, whoever crashes or hears no answer', async () => {
    const explored = await explore(
      program([], [commits('r1'), commits('r2')], [['r1'], ['r2']]),
      head,
      2,
      LIMIT,
    );
    expect(explored.withCrash).toBeGreaterThan(10);
    expect(explored.withLostAnswer).toBeGreaterThan(10);
  });

  it('takes the same run, brought by two, once', async () => {
    await explore(program(['r0'], [commits('r1'), commits('r1')], [['r1'], ['r1']]), head, 2, LIMIT);
  });

  it(
    'keeps the runs of three writers',
    async () => {
      const explored = await explore(
        program(['r0'], [commits('r1'), commits('r2'), commits('r3')], [['r1'], ['r2'], ['r3']]),
        head,
        1,
        LIMIT,
      );
      expect(explored.executions).toBeGreaterThan(300);
    },
    THREE_WRITERS_MS,
  );

  it('keeps everything while old commits are folded', async () => {
    const fold = (store: ObjectStore): Promise<number> => foldScope(committer(store), SCOPE_ID, 1);
    await explore(program(['r0', 'r1'], [commits('r2', 'r3'), fold], [['r2', 'r3'], []]), head, 1, LIMIT);
  });

  it('keeps everything while what no head names is removed', async () => {
    // Everything that was put before the cleaning began counts as old, also what a writer is about to name: that writer has
    // slept for a week. Only the swap of the head stops it.
    const make = program(['r0', 'r1'], [], [['r2'], []]);
    await explore(
      async () => {
        const made = await make();
        const { store } = made;
        if (!(store instanceof MemoryStore)) throw new Error('not a store in memory');
        const clean = (own: ObjectStore): Promise<number> => {
          const started = store.clock;
          return removeUnnamed(new Committer({ store: own, now: () => started }), SCOPE_ID, 0);
        };
        return { ...made, writers: [commits('r2'), clean] };
      },
      head,
      1,
      LIMIT,
    );
  });

  it('keeps everything while the scope is rebuilt', async () => {
    const rebuild = (store: ObjectStore): Promise<unknown> =>
      rebuildScope(committer(store), SCOPE_ID, readInput);
    await explore(program(['r0', 'r1'], [commits('r2'), rebuild], [['r2'], []]), head, 1, LIMIT);
  });

  it('ends with every scope under the configuration in force, however runs and `config apply` meet', async () => {
    const settings = { ...DEFAULT_SETTINGS, sla: { days: { HIGH: 5 }, teams: {} } };
    const apply = (store: ObjectStore): Promise<unknown> =>
      applyConfig(committer(store), settings, 'test', NOW);
    const make = program([], [commits('r1'), apply], [['r1'], []]);
    await explore(
      async () => {
        const made = await make();
        return {
          ...made,
          async check(outcome) {
            const current = await committer(made.store).configs.current();
            const there = await committer(made.store).readHead(SCOPE_ID);
            if (!outcome.crashed.some(Boolean)) {
              expect(there?.config, outcome.trace).toBe(current.digest);
            }
            await made.check(outcome);
          },
        };
      },
      headOrConfig,
      1,
      LIMIT,
    );
  });
});
