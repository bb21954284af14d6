import { describe, expect, it } from 'vitest';
import { applyRetirement, applySettings, applyVerdict } from './decisions.ts';
import { statusAt, type Finding } from './finding.ts';
import { applyRun } from './lifecycle.ts';
import { DEFAULT_SETTINGS, globMatches, type Settings } from './settings.ts';
import { EMPTY_STATE, type ScopeState } from './state.ts';
import { DAY, observation, run, T0 } from './testing/builders.ts';

const seen = observation({ tags: { app: 'shop' } });
const opened = applyRun(EMPTY_STATE, run({ observations: [seen] }), DEFAULT_SETTINGS).next;

function only(state: ScopeState): Finding {
  const [finding] = state.findings.values();
  if (finding === undefined) throw new Error('no finding');
  return finding;
}

function settings(parts: Partial<Settings>): Settings {
  return { ...DEFAULT_SETTINGS, ...parts };
}

const mute = {
  id: 'shop-logs',
  owner: 'ana',
  reason: 'public by design',
  expires: T0 + 30 * DAY,
  match: {
    source: ['prowler'],
    rule: ['s3_*'],
    account: ['1111*'],
    region: ['eu-*'],
    resource: ['bucket-?'],
    label: { app: ['shop'] },
  },
};

describe('a configuration that is applied', () => {
  it('mutes what its rules match, with one event, and until the rule expires', () => {
    const step = applySettings(opened, DEFAULT_SETTINGS, settings({ mutes: [mute] }), T0 + DAY);
    expect(step.events.map(({ kind, cause, at }) => ({ kind, cause, at }))).toEqual([
      { kind: 'muted', cause: 'config', at: T0 + DAY },
    ]);
    expect(statusAt(only(step.next), T0 + 2 * DAY)).toBe('muted');
    expect(statusAt(only(step.next), T0 + 30 * DAY)).toBe('open');
  });
  it('unmutes when the rule is taken away', () => {
    const muted = applySettings(opened, DEFAULT_SETTINGS, settings({ mutes: [mute] }), T0 + DAY).next;
    const step = applySettings(muted, settings({ mutes: [mute] }), DEFAULT_SETTINGS, T0 + 2 * DAY);
    expect(step.events.map(({ kind }) => kind)).toEqual(['unmuted']);
  });
  it.each(['source', 'rule', 'account', 'region', 'resource', 'label'] as const)(
    'mutes nothing when %s does not match',
    (field) => {
      const other = {
        ...mute,
        match: { ...mute.match, [field]: field === 'label' ? { app: ['other'] } : ['other'] },
      };
      const step = applySettings(opened, DEFAULT_SETTINGS, settings({ mutes: [other] }), T0 + DAY);
      expect(step.next).toBe(opened);
    },
  );
  it('mutes a finding that appears later, in the event that opens it', () => {
    const step = applyRun(EMPTY_STATE, run({ observations: [seen] }), settings({ mutes: [mute] }));
    expect(step.events[0]).toMatchObject({ kind: 'opened', mute: 'shop-logs', muteUntil: T0 + 30 * DAY });
  });
  it('lets a person’s decision stand before a mute', () => {
    const judged = applyVerdict(opened, {
      id: 'v',
      fingerprints: [seen.fingerprint],
      verdict: 'false_positive',
      until: null,
      by: 'b',
      reason: 'r',
      at: T0,
    }).next;
    const muted = applySettings(judged, DEFAULT_SETTINGS, settings({ mutes: [mute] }), T0 + DAY).next;
    expect(statusAt(only(muted), T0 + 2 * DAY)).toBe('false_positive');
  });
  it('gives team, environment and labels by account and by rule, the rule winning', () => {
    const owned = settings({
      accounts: [
        {
          account: '111111111111',
          name: 'prod-shop',
          team: 'platform',
          environment: 'prod',
          labels: { unit: 'retail' },
        },
      ],
      ownership: [{ match: { label: { app: ['shop'] } }, team: 'shop', labels: { tier: '1' } }],
    });
    const step = applySettings(opened, DEFAULT_SETTINGS, owned, T0 + DAY);
    expect(only(step.next)).toMatchObject({
      accountName: 'prod-shop',
      team: 'shop',
      environment: 'prod',
      labels: { app: 'shop', unit: 'retail', tier: '1' },
    });
    expect(step.events.map(({ kind }) => kind)).toEqual(['changed']);
  });
  it('maps a severity and moves the date with it', () => {
    const mapped = settings({ severity: [{ match: { rule: ['s3_public'] }, severity: 'CRITICAL' }] });
    const step = applySettings(opened, DEFAULT_SETTINGS, mapped, T0 + DAY);
    expect(only(step.next)).toMatchObject({
      severity: 'CRITICAL',
      score: 95,
      mappedSeverity: 'HIGH',
      dueAt: T0 + 8 * DAY,
    });
    const back = applySettings(step.next, mapped, DEFAULT_SETTINGS, T0 + 2 * DAY);
    expect(only(back.next)).toMatchObject({ severity: 'HIGH', score: 80, dueAt: T0 + 30 * DAY });
  });
  it('moves dates by the difference when the days change', () => {
    const strict = settings({ sla: { days: { HIGH: 10 }, teams: {} } });
    expect(only(applySettings(opened, DEFAULT_SETTINGS, strict, T0 + DAY).next).dueAt).toBe(T0 + 10 * DAY);
  });
  it('gives a team its own days', () => {
    const owned = settings({
      accounts: [{ account: '111111111111', team: 'pay' }],
      sla: { days: { HIGH: 30 }, teams: { pay: { HIGH: 14 } } },
    });
    expect(only(applySettings(opened, DEFAULT_SETTINGS, owned, T0 + DAY).next).dueAt).toBe(T0 + 14 * DAY);
  });
  it('leaves the state as it is when no row changes', () => {
    const step = applySettings(opened, DEFAULT_SETTINGS, settings({ minimumRules: 0.5 }), T0 + DAY);
    expect(step.next).toBe(opened);
    expect(step.events).toEqual([]);
  });
  it('leaves the past alone: firstSeen, and the date of what is fixed', () => {
    const fixed = applyRun(opened, run({ at: T0 + DAY }), DEFAULT_SETTINGS).next;
    const strict = settings({ sla: { days: { HIGH: 1 }, teams: {} } });
    expect(applySettings(fixed, DEFAULT_SETTINGS, strict, T0 + 2 * DAY).events).toEqual([]);
  });
});

