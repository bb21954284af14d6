import { describe, expect, it } from 'vitest';
import { freshnessAt, HOUR_MS, learnedCadence } from './cadence.ts';

const HOUR = HOUR_MS;

describe('the cadence of a scope', () => {
  it('is the median of the gaps between its complete runs, in whole hours', () => {
    expect(learnedCadence([0, 24 * HOUR, 48 * HOUR, 50 * HOUR, 75 * HOUR])).toBe(24);
  });

  it('is unknown until there were two complete runs at different times', () => {
    expect(learnedCadence([])).toBeNull();
    expect(learnedCadence([5])).toBeNull();
    expect(learnedCadence([5, 5])).toBeNull();
  });

  it('is never below an hour', () => {
    expect(learnedCadence([0, 60_000, 120_000])).toBe(1);
  });
});

describe('the freshness of a scope', () => {
  const every = 10 * HOUR;
  const after = (hours: number, outcome: 'complete' | 'partial' | 'failed' = 'complete'): string =>
    freshnessAt(outcome, 0, every, hours * HOUR);

  it('allows a tenth over the cadence, then calls it late, and silent beyond twice the cadence', () => {
    expect([after(10), after(11), after(11.1), after(20), after(20.1)]).toEqual([
      'fresh',
      'fresh',
      'late',
      'late',
      'silent',
    ]);
  });

  it('says that the newest run failed, unless the scope has been silent for longer', () => {
    expect([after(1, 'failed'), after(15, 'failed'), after(21, 'failed'), after(1, 'partial')]).toEqual([
      'failed',
      'failed',
      'silent',
      'fresh',
    ]);
  });
});
