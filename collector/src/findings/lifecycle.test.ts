import { describe, expect, it } from 'vitest';
import { lastSeenOf, overdueAt, statusAt, type Finding } from './finding.ts';
import { applyRun, type RunStep } from './lifecycle.ts';
import { applySettings, applyVerdict } from './decisions.ts';
import type { Run } from './run.ts';
import { DEFAULT_SETTINGS, type Settings } from './settings.ts';
import { EMPTY_STATE, type ScopeState } from './state.ts';
import { coverage, DAY, observation, run, T0 } from './testing/builders.ts';

const settings = DEFAULT_SETTINGS;

function after(...runs: Run[]): { state: ScopeState; last: RunStep } {
  let state = EMPTY_STATE;
  let last: RunStep | undefined;
  for (const each of runs) {
    last = applyRun(state, each, settings);
    state = last.next;
  }
  if (last === undefined) throw new Error('no run');
  return { state, last };
}

function only(state: ScopeState): Finding {
  const [finding, ...more] = state.findings.values();
  if (finding === undefined || more.length > 0) throw new Error(`${state.findings.size} findings`);
  return finding;
}

const seen = observation();
const clean = { observations: [] };
const kinds = (step: RunStep): string[] => step.events.map((event) => `${event.kind}:${event.cause}`);

