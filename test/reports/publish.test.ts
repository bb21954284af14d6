import { beforeEach, describe, expect, it } from 'vitest';
import { learnedCadence } from '../../collector/src/findings/cadence.ts';
import { DAY, observation, run, type RunParts, T0 } from '../../collector/src/findings/testing/builders.ts';
import type { ScopeName } from '../../collector/src/lake/advance.ts';
import { Committer } from '../../collector/src/lake/committer.ts';
import { scopeIdOf } from '../../collector/src/lake/keys.ts';
import { applyConfig, decide, retireScope } from '../../collector/src/lake/lake.ts';
import { DEFAULT_SETTINGS } from '../../collector/src/findings/settings.ts';
import { LATEST_KEY, publishReport, reportKey } from '../../collector/src/reports/publish.ts';
import { type Report, reportSchema } from '../../collector/src/reports/schema.ts';
import { MemoryStore } from '../support/memory-store.ts';

const PROWLER: ScopeName = {
  scope: 'prowler/aws/111111111111',
  source: 'prowler',
  cloud: 'aws',
  account: '111111111111',
};
const SCOUT: ScopeName = { ...PROWLER, scope: 'scoutsuite/aws/111111111111', source: 'scoutsuite' };

let store: MemoryStore;
let now: number;
let committer: Committer;

beforeEach(() => {
  store = new MemoryStore();
  now = T0;
  committer = new Committer({ store, now: () => now });
});

async function ingest(name: ScopeName, parts: RunParts & { at: number }): Promise<void> {
  const { report, runId } = run({ runId: `${name.source}-${parts.at}`, source: name.source, ...parts });
  await committer.commit(name, {
    input: {
      kind: 'run',
      id: runId,
      observedAt: parts.at,
      declaredComplete: false,
      durationMs: null,
      outcome: null,
      source: name.source,
      identity: 'x/1',
      raw: { key: `raw/${name.source}/${runId}.json.zst`, digest: runId, bytes: 10, name: runId },
      companion: null,
    },
    report,
  });
}

async function publish(at: number): Promise<Report> {
  now = at;
  const { report } = await publishReport(committer, { version: '0.0.0-test' });
  return reportSchema.parse(JSON.parse(JSON.stringify(report)));
}

const [a, b, c] = [
  observation({ resource: 'a' }),
  observation({ resource: 'b' }),
  observation({ resource: 'c' }),
];

