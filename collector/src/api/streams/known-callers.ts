import type { IncomingMessage } from 'node:http';
import type { Access } from '../../warehouse/access.ts';

/** So long a caller is taken for who it was; then one request asks again while the others go on. */
const FRESH_MS = 5_000;
/** A caller whom nobody asked about for so long is unknown. With the time that tokens are remembered a revoked one is out after 45 s. */
const LONGEST_MS = 15_000;
const MOST_CALLERS = 10_000;

interface Known {
  readonly access: Access;
  readonly at: number;
  asking: boolean;
}

/** What the server found out about callers with all its checks, for a few seconds: by what they say of themselves, and never refusals. */
export class KnownCallers {
  readonly #known = new Map<string, Known>();
  readonly #clock: () => number;

  /** @param clock milliseconds that only go forward */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Who asks; null where the server has to find out. */
  get(key: string): Access | null {
    const known = this.#known.get(key);
    if (known === undefined) return null;
    const age = this.#clock() - known.at;
    if (age < FRESH_MS) return known.access;
    if (age > LONGEST_MS || !known.asking) {
      known.asking = true;
      return null;
    }
    return known.access;
  }

  set(key: string, access: Access): void {
    if (this.#known.size >= MOST_CALLERS) this.#known.clear();
    this.#known.set(key, { access, at: this.#clock(), asking: false });
  }

  /** After a request was answered that was to find out: whom it did not make known is unknown. */
  asked(key: string): void {
    if (this.#known.get(key)?.asking === true) this.#known.delete(key);
  }
}

/** Everything that the checks look at; null where a browser or Grafana asks, of whom they look at more. */
export function keyOf({ headers }: IncomingMessage): string | null {
  const special = headers['sec-fetch-site'] ?? headers.origin ?? headers['x-grafana-id'];
  return special === undefined ? `${headers.host ?? ''}\n${headers.authorization ?? ''}` : null;
}
