import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FOREVER } from '../../collector/src/warehouse/schema.ts';
import { sql } from '../../collector/src/warehouse/sql.ts';
import type { Measure } from '../../collector/src/warehouse/query/measures.ts';
import { randomFrom } from '../support/random.ts';
import { openTables, type Tables } from './mirrored.ts';
import { validAt } from './model/checks.ts';
import { readEstate } from './model/estate.ts';
import { enteredBy, leftBy, slaMet, slaMissed } from './model/flows.ts';
import { type Group, keyOf, Model } from './model/measures.ts';
import { START } from './places.ts';
import { makeWorld } from './random.ts';
import { seedsOf } from './seeds.ts';

const STEPS = 90;
const seeds = seedsOf(5);
/** Moments at which something happens, and the milliseconds around them; before everything and long after it. */
function timesOf(model: Model, seed: number, count: number): number[] {
  const random = randomFrom(seed);
  const moments = model.lives.flatMap(({ changes }) => changes.map(({ t }) => t));
  const chosen = Array.from({ length: count }, () => {
    const moment = moments[Math.floor(random() * moments.length)] ?? START;
    return moment + Math.floor(random() * 3) - 1;
  });
  return [...chosen, START, START + 365 * 86_400_000];
}

describe.each(seeds)('the tables of a random history (seed %i)', (seed) => {
  let tables: Tables;
  let model: Model;
  beforeAll(async () => {
    const world = makeWorld(seed, STEPS);
    while (await world.step());
    tables = await openTables(world);
    await tables.refresh();
    model = new Model(await readEstate(world.committer));
  });
  afterAll(() => tables.close());

  it('have each finding as it was just before any time', async () => {
    for (const time of timesOf(model, seed, 12)) {
      const rows = await tables.rows(sql`
        select scope, replace(cast(fingerprint as varchar), '-', ''), status, due_state, region, service, severity, class, rule,
          resource_type, resource, team, environment, score, opened_cause, first_seen, clock_start, due_at
        from history where began < ${time} and ended >= ${time} and status <> 'rekeyed'`);
      const states = model
        .statesAt(time, [])
        .map(({ scope, fingerprint, event, status, dueState, clockStart }) => [
          ...[
            scope.scope,
            fingerprint,
            status,
            dueState,
            event.region,
            event.service,
            event.severity,
            event.class,
          ],
          ...[event.ruleId, event.resourceType, event.resourceId, event.team, event.environment, event.score],
          ...[event.openedCause, event.firstSeen, clockStart, event.dueAt],
        ]);
      expect(sorted(rows), `seed ${seed} just before ${time}`).toEqual(sorted(states));
    }
  });

  it('say by which flow each finding became open, stopped to be, and became overdue', async () => {
    const entered: unknown[][] = [];
    const left: unknown[][] = [];
    const missed: unknown[][] = [];
    for (const { scope, fingerprint, changes } of model.lives) {
      for (const change of changes) {
        const entry = enteredBy(change);
        const exit = leftBy(change);
        if (entry !== null) entered.push([scope.scope, fingerprint, change.t, entry]);
        if (exit !== null) left.push([scope.scope, fingerprint, change.t, exit, slaMet(change)]);
        if (slaMissed(change)) missed.push([scope.scope, fingerprint, change.t]);
      }
    }
    const finding = sql`scope, replace(cast(fingerprint as varchar), '-', '')`;
    const context = `seed ${seed}`;
    expect(
      sorted(
        await tables.rows(sql`
          select ${finding}, began, case entered_by when 'moved_in' then 'movedIn' else entered_by end
          from history where entered_by is not null and began < ended`),
      ),
      context,
    ).toEqual(sorted(entered));
    expect(
      sorted(
        await tables.rows(sql`
          select ${finding}, ended, case left_by when 'moved_out' then 'movedOut' when 'accepted' then 'newlyAccepted'
            when 'false_positive' then 'newlyFalsePositive' else left_by end,
            coalesce(left_by = 'fixed' and ended <= due_at, false)
          from history where left_by is not null and began < ended and ended < ${FOREVER}`),
      ),
      context,
    ).toEqual(sorted(left));
    expect(
      sorted(
        await tables.rows(sql`select ${finding}, began from history where became_overdue and began < ended`),
      ),
      context,
    ).toEqual(sorted(missed));
  });

  it('add up in the cube to the gauges and flows of every group', async () => {
    const gauges: readonly (readonly [string, Measure])[] = [
      ['d_open', 'open'],
      ['d_accepted', 'accepted'],
      ['d_false_positive', 'falsePositives'],
      ['d_muted', 'mutedOpen'],
      ['d_due_soon', 'dueSoon'],
      ['d_overdue_unverified', 'overdueUnverified'],
      ['d_overdue_confirmed', 'overdueConfirmed'],
      ['d_risk', 'riskScore'],
    ];
    const flows: readonly (readonly [string, Measure])[] = [
      ['n_new', 'new'],
      ['n_onboarded', 'onboarded'],
      ['n_ruleset', 'ruleset'],
      ['n_reopened', 'reopened'],
      ['n_expired', 'expired'],
      ['n_restored', 'restored'],
      ['n_moved_in', 'movedIn'],
      ['n_fixed', 'fixed'],
      ['n_retired', 'retired'],
      ['n_accepted', 'newlyAccepted'],
      ['n_false_positive', 'newlyFalsePositive'],
      ['n_muted', 'muted'],
      ['n_moved_out', 'movedOut'],
    ];
    const dimensions = ['scope', 'service', 'severity', 'class', 'region', 'team', 'environment'] as const;
    for (const to of timesOf(model, seed, 4)) {
      const from = to - 5 * 86_400_000;
      const rows = await tables.rows(sql`
        select scope, service, severity, class, region, team, environment,
          -sum(d_open) filter (t >= ${to}), -sum(d_accepted) filter (t >= ${to}), -sum(d_false_positive) filter (t >= ${to}),
          -sum(d_muted) filter (t >= ${to}), -sum(d_due_soon) filter (t >= ${to}),
          -sum(d_overdue_unverified) filter (t >= ${to}), -sum(d_overdue_confirmed) filter (t >= ${to}),
          -sum(d_risk) filter (t >= ${to}),
          sum(n_new) filter (t < ${to}), sum(n_onboarded) filter (t < ${to}), sum(n_ruleset) filter (t < ${to}),
          sum(n_reopened) filter (t < ${to}), sum(n_expired) filter (t < ${to}), sum(n_restored) filter (t < ${to}),
          sum(n_moved_in) filter (t < ${to}), sum(n_fixed) filter (t < ${to}), sum(n_retired) filter (t < ${to}),
          sum(n_accepted) filter (t < ${to}), sum(n_false_positive) filter (t < ${to}), sum(n_muted) filter (t < ${to}),
          sum(n_moved_out) filter (t < ${to})
        from cube where t >= ${from} group by all`);
      const there = new Map(
        rows.map((row) => [keyOf(row.slice(0, 7) as Group), row.slice(7).map((value) => Number(value ?? 0))]),
      );
      const answers = [...gauges, ...flows].map(([, measure]) =>
        model.answer({ measure, dimensions, filters: [], from, to }),
      );
      const wanted = new Map<string, number[]>();
      for (const key of new Set([...there.keys(), ...answers.flatMap(({ groups }) => [...groups.keys()])])) {
        const numbers = answers.map(({ groups }) => groups.get(key) ?? 0);
        if (there.has(key) || numbers.some((number) => number !== 0)) wanted.set(key, numbers);
      }
      const context = `seed ${seed}, ${from} to ${to}`;
      expect([...there].sort(), context).toEqual([...wanted].sort());
    }
  });

  it('have the check stats that are valid at any time, and which source comes first', async () => {
    const { scopes } = model.estate;
    const runs = scopes.flatMap(({ commits }) =>
      commits.flatMap(({ run }) => (run === null ? [] : [run.observedAt])),
    );
    for (const base of timesOf(model, seed, 10).concat(runs.slice(0, 40))) {
      for (const time of [base, base + 1]) {
        const rows = await tables.rows(sql`
          select scope, service, checked, flagged, resources from check_stat where began < ${time} and ended >= ${time}`);
        const valid = scopes.flatMap((scope) => validAt(scope, time));
        expect(sorted(rows), `seed ${seed} just before ${time}`).toEqual(
          sorted(
            valid.map(({ scope, service, stats }) => [
              ...[scope.scope, service, stats.checked, stats.flagged, stats.resources],
            ]),
          ),
        );
      }
    }
  });
});

describe.each(seedsOf(1))('a mirror that follows (seed %i)', (seed) => {
  it('holds after every change what one holds that starts afresh', async () => {
    const world = makeWorld(seed, 24);
    const following = await openTables(world);
    try {
      for (let step = 1; await world.step(); step++) {
        await following.refresh();
        if (step % 6 !== 0) continue;
        const fresh = await openTables(world);
        await fresh.refresh();
        const [old, cold] = [await following.contents(), await fresh.contents()];
        await fresh.close();
        for (const [table, rows] of cold) {
          expect(old.get(table), `${table}, seed ${seed}, step ${step}`).toEqual(rows);
        }
      }
    } finally {
      await following.close();
    }
  });
});

function sorted(rows: readonly (readonly unknown[])[]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort();
}