describe('the report of a day', () => {
  it('counts what opened by drift as new and onboarding apart, against the report of an earlier day', async () => {
    await ingest(PROWLER, { at: T0, observations: [a, b] });
    const first = await publish(T0 + 1);
    expect(first.sightline.totals).toMatchObject({ open: 2, new: 0, baseline: 2, fixed: 0 });
    expect(first.sightline.previous).toBeNull();

    await ingest(PROWLER, { at: T0 + DAY, observations: [b, c] });
    const second = await publish(T0 + DAY);
    expect(second.sightline.totals).toMatchObject({ open: 2, new: 1, baseline: 0, fixed: 1 });
    expect(second.sightline.previous?.report_date).toBe(first.report_date);
    expect(second.aws?.s3).toMatchObject({ open: 2, new: 1, fixed: 1 });
    expect(second.sightline.trend.map((point) => point.open)).toEqual([2, 2]);
  });

  it('replaces the report of the same day and counts against the same earlier one', async () => {
    await ingest(PROWLER, { at: T0, observations: [a] });
    await publish(T0 + 1);
    await ingest(PROWLER, { at: T0 + DAY, observations: [a, b] });
    await publish(T0 + DAY);
    await ingest(PROWLER, { at: T0 + DAY + 3_600_000, observations: [a, b, c] });
    const again = await publish(T0 + DAY + 3_600_000);
    expect(again.sightline.totals.new).toBe(2);
    expect(again.sightline.trend).toHaveLength(2);
  });

  it('counts what came in late in the next report, once', async () => {
    await ingest(PROWLER, { at: T0, observations: [] });
    await publish(T0 + 5 * DAY);
    // Observed before the last report was made, brought after it.
    await ingest(PROWLER, { at: T0 + DAY, observations: [a] });
    expect((await publish(T0 + 6 * DAY)).sightline.totals.new).toBe(1);
    expect((await publish(T0 + 7 * DAY)).sightline.totals.new).toBe(0);
  });

  it('never adds the check stats of two scanners, and shows each beside', async () => {
    const stats = (checked: number) => new Map([['s3', { checked, flagged: 1, resources: 3 }]]);
    await ingest(PROWLER, { at: T0, observations: [a], checks: stats(100) });
    await ingest(SCOUT, { at: T0, observations: [b], checks: stats(40) });
    const report = await publish(T0 + 1);
    expect(report.aws?.s3).toMatchObject({
      checked_items: 40,
      flagged_items: 1,
      resources_count: 3,
      open: 2,
    });
    expect(report.total.checked_items).toBe(40);
    expect(report.sightline.accounts[0]?.services[0]?.sources).toEqual({
      scoutsuite: { checked_items: 40, flagged_items: 1, resources_count: 3 },
      prowler: { checked_items: 100, flagged_items: 1, resources_count: 3 },
    });
  });

  it('gives null, not 0, where no source says how much was checked', async () => {
    await ingest(PROWLER, { at: T0, observations: [a] });
    expect((await publish(T0 + 1)).aws?.s3?.checked_items).toBeNull();
  });

  it('knows without a new commit when an acceptance has ended and when a date has passed', async () => {
    await ingest(PROWLER, { at: T0, observations: [a, b] });
    const head = await committer.readHead(scopeIdOf(PROWLER.scope));
    if (head === null) throw new Error('no head');
    await decide(committer, head, [a.fingerprint], {
      verdict: 'accepted',
      until: T0 + 10 * DAY,
      by: 'ana',
      reason: 'replaced',
      at: T0 + 1,
    });
    expect((await publish(T0 + 5 * DAY)).sightline.totals).toMatchObject({ open: 1, accepted: 1 });
    expect((await publish(T0 + 11 * DAY)).sightline.totals).toMatchObject({ open: 2, accepted: 0 });
    const late = await publish(T0 + 31 * DAY);
    expect(late.sightline.totals).toMatchObject({ overdue_confirmed: 0, overdue_unverified: 2 });
    await ingest(PROWLER, { at: T0 + 31 * DAY, observations: [a, b] });
    const seen = await publish(T0 + 32 * DAY);
    expect(seen.sightline.totals).toMatchObject({ overdue_confirmed: 2, overdue_unverified: 0 });
    expect(seen.sightline.findings.map(({ overdue }) => overdue)).toEqual(['confirmed', 'confirmed']);
  });

  it('takes a finding as muted where a mute goes on after its acceptance has ended', async () => {
    const mutes = [
      {
        id: 'a',
        owner: 'ana',
        reason: 'known',
        expires: T0 + 60 * DAY,
        match: { resource: [a.resourceId] },
      },
    ];
    await applyConfig(committer, { ...DEFAULT_SETTINGS, mutes }, 'test', T0 - 1);
    await ingest(PROWLER, { at: T0, observations: [a, b] });
    const head = await committer.readHead(scopeIdOf(PROWLER.scope));
    if (head === null) throw new Error('no head');
    const decision = { verdict: 'accepted', by: 'ana', reason: 'replaced', at: T0 + 1 } as const;
    await decide(committer, head, [a.fingerprint], { ...decision, until: T0 + 10 * DAY });
    const on = async (day: number) => {
      const { totals, findings } = (await publish(T0 + day * DAY)).sightline;
      const { open, accepted, muted } = totals;
      return { open, accepted, muted, shown: findings.length };
    };
    expect(await on(5)).toEqual({ open: 1, accepted: 1, muted: 0, shown: 1 });
    expect(await on(11)).toEqual({ open: 1, accepted: 0, muted: 1, shown: 1 });
    expect(await on(61)).toEqual({ open: 2, accepted: 0, muted: 0, shown: 2 });
  });

  it('names accounts and teams as the configuration does', async () => {
    await ingest(PROWLER, { at: T0, observations: [a] });
    const settings = {
      ...DEFAULT_SETTINGS,
      accounts: [{ account: '111111111111', name: 'prod-shop', team: 'shop', environment: 'prod' }],
    };
    await applyConfig(committer, settings, 'test', T0 + 1);
    expect((await publish(T0 + DAY)).sightline.accounts[0]).toMatchObject({
      name: 'prod-shop',
      team: 'shop',
    });
  });

  it('says which scanner is late, silent or failed, by its own cadence', async () => {
    for (const week of [0, 1, 2]) await ingest(PROWLER, { at: T0 + week * 7 * DAY, observations: [a] });
    const state = async (at: number) => (await publish(at)).sightline.freshness[0];
    expect(await state(T0 + 15 * DAY)).toMatchObject({ state: 'fresh', expected_every_hours: 168 });
    expect((await state(T0 + 23 * DAY))?.state).toBe('late');
    expect((await state(T0 + 30 * DAY))?.state).toBe('silent');
    await ingest(PROWLER, { at: T0 + 24 * DAY, observations: [], outcome: 'failed', notes: ['it died'] });
    expect(await state(T0 + 24 * DAY + 1)).toMatchObject({ outcome: 'failed', open: 1 });
    expect(learnedCadence([T0])).toBeNull();
  });

  it('leaves a retired scope out of what is expected, and its findings out of what is open', async () => {
    await ingest(PROWLER, { at: T0, observations: [a] });
    await retireScope(committer, PROWLER.scope, 'ana', 'account closed', T0 + DAY);
    const report = await publish(T0 + 2 * DAY);
    expect(report.sightline.freshness).toEqual([]);
    expect(report.sightline.totals.open).toBe(0);
    expect(report.sightline.totals.fixed).toBe(0);
  });

  it('counts no checks of a retired scope', async () => {
    const checks = new Map([['s3', { checked: 100, flagged: 7, resources: 3 }]]);
    await ingest(PROWLER, { at: T0, observations: [a], checks });
    await ingest(SCOUT, {
      at: T0,
      observations: [],
      checks: new Map([['s3', { checked: 40, flagged: 1, resources: 3 }]]),
    });
    await retireScope(committer, SCOUT.scope, 'ana', 'no longer used', T0 + DAY);
    expect((await publish(T0 + 2 * DAY)).aws?.s3).toMatchObject({ checked_items: 100, flagged_items: 7 });
    await retireScope(committer, PROWLER.scope, 'ana', 'account closed', T0 + 3 * DAY);
    const report = await publish(T0 + 3 * DAY);
    expect(report.total).toMatchObject({ checked_items: null, flagged_items: null, resources_count: null });
    expect(report.sightline.accounts).toEqual([]);
  });

  it('is one although a report names its cloud like a member of it', async () => {
    await ingest(PROWLER, { at: T0, observations: [a] });
    for (const cloud of ['report_date', 'total', 'sightline', '__proto__']) {
      const name = { ...PROWLER, scope: `prowler/${cloud}/1`, cloud, account: '1' };
      await ingest(name, { at: T0, cloud, account: '1', observations: [b] });
    }
    const report = await publish(T0 + 1);
    expect(report.report_date).toBe(new Date(T0).toISOString().slice(0, 10));
    expect(report.total.open).toBe(5);
    expect(report.sightline.accounts).toHaveLength(5);
    expect((await publish(T0 + DAY)).sightline.previous?.report_date).toBe(report.report_date);
  });

  it('never overwrites the report of a newer collector', async () => {
    await ingest(PROWLER, { at: T0, observations: [a] });
    const report = await publish(T0 + 1);
    const newer = { ...report, sightline: { ...report.sightline, version: 2 } };
    await store.put(LATEST_KEY, Buffer.from(JSON.stringify(newer)));
    now = T0 + DAY;
    const { written } = await publishReport(committer, { version: '0.0.0-test' });
    expect(written).toBe(false);
    expect(JSON.parse((await store.get(LATEST_KEY))?.body.toString() ?? '')).toEqual(newer);
    expect(await store.get(reportKey(new Date(now).toISOString().slice(0, 10)))).toBeUndefined();
  });

  it('makes an empty report of an empty bucket', async () => {
    const report = await publish(T0);
    expect(report.sightline.findings_total).toBe(0);
    expect(report.total.checked_items).toBeNull();
  });
});

