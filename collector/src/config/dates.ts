import type { EpochMs } from '../findings/model.ts';

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;
const DAY_MS = 86_400_000;

/**
 * The moment that a person means by a date: a day (`2027-03-31`, UTC) by its last millisecond, so that "until that day" holds
 * all through it, or a full timestamp with its time zone.
 * @returns undefined for what is neither, or a day that no calendar has
 */
export function endOf(text: string): EpochMs | undefined {
  if (DATE.test(text)) {
    const start = startOfDay(text);
    return start === undefined ? undefined : start + DAY_MS - 1;
  }
  return INSTANT.test(text) && startOfDay(text.slice(0, 10)) !== undefined ? timeOf(text) : undefined;
}

/** Like `endOf`, with a day meant by its first millisecond: "since that day". */
export function beginOf(text: string): EpochMs | undefined {
  return DATE.test(text) ? startOfDay(text) : endOf(text);
}

function startOfDay(day: string): EpochMs | undefined {
  const at = timeOf(`${day}T00:00:00Z`);
  // JavaScript reads 30 February as 2 March.
  return at !== undefined && new Date(at).toISOString().startsWith(day) ? at : undefined;
}

function timeOf(text: string): EpochMs | undefined {
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}
