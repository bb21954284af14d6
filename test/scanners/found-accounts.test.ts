import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../collector/src/findings/settings.ts';
import { T0 } from '../../collector/src/findings/testing/builders.ts';
import type { Committer } from '../../collector/src/lake/committer.ts';
import { CURRENT_CONFIG_KEY, headKey, scopeIdOf } from '../../collector/src/lake/keys.ts';
import { applyConfig, readHeads, readScopes, retireScope } from '../../collector/src/lake/lake.ts';
import { rebuildScope } from '../../collector/src/lake/rebuild.ts';
import { keyOf, readFound } from '../../collector/src/scanners/accounts/found.ts';
import { differing } from '../../collector/src/scanners/accounts/in-force.ts';
import type { ObjectStore } from '../../collector/src/store/object-store.ts';
import { explore } from '../support/explorer.ts';
import { byFingerprint, checkScope } from '../support/invariants.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { randomFrom } from '../support/random.ts';
import {
  account,
  committer,
  LIST,
  nameOf,
  NOW,
  putList,
  readInput,
  replaceList,
  scan,
  takeUp,
} from './found-accounts.ts';
import { MortalStore } from './mortal-store.ts';
import { SimClock } from './sim-clock.ts';

const IDS = ['111111111111', '222222222222', '333333333333'];
const [WEB = '', CORE = '', LAB = ''] = IDS;
const FILE = { ...DEFAULT_SETTINGS, sla: { days: { HIGH: 5 }, teams: {} } };

async function scanned(store: ObjectStore, ids: readonly string[] = IDS): Promise<Committer> {
  const own = committer(store);
  for (const id of ids) await own.commit(nameOf(id), scan(id));
  return own;
}

/** `account team name` of every finding. */
async function owners(own: Committer): Promise<string[]> {
  const all: string[] = [];
  for await (const { head, state } of readScopes(own))
    for (const { team, accountName } of state.findings.values())
      all.push(`${head.account} ${team ?? '-'} ${accountName ?? '-'}`);
  return all.sort();
}

async function inForce(store: ObjectStore): Promise<Awaited<ReturnType<Committer['configs']['current']>>> {
  return committer(store).configs.current();
}