describe('a finding over the runs of its scope', () => {
  const first = run({ observations: [seen] });
  const cases: {
    name: string;
    runs: Run[];
    scanner: 'open' | 'fixed';
    events: string[];
  }[] = [
    { name: 'opens when it is observed', runs: [first], scanner: 'open', events: ['opened:baseline'] },
    {
      name: 'stays open without an event when it is observed again',
      runs: [first, run({ at: T0 + DAY, observations: [seen] })],
      scanner: 'open',
      events: [],
    },
    {
      name: 'is fixed when a complete snapshot of its cell does not show it',
      runs: [first, run({ at: T0 + DAY, ...clean })],
      scanner: 'fixed',
      events: ['fixed:resolved'],
    },
    {
      name: 'stays open when its cell was not covered',
      runs: [
        first,
        run({
          at: T0 + DAY,
          ...clean,
          coverage: coverage({
            's3@us-east-1': ['s3_public', 's3_logging', 's3_encryption', 's3_versioning'],
          }),
        }),
      ],
      scanner: 'open',
      events: [],
    },
    {
      name: 'stays open when the run says it is partial',
      runs: [first, run({ at: T0 + DAY, ...clean, outcome: 'partial' })],
      scanner: 'open',
      events: [],
    },
    {
      name: 'stays open when the run failed',
      runs: [first, run({ at: T0 + DAY, ...clean, outcome: 'failed' })],
      scanner: 'open',
      events: [],
    },
    {
      name: 'stays open when the run shows under 80 % of the rules of the last complete one',
      runs: [
        first,
        run({
          at: T0 + DAY,
          ...clean,
          coverage: coverage({ 's3@eu-west-1': ['s3_public', 's3_logging', 's3_encryption'] }),
        }),
      ],
      scanner: 'open',
      events: [],
    },
    {
      name: 'is fixed by a run with few rules whose caller says that it is complete',
      runs: [
        first,
        run({
          at: T0 + DAY,
          ...clean,
          declaredComplete: true,
          coverage: coverage({ 's3@eu-west-1': ['s3_logging'] }),
        }),
      ],
      scanner: 'fixed',
      events: ['fixed:resolved'],
    },
    {
      name: 'is fixed in a cell without any row when the caller says that the run is complete',
      runs: [
        first,
        run({
          at: T0 + DAY,
          ...clean,
          declaredComplete: true,
          coverage: coverage({ 'ec2@eu-west-1': ['x'] }),
        }),
      ],
      scanner: 'fixed',
      events: ['fixed:resolved'],
    },
    {
      name: 'is fixed by coverage of all regions of its service',
      runs: [
        first,
        run({
          at: T0 + DAY,
          ...clean,
          coverage: coverage({ 's3@*': ['s3_public', 's3_logging', 's3_encryption', 's3_versioning'] }),
        }),
      ],
      scanner: 'fixed',
      events: ['fixed:resolved'],
    },
    {
      name: 'reopens when it returns',
      runs: [first, run({ at: T0 + DAY, ...clean }), run({ at: T0 + 2 * DAY, observations: [seen] })],
      scanner: 'open',
      events: ['reopened:drift'],
    },
    {
      name: 'is not touched by absence from a delta',
      runs: [first, run({ at: T0 + DAY, ...clean, mode: 'delta' })],
      scanner: 'open',
      events: [],
    },
    {
      name: 'is fixed by a delta that names it closed',
      runs: [first, run({ at: T0 + DAY, ...clean, mode: 'delta', closed: [seen.fingerprint] })],
      scanner: 'fixed',
      events: ['fixed:resolved'],
    },
    {
      name: 'is not touched by absence from a stream',
      runs: [first, run({ at: T0 + DAY, ...clean, mode: 'stream' })],
      scanner: 'open',
      events: [],
    },
    {
      name: 'is over when a stream has not seen it for the quiet time, from then on',
      runs: [
        run({ observations: [seen], mode: 'stream' }),
        run({ at: T0 + 13 * DAY, ...clean, mode: 'stream' }),
        run({ at: T0 + 20 * DAY, ...clean, mode: 'stream' }),
      ],
      scanner: 'fixed',
      events: ['fixed:quiet'],
    },
    {
      name: 'stays open when a stream that could not hear everything has not seen it for the quiet time',
      runs: [
        run({ observations: [seen], mode: 'stream' }),
        run({ at: T0 + 20 * DAY, ...clean, mode: 'stream', outcome: 'partial' }),
      ],
      scanner: 'open',
      events: [],
    },
    {
      name: 'stays open for as long as a stream sees it again and again',
      runs: [
        run({ observations: [seen], mode: 'stream' }),
        run({ at: T0 + 10 * DAY, observations: [seen], mode: 'stream' }),
        run({ at: T0 + 20 * DAY, ...clean, mode: 'stream' }),
      ],
      scanner: 'open',
      events: [],
    },
    {
      name: 'is not over because a stream broke off',
      runs: [
        run({ observations: [seen], mode: 'stream' }),
        run({ at: T0 + 20 * DAY, ...clean, mode: 'stream', outcome: 'failed' }),
      ],
      scanner: 'open',
      events: [],
    },
    {
      name: 'returns as drift when a stream sees it after it was over',
      runs: [
        run({ observations: [seen], mode: 'stream' }),
        run({ at: T0 + 20 * DAY, ...clean, mode: 'stream' }),
        run({ at: T0 + 21 * DAY, observations: [seen], mode: 'stream' }),
      ],
      scanner: 'open',
      events: ['reopened:drift'],
    },
    {
      name: 'is resolved, not gone with its rule, where a source looks for whatever is known',
      runs: [
        run({ observations: [seen], rulesAreExhaustive: true, coverage: coverage({ 's3@*': ['*'] }) }),
        run({ at: T0 + DAY, ...clean, rulesAreExhaustive: true, coverage: coverage({ 's3@*': ['*'] }) }),
      ],
      scanner: 'fixed',
      events: ['fixed:resolved'],
    },
    {
      name: 'closes as ruleset, not as resolved, when a scanner that lists all its rules lists this one no more',
      runs: [
        run({ observations: [seen], rulesAreExhaustive: true }),
        run({
          at: T0 + DAY,
          ...clean,
          rulesAreExhaustive: true,
          coverage: coverage({ 's3@*': ['s3_logging', 's3_encryption', 's3_versioning', 's3_mfa_delete'] }),
        }),
      ],
      scanner: 'fixed',
      events: ['fixed:ruleset'],
    },
  ];
  it.each(cases)('$name', ({ runs, scanner, events }) => {
    const { state, last } = after(...runs);
    expect(only(state).scanner).toBe(scanner);
    expect(kinds(last)).toEqual(events);
  });
});

it('an event that was not seen again is over from the end of its quiet time, not from when that was noticed', () => {
  const { state } = after(
    run({ observations: [seen], mode: 'stream' }),
    run({ at: T0 + 40 * DAY, observations: [], mode: 'stream' }),
  );
  expect(only(state)).toMatchObject({ closedCause: 'quiet', fixedAt: T0 + 14 * DAY, lastSeen: T0 });
});

