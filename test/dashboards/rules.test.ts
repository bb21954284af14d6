import { afterEach, describe, expect, it } from 'vitest';
import { type Flaw, History, PAYMENTS, RULES, ruleOf, START, WEB } from './history.ts';

/** Each rule on a history that makes it fire, on one that resolves it, and on those in which it must say nothing. */

const DAY = 86_400_000;
const QUIET: readonly Flaw[] = ['medium:0', 'medium:1', 'high:0'];
const dayOf = (day: number): string => new Date(START + day * DAY).toISOString().slice(0, 10);

let history: History;
afterEach(() => history.close());

describe('new critical findings', () => {
  it('fire for drift, by account, team and day, with the worst rule and resource for the message', async () => {
    history = await History.begin();
    await history.scanDaily(0, 4, PAYMENTS, QUIET);
    await history.scan(5, PAYMENTS, [...QUIET, 'critical:1', 'critical:2']);
    const { names } = await history.evaluate('sightline-new-critical', 5);
    const labels = {
      cloud: 'aws',
      account: PAYMENTS,
      accountName: 'prod-payments',
      team: 'payments',
      openedOn: dayOf(5),
    };
    expect(await history.firing('sightline-new-critical', 5)).toEqual([{ labels, value: 2 }]);
    expect(names.get('W')).toEqual([{ ...labels, rule: 's3_bucket_public_access' }]);
    expect(names.get('X')?.[0]?.['resource']).toMatch(/thing-[12]$/);
    expect(names.get('Z')).toEqual([{ ...labels, dueOn: dayOf(12) }]);
  });

  it('are another alert on another day, so that more of them are told', async () => {
    history = await History.begin();
    await history.scanDaily(0, 4, PAYMENTS, QUIET);
    await history.scan(5, PAYMENTS, [...QUIET, 'critical:1']);
    await history.scan(6, PAYMENTS, [...QUIET, 'critical:1', 'critical:2', 'critical:3']);
    const firing = await history.firing('sightline-new-critical', 6);
    expect(firing.map(({ labels, value }) => [labels['openedOn'], value]).toSorted()).toEqual([
      [dayOf(5), 1],
      [dayOf(6), 2],
    ]);
  });

  it('resolve with 0 and the reason when a scan finds them fixed, and not by being gone', async () => {
    history = await History.begin();
    await history.scanDaily(0, 4, PAYMENTS, QUIET);
    await history.scan(5, PAYMENTS, [...QUIET, 'critical:1']);
    await history.scan(6, PAYMENTS, QUIET);
    expect(await history.firing('sightline-new-critical', 6)).toEqual([]);
    const { results } = await history.evaluate('sightline-new-critical', 6);
    expect(results).toHaveLength(1);
    expect(Object.fromEntries(results[0]?.values ?? [])).toMatchObject({ A: 0, F: 1, G: 0, R: 0 });
  });
});

it('new high findings fire in production, and nowhere else', async () => {
  history = await History.begin();
  for (const account of [PAYMENTS, WEB]) {
    await history.scanDaily(0, 4, account, QUIET);
    await history.scan(5, account, [...QUIET, 'high:3']);
  }
  const firing = await history.firing('sightline-new-high', 5);
  expect(firing.map(({ labels, value }) => [labels['account'], value])).toEqual([[PAYMENTS, 1]]);
  await history.scan(6, PAYMENTS, QUIET);
  expect(await history.firing('sightline-new-high', 6)).toEqual([]);
});

it('critical findings that rise fire by team, from 5 on, and resolve when they are fixed', async () => {
  const critical = (count: number): Flaw[] => Array.from({ length: count }, (_, n): Flaw => `critical:${n}`);
  history = await History.begin();
  await history.scanDaily(0, 8, PAYMENTS, critical(2));
  await history.scanDaily(0, 8, WEB, QUIET);
  await history.scan(9, PAYMENTS, critical(6));
  expect(await history.firing('sightline-critical-rising', 9)).toEqual([]);
  await history.scan(10, PAYMENTS, critical(7));
  expect((await history.firing('sightline-critical-rising', 10)).map(({ labels }) => labels)).toEqual([
    { team: 'payments' },
  ]);
  await history.scan(11, PAYMENTS, critical(3));
  expect(await history.firing('sightline-critical-rising', 11)).toEqual([]);
});

