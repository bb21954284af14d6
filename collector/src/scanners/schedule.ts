import { Cron } from 'croner';
import { sha256 } from '../lake/keys.ts';
import type { EpochMs } from '../findings/model.ts';

/** What counting missed slots may cost: a year of a schedule by the minute would be half a million. */
const MOST_COUNTED = 1_000;

interface Interval {
  /** null: there was none before. */
  readonly slot: EpochMs | null;
  readonly next: EpochMs;
}

/**
 * The slots of a cron pattern in a time zone, as a function of time and nothing else. In the night when clocks go forward a slot
 * that does not exist comes an hour's change later; when they go back it comes once.
 */
export class Schedule {
  readonly #cron: Cron;
  /** Most questions are about the present: two neighbouring intervals answer them without walking the calendar. */
  #known: Interval[] = [];

  /** @throws Error for a pattern or a zone that does not exist */
  constructor(pattern: string, timezone: string) {
    this.#cron = new Cron(pattern, { paused: true, timezone, mode: '5-part' });
  }

  /** The newest slot at or before `at`; null where there was none. */
  latest(at: EpochMs): EpochMs | null {
    return this.#around(at).slot;
  }

  /** The first slot after `at`; Infinity where there is none. */
  next(at: EpochMs): EpochMs {
    return this.#around(at).next;
  }

  /** The slots between two moments, both left out, and how many; counted up to 1,000. */
  between(after: EpochMs, before: EpochMs): SlotRange | null {
    let from: EpochMs | null = null;
    let to = after;
    let count = 0;
    for (let slot = this.next(after); slot < before && count < MOST_COUNTED; slot = this.next(slot)) {
      from ??= slot;
      to = slot;
      count++;
    }
    if (from === null) return null;
    const last = this.latest(before - 1) ?? to;
    return { from, to: Math.max(to, last), count };
  }

  #around(at: EpochMs): Interval {
    const known = this.#known.find(({ slot, next }) => slot !== null && slot <= at && at < next);
    if (known !== undefined) return known;
    // Both look-ups of the library leave out the moment they start from.
    const [slot] = this.#cron.previousRuns(1, new Date(at + 1));
    const next = this.#cron.nextRun(new Date(at));
    const found = { slot: slot?.getTime() ?? null, next: next?.getTime() ?? Number.POSITIVE_INFINITY };
    this.#known = [found, ...this.#known].slice(0, 3);
    return found;
  }
}

/** Slots that follow one another, the first and the last included. */
export interface SlotRange {
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** At most 1,000, however many there are. */
  readonly count: number;
}

/** How much later than its slot a task starts: always the same for one task, spread evenly over many. */
export function jitterOf(task: string, jitterMs: number): number {
  if (jitterMs <= 0) return 0;
  return Number.parseInt(sha256(`jitter|${task}`).slice(0, 12), 16) % jitterMs;
}
