import { Temporal } from 'temporal-polyfill';
import { QueryError } from '../engine.ts';
import { type Range, timeOf } from './request.ts';

/** Ranges and intervals. Days, weeks and months are those of the calendar in the range's time zone. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Longest lengths, to count how many intervals there can be at most. */
const LENGTH = { m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY, M: 31 * DAY };
type CalendarUnit = keyof typeof LENGTH;

interface Step {
  readonly count: number;
  readonly unit: CalendarUnit;
}

const MAX_INTERVALS = 5_000;
const MAX_AUTO = 500;
const DEFAULT_POINTS = 100;
const STEPS = ['1h', '3h', '6h', '12h', '1d', '1w', '1M', '3M', '12M', '120M', '1200M', '12000M'];
const FINER = ['1m', '5m', '15m', ...STEPS];

/** The range that a query is about: `asOf` moves it to end there. */
export function rangeOf(query: { readonly asOf?: number | string | undefined }, range: Range): Range {
  if (query.asOf === undefined) return range;
  const to = timeOf(query.asOf);
  return { ...range, from: to - (range.to - range.from), to };
}

/** As long, and just before. */
export function previousOf(range: Range): Range {
  return { ...range, from: range.from - (range.to - range.from), to: range.from };
}

/**
 * Ends of the intervals. The first begins at or before the range does, where an interval of the calendar begins; the last
 * ends where the range does.
 * @throws QueryError for more than 5,000 intervals, naming one that would do
 */
export function edgesOf(
  query: {
    readonly interval: string;
    readonly maxDataPoints?: number | undefined;
    readonly asOf?: number | string | undefined;
  },
  wholeRange: Range,
): readonly number[] {
  const range = rangeOf(query, wholeRange);
  if (!(range.to > range.from))
    throw new QueryError('invalid', 'the range ends before it begins', 'Send a `to` after `from`.');
  try {
    return edgesIn(query, range);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new QueryError('invalid', 'no calendar reaches as far as the range', 'Use an earlier `to`.', error);
  }
}

function edgesIn(
  query: { readonly interval: string; readonly maxDataPoints?: number | undefined },
  range: Range,
): readonly number[] {
  if (query.interval === 'auto') {
    const most = Math.min(query.maxDataPoints ?? DEFAULT_POINTS, MAX_AUTO);
    return finest(STEPS, range, most) ?? [range.from, range.to];
  }
  const edges = edgesBy(stepOf(query.interval), range, MAX_INTERVALS);
  if (edges !== null) return edges;
  const would = FINER.find((step) => edgesBy(stepOf(step), range, MAX_INTERVALS) !== null) ?? 'auto';
  throw new QueryError(
    'invalid',
    `the range has more than ${MAX_INTERVALS.toLocaleString('en')} intervals of ${query.interval}`,
    `Use ${would} or more, or a shorter range.`,
  );
}

function finest(steps: readonly string[], range: Range, most: number): readonly number[] | null {
  for (const step of steps) {
    const edges = edgesBy(stepOf(step), range, most);
    if (edges !== null) return edges;
  }
  return null;
}

function stepOf(interval: string): Step {
  const unit = interval.slice(-1);
  const count = Number(interval.slice(0, -1));
  if (
    (unit === 'm' || unit === 'h' || unit === 'd' || unit === 'w' || unit === 'M') &&
    Number.isInteger(count) &&
    count > 0
  )
    return { unit, count };
  throw new QueryError(
    'invalid',
    `${interval} is no interval`,
    'Use auto, or a number and m, h, d, w or M: 1h, 1d.',
  );
}

/** null where there are more than `most`. */
function edgesBy(step: Step, range: Range, most: number): readonly number[] | null {
  if ((range.to - range.from) / (step.count * LENGTH[step.unit]) > most) return null;
  const starts = startsBy(step, range, most + 1);
  return starts.length > most ? null : [...starts, range.to];
}

