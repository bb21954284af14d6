import { QueryError } from './engine.ts';

const MAX_ENTRIES = 500;
/** Bytes, nearly. Whoever takes a million findings page by page must not fill the process with pages that nobody asks for again. */
const MAX_WEIGHT = 64 << 20;

interface Entry<T> {
  readonly answer: Promise<T>;
  /** 0 while it is being made. */
  weight: number;
}

/** Answers by question and state. Who asks what is being answered waits for that answer. */
export class AnswerCache<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #weigh: (value: T) => number;
  #weight = 0;
  #version = '';

  constructor(weigh: (value: T) => number) {
    this.#weigh = weigh;
  }

  /** @throws what `make` throws, which is not kept; QueryError `cancelled` when the signal comes first */
  async get(
    key: string,
    version: string,
    signal: AbortSignal | undefined,
    make: () => Promise<T>,
  ): Promise<{ value: T; cached: boolean }> {
    this.#follow(version);
    const known = this.#entries.get(key);
    if (known !== undefined) {
      // Used last, so thrown away last.
      this.#entries.delete(key);
      this.#entries.set(key, known);
      try {
        return { value: await orAborted(known.answer, signal), cached: true };
      } catch (error) {
        // Whoever began it went away: it is begun again for this one.
        if (!(error instanceof QueryError && error.reason === 'cancelled') || signal?.aborted === true)
          throw error;
      }
    }
    const made: Entry<T> = { answer: make(), weight: 0 };
    this.#drop(key);
    this.#entries.set(key, made);
    this.#shrink();
    try {
      const value = await made.answer;
      this.#weighed(key, made, value);
      return { value, cached: false };
    } catch (error) {
      if (this.#entries.get(key) === made) this.#drop(key);
      throw error;
    }
  }

  #weighed(key: string, entry: Entry<T>, value: T): void {
    if (this.#entries.get(key) !== entry) return;
    entry.weight = this.#weigh(value);
    this.#weight += entry.weight;
    this.#shrink();
  }

  #drop(key: string): void {
    this.#weight -= this.#entries.get(key)?.weight ?? 0;
    this.#entries.delete(key);
  }

  #follow(version: string): void {
    if (version === this.#version) return;
    this.#version = version;
    this.#entries.clear();
    this.#weight = 0;
  }

  #shrink(): void {
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= MAX_ENTRIES && this.#weight <= MAX_WEIGHT) return;
      this.#drop(key);
    }
  }
}

async function orAborted<T>(value: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return value;
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      reject(new QueryError('cancelled', 'the query was cancelled', 'Send it again.'));
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([value, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}

/** What a value takes in memory, roughly: texts by their length, everything else by its places. */
export function weightOf(value: unknown): number {
  const unread = [value];
  let weight = 0;
  while (unread.length > 0) {
    const next = unread.pop();
    weight += 16;
    if (typeof next === 'string') weight += next.length;
    else if (typeof next === 'object' && next !== null)
      for (const inner of next instanceof Map ? next.values() : Object.values(next)) unread.push(inner);
  }
  return weight;
}