describe('a snapshot that is older than what a delta said meanwhile', () => {
  const base = run({ observations: [] });
  const listed = { at: T0 + DAY, coverage: coverage({ 's3@eu-west-1': ['*'] }) };

  it('does not close what was seen after it', () => {
    const { state, last } = after(
      base,
      run({ at: T0 + DAY + 60_000, mode: 'delta', observations: [seen] }),
      run({ ...listed, observations: [], declaredComplete: true }),
    );
    expect(kinds(last)).toEqual([]);
    expect(only(state)).toMatchObject({ scanner: 'open', lastSeen: T0 + DAY + 60_000 });
  });

  it('does not open again what was closed after it', () => {
    const { state, last } = after(
      run({ observations: [seen] }),
      run({ at: T0 + DAY + 60_000, mode: 'delta', closed: [seen.fingerprint] }),
      run({ ...listed, observations: [seen] }),
    );
    expect(kinds(last)).toEqual([]);
    expect(only(state)).toMatchObject({ scanner: 'fixed', fixedAt: T0 + DAY + 60_000 });
  });

  it('does not put back what was reported of it after it', () => {
    const worse = observation({ severity: 'CRITICAL', score: 95 });
    const { state, last } = after(
      run({ observations: [seen] }),
      run({ at: T0 + DAY + 60_000, mode: 'delta', observations: [worse] }),
      run({ ...listed, observations: [seen] }),
    );
    expect(kinds(last)).toEqual([]);
    expect(only(state).severity).toBe('CRITICAL');
  });
});

describe('why a finding opened', () => {
  const base = run({ observations: [] });
  it.each(['stream', 'delta'] as const)(
    'is drift in a %s, but for the first one, which is what had piled up',
    (mode) => {
      const first = run({ observations: [seen], mode });
      const other = observation({ resource: 'bucket-b' });
      const second = run({ at: T0 + DAY, observations: [seen, other], mode });
      expect(kinds(after(first).last)).toEqual(['opened:baseline']);
      expect(kinds(after(first, second).last)).toEqual(['opened:drift']);
    },
  );
  it('is baseline where the cell was never covered', () => {
    const other = observation({ service: 'ec2', rule: 'ec2_open' });
    const { last } = after(
      base,
      run({
        at: T0 + DAY,
        observations: [other],
        coverage: coverage({
          's3@eu-west-1': ['s3_public', 's3_logging', 's3_encryption', 's3_versioning'],
          'ec2@eu-west-1': ['ec2_open'],
        }),
      }),
    );
    expect(kinds(last)).toEqual(['opened:baseline']);
  });
  it('is ruleset where the rule was never evaluated', () => {
    const { last } = after(base, run({ at: T0 + DAY, observations: [observation({ rule: 's3_new' })] }));
    expect(kinds(last)).toEqual(['opened:ruleset']);
  });
  it('is drift where the rule was evaluated and did not fail', () => {
    const { last } = after(base, run({ at: T0 + DAY, observations: [seen] }));
    expect(kinds(last)).toEqual(['opened:drift']);
  });
  it('is drift in a region that was empty of the service, for a source that shows only rules with a result', () => {
    const known = run({
      coverage: coverage({ 's3@eu-west-1': ['s3_public'], 'ec2@us-east-1': ['ec2_open'] }),
    });
    const bucket = observation({ region: 'us-east-1' });
    const next = run({
      at: T0 + DAY,
      observations: [bucket],
      coverage: coverage({
        's3@eu-west-1': ['s3_public'],
        's3@us-east-1': ['s3_public'],
        'ec2@us-east-1': ['ec2_open'],
      }),
    });
    expect(kinds(after(known, next).last)).toEqual(['opened:drift']);
  });
  it('is baseline in a region that nobody had looked at', () => {
    const bucket = observation({ region: 'ap-south-1' });
    const next = run({
      at: T0 + DAY,
      observations: [bucket],
      coverage: coverage({
        's3@eu-west-1': ['s3_public', 's3_logging', 's3_encryption', 's3_versioning'],
        's3@ap-south-1': ['s3_public'],
      }),
    });
    expect(kinds(after(base, next).last)).toEqual(['opened:baseline']);
  });
  it('stays baseline until a run of the cell was complete', () => {
    const failed = run({ outcome: 'failed', observations: [seen] });
    const { last } = after(
      failed,
      run({ at: T0 + DAY, observations: [seen, observation({ resource: 'bucket-b' })] }),
    );
    expect(kinds(last)).toEqual(['opened:baseline']);
  });
});