it('a pass rate that drops fires by account, and resolves when it is back', async () => {
  const many = Array.from({ length: 8 }, (_, n): Flaw => `medium:${n}`);
  history = await History.begin();
  await history.scanDaily(0, 8, PAYMENTS, ['medium:0']);
  await history.scanDaily(0, 8, WEB, ['medium:0']);
  await history.scan(9, PAYMENTS, many);
  await history.scan(9, WEB, ['medium:0', 'medium:1']);
  const firing = await history.firing('sightline-pass-rate-dropped', 9);
  expect(firing.map(({ labels }) => labels['account'])).toEqual([PAYMENTS]);
  await history.scan(10, PAYMENTS, ['medium:0']);
  expect(await history.firing('sightline-pass-rate-dropped', 10)).toEqual([]);
});

it('a breached due date fires once a scan has seen it, and resolves when it is fixed', async () => {
  history = await History.begin();
  await history.scanDaily(0, 6, PAYMENTS, ['critical:1']);
  // Due at the end of day 7: until somebody has looked, it may be fixed.
  expect(await history.firing('sightline-sla-breached', 7)).toEqual([]);
  await history.scan(8, PAYMENTS, ['critical:1']);
  const firing = await history.firing('sightline-sla-breached', 8);
  expect(firing.map(({ labels, value }) => [labels['account'], labels['dueOn'], value])).toEqual([
    [PAYMENTS, dayOf(7), 1],
  ]);
  await history.scan(9, PAYMENTS, []);
  expect(await history.firing('sightline-sla-breached', 9)).toEqual([]);
});

it('what is due soon fires by team a week before, and resolves when it is fixed', async () => {
  history = await History.begin();
  await history.scanDaily(0, 20, PAYMENTS, ['high:1']);
  expect(await history.firing('sightline-due-soon', 20)).toEqual([]);
  await history.scanDaily(21, 25, PAYMENTS, ['high:1']);
  expect(await history.firing('sightline-due-soon', 25)).toEqual([
    { labels: { team: 'payments' }, value: 1 },
  ]);
  await history.scan(26, PAYMENTS, []);
  expect(await history.firing('sightline-due-soon', 26)).toEqual([]);
});

it('a new port fires by service, never by host, after it was there for an interval, and resolves when it is closed', async () => {
  history = await History.begin();
  await history.ports(0, [443]);
  await history.ports(1, [443]);
  await history.ports(2, [443, 22]);
  const firing = await history.firing('sightline-new-port', 2);
  expect(firing.map(({ labels, value }) => [labels['service'], value])).toEqual([['ssh', 1]]);
  expect(Object.keys(firing[0]?.labels ?? {})).not.toContain('resource');
  expect(ruleOf('sightline-new-port')).toMatchObject({ pending: '24h', keepFiring: '24h' });
  await history.ports(3, [443]);
  expect(await history.firing('sightline-new-port', 3)).toEqual([]);
});

it('an exposed asset that no scan looks at fires by account, and resolves when one does, or when it is gone', async () => {
  history = await History.begin();
  await history.exposed(0, PAYMENTS, true);
  expect(await history.firing('sightline-asset-not-scanned', 0)).toEqual([]);
  await history.exposed(1, PAYMENTS, false);
  const [firing] = await history.firing('sightline-asset-not-scanned', 1);
  expect(firing).toMatchObject({ labels: { account: PAYMENTS, team: 'payments' }, value: 1 });
  expect(Object.keys(firing?.labels ?? {})).not.toContain('resource');
  await history.exposed(2, PAYMENTS, true);
  expect(await history.firing('sightline-asset-not-scanned', 2)).toEqual([]);
  await history.exposed(3, PAYMENTS, false);
  await history.exposed(4, PAYMENTS, null);
  expect(await history.firing('sightline-asset-not-scanned', 4)).toEqual([]);
});