describe('the list of the worst findings', () => {
  it('ends where one scope has more that are as bad, and never shows a lesser one in their place', async () => {
    const many = Array.from({ length: 200 }, (_, index) => observation({ resource: `high-${index}` }));
    const medium = observation({ resource: 'm', severity: 'MEDIUM', score: 55 });
    await ingest(PROWLER, { at: T0, observations: many });
    await ingest(SCOUT, { at: T0, observations: [medium] });
    const { findings, findings_total } = (await publish(T0 + 1)).sightline;
    expect(findings_total).toBe(201);
    expect(findings.length).toBeGreaterThan(20);
    expect(new Set(findings.map(({ severity }) => severity))).toEqual(new Set(['HIGH']));
  });
  it('shows all of a small estate', async () => {
    await ingest(PROWLER, { at: T0, observations: [a, b] });
    await ingest(SCOUT, {
      at: T0,
      observations: [observation({ resource: 'm', severity: 'MEDIUM', score: 55 })],
    });
    const { findings } = (await publish(T0 + 1)).sightline;
    expect(findings.map(({ severity }) => severity)).toEqual(['HIGH', 'HIGH', 'MEDIUM']);
    expect(findings[0]).toMatchObject({ title: 'Rule s3_public', rule: 's3_public' });
  });
});
