/** After so many rows of which nearly all differ, looking for equals costs more than it finds. */
const TRIAL_ROWS = 16_384;
const TRIAL_SHARE = 0.95;

/**
 * Values of a column as their distinct ones and, by row, which of them it is: what both Parquet's dictionaries and commit
 * files are made of. Equal lists and records are one value, whether or not they are one object.
 */
export class Distinct {
  /** In order of first appearance; null is a value like any other. */
  readonly values: unknown[] = [];
  readonly #places = new Map<unknown, number>();
  readonly #texts = new Map<object, string>();
  #rows: Int32Array;
  #length = 0;
  #last: unknown = undefined;
  #lastPlace = -1;
  #looking = true;

  /** @param expected number of rows; more are fine */
  constructor(expected = 16) {
    this.#rows = new Int32Array(Math.max(expected, 16));
  }

  /** Place in `values` by row. Valid until the next `add`. */
  get rows(): Int32Array {
    return this.#rows.subarray(0, this.#length);
  }

  /** undefined is taken as null. */
  add(given: unknown): void {
    const value = given ?? null;
    if (value !== this.#last || this.#lastPlace < 0) {
      this.#last = value;
      this.#lastPlace = this.#placeOf(value);
    }
    if (this.#length === TRIAL_ROWS && this.values.length > TRIAL_ROWS * TRIAL_SHARE) {
      this.#looking = false;
      const nullPlace = this.#places.get(null);
      this.#places.clear();
      if (nullPlace !== undefined) this.#places.set(null, nullPlace);
    }
    if (this.#length === this.#rows.length) {
      const larger = new Int32Array(this.#length * 2);
      larger.set(this.#rows);
      this.#rows = larger;
    }
    this.#rows[this.#length++] = this.#lastPlace;
  }

  #placeOf(value: unknown): number {
    if (!this.#looking && value !== null) return this.values.push(value) - 1;
    const key = typeof value === 'object' && value !== null ? this.#textOf(value) : value;
    let place = this.#places.get(key);
    if (place === undefined) {
      place = this.values.push(value) - 1;
      this.#places.set(key, place);
    }
    return place;
  }

  #textOf(value: object): string {
    let text = this.#texts.get(value);
    if (text === undefined) {
      text = JSON.stringify(value);
      this.#texts.set(value, text);
    }
    return text;
  }
}
