/**
 * The most recently used entries, bounded by the rows they hold: memory stays flat however many scopes an estate has.
 * An entry that alone is larger than the bound is not kept.
 */
export class StateCache<T> {
  readonly #maxRows: number;
  readonly #entries = new Map<string, { readonly value: T; readonly rows: number }>();
  #rows = 0;

  constructor(maxRows: number) {
    this.#maxRows = maxRows;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  set(key: string, value: T, rows: number): void {
    this.forget(key);
    // Even an entry without rows costs something.
    const weight = rows + 100;
    if (weight > this.#maxRows) return;
    this.#entries.set(key, { value, rows: weight });
    this.#rows += weight;
    for (const oldest of this.#entries.keys()) {
      if (this.#rows <= this.#maxRows) return;
      this.forget(oldest);
    }
  }

  forget(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#rows -= entry.rows;
  }
}