describe('the order of evidence', () => {
  it('makes the same run twice change nothing', () => {
    const twice = run({ observations: [seen] });
    const { state } = after(twice);
    const again = applyRun(state, twice, settings);
    expect(again.events).toEqual([]);
    expect(again.next.findings).toBe(state.findings);
  });
  it('records a wholly late run without a change', () => {
    const { state } = after(
      run({ at: T0, observations: [seen] }),
      run({ at: T0 + 2 * DAY, observations: [] }),
    );
    const late = applyRun(state, run({ at: T0 + DAY, observations: [seen] }), settings);
    expect(late.late).toBe(true);
    expect(late.next).toBe(state);
  });
  it('takes a late run only for the cells that have no newer evidence', () => {
    const elsewhere = observation({ region: 'us-east-1' });
    const both = coverage({ 's3@eu-west-1': ['s3_public'], 's3@us-east-1': ['s3_public'] });
    const { state } = after(
      run({ at: T0, observations: [seen, elsewhere], coverage: both }),
      run({ at: T0 + 2 * DAY, observations: [seen], coverage: coverage({ 's3@eu-west-1': ['s3_public'] }) }),
    );
    const late = applyRun(state, run({ at: T0 + DAY, observations: [], coverage: both }), settings);
    expect(late.events.map((event) => event.region)).toEqual(['us-east-1']);
    expect(late.events.map((event) => event.kind)).toEqual(['fixed']);
  });
  it('never lets events of a scope run backwards', () => {
    const elsewhere = observation({ region: 'us-east-1' });
    const { state } = after(run({ at: T0 + 2 * DAY, observations: [seen] }));
    const late = applyRun(
      state,
      run({
        at: T0 + DAY,
        observations: [elsewhere],
        coverage: coverage({ 's3@us-east-1': ['s3_public', 's3_logging', 's3_encryption', 's3_versioning'] }),
      }),
      settings,
    );
    expect(late.events.map((event) => event.at)).toEqual([T0 + 2 * DAY]);
    expect([...late.next.findings.values()].map((finding) => finding.firstSeen).sort()).toEqual([
      T0 + DAY,
      T0 + 2 * DAY,
    ]);
  });
});

describe('what is kept of a finding', () => {
  it('keeps firstSeen over fixing and return, and counts the returns', () => {
    const { state } = after(
      run({ observations: [seen] }),
      run({ at: T0 + DAY }),
      run({ at: T0 + 2 * DAY, observations: [seen] }),
    );
    expect(only(state)).toMatchObject({
      firstSeen: T0,
      reopenedAt: T0 + 2 * DAY,
      reopenCount: 1,
      fixedAt: null,
      closedCause: null,
      dueAt: T0 + 32 * DAY,
    });
  });
  it('moves lastSeen by the newest complete snapshot without writing the row', () => {
    const { state: first } = after(run({ observations: [seen] }));
    const next = applyRun(first, run({ at: T0 + 3 * DAY, observations: [seen] }), settings);
    expect(next.next.findings).toBe(first.findings);
    expect(lastSeenOf(only(next.next), next.next.cells)).toBe(T0 + 3 * DAY);
  });
  it('stores lastSeen when a partial run saw it', () => {
    const { state } = after(
      run({ observations: [seen] }),
      run({ at: T0 + 3 * DAY, observations: [seen], outcome: 'partial' }),
    );
    expect(only(state).lastSeen).toBe(T0 + 3 * DAY);
  });
  it('says of a fixed finding when it was last seen', () => {
    const { state } = after(
      run({ observations: [seen] }),
      run({ at: T0 + DAY, observations: [seen] }),
      run({ at: T0 + 2 * DAY }),
    );
    expect(only(state)).toMatchObject({ lastSeen: T0 + DAY, fixedAt: T0 + 2 * DAY });
  });
  it('refreshes texts without an event and dimensions with one', () => {
    const text = applyRun(
      after(run({ observations: [seen] })).state,
      run({ at: T0 + DAY, observations: [observation({ title: 'Better words' })] }),
      settings,
    );
    expect(only(text.next).title).toBe('Better words');
    expect(text.events).toEqual([]);
    const type = applyRun(
      text.next,
      run({
        at: T0 + 2 * DAY,
        observations: [observation({ title: 'Better words', resourceType: 'Bucket' })],
      }),
      settings,
    );
    expect(kinds(type)).toEqual(['changed:scan']);
  });
});