describe('a verdict', () => {
  const input = {
    id: 'v',
    fingerprints: [seen.fingerprint],
    verdict: 'accepted' as const,
    until: T0 + 5 * DAY,
    by: 'b',
    reason: 'r',
    at: T0 + DAY,
  };
  it('is one event with the whole picture', () => {
    expect(applyVerdict(opened, input).events).toEqual([
      expect.objectContaining({
        kind: 'verdict',
        verdict: 'accepted',
        verdictUntil: T0 + 5 * DAY,
        scanner: 'open',
        severity: 'HIGH',
      }),
    ]);
  });
  it('can be taken back', () => {
    const judged = applyVerdict(opened, input).next;
    const back = applyVerdict(judged, { ...input, id: 'w', verdict: null, until: null, at: T0 + 2 * DAY });
    expect(only(back.next).verdict).toBeNull();
    expect(back.events).toHaveLength(1);
  });
  it('does not replace a newer one when it arrives late', () => {
    const judged = applyVerdict(opened, input).next;
    expect(
      applyVerdict(judged, { ...input, id: 'w', verdict: 'false_positive', until: null, at: T0 }).next,
    ).toBe(judged);
  });
});

describe('a retired scope', () => {
  it('closes its findings as retired, not as fixed, and they reopen when the account returns', () => {
    const step = applyRetirement(opened, T0 + DAY);
    expect(step.events.map(({ kind, cause }) => `${kind}:${cause}`)).toEqual(['retired:retired']);
    expect(statusAt(only(step.next), T0 + DAY)).toBe('retired');
    const back = applyRun(step.next, run({ at: T0 + 2 * DAY, observations: [seen] }), DEFAULT_SETTINGS);
    expect(back.events.map(({ kind }) => kind)).toEqual(['reopened']);
    expect(back.next.retired).toBe(false);
  });
});

describe('patterns', () => {
  it.each([
    ['*', 'anything', true],
    ['arn:aws:s3:::shop-*', 'arn:aws:s3:::shop-logs/x', true],
    ['bucket-?', 'bucket-ab', false],
    ['A*C', 'abc', true],
    ['a*b*c', 'axxbyyc', true],
    ['', 'x', false],
    ['**a', 'bba', true],
  ])('%s against %s: %s', (pattern, text, expected) => {
    expect(globMatches(pattern, text)).toBe(expected);
  });
});
