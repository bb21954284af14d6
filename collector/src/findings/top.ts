/** The first `limit` of any number of items by an order, in memory for a few times as many. */
export class Top<T> {
  readonly #limit: number;
  readonly #compare: (a: T, b: T) => number;
  #kept: T[] = [];
  /** The last that was kept at the last cut: what is no better can't be among the first. */
  #last: T | undefined;
  #count = 0;

  constructor(limit: number, compare: (a: T, b: T) => number) {
    this.#limit = limit;
    this.#compare = compare;
  }

  /** How many were offered. */
  get count(): number {
    return this.#count;
  }

  offer(item: T): void {
    this.#count++;
    if (this.#last !== undefined && this.#compare(item, this.#last) >= 0) return;
    this.#kept.push(item);
    if (this.#kept.length <= this.#limit * 2 + 1_000) return;
    this.#kept = this.items();
    this.#last = this.#kept.at(-1);
  }

  items(): T[] {
    return this.#kept.sort(this.#compare).slice(0, this.#limit);
  }
}