describe('the date by which to fix', () => {
  const rescored = (severity: 'LOW' | 'MEDIUM' | 'CRITICAL', score: number) =>
    observation({ severity, score });
  it('comes from the first sighting and the severity', () => {
    expect(only(after(run({ observations: [seen] })).state).dueAt).toBe(T0 + 30 * DAY);
  });
  it('is the earlier of the old one and a new clock when the severity is raised', () => {
    const raisedLate = after(
      run({ observations: [seen] }),
      run({ at: T0 + 28 * DAY, observations: [rescored('CRITICAL', 95)] }),
    );
    expect(only(raisedLate.state).dueAt).toBe(T0 + 30 * DAY);
    const raisedEarly = after(
      run({ observations: [seen] }),
      run({ at: T0 + DAY, observations: [rescored('CRITICAL', 95)] }),
    );
    expect(only(raisedEarly.state).dueAt).toBe(T0 + 8 * DAY);
  });
  it('is counted from the clock’s start again when the severity is lowered', () => {
    const lowered = after(
      run({ observations: [seen] }),
      run({ at: T0 + DAY, observations: [rescored('MEDIUM', 55)] }),
    );
    expect(only(lowered.state).dueAt).toBe(T0 + 90 * DAY);
    const low = after(
      run({ observations: [seen] }),
      run({ at: T0 + DAY, observations: [rescored('LOW', 20)] }),
    );
    expect(only(low.state).dueAt).toBeNull();
  });
  it('follows the team when a scan shows that the resource has another one', () => {
    const owned: Settings = {
      ...settings,
      sla: { days: { HIGH: 30 }, teams: { pay: { HIGH: 14 } } },
      ownership: [{ match: { label: { team: ['pay'] } }, team: 'pay' }],
    };
    const open = applyRun(EMPTY_STATE, run({ observations: [seen] }), owned);
    const tagged = run({ at: T0 + DAY, observations: [observation({ tags: { team: 'pay' } })] });
    const step = applyRun(open.next, tagged, owned);
    expect(only(step.next)).toMatchObject({ team: 'pay', dueAt: T0 + 14 * DAY });
    expect(step.events.map(({ dueAt }) => dueAt)).toEqual([T0 + 14 * DAY]);
    const back = applyRun(step.next, run({ at: T0 + 2 * DAY, observations: [seen] }), owned);
    expect(only(back.next)).toMatchObject({ team: null, dueAt: T0 + 30 * DAY });
  });
  it('is a whole millisecond, whatever part of a day is given', () => {
    const hours: Settings = {
      ...settings,
      quietDays: 0.123457,
      sla: { days: { HIGH: 0.333333 }, teams: {} },
    };
    const open = applyRun(EMPTY_STATE, run({ mode: 'stream', observations: [seen] }), hours);
    expect(only(open.next).dueAt).toBe(T0 + 28_799_971);
    const moved = applySettings(
      open.next,
      hours,
      { ...hours, sla: { days: { HIGH: 0.666667 }, teams: {} } },
      T0,
    );
    expect(only(moved.next).dueAt).toBe(T0 + 57_600_029);
    const over = applyRun(open.next, run({ at: T0 + DAY, mode: 'stream' }), hours);
    expect(only(over.next).fixedAt).toBe(T0 + 10_666_685);
  });
  it('makes an overdue finding confirmed only when a complete run after it saw it', () => {
    const { state } = after(run({ observations: [seen] }));
    const finding = only(state);
    const now = T0 + 31 * DAY;
    expect(overdueAt(finding, T0, now)).toBe('unverified');
    expect(overdueAt(finding, T0 + 30 * DAY + 1, now)).toBe('confirmed');
    expect(overdueAt(finding, T0, T0 + 29 * DAY)).toBe('no');
  });
});

describe('verdicts over runs', () => {
  const accept = (
    state: ScopeState,
    until: number | null,
    verdict: 'accepted' | 'false_positive' = 'accepted',
  ) =>
    applyVerdict(state, {
      id: 'v1',
      fingerprints: [seen.fingerprint],
      verdict,
      until,
      by: 'ana',
      reason: 'known',
      at: T0 + DAY,
    }).next;

  it('stays in force over sightings, fixing and return, and an acceptance ends at its date by itself', () => {
    const accepted = accept(after(run({ observations: [seen] })).state, T0 + 10 * DAY);
    const fixed = applyRun(accepted, run({ at: T0 + 2 * DAY }), settings).next;
    expect(statusAt(only(fixed), T0 + 2 * DAY)).toBe('fixed');
    const back = applyRun(fixed, run({ at: T0 + 3 * DAY, observations: [seen] }), settings).next;
    expect(statusAt(only(back), T0 + 3 * DAY)).toBe('accepted');
    expect(statusAt(only(back), T0 + 10 * DAY)).toBe('open');
    expect(overdueAt(only(back), null, T0 + 400 * DAY)).toBe('unverified');
  });
  it('keeps a false positive for good', () => {
    const state = accept(after(run({ observations: [seen] })).state, null, 'false_positive');
    expect(statusAt(only(state), T0 + 4000 * DAY)).toBe('false_positive');
    expect(overdueAt(only(state), T0 + 300 * DAY, T0 + 400 * DAY)).toBe('no');
  });
});