describe('accounts that were found', () => {
  it('are carried by findings, those of before and those to come, and a second look writes nothing', async () => {
    const store = new MemoryStore();
    const own = await scanned(store, [WEB]);
    await putList(store, [account(WEB, { team: 'web', name: 'shop' }), account(CORE, { team: 'core' })]);
    await takeUp(own);
    await own.commit(nameOf(CORE), scan(CORE));
    expect(await owners(own)).toEqual([`${WEB} web shop`, `${CORE} core -`]);
    expect((await readHeads(own)).map(({ team, accountName }) => [team, accountName])).toEqual([
      ['web', 'shop'],
      ['core', null],
    ]);

    const before = new Map(store.objects);
    await takeUp(own);
    await takeUp(committer(store), false);
    expect(new Map(store.objects)).toEqual(before);
  });

  it('that were renamed cost one commit per scope, with an event only where a finding changed', async () => {
    const store = new MemoryStore();
    const own = await scanned(store);
    await putList(store, [account(WEB, { name: 'shop' }), account(CORE, { team: 'core' })]);
    await takeUp(own);
    const before = new Map((await readHeads(own)).map(({ account: id, seq }) => [id, seq]));
    await putList(store, [account(WEB, { name: 'store' }), account(CORE, { team: 'core' })]);
    await takeUp(own);
    const after = await readHeads(own);
    expect(after.map(({ account: id, seq }) => seq - (before.get(id) ?? 0))).toEqual([1, 1, 1]);
    expect(after.map(({ commits }) => commits.at(-1)?.events)).toEqual([1, 0, 0]);
    expect(await owners(own)).toContain(`${WEB} - store`);
  });

  it('give only those of their tags as labels that were asked for', async () => {
    const store = new MemoryStore();
    const own = await scanned(store, [WEB]);
    const list = [account(WEB, { labels: { 'cost-center': '42', scanned: 'today' } })];
    await putList(store, list);
    await takeUp(own);
    expect(store.objects.has(CURRENT_CONFIG_KEY)).toBe(false);
    await putList(store, list, { labels: ['cost-center', 'owner'] });
    await takeUp(own);
    expect((await inForce(store)).settings.discovered).toEqual([
      { discovery: LIST, cloud: 'aws', account: WEB, labels: { 'cost-center': '42' } },
    ]);
    for await (const { state } of readScopes(own))
      for (const { labels } of state.findings.values()) expect(labels).toEqual({ 'cost-center': '42' });
  });

  it('change nothing while their list has a problem', async () => {
    const store = new MemoryStore();
    const own = await scanned(store, [WEB]);
    await putList(store, [account(WEB, { team: 'web' })], { problem: 'only 1 of 4 accounts were found' });
    await takeUp(own);
    expect(await owners(own)).toEqual([`${WEB} - -`]);
    const found = await readFound(store, LIST);
    expect(found && differing(DEFAULT_SETTINGS, LIST, found)).toEqual([]);
  });

  it('that vanish keep their team as long as there are findings of them', async () => {
    const store = new MemoryStore();
    const own = await scanned(store, [WEB]);
    await putList(store, [account(WEB, { team: 'web' }), account(LAB, { team: 'lab' })]);
    await takeUp(own);
    const full = (await inForce(store)).digest;
    await putList(store, []);
    await takeUp(own);
    expect((await inForce(store)).digest).toBe(full);
    await retireScope(own, nameOf(WEB).scope, 'ops', 'closed', NOW);
    // The next change takes with it what nothing is known of.
    await putList(store, [account(CORE, { team: 'core' })]);
    await takeUp(own);
    expect((await inForce(store)).settings.discovered.map(({ team }) => team)).toEqual(['web', 'core']);
    expect(await owners(own)).toEqual([`${WEB} web -`]);
  });

  it('lose what their tags do not say any more', async () => {
    const store = new MemoryStore();
    const own = await scanned(store, [WEB]);
    await putList(store, [account(WEB, { team: 'web' })]);
    await takeUp(own);
    await putList(store, [account(WEB)]);
    await takeUp(own);
    expect(await owners(own)).toEqual([`${WEB} - -`]);
    expect((await inForce(store)).settings.discovered).toEqual([]);
  });

  it('give the same rows after a rebuild', async () => {
    const store = new MemoryStore();
    const own = await scanned(store);
    for (const name of ['shop', 'store']) {
      await putList(store, [account(WEB, { name, team: 'web' })]);
      await takeUp(own);
    }
    const before = byFingerprint((await own.readBase(scopeIdOf(nameOf(WEB).scope))).state.findings.values());
    await rebuildScope(own, scopeIdOf(nameOf(WEB).scope), readInput);
    const { head, state } = await committer(store).readBase(scopeIdOf(nameOf(WEB).scope));
    expect(byFingerprint(state.findings.values())).toEqual(before);
    expect(head).toMatchObject({ generation: 2, accountName: 'store', team: 'web' });
  });
});

/** Some thousand executions of a dozen commits each. */
const SLOW = { timeout: 240_000 };