/** At most `most` of them. */
function startsBy({ unit, count }: Step, range: Range, most: number): readonly number[] {
  switch (unit) {
    case 'm':
      return startsInDays(count * MINUTE, range, most);
    case 'h':
      return startsInDays(count * HOUR, range, most);
    case 'd':
      return startsOfDates(
        range,
        most,
        (date) => fromEpochDay(floorTo(epochDay(date), count)),
        (date) => date.add({ days: count }),
      );
    case 'w':
      // 1970-01-05 was a Monday.
      return startsOfDates(
        range,
        most,
        (date) => fromEpochDay(floorTo(epochDay(date) - 4, 7 * count) + 4),
        (date) => date.add({ weeks: count }),
      );
    case 'M':
      return startsOfDates(
        range,
        most,
        (date) => monthStart(floorTo(date.year * 12 + date.month - 1, count)),
        (date) => date.add({ months: count }),
      );
  }
}

const floorTo = (value: number, step: number): number => Math.floor(value / step) * step;

function epochDay(date: Temporal.PlainDate): number {
  return Math.floor(Date.UTC(date.year, date.month - 1, date.day) / DAY);
}

function fromEpochDay(day: number): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(day * DAY)
    .toZonedDateTimeISO('UTC')
    .toPlainDate();
}

function monthStart(month: number): Temporal.PlainDate {
  return new Temporal.PlainDate(
    Math.floor(month / 12),
    floorTo(month, 1) - Math.floor(month / 12) * 12 + 1,
    1,
  );
}

function dateAt(time: number, timezone: string): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO(timezone).toPlainDate();
}

function startOf(date: Temporal.PlainDate, timezone: string): number {
  return date.toZonedDateTime(timezone).epochMilliseconds;
}

function startsOfDates(
  { from, to, timezone }: Range,
  most: number,
  align: (date: Temporal.PlainDate) => Temporal.PlainDate,
  next: (date: Temporal.PlainDate) => Temporal.PlainDate,
): readonly number[] {
  const starts: number[] = [];
  let date = align(dateAt(from, timezone));
  for (
    let start = startOf(date, timezone);
    start < to && starts.length < most;
    start = startOf(date, timezone)
  ) {
    // A day that an island left out to change sides of the date line is none.
    if (start !== starts.at(-1)) starts.push(start);
    date = next(date);
  }
  return starts;
}

/**
 * Parts of a day are counted from midnight, anew each day, so that 6 h are those of the clock on the wall also after it was
 * set; lengths that do not divide a day from 1970 on.
 */
function startsInDays(length: number, { from, to, timezone }: Range, most: number): readonly number[] {
  const starts: number[] = [];
  const add = (start: number, end: number): void => {
    if (end > from && start < to && starts.length < most) starts.push(start);
  };
  if (DAY % length !== 0) {
    for (let start = floorTo(from, length); start < to && starts.length < most; start += length)
      add(start, start + length);
    return starts;
  }
  let date = dateAt(from, timezone);
  for (let midnight = startOf(date, timezone); midnight < to && starts.length < most;) {
    date = date.add({ days: 1 });
    const nextMidnight = startOf(date, timezone);
    const times = partsOf(midnight, nextMidnight, length, date, timezone);
    for (const [n, start] of times.entries()) add(start, times[n + 1] ?? nextMidnight);
    midnight = nextMidnight;
  }
  return starts;
}

/** An hour that is there twice is two; longer parts are an hour longer or shorter on such a day. */
function partsOf(
  midnight: number,
  nextMidnight: number,
  length: number,
  next: Temporal.PlainDate,
  timezone: string,
): readonly number[] {
  const parts = DAY / length;
  const shift = nextMidnight - midnight - DAY;
  if (shift === 0 || length <= HOUR)
    return Array.from(
      { length: Math.ceil((nextMidnight - midnight) / length) },
      (_, n) => midnight + n * length,
    );
  const date = next.subtract({ days: 1 });
  const times = Array.from(
    { length: parts },
    (_, n) =>
      date.toZonedDateTime({
        timeZone: timezone,
        plainTime: Temporal.PlainTime.from({ hour: (n * length) / HOUR }),
      }).epochMilliseconds,
  );
  return [...new Set(times)].filter((time) => time < nextMidnight);
}