describe('a change of the identity rule', () => {
  it('renames what the run sees under both names and keeps history and verdict', () => {
    const { state } = after(run({ observations: [seen] }));
    const judged = applyVerdict(state, {
      id: 'v',
      fingerprints: [seen.fingerprint],
      verdict: 'false_positive',
      until: null,
      by: 'b',
      reason: 'r',
      at: T0,
    }).next;
    const renamed = { ...observation(), fingerprint: 'f'.repeat(32), formerFingerprints: [seen.fingerprint] };
    const step = applyRun(
      judged,
      run({ at: T0 + DAY, identity: 'prowler/2', observations: [renamed] }),
      settings,
    );
    expect(kinds(step)).toEqual(['rekeyed:identity']);
    expect(step.events[0]?.formerFingerprint).toBe(seen.fingerprint);
    expect(only(step.next)).toMatchObject({
      fingerprint: 'f'.repeat(32),
      firstSeen: T0,
      verdict: { kind: 'false_positive' },
    });
  });
  it('renames in a later run what the first one did not show', () => {
    const { state } = after(run({ observations: [seen] }));
    const renamed = { ...observation(), fingerprint: 'f'.repeat(32), formerFingerprints: [seen.fingerprint] };
    const partial = applyRun(
      state,
      run({ at: T0 + DAY, identity: 'prowler/2', outcome: 'partial', observations: [] }),
      settings,
    );
    const step = applyRun(
      partial.next,
      run({ at: T0 + 2 * DAY, identity: 'prowler/2', observations: [renamed] }),
      settings,
    );
    expect(kinds(step)).toEqual(['rekeyed:identity']);
    expect(only(step.next)).toMatchObject({ fingerprint: 'f'.repeat(32), firstSeen: T0 });
  });
  it('takes no row away from a finding that is still seen under its name, or that another one is by now', () => {
    const other = { ...observation(), fingerprint: 'f'.repeat(32), formerFingerprints: [seen.fingerprint] };
    const both = run({ observations: [seen, other], identity: 'prowler/2' });
    const again = run({ at: T0 + DAY, observations: [seen, other], identity: 'prowler/2' });
    const alone = run({ at: T0 + 2 * DAY, observations: [other], identity: 'prowler/2' });
    expect(kinds(after(both, again).last)).toEqual([]);
    expect(kinds(after(both, again, alone).last)).toEqual(['fixed:resolved']);
    const first = run({ observations: [seen], identity: 'prowler/2' });
    expect(kinds(after(first, again).last)).toEqual(['opened:drift']);
  });
  it('makes one of several old rows that fall together: the eldest history, any verdict', () => {
    const a = observation({ resource: 'a' });
    const b = observation({ resource: 'b' });
    const { state } = after(run({ observations: [a] }), run({ at: T0 + DAY, observations: [a, b] }));
    const judged = applyVerdict(state, {
      id: 'v',
      fingerprints: [b.fingerprint],
      verdict: 'false_positive',
      until: null,
      by: 'b',
      reason: 'r',
      at: T0 + DAY,
    }).next;
    const merged = {
      ...observation({ resource: 'a+b' }),
      formerFingerprints: [b.fingerprint, a.fingerprint],
    };
    const step = applyRun(
      judged,
      run({ at: T0 + 2 * DAY, identity: 'prowler/2', observations: [merged] }),
      settings,
    );
    expect(step.events.filter((event) => event.kind === 'rekeyed')).toHaveLength(2);
    expect(only(step.next)).toMatchObject({
      fingerprint: merged.fingerprint,
      firstSeen: T0,
      verdict: { kind: 'false_positive' },
    });
  });
});
