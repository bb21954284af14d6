import { QueryError } from './engine.ts';

const MAX_ENTRIES = 500;

/** Answers by question and state. Who asks what is being answered waits for that answer. */
export class AnswerCache<T> {
  readonly #entries = new Map<string, Promise<T>>();
  #version = '';

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
        return { value: await orAborted(known, signal), cached: true };
      } catch (error) {
        // Whoever began it went away: it is begun again for this one.
        if (!(error instanceof QueryError && error.reason === 'cancelled') || signal?.aborted === true)
          throw error;
      }
    }
    const made = make();
    this.#entries.set(key, made);
    made.catch(() => {
      if (this.#entries.get(key) === made) this.#entries.delete(key);
    });
    this.#shrink();
    return { value: await made, cached: false };
  }

  #follow(version: string): void {
    if (version === this.#version) return;
    this.#version = version;
    this.#entries.clear();
  }

  #shrink(): void {
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= MAX_ENTRIES) return;
      this.#entries.delete(key);
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