describe('two collectors with a list, and somebody who applies a file', SLOW, () => {
  const list = [account(WEB, { name: 'shop', team: 'web' })];
  const asks = (store: ObjectStore): Promise<unknown> => takeUp(committer(store));
  const applies = (store: ObjectStore): Promise<unknown> => applyConfig(committer(store), FILE, 'ops', NOW);
  const shared = (key: string): boolean =>
    key === CURRENT_CONFIG_KEY || key === headKey(scopeIdOf(nameOf(WEB).scope));

  async function check(store: MemoryStore, trace: string, writes: number, file: boolean): Promise<void> {
    const { digest, seq, settings } = await inForce(store);
    expect(seq, trace).toBe(writes);
    expect(settings.discovered, trace).toMatchObject([{ account: WEB, name: 'shop', team: 'web' }]);
    expect(settings.sla, trace).toEqual(file ? FILE.sla : DEFAULT_SETTINGS.sla);
    const own = committer(store);
    const [head] = await readHeads(own);
    expect(head?.config, trace).toBe(digest);
    await checkScope(own, scopeIdOf(nameOf(WEB).scope), readInput, trace);
    expect(await owners(own), trace).toEqual([`${WEB} web shop`]);
  }

  it('write it once, whoever crashes or hears no answer', async () => {
    const explored = await explore(
      async () => {
        const store = new MemoryStore();
        await scanned(store, [WEB]);
        await putList(store, list);
        return {
          ...{ store, writers: [asks, asks] },
          check: async ({ crashed, trace }) => {
            // The next refresh is what takes up where one died.
            if (crashed.some(Boolean)) await asks(store);
            await check(store, trace, 1, false);
          },
        };
      },
      shared,
      1,
      20_000,
    );
    expect(explored.withCrash).toBeGreaterThan(10);
    expect(explored.withLostAnswer).toBeGreaterThan(5);
  });

  it('lose nothing of each other', async () => {
    await explore(
      async () => {
        const store = new MemoryStore();
        await scanned(store, [WEB]);
        await putList(store, list);
        return {
          ...{ store, writers: [asks, applies] },
          check: async ({ crashed, trace }) => {
            if (crashed[0] === true) await asks(store);
            if (crashed[1] === true) await applies(store);
            await check(store, trace, 2, true);
          },
        };
      },
      shared,
      1,
      20_000,
    );
  });

  it('end with the list that is in the bucket, whichever they had in their hands', async () => {
    const brings = (name: string) => async (store: ObjectStore) => {
      await replaceList(store, [account(WEB, { name })]);
      await takeUp(committer(store));
    };
    const ends = new Set<string>();
    await explore(
      async () => {
        const store = new MemoryStore();
        await scanned(store, [WEB]);
        return {
          ...{ store, writers: [brings('older'), brings('newer')] },
          check: async ({ crashed, trace }) => {
            if (crashed.some(Boolean)) await takeUp(committer(store));
            const found = await readFound(store, LIST);
            const name = found?.accounts[0]?.name ?? '-';
            ends.add(name);
            expect(await owners(committer(store)), trace).toEqual([`${WEB} - ${name}`]);
          },
        };
      },
      (key) => key === CURRENT_CONFIG_KEY || key === keyOf(LIST),
      0,
      20_000,
    );
    expect([...ends]).toEqual(expect.arrayContaining(['older', 'newer']));
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'end with all that was found last in every scope, killed at random (seed %i)',
    async (seed) => {
      const random = randomFrom(seed);
      const time = new SimClock(T0);
      const store = new MemoryStore();
      await scanned(store);
      let deaths = 0;

      /** One process: it dies before or after a request of its own, or lives on. */
      const life = async (work: (own: Committer) => Promise<unknown>): Promise<void> => {
        let left = random() < 0.6 ? Math.floor(random() * 60) : Number.POSITIVE_INFINITY;
        let die = (): void => undefined;
        const death = new Promise<void>((resolve) => (die = resolve));
        const isDead = (): boolean => {
          if (left-- > 0) return false;
          die();
          return true;
        };
        const fault = (): 'after' | null => (random() < 0.05 ? 'after' : null);
        const mortal = new MortalStore(store, time, { isDead, fault }, () => undefined);
        await Promise.race([work(committer(mortal)), death]);
        if (left <= 0) deaths++;
      };
      const collector = async (): Promise<void> => {
        for (let round = 0; round < 6; round++) {
          await life(async (own) => {
            const pick = (words: readonly string[]): string =>
              words[Math.floor(random() * words.length)] ?? '';
            const renamed = IDS.map((id) => account(id, { name: pick(['a', 'b']), team: pick(['x', 'y']) }));
            await putList(own.store, renamed);
            await takeUp(own);
          });
        }
      };
      const operator = async (): Promise<void> => {
        for (let round = 0; round < 4; round++) {
          const sla = { days: { HIGH: 1 + round }, teams: {} };
          await life((own) => applyConfig(own, { ...DEFAULT_SETTINGS, sla }, 'ops', NOW));
        }
      };
      await Promise.all([collector(), collector(), operator()]);
      expect(deaths).toBeGreaterThan(3);

      await applyConfig(committer(store), FILE, 'ops', NOW);
      await takeUp(committer(store));
      const latest = (await readFound(store, LIST))?.accounts ?? [];
      const { digest, settings } = await inForce(store);
      const own = committer(store);
      expect(settings.sla).toEqual(FILE.sla);
      expect(await owners(own)).toEqual(
        latest.map(({ account: id, team, name }) => `${id} ${team ?? ''} ${name ?? ''}`),
      );
      for (const head of await readHeads(own)) {
        expect(head.config).toBe(digest);
        await checkScope(own, head.scopeId, readInput, `seed ${seed}`);
      }
    },
  );
});
