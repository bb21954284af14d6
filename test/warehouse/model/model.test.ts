import { describe, expect, it } from 'vitest';
import { type Finding, overdueAt, statusAt } from '../../../collector/src/findings/finding.ts';
import { CellIndex } from '../../../collector/src/findings/cells.ts';
import type { Observation } from '../../../collector/src/findings/model.ts';
import { DEFAULT_SETTINGS } from '../../../collector/src/findings/settings.ts';
import { coverage, DAY, observation, run, T0 } from '../../../collector/src/findings/testing/builders.ts';
import type { Change } from '../../../collector/src/lake/advance.ts';
import { Committer } from '../../../collector/src/lake/committer.ts';
import { applyConfig, decide, readScopes, retireScope } from '../../../collector/src/lake/lake.ts';
import type { Measure } from '../../../collector/src/warehouse/query/measures.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { makeWorld } from '../random.ts';
import { readEstate } from './estate.ts';
import { justBefore } from './life.ts';
import { type Group, keyOf, Model, type Question } from './measures.ts';

const HOUR = 3_600_000;
const NAME = {
  scope: 'prowler/aws/111111111111',
  source: 'prowler',
  cloud: 'aws',
  account: '111111111111',
};

interface Story {
  readonly committer: Committer;
  scan(at: number, observations: readonly Observation[], parts?: Parameters<typeof run>[0]): Promise<void>;
  decide(
    at: number,
    verdict: 'accepted' | 'false_positive' | null,
    until: number | null,
    ...which: Observation[]
  ): Promise<void>;
  model(): Promise<Model>;
}

function story(): Story {
  const committer = new Committer({ store: new MemoryStore(), now: () => T0 + 365 * DAY });
  let runs = 0;
  return {
    committer,
    async scan(at, observations, parts = {}) {
      const id = `run-${++runs}`;
      const { report, identity, declaredComplete } = run({ at, observations, ...parts });
      const change: Change = {
        input: {
          kind: 'run',
          id,
          observedAt: at,
          declaredComplete,
          outcome: null,
          durationMs: null,
          source: 'prowler',
          identity,
          raw: { key: `raw/prowler/${id}.json.zst`, digest: id, bytes: 1, name: id },
          companion: null,
        },
        report,
      };
      await committer.commit(NAME, change);
    },
    async decide(at, verdict, until, ...which) {
      for await (const { head } of readScopes(committer)) {
        const names = which.map(({ fingerprint }) => fingerprint);
        await decide(committer, head, names, { verdict, until, by: 'ops', reason: 'known', at });
      }
    },
    async model() {
      return new Model(await readEstate(committer, { prowler: 24 }));
    },
  };
}

const a = observation({ resource: 'a' });
const b = observation({ resource: 'b', severity: 'CRITICAL', score: 95 });
const c = observation({ resource: 'c', severity: 'LOW', score: 20 });

function total(
  model: Model,
  measure: Measure,
  from: number,
  to: number,
  more: Partial<Question> = {},
): number | null {
  return model.answer({ measure, dimensions: [], filters: [], from, to, ...more }).total;
}

function inGroup(
  model: Model,
  measure: Measure,
  from: number,
  to: number,
  dimensions: Question['dimensions'],
  group: Group,
): number | null | undefined {
  return model.answer({ measure, dimensions, filters: [], from, to }).groups.get(keyOf(group));
}

