import { z } from 'zod';
import { SightlineError } from '../../errors.ts';
import type { EpochMs } from '../../findings/model.ts';
import { randomNonce } from '../../lake/keys.ts';
import type { ETag, ObjectStore } from '../../store/object-store.ts';
import { swap } from '../../store/swap.ts';
import { type Feed, ledgerKey } from './keys.ts';

/**
 * Batches that are made into commits together. What is in it never changes: whoever does it again after a crash reads the same bytes,
 * so that its runs have the same ids and change nothing.
 */
const runSchema = z.strictObject({
  id: z.string(),
  /** Who is at it, until when it counts as alive. */
  owner: z.string(),
  until: z.number(),
  claimedAt: z.number(),
  batches: z.array(z.string()).readonly(),
  /** All of it is in the lake: the batches may go. */
  committed: z.boolean(),
});
export type SpoolRun = z.infer<typeof runSchema>;

const ledgerSchema = z.strictObject({
  format: z.literal(1),
  nonce: z.string(),
  runs: z.array(runSchema).readonly(),
});

export type Runs = readonly SpoolRun[];

/** As often as collectors may get in each other's way before it is taken for a mistake. */
const MAX_ATTEMPTS = 40;

/** Which batches of a feed are being committed, by whom: the one object that collectors of a feed write in turn. */
export class Ledger {
  readonly #store: ObjectStore;
  readonly #key: string;

  constructor(store: ObjectStore, feed: Feed) {
    this.#store = store;
    this.#key = ledgerKey(feed);
  }

  /** @throws SightlineError `corrupt`, StoreError */
  async read(): Promise<{ readonly runs: Runs; readonly etag: ETag | null }> {
    const stored = await this.#store.get(this.#key);
    if (stored === undefined) return { runs: [], etag: null };
    try {
      const { runs } = ledgerSchema.parse(JSON.parse(stored.body.toString('utf8')));
      return { runs, etag: stored.etag };
    } catch (error) {
      throw new SightlineError(
        'corrupt',
        `the ledger ${this.#key} can't be read`,
        'A newer collector may have written it. If something else did: remove it, and events of at most one run may count twice.',
        1,
        error,
      );
    }
  }

  /** @returns false when somebody else was faster */
  async replace(runs: Runs, etag: ETag | null): Promise<boolean> {
    const body = Buffer.from(JSON.stringify({ format: 1, nonce: randomNonce(), runs }));
    return (await swap(this.#store, this.#key, body, etag)) !== null;
  }

  /**
   * Changes the run of this id; null takes it out. Whoever holds it: its batches are the same for all who do it.
   * @returns false when there is no such run (any more)
   */
  async change(id: string, to: (run: SpoolRun) => SpoolRun | null): Promise<boolean> {
    for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts++) {
      const { runs, etag } = await this.read();
      const own = runs.find((run) => run.id === id);
      if (own === undefined) return false;
      const next = runs.flatMap((run) => (run === own ? (to(own) ?? []) : run));
      if (await this.replace(next, etag)) return true;
    }
    throw new SightlineError(
      'conflict',
      `the ledger ${this.#key} was changed by others ${MAX_ATTEMPTS} times`,
      'Nothing was lost. Let fewer collectors take in the events of one bucket.',
    );
  }
}

/** A lease that ran out by this much has run out whatever the clocks say. */
const SKEW_MS = 30_000;

export function isAbandoned(run: SpoolRun, now: EpochMs): boolean {
  return now > run.until + SKEW_MS;
}
