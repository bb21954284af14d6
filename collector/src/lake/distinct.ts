/** After so many rows of which most differ, looking for equals costs more than it saves. */
const TRIAL_ROWS = 8_192;
const TRIAL_SHARE = 0.5;

/**
 * Values of a column as their distinct ones and, by row, which of them it is: what both Parquet's dictionaries and commit
 * files are made of. Equal lists and records are one value, whether or not they are one object.
 */
export class Distinct {
  /** In order of first appearance; null is a value like any other. */
  readonly values: unknown[] = [];
  readonly #places = new Map<unknown, number>();
  readonly #texts = new Map<object, string>();
  readonly #expected: number;
  /** Not there as long as all rows have the first value, as most columns do. */
  #rows: Int32Array | undefined;
  #length = 0;
  #last: unknown = undefined;
  #lastPlace = -1;
  #looking = true;

  /** @param expected number of rows; more are fine */
  constructor(expected = 16) {
    this.#expected = Math.max(expected, 16);
  }

  /** Place in `values` by row. Valid until the next `add`. */
  get rows(): Int32Array {
    return this.#rows?.subarray(0, this.#length) ?? new Int32Array(this.#length);
  }

  /** undefined is taken as null. */
  add(given: unknown): void {
    const value = given ?? null;
    if (value !== this.#last || this.#lastPlace < 0) {
      this.#last = value;
      this.#lastPlace = this.#placeOf(value);
    }
    const row = this.#length++;
    if (this.#rows !== undefined || this.#lastPlace > 0) this.#put(row);
  }

  #put(row: number): void {
    let rows = this.#rows;
    if (rows === undefined || row === rows.length) {
      const larger = new Int32Array(Math.max(this.#expected, row * 2));
      if (rows !== undefined) larger.set(rows);
      this.#rows = rows = larger;
    }
    rows[row] = this.#lastPlace;
    if (row === TRIAL_ROWS) this.#endTrial();
  }

  #endTrial(): void {
    if (this.values.length < TRIAL_ROWS * TRIAL_SHARE) return;
    this.#looking = false;
    const nullPlace = this.#places.get(null);
    this.#places.clear();
    if (nullPlace !== undefined) this.#places.set(null, nullPlace);
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