it('a scanner that falls silent fires once, with the count and a name, and resolves when it reports', async () => {
  history = await History.begin();
  await history.scanDaily(0, 7, PAYMENTS, QUIET);
  await history.scanDaily(0, 10, WEB, QUIET);
  expect(await history.firing('sightline-scanner-silent', 8)).toEqual([]);
  expect(await history.firing('sightline-scanner-silent', 10)).toEqual([
    { labels: { source: 'prowler', cloud: 'aws' }, value: 1 },
  ]);
  const { names } = await history.evaluate('sightline-scanner-silent', 10);
  expect(names.get('W')).toEqual([{ source: 'prowler', cloud: 'aws', account: PAYMENTS }]);
  await history.scan(11, PAYMENTS, QUIET);
  await history.scan(11, WEB, QUIET);
  expect(await history.firing('sightline-scanner-silent', 11)).toEqual([]);
});

it('a scan that is not complete fires, with the coverage that it lost, and resolves with the next complete one', async () => {
  history = await History.begin();
  await history.scanDaily(0, 8, PAYMENTS, QUIET);
  await history.scan(9, PAYMENTS, QUIET, 3);
  expect(await history.firing('sightline-scan-failed', 9)).toEqual([
    { labels: { source: 'prowler', cloud: 'aws' }, value: 1 },
  ]);
  const [dropped] = await history.firing('sightline-coverage-dropped', 9);
  expect(dropped?.labels['account']).toBe(PAYMENTS);
  expect(dropped?.value).toBeCloseTo(-0.5);
  await history.scan(10, PAYMENTS, QUIET);
  expect(await history.firing('sightline-scan-failed', 10)).toEqual([]);
  expect(await history.firing('sightline-coverage-dropped', 10)).toEqual([]);
});

it('an acceptance that is about to end fires by team two weeks before, and resolves when it is taken back', async () => {
  history = await History.begin();
  await history.scanDaily(0, 1, PAYMENTS, ['critical:1']);
  await history.accept(1, PAYMENTS, 20);
  expect(await history.firing('sightline-acceptance-ending', 3)).toEqual([]);
  expect(await history.firing('sightline-acceptance-ending', 8)).toEqual([
    { labels: { team: 'payments' }, value: 1 },
  ]);
  await history.accept(9, PAYMENTS, null);
  expect(await history.firing('sightline-acceptance-ending', 9)).toEqual([]);
});

it('Sightline is called stale when not one scan is in time, and no more when one is', async () => {
  history = await History.begin();
  await history.scanDaily(0, 7, PAYMENTS, QUIET);
  expect(await history.firing('sightline-unreachable', 7)).toEqual([]);
  expect(await history.firing('sightline-unreachable', 9)).toHaveLength(1);
  await history.scan(10, PAYMENTS, QUIET);
  expect(await history.firing('sightline-unreachable', 10)).toEqual([]);
});

describe('nobody is told anything', { timeout: 300_000 }, () => {
  it('in a week in which nothing changes', async () => {
    history = await History.begin();
    for (const account of [PAYMENTS, WEB]) await history.scanDaily(0, 7, account, QUIET);
    for (let day = 0; day < 8; day++) await history.ports(day, [443]);
    for (let day = 8; day <= 14; day++) {
      for (const account of [PAYMENTS, WEB]) await history.scan(day, account, QUIET);
      await history.ports(day, [443]);
      for (const { uid } of RULES) expect([day, uid, await history.firing(uid, day)]).toEqual([day, uid, []]);
    }
  });

  it('when 50 accounts are onboarded, full of critical and high findings', async () => {
    history = await History.begin();
    for (const account of [PAYMENTS, WEB]) await history.scanDaily(0, 9, account, QUIET);
    for (let number = 0; number < 50; number++)
      await history.scan(9, String(700_000_000_000 + number), [
        'critical:1',
        'critical:2',
        'high:1',
        'high:2',
      ]);
    for (const { uid } of RULES) expect([uid, await history.firing(uid, 9)]).toEqual([uid, []]);
    await history.scanDaily(10, 10, PAYMENTS, QUIET);
    await history.scanDaily(10, 10, WEB, QUIET);
    for (let number = 0; number < 50; number++)
      await history.scan(10, String(700_000_000_000 + number), [
        'critical:1',
        'critical:2',
        'high:1',
        'high:2',
      ]);
    for (const { uid } of RULES) expect([uid, await history.firing(uid, 10)]).toEqual([uid, []]);
  });
});
