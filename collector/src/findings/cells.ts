import type { Cell, EpochMs } from './model.ts';

/** What the head of a scope remembers of one cell. */
export interface CellRecord {
  /** Newest evidence of any kind; older evidence for the cell is ignored. */
  readonly at: EpochMs;
  /** Newest complete snapshot that covered the cell; null if there never was one. */
  readonly completeAt: EpochMs | null;
  /** Every rule that a complete run ever evaluated here, sorted. */
  readonly rules: readonly string[];
}

export type Cells = ReadonlyMap<Cell, CellRecord>;

export const EVERYTHING: Cell = '*';

/**
 * In the place of rules: whatever the source can find was looked for. Of sources whose rules are what is known in the world (a
 * CVE, a port): the one published yesterday is news there, and no change of the scanner.
 */
export const ANY_RULE = '*';

export function evaluates(rules: ReadonlySet<string>, rule: string): boolean {
  return rules.has(rule) || rules.has(ANY_RULE);
}

export function cellOf(service: string, region: string): Cell {
  return `${service}@${region}`;
}

/** The keys under which a cell may be covered, narrowest first: itself, its service in all regions, everything. */
export function coveringKeys(cell: Cell): readonly Cell[] {
  const at = cell.indexOf('@');
  if (at < 0) return cell === EVERYTHING ? [cell] : [cell, EVERYTHING];
  const wide = `${cell.slice(0, at)}@*`;
  return wide === cell ? [cell, EVERYTHING] : [cell, wide, EVERYTHING];
}

/** Answers questions on cells, remembering each answer: findings share few cells. Valid as long as `cells` does not change. */
export class CellIndex {
  readonly #cells: Cells;
  readonly #evidence = new Map<Cell, EpochMs>();
  readonly #complete = new Map<Cell, EpochMs | null>();
  readonly #rules = new Map<Cell, ReadonlySet<string> | null>();

  constructor(cells: Cells) {
    this.#cells = cells;
  }

  /** Time of the newest evidence for the cell, -Infinity if there is none. */
  evidenceAt(cell: Cell): EpochMs {
    let at = this.#evidence.get(cell);
    if (at === undefined) {
      at = Math.max(-Infinity, ...this.#records(cell).map((record) => record.at));
      this.#evidence.set(cell, at);
    }
    return at;
  }

  /** Time of the newest complete snapshot of the cell, null if it never was covered. */
  completeAt(cell: Cell): EpochMs | null {
    let at = this.#complete.get(cell);
    if (at === undefined) {
      at = null;
      for (const record of this.#records(cell)) {
        if (record.completeAt !== null && (at === null || record.completeAt > at)) at = record.completeAt;
      }
      this.#complete.set(cell, at);
    }
    return at;
  }

  /** Rules that complete runs evaluated in the cell; null if it never was covered. */
  rulesOf(cell: Cell): ReadonlySet<string> | null {
    let rules = this.#rules.get(cell);
    if (rules === undefined) {
      const covered = this.#records(cell).filter((record) => record.completeAt !== null);
      rules = covered.length === 0 ? null : new Set(covered.flatMap((record) => [...record.rules]));
      this.#rules.set(cell, rules);
    }
    return rules;
  }

  #records(cell: Cell): CellRecord[] {
    const records: CellRecord[] = [];
    for (const key of coveringKeys(cell)) {
      const record = this.#cells.get(key);
      if (record !== undefined) records.push(record);
    }
    return records;
  }
}

/** `a` and `b` merged; `a` itself where `b` adds nothing, so that unchanged heads stay unchanged. Both sorted and unique. */
export function mergeSorted(a: readonly string[], b: readonly string[]): readonly string[] {
  const known = new Set(a);
  const added = b.filter((value) => !known.has(value));
  return added.length === 0 ? a : [...a, ...added].sort();
}
