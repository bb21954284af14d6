import { describe, expect, it } from 'vitest';
import { decide, DEFAULT_POLICY, type Decision, type TaskPlan } from './decide.ts';
import { jitterOf, Schedule } from './schedule.ts';
import { newTask, type TaskState } from './task-state.ts';

const at = (text: string): number => Date.parse(text);
const MINUTE = 60_000;

describe('a schedule', () => {
  const nightly = new Schedule('30 2 * * *', 'Europe/Berlin');

  it('has its slots in its time zone, summer and winter', () => {
    expect(nightly.next(at('2026-07-01T12:00:00Z'))).toBe(at('2026-07-02T00:30:00Z'));
    expect(nightly.next(at('2026-12-01T12:00:00Z'))).toBe(at('2026-12-02T01:30:00Z'));
  });

  it('holds every night once, also those in which clocks change', () => {
    // 02:30 does not exist on 29 March 2026, and comes twice on 25 October.
    for (const month of ['2026-03-28', '2026-10-24']) {
      const nights = nightly.between(at(`${month}T12:00:00Z`), at(`${month}T12:00:00Z`) + 3 * 86_400_000);
      expect(nights?.count).toBe(3);
    }
  });

  it('counts a moment that is a slot as that slot', () => {
    const slot = at('2026-12-02T01:30:00Z');
    expect([nightly.latest(slot - 1), nightly.latest(slot), nightly.latest(slot + 1)]).toEqual([
      slot - 86_400_000,
      slot,
      slot,
    ]);
    expect(nightly.next(slot)).toBe(slot + 86_400_000);
  });

  it('spreads tasks evenly, each always at the same moment', () => {
    const offsets = Array.from({ length: 500 }, (_, index) => jitterOf(`job|aws/${index}`, 10 * MINUTE));
    expect(offsets[7]).toBe(jitterOf('job|aws/7', 10 * MINUTE));
    expect(Math.max(...offsets)).toBeLessThan(10 * MINUTE);
    const firstHalf = offsets.filter((offset) => offset < 5 * MINUTE).length;
    expect(firstHalf).toBeGreaterThan(200);
    expect(firstHalf).toBeLessThan(300);
  });
});

describe('what is due', () => {
  const START = at('2026-11-28T10:00:00Z');
  const hourly: TaskPlan = { schedule: new Schedule('0 * * * *', 'UTC'), offset: 0, catchUp: true };
  const fresh = newTask({ job: 'j', target: 't' }, START + MINUTE, 'n');
  const look = (state: TaskState, now: number, plan: TaskPlan = hourly): Decision =>
    decide(state, plan, now, 'me', DEFAULT_POLICY);

  it('is nothing before the first slot after the task came to be', () => {
    expect(look(fresh, START + 30 * MINUTE)).toEqual({ do: 'wait', until: START + 60 * MINUTE });
  });

  it('is a slot when its time and the jitter of the task have come', () => {
    const plan = { ...hourly, offset: 5 * MINUTE };
    expect(look(fresh, START + 64 * MINUTE, plan)).toEqual({ do: 'wait', until: START + 65 * MINUTE });
    expect(look(fresh, START + 65 * MINUTE, plan)).toMatchObject({
      do: 'claim',
      running: { slot: START + 60 * MINUTE, owner: 'me', claims: 1 },
    });
  });

  it('after nobody was there, is the newest slot only; the others are recorded as missed', () => {
    const decision = look(fresh, START + 5 * 60 * MINUTE + 20 * MINUTE);
    expect(decision).toMatchObject({
      do: 'claim',
      running: { slot: START + 300 * MINUTE },
      next: {
        missed: [{ from: START + 60 * MINUTE, to: START + 240 * MINUTE, count: 4, reason: 'away' }],
        missedTotal: 4,
      },
    });
  });

  it('without catch-up is not even that one', () => {
    const decision = look(fresh, START + 140 * MINUTE, { ...hourly, catchUp: false });
    expect(decision).toMatchObject({ do: 'settle', next: { missedTotal: 2, settled: START + 120 * MINUTE } });
  });

  it('is nothing while somebody runs it, and it is theirs for longer than clocks differ', () => {
    const claimed = look(fresh, START + 60 * MINUTE);
    if (claimed.do !== 'claim') throw new Error('not claimed');
    const { until } = claimed.running;
    expect(look(claimed.next, until + DEFAULT_POLICY.skewMs - 1).do).toBe('wait');
    expect(look(claimed.next, until + DEFAULT_POLICY.skewMs)).toMatchObject({
      do: 'claim',
      running: { slot: START + 60 * MINUTE, claims: 2 },
      next: { fence: 2 },
    });
  });

  it('is given up when whoever ran it died three times', () => {
    let state = fresh;
    let now = START + 60 * MINUTE;
    for (let claims = 1; claims <= 3; claims++) {
      const decision = look(state, now);
      if (decision.do !== 'claim') throw new Error('not claimed');
      state = decision.next;
      now = decision.running.until + DEFAULT_POLICY.skewMs;
    }
    expect(look(state, now)).toMatchObject({
      do: 'settle',
      next: { running: null, settled: START + 60 * MINUTE, runs: [{ outcome: 'failed', attempts: 3 }] },
    });
  });
});
