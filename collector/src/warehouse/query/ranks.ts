/** How many there are at each of some places, and which place has the nth of all (a Fenwick tree). */
export class Ranks {
  readonly #sums: Float64Array;
  readonly #top: number;
  #total = 0;

  constructor(places: number) {
    this.#sums = new Float64Array(places + 1);
    this.#top = places === 0 ? 0 : 2 ** Math.floor(Math.log2(places));
  }

  get total(): number {
    return this.#total;
  }

  add(place: number, count: number): void {
    this.#total += count;
    for (let at = place + 1; at < this.#sums.length; at += at & -at) {
      this.#sums[at] = (this.#sums[at] ?? 0) + count;
    }
  }

  /** Place of the nth, counted from 0; there have to be more than n. */
  at(n: number): number {
    let place = 0;
    let left = n;
    for (let step = this.#top; step > 0; step >>= 1) {
      const sum = this.#sums[place + step];
      if (sum === undefined || sum > left) continue;
      place += step;
      left -= sum;
    }
    return place;
  }
}
