/** Where intervals of trends may begin, told by looking at a calendar of the time zone. */

export interface Grid {
  readonly from: number;
  readonly to: number;
  readonly timezone: string;
  readonly interval: string;
}

const MINUTE = 60_000;
const LARGEST: Readonly<Record<string, number>> = {
  m: MINUTE,
  h: 60 * MINUTE,
  d: 25 * 60 * MINUTE,
  w: 169 * 60 * MINUTE,
  M: 745 * 60 * MINUTE,
};

/** What is wrong with the beginnings of the intervals of a trend; null where nothing is. */
export function calendarProblem(
  times: readonly number[],
  { from, to, timezone, interval }: Grid,
): string | null {
  const [first] = times;
  if (first === undefined) return 'there are no intervals';
  if (first > from) return `the first interval begins at ${first}, after ${from}`;
  if ((times[1] ?? to) <= from) return `the first interval ends before ${from}`;
  if ((times.at(-1) ?? to) >= to)
    return `the last interval begins at ${times.at(-1) ?? to}, not before ${to}`;
  for (const [at, time] of times.entries()) {
    const next = times[at + 1];
    if (next !== undefined && next <= time) return `interval ${at} ends before it begins`;
  }
  if (interval === 'auto') return times.length <= 101 ? null : `there are ${times.length} intervals`;
  const unit = interval.at(-1) ?? '';
  const count = Number(interval.slice(0, -1));
  for (const [at, time] of times.entries()) {
    const next = times[at + 1];
    if (next !== undefined && next - time > count * (LARGEST[unit] ?? 0)) return `interval ${at} is too long`;
    if (!beginsOn(unit, time, timezone)) return `interval ${at} begins at ${new Date(time).toISOString()}`;
  }
  return null;
}

function beginsOn(unit: string, time: number, timezone: string): boolean {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    weekday: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    fractionalSecondDigits: 3,
    hourCycle: 'h23',
  }).formatToParts(time);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  const whole = Number(part('second')) === 0 && Number(part('fractionalSecond')) === 0;
  const hour = whole && Number(part('minute')) === 0;
  const day = hour && Number(part('hour')) === 0;
  switch (unit) {
    case 'm':
      return whole;
    case 'h':
      return hour;
    case 'd':
      return day;
    case 'w':
      return day && part('weekday') === 'Mon';
    default:
      return day && part('day') === '1';
  }
}
