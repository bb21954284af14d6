/** The first `limit` of any number of items by an order, in memory for a few times as many. */
export class Top<T> {
  readonly #limit: number;
  readonly #compare: (a: T, b: T) => number;
  #kept: T[] = [];
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
    this.#kept.push(item);
    if (this.#kept.length > this.#limit * 2 + 1_000) this.#kept = this.items();
  }

  items(): T[] {
    return this.#kept.sort(this.#compare).slice(0, this.#limit);
  }
}