describe('the model, against histories counted by hand', () => {
  it('sees at T what happened before T, and counts flows from `from` on', async () => {
    const told = story();
    await told.scan(T0, [a, b]);
    await told.scan(T0 + DAY, [b, c]);
    const model = await told.model();
    expect(total(model, 'open', 0, T0)).toBe(0);
    expect(total(model, 'open', 0, T0 + 1)).toBe(2);
    expect(total(model, 'open', 0, T0 + DAY)).toBe(2);
    expect(total(model, 'riskScore', 0, T0 + DAY)).toBe(50);
    expect(total(model, 'riskScore', 0, T0 + DAY + 1)).toBe(41);
    expect(total(model, 'onboarded', T0, T0 + 1)).toBe(2);
    expect(total(model, 'onboarded', T0 + 1, T0 + DAY)).toBe(0);
    expect(total(model, 'new', T0, T0 + DAY)).toBe(0);
    expect(total(model, 'new', T0, T0 + DAY + 1)).toBe(1);
    expect(total(model, 'fixed', T0 + DAY, T0 + 2 * DAY)).toBe(1);
    expect(total(model, 'mttr', T0, T0 + 2 * DAY)).toBe(DAY);
    expect(total(model, 'findings', 0, T0 + 2 * DAY)).toBe(3);
    expect(total(model, 'age', 0, T0 + 2 * DAY)).toBe(1.5 * DAY);
    expect(total(model, 'ageP90', 0, T0 + 2 * DAY)).toBe(1.9 * DAY);
    expect(inGroup(model, 'findings', 0, T0 + 2 * DAY, ['status'], ['fixed'])).toBe(1);
    expect(inGroup(model, 'new', 0, T0 + 2 * DAY, ['severity', 'resource'], ['LOW', 'c'])).toBe(1);
  });

  it('lets an acceptance end by itself, at its date and not before', async () => {
    const told = story();
    await told.scan(T0, [a]);
    await told.decide(T0 + HOUR, 'accepted', T0 + DAY, a);
    const model = await told.model();
    expect(total(model, 'newlyAccepted', T0, T0 + DAY)).toBe(1);
    expect(total(model, 'accepted', 0, T0 + DAY)).toBe(1);
    expect(total(model, 'open', 0, T0 + DAY)).toBe(0);
    expect(total(model, 'accepted', 0, T0 + DAY + 1)).toBe(0);
    expect(total(model, 'expired', T0, T0 + DAY)).toBe(0);
    expect(total(model, 'expired', T0 + DAY, T0 + DAY + 1)).toBe(1);
    expect(total(model, 'restored', T0, T0 + 9 * DAY)).toBe(0);
  });

  it('calls a decision that was taken back restored, and does not count what is fixed while it is accepted', async () => {
    const told = story();
    await told.scan(T0, [a, b]);
    await told.decide(T0 + HOUR, 'accepted', T0 + 9 * DAY, a, b);
    await told.decide(T0 + 2 * HOUR, null, null, a);
    await told.scan(T0 + DAY, [a]);
    const model = await told.model();
    expect(total(model, 'restored', T0, T0 + 2 * DAY)).toBe(1);
    expect(total(model, 'fixed', T0, T0 + 2 * DAY)).toBe(0);
    expect(inGroup(model, 'findings', 0, T0 + 2 * DAY, ['status'], ['fixed'])).toBe(1);
  });

  it('knows what is due soon, overdue, and confirmed by a scan after the date', async () => {
    const told = story();
    await told.scan(T0, [a]);
    const due = T0 + 30 * DAY;
    await told.scan(due, [a]);
    await told.scan(due + DAY, [], { outcome: 'partial' });
    await told.scan(due + 2 * DAY, [a]);
    await told.scan(due + 3 * DAY, []);
    const model = await told.model();
    expect(total(model, 'dueSoon', 0, due - 7 * DAY)).toBe(0);
    expect(total(model, 'dueSoon', 0, due - 7 * DAY + 1)).toBe(1);
    expect(total(model, 'dueSoon', 0, due + 1)).toBe(1);
    expect(total(model, 'overdue', 0, due + 1)).toBe(0);
    expect(total(model, 'overdueUnverified', 0, due + 2)).toBe(1);
    expect(total(model, 'overdueUnverified', 0, due + 2 * DAY)).toBe(1);
    expect(total(model, 'overdueConfirmed', 0, due + 2 * DAY + 1)).toBe(1);
    expect(total(model, 'overdue', 0, due + 2 * DAY + 1)).toBe(1);
    expect(total(model, 'slaCompliance', T0, due)).toBeNull();
    expect(total(model, 'slaCompliance', T0, due + 4 * DAY)).toBe(0);
    expect(total(model, 'overdue', 0, due + 3 * DAY + 1)).toBe(0);
  });

  it('counts what was fixed in time as met, also in its last millisecond', async () => {
    const told = story();
    await told.scan(T0, [a, b]);
    await told.scan(T0 + 7 * DAY, [a]);
    const model = await told.model();
    expect(total(model, 'slaCompliance', T0, T0 + 8 * DAY)).toBe(1);
  });

  it('moves a finding that stays open from one team to the other', async () => {
    const told = story();
    await told.scan(T0, [a, b]);
    const settings = { ...DEFAULT_SETTINGS, ownership: [{ match: { resource: ['a'] }, team: 'web' }] };
    await applyConfig(told.committer, settings, 'ops', T0 + HOUR);
    const model = await told.model();
    expect(total(model, 'movedIn', T0, T0 + DAY)).toBe(1);
    expect(total(model, 'movedOut', T0, T0 + DAY)).toBe(1);
    expect(inGroup(model, 'movedIn', T0, T0 + DAY, ['team'], ['web'])).toBe(1);
    expect(inGroup(model, 'movedOut', T0, T0 + DAY, ['team'], [null])).toBe(1);
    expect(inGroup(model, 'open', 0, T0 + DAY, ['team'], ['web'])).toBe(1);
    const web = model.seenBy({ accounts: null, teams: ['web'] });
    expect(total(web, 'open', 0, T0 + DAY)).toBe(1);
    expect(total(web, 'open', 0, T0 + HOUR)).toBe(0);
    expect(total(web, 'movedOut', 0, T0 + DAY)).toBe(0);
  });

  it('counts a finding in each of its frameworks and once in all', async () => {
    const told = story();
    await told.scan(T0, [observation({ frameworks: ['CIS 1.4:2.1', 'CIS 1.4:2.2', 'PCI 4.0:1'] })]);
    const model = await told.model();
    const { groups, total: all } = model.answer({
      measure: 'open',
      dimensions: ['framework'],
      filters: [],
      from: 0,
      to: T0 + 1,
    });
    expect([...groups]).toEqual([
      ['["CIS 1.4"]', 1],
      ['["PCI 4.0"]', 1],
    ]);
    expect(all).toBe(1);
  });

  it('renames a finding: out under the old name, in under the new one', async () => {
    const told = story();
    await told.scan(T0, [a]);
    const renamed = { ...a, fingerprint: 'f'.repeat(32), formerFingerprints: [a.fingerprint] };
    await told.scan(T0 + DAY, [renamed], { identity: 'prowler/2' });
    const model = await told.model();
    expect(total(model, 'open', 0, T0 + 2 * DAY)).toBe(1);
    expect(total(model, 'movedIn', T0, T0 + 2 * DAY)).toBe(1);
    expect(total(model, 'movedOut', T0, T0 + 2 * DAY)).toBe(1);
    expect(total(model, 'new', T0, T0 + 2 * DAY)).toBe(0);
    expect(model.lives.map((life) => justBefore(life, T0 + 2 * DAY)?.status)).toContain(undefined);
  });

  it('knows retired from fixed, and reopened from both', async () => {
    const told = story();
    await told.scan(T0, [a]);
    await retireScope(told.committer, NAME.scope, 'ops', 'closed', T0 + DAY);
    await told.scan(T0 + 2 * DAY, [a]);
    const model = await told.model();
    expect(total(model, 'retired', T0, T0 + 3 * DAY)).toBe(1);
    expect(total(model, 'fixed', T0, T0 + 3 * DAY)).toBe(0);
    expect(total(model, 'reopened', T0, T0 + 3 * DAY)).toBe(1);
    expect(total(model, 'reopenRate', T0, T0 + 3 * DAY)).toBeNull();
  });

  it('carries check stats forward until they are stale, and never adds up two sources', async () => {
    const told = story();
    const stats = { checked: 10, flagged: 4, resources: null };
    await told.scan(T0, [], { checks: new Map([['s3', stats]]) });
    await told.scan(T0 + DAY, [], {
      checks: new Map([['ec2', { checked: null, flagged: 3, resources: 2 }]]),
      coverage: coverage({ 'ec2@eu-west-1': ['ec2_open'] }),
      declaredComplete: true,
    });
    const model = await told.model();
    expect(total(model, 'checked', 0, T0)).toBeNull();
    expect(total(model, 'checked', 0, T0 + 1)).toBe(10);
    expect(total(model, 'flagged', 0, T0 + DAY + 1)).toBe(7);
    expect(total(model, 'passRate', 0, T0 + DAY + 1)).toBe(0.6);
    expect(total(model, 'checked', 0, T0 + 2 * DAY)).toBe(10);
    expect(total(model, 'checked', 0, T0 + 2 * DAY + 1)).toBeNull();
    expect(total(model, 'resources', 0, T0 + 2 * DAY + 1)).toBe(2);
  });
});

