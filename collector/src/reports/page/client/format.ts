import type { ReportSeverities } from '../../schema.ts';

export const SEVERITY_KEYS = ['critical', 'high', 'medium', 'low', 'informational'] as const;
export type SeverityKey = (typeof SEVERITY_KEYS)[number];

export const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
export const UNKNOWN = '–';

const integers = new Intl.NumberFormat('en-US');
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });
const percents = new Intl.NumberFormat('en-US', { style: 'percent', maximumFractionDigits: 1 });
const days = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });
const shortDays = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const months = new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric', timeZone: 'UTC' });
const minutes = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'medium',
  timeStyle: 'short',
  timeZone: 'UTC',
});

export function formatCount(value: number | null): string {
  return value === null ? UNKNOWN : integers.format(value);
}

export function formatCompact(value: number): string {
  return compact.format(value);
}

export function formatRate(value: number | null): string {
  return value === null ? UNKNOWN : percents.format(value);
}

/** With its sign, also for nought: `+3`, `−2`, `±0`. */
export function formatChange(value: number): string {
  if (value === 0) return '±0';
  return (value > 0 ? '+' : '−') + integers.format(Math.abs(value));
}

export function formatDay(instant: string): string {
  return days.format(Date.parse(instant));
}

export function formatShortDay(instant: string): string {
  return shortDays.format(Date.parse(instant));
}

export function formatMonth(instant: string): string {
  return months.format(Date.parse(instant));
}

export function formatInstant(instant: string): string {
  return `${minutes.format(Date.parse(instant))} UTC`;
}

/** A length of time in its largest sensible unit: `3 min`, `7 h`, `12 d`. */
export function formatAge(ms: number): string {
  const age = Math.abs(ms);
  if (age < HOUR_MS) return `${Math.floor(age / 60_000)} min`;
  if (age < 2 * DAY_MS) return `${Math.floor(age / HOUR_MS)} h`;
  return `${integers.format(Math.floor(age / DAY_MS))} d`;
}

export function formatCadence(hours: number): string {
  if (hours >= 48 && hours % 24 === 0) return `every ${hours / 24} d`;
  return `every ${integers.format(hours)} h`;
}

/** 1 is all passed; null where either number is missing or the two can't belong together. */
export function passRate(checked: number | null, flagged: number | null): number | null {
  if (checked === null || flagged === null || checked === 0 || flagged > checked) return null;
  return 1 - flagged / checked;
}

/** The sum of what is known; null where nothing is. */
export function sumKnown(values: readonly (number | null)[]): number | null {
  let sum: number | null = null;
  for (const value of values) {
    if (value !== null) sum = (sum ?? 0) + value;
  }
  return sum;
}

export function addSeverities(all: readonly ReportSeverities[]): ReportSeverities {
  const sum = { critical: 0, high: 0, medium: 0, low: 0, informational: 0 };
  for (const one of all) {
    for (const key of SEVERITY_KEYS) sum[key] += one[key];
  }
  return sum;
}

export function totalOf(severities: ReportSeverities): number {
  return SEVERITY_KEYS.reduce((sum, key) => sum + severities[key], 0);
}

/** Most urgent first: by critical, then high, and so on. */
export function compareSeverities(a: ReportSeverities, b: ReportSeverities): number {
  for (const key of SEVERITY_KEYS) {
    if (a[key] !== b[key]) return b[key] - a[key];
  }
  return 0;
}

export function describeSeverities(severities: ReportSeverities): string {
  const parts = SEVERITY_KEYS.filter((key) => severities[key] > 0).map(
    (key) => `${formatCount(severities[key])} ${key}`,
  );
  return parts.length === 0 ? 'nothing open' : parts.join(', ');
}

/**
 * Control characters and the marks that reorder text become visible: a title must not be able to read as something
 * that it is not.
 */
export function visibleText(text: string): string {
  // eslint-disable-next-line no-control-regex -- finding them is the point
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (mark) => {
    const code = mark.codePointAt(0) ?? 0;
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
  });
}

/** An absolute http(s) address without credentials, as the browser would open it; null for anything else. */
export function webAddress(text: string): string | null {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return null;
  return url.href;
}

/** A path below the page's own folder; null for anything else. */
export function bucketPath(href: string): string | null {
  if (!/^[A-Za-z0-9._~!$&'()*+,;=@%/-]+$/.test(href) || href.startsWith('/')) return null;
  const base = 'https://bucket.invalid/a/b/';
  if (!URL.canParse(href, base) || !new URL(href, base).href.startsWith(base)) return null;
  return href;
}
