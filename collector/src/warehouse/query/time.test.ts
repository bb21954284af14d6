import { describe, expect, it } from 'vitest';
import { QueryError } from '../engine.ts';
import { edgesOf, previousOf, rangeOf } from './time.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const at = (text: string): number => Date.parse(text);

function edges(
  interval: string,
  from: string,
  to: string,
  timezone = 'Europe/Berlin',
  maxDataPoints?: number,
): string[] {
  return edgesOf({ interval, maxDataPoints }, { from: at(from), to: at(to), timezone }).map((edge) =>
    new Date(edge).toISOString().slice(0, 16),
  );
}

describe('the intervals of a trend', () => {
  it('are days of the calendar: 23 hours long where the clock is set forward, 25 where it is set back', () => {
    expect(edges('1d', '2026-03-28T12:00:00Z', '2026-03-31T06:00:00Z')).toEqual([
      '2026-03-27T23:00',
      '2026-03-28T23:00',
      '2026-03-29T22:00',
      '2026-03-30T22:00',
      '2026-03-31T06:00',
    ]);
    expect(edges('1d', '2026-10-24T22:00:00Z', '2026-10-26T23:00:00Z')).toEqual([
      '2026-10-24T22:00',
      '2026-10-25T23:00',
      '2026-10-26T23:00',
    ]);
  });

  it.each([
    ['auto', 'Pacific/Kiritimati'],
    ['1M', 'UTC'],
    ['12000M', 'UTC'],
  ])('are refused where no calendar has them: %s in %s', (interval, timezone) => {
    const range = { from: 8.64e15 - 10 * DAY, to: 8.64e15, timezone };
    expect(() => edgesOf({ interval }, range)).toThrow(QueryError);
  });

  it('are weeks from Monday, and months from their first day', () => {
    // 2026-10-25, the last Sunday of October, has 25 hours.
    expect(edges('1w', '2026-10-21T00:00:00Z', '2026-11-03T00:00:00Z')).toEqual([
      '2026-10-18T22:00',
      '2026-10-25T23:00',
      '2026-11-01T23:00',
      '2026-11-03T00:00',
    ]);
    expect(edges('1M', '2026-01-15T00:00:00Z', '2026-04-10T00:00:00Z')).toEqual([
      '2025-12-31T23:00',
      '2026-01-31T23:00',
      '2026-02-28T23:00',
      '2026-03-31T22:00',
      '2026-04-10T00:00',
    ]);
    expect(edges('3M', '2026-05-15T00:00:00Z', '2026-11-01T00:00:00Z', 'UTC')).toEqual([
      '2026-04-01T00:00',
      '2026-07-01T00:00',
      '2026-10-01T00:00',
      '2026-11-01T00:00',
    ]);
  });

  it('stay where they are when the range moves on, also where they are several days or weeks', () => {
    for (const interval of ['2d', '3d', '2w', '5h', '2M']) {
      const now = edges(interval, '2026-01-01T00:00:00Z', '2026-03-01T00:00:00Z');
      const later = edges(interval, '2026-01-09T05:00:00Z', '2026-03-02T00:00:00Z');
      expect(now.slice(-3, -1).every((edge) => later.includes(edge))).toBe(true);
    }
  });

  it('of hours follow the clock on the wall, and each hour is one where it is there twice', () => {
    const six = edges('6h', '2026-03-28T23:00:00Z', '2026-03-30T22:00:00Z');
    expect(six).toEqual([
      '2026-03-28T23:00',
      '2026-03-29T04:00',
      '2026-03-29T10:00',
      '2026-03-29T16:00',
      '2026-03-29T22:00',
      '2026-03-30T04:00',
      '2026-03-30T10:00',
      '2026-03-30T16:00',
      '2026-03-30T22:00',
    ]);
    expect(edges('1h', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z')).toHaveLength(26);
    expect(edges('1h', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z')).toHaveLength(24);
    expect(edges('15m', '2026-06-01T10:07:00Z', '2026-06-01T10:40:00Z', 'Asia/Kathmandu')).toEqual([
      '2026-06-01T10:00',
      '2026-06-01T10:15',
      '2026-06-01T10:30',
      '2026-06-01T10:40',
    ]);
  });

  it('begin at or before the range, ascend, and end with it, whatever the time zone', () => {
    for (const timezone of [
      'UTC',
      'Europe/Berlin',
      'America/St_Johns',
      'Australia/Lord_Howe',
      'Pacific/Apia',
      'America/Sao_Paulo',
    ])
      for (const interval of ['1m', '7m', '1h', '2h', '5h', '12h', '1d', '3d', '1w', '1M']) {
        const from = at('2011-12-28T10:20:30Z');
        const to = from + (interval.endsWith('m') ? DAY : 40 * DAY);
        const found = edgesOf({ interval }, { from, to, timezone });
        expect(found[0]).toBeLessThanOrEqual(from);
        expect(found[1]).toBeGreaterThan(from);
        expect(found.at(-1)).toBe(to);
        expect(found.every((edge, n) => n === 0 || edge > (found[n - 1] ?? edge))).toBe(true);
      }
  });

  it('are as fine as the points allow where they are `auto`, and never finer than an hour', () => {
    const points = (days: number, most?: number): number =>
      edgesOf(
        { interval: 'auto', maxDataPoints: most },
        { from: at('2026-11-20T00:00:00Z') - days * DAY, to: at('2026-11-20T00:00:00Z'), timezone: 'UTC' },
      ).length - 1;
    expect(points(1 / 24)).toBe(1);
    expect(points(1)).toBe(24);
    expect(points(90)).toBe(90);
    expect(points(90, 43_200)).toBe(360);
    expect(points(365)).toBe(53);
    expect(points(3_650, 50)).toBe(41);
    expect(points(3_650, 1)).toBe(1);
    expect(points(90_000, 200)).toBeLessThanOrEqual(200);
  });

  it('are refused where there are too many, with one that would do', () => {
    const range = { from: at('2025-11-20T00:00:00Z'), to: at('2026-11-20T00:00:00Z'), timezone: 'UTC' };
    expect(() => edgesOf({ interval: '1m' }, range)).toThrow(/more than 5,000 intervals of 1m/);
    const hint = (): string => {
      try {
        edgesOf({ interval: '1h' }, range);
      } catch (error) {
        return error instanceof QueryError ? error.hint : '';
      }
      return '';
    };
    expect(hint()).toContain('Use 3h or more');
    expect(() => edgesOf({ interval: '1d' }, { ...range, to: range.from })).toThrow(QueryError);
  });
});

describe('the range of a query', () => {
  const range = { from: 1_000, to: 5_000, timezone: 'UTC' };

  it('keeps its length and ends at `asOf`', () => {
    expect(rangeOf({ asOf: 3_000 }, range)).toEqual({ from: -1_000, to: 3_000, timezone: 'UTC' });
    expect(rangeOf({ asOf: '1970-01-01T01:00:03+01:00' }, range)).toEqual({
      from: -1_000,
      to: 3_000,
      timezone: 'UTC',
    });
    expect(rangeOf({}, range)).toBe(range);
  });

  it('follows one that is as long', () => {
    expect(previousOf(range)).toEqual({ from: -3_000, to: 1_000, timezone: 'UTC' });
  });
});
