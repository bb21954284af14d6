import * as z from 'zod';
import { ANY_RULE } from '../../findings/cells.ts';
import type { Cell } from '../../findings/model.ts';
import type { Peek } from '../json/peek.ts';
import type { Facts } from '../json/records.ts';
import { wrongShape } from './errors.ts';
import { type About, type ScopeBuilder, Scopes } from './scopes.ts';

/**
 * What Sightline itself asked of an API: findings as the API gives them, in the list that its command line has, between two
 * members that say what no answer says: when it was asked and for what (`listing`), and what came back whole (`listed`).
 */

const begin = z.object({
  /** Of the adapter that reads it. */
  source: z.string(),
  mode: z.enum(['snapshot', 'delta', 'stream']),
  at: z.iso.datetime().transform((text) => Date.parse(text)),
});

const end = z.object({
  covered: z.array(z.object({ accounts: z.array(z.string()), cells: z.array(z.string()) })),
  notes: z.array(z.string()),
});

/** Before the findings. */
export interface ListingBegin extends Omit<z.input<typeof begin>, 'at'> {
  /** ISO 8601: of all that it says, the time it is true for. */
  readonly at: string;
}

/** What was listed to its end: these cells in each of these accounts. Without cells, that the accounts were asked about. */
export interface Covered {
  readonly accounts: readonly string[];
  readonly cells: readonly Cell[];
}

/** Behind the findings. */
export interface ListingEnd {
  readonly covered: readonly Covered[];
  /** What could not be asked, for people. */
  readonly notes: readonly string[];
}

interface Listing extends z.output<typeof begin> {
  readonly covered: readonly Covered[];
  readonly notes: readonly string[];
}

export const LISTING_FACTS = ['listing', 'listed'];

export function isListing({ below }: Peek, source: string): boolean {
  return below.get('listing.source') === source;
}

/** The scopes of a report that may be a listing: then it says itself what it covers, and its findings alone cover nothing. */
export class ListedScopes {
  readonly #about: About;
  readonly #name: string;
  readonly #tool: string;
  #scopes: Scopes;
  #listing: Listing | null = null;
  /** Cells that came back whole and are not to be trusted all the same, by scope. */
  readonly #spoiled = new Map<ScopeBuilder, Set<Cell>>();

  constructor(about: About, name: string, tool: string) {
    this.#about = about;
    this.#name = name;
    this.#tool = tool;
    this.#scopes = new Scopes(about);
  }

  of(cloud: string, account: string): ScopeBuilder {
    return this.#scopes.of(cloud, account);
  }

  get isListing(): boolean {
    return this.#listing !== null;
  }

  /** Before the records of each document. @throws ReportError */
  readonly document = (facts: Facts): void => {
    if (this.#listing !== null || !facts.has('listing')) return;
    const begun = begin.safeParse(facts.get('listing'));
    const ended = end.safeParse(facts.get('listed'));
    if (!begun.success || !ended.success)
      throw wrongShape(this.#name, this.#tool, 'its listing is not one of this version');
    this.#listing = { ...begun.data, ...ended.data };
    this.#scopes = new Scopes({ ...this.#about, mode: begun.data.mode });
  };

  /** That a finding of a report that is no listing was found: whoever was asked did look there. */
  cover(scope: ScopeBuilder, cell: Cell): void {
    if (this.#listing === null) scope.cover(cell, ANY_RULE);
  }

  /** Something in the cell could not be looked at. */
  spoil(scope: ScopeBuilder, cell: Cell): void {
    const cells = this.#spoiled.get(scope) ?? new Set();
    this.#spoiled.set(scope, cells.add(cell));
  }

  reports(): ReturnType<Scopes['reports']> {
    if (this.#listing === null) return this.#scopes.reports();
    this.#apply(this.#listing);
    // Of an account that is covered nowhere it is no snapshot, but news: of one that is no member any more.
    return this.#scopes
      .reports()
      .map((report) =>
        report.mode === 'snapshot' && report.coverage.size === 0 ? { ...report, mode: 'delta' } : report,
      );
  }

  #apply({ mode, at, covered, notes }: Listing): void {
    for (const { accounts, cells } of covered) {
      for (const account of accounts) {
        const scope = this.of('aws', account);
        const spoiled = this.#spoiled.get(scope);
        for (const cell of cells) if (spoiled?.has(cell) !== true) scope.cover(cell, ANY_RULE);
      }
    }
    for (const scope of this.#scopes.all) {
      // The newest finding may be months old; what the listing says is true of when it was asked for.
      scope.observedAt = at;
      for (const note of notes) scope.note(note);
      // Coverage says what a snapshot leaves out; a stream has none.
      const says = mode === 'snapshot' && scope.coversAnything;
      if (notes.length > 0 && !says) scope.outcome = 'partial';
    }
  }
}