/** What is kept of each finding in the model's terms, from the state that the collector itself keeps. */
function kept(finding: Finding, cells: CellIndex, now: number): object {
  return {
    status: statusAt(finding, now),
    overdue: overdueAt(finding, cells.completeAt(finding.cell), now),
    severity: finding.severity,
    team: finding.team,
    labels: finding.labels,
    frameworks: finding.frameworks,
    dueAt: finding.dueAt,
    firstSeen: finding.firstSeen,
    mute: finding.mute?.rule ?? null,
  };
}

describe('the model, against what the collector keeps', () => {
  it('sees each finding as the state of its scope does, after every step of a random history', async () => {
    let compared = 0;
    for (let seed = 1; seed <= 6; seed++) {
      const world = makeWorld(seed, 90);
      for (let step = 1; await world.step(); step++) {
        if (step % 18 !== 0) continue;
        const model = new Model(await readEstate(world.committer));
        // Decisions may carry a time a little after the last scan.
        const now = world.now();
        const seen = new Map<string, object>();
        for (const state of model.statesAt(now + 1, [])) {
          const { event } = state;
          const late = ['unverified', 'confirmed'].includes(state.dueState);
          seen.set(`${state.scope.scope} ${state.fingerprint}`, {
            status: state.status,
            overdue: late ? state.dueState : 'no',
            severity: event.severity,
            team: event.team,
            labels: event.labels,
            frameworks: event.frameworks,
            dueAt: event.dueAt,
            firstSeen: event.firstSeen,
            mute: event.mute,
          });
        }
        const there = new Map<string, object>();
        for await (const { head, state } of readScopes(world.committer)) {
          const cells = new CellIndex(state.cells);
          for (const finding of state.findings.values()) {
            there.set(`${head.scope} ${finding.fingerprint}`, kept(finding, cells, now));
          }
        }
        compared += there.size;
        expect(seen, `seed ${seed} after ${step} steps:\n${world.log.join('\n')}`).toEqual(there);
      }
    }
    expect(compared).toBeGreaterThan(1_000);
  });

  it('keeps opening + flows = closing in every group', async () => {
    for (let seed = 1; seed <= 3; seed++) {
      const world = makeWorld(seed, 80);
      while (await world.step());
      const model = new Model(await readEstate(world.committer));
      for (const dimensions of [[], ['severity'], ['team', 'service'], ['rule', 'label:owner']] as const) {
        const [from, to] = [T0 + 5 * DAY + HOUR, T0 + 14 * DAY];
        const get = (measure: Measure, key: string, start = from, end = to): number =>
          model.answer({ measure, dimensions, filters: [], from: start, to: end }).groups.get(key) ?? 0;
        const before = model.answer({ measure: 'open', dimensions, filters: [], from, to: from });
        const after = model.answer({ measure: 'open', dimensions, filters: [], from, to });
        for (const key of new Set([...before.groups.keys(), ...after.groups.keys()])) {
          const entered = [
            'new',
            'onboarded',
            'ruleset',
            'reopened',
            'expired',
            'restored',
            'movedIn',
          ] as const;
          const left = [
            'fixed',
            'retired',
            'newlyAccepted',
            'newlyFalsePositive',
            'muted',
            'movedOut',
          ] as const;
          const sum = (flows: readonly Measure[]): number =>
            flows.reduce((all, flow) => all + get(flow, key), 0);
          expect(get('open', key, from, from) + sum(entered) - sum(left), `seed ${seed}, ${key}`).toBe(
            get('open', key),
          );
        }
      }
    }
  });
});
