import type { ReportInput } from '../adapter.ts';
import * as B from '../json/bytes.ts';
import { HASH_START, hashStep, type KeyTable } from './key-table.ts';

const WINDOW = 2 * 1024 * 1024;
/** Quotes behind the window: a loop that looks for the end of a string stops there, and only then asks why. */
const SENTINELS = 4;
const MAX_DEPTH = 256;
/** Shorter values are passed over faster than they are compared. */
const WORTH_COMPARING = 40;
const ASCII = 0x80;

class Unusual extends Error {}
/** Made once: it is thrown for each element that spans two windows. Never leaves this file. */
const UNUSUAL = new Unusual('left to the cursor');

/**
 * Steps over JSON in a window of bytes, for a reader that gives up on anything unusual and then reads it in another
 * way: so no step has to look whether the window ends, or to tell what is wrong.
 *
 * A slot remembers where a value stood in the element before; an equal one is taken over unread.
 */
export class ByteScan {
  /** What `key` gives at the end of an object. */
  static readonly CLOSED = -2;

  readonly #input: ReportInput;
  readonly #onProgress: ((bytes: number) => void) | undefined;
  readonly #bytes = Buffer.allocUnsafe(WINDOW + SENTINELS);
  readonly #stack = new Uint8Array(MAX_DEPTH + 1);
  readonly #starts: Int32Array;
  readonly #lengths: Int32Array;
  readonly #texts: string[];
  #base = 0;
  #length = 0;
  #p = 0;
  #last = false;
  #ranOut = false;

  constructor(input: ReportInput, slots: number, onProgress: ((bytes: number) => void) | undefined) {
    this.#input = input;
    this.#onProgress = onProgress;
    this.#starts = new Int32Array(slots);
    this.#lengths = new Int32Array(slots);
    this.#texts = new Array<string>(slots).fill('');
    this.#fill(0);
    if (this.#bytes[0] === 0xef && this.#bytes[1] === 0xbb && this.#bytes[2] === 0xbf) this.#p = 3;
  }

  /** Byte offset in the input. */
  get offset(): number {
    return this.#base + this.#p;
  }

  seek(offset: number): void {
    const p = offset - this.#base;
    if (p >= 0 && p <= this.#length) this.#p = p;
    else this.#fill(offset);
  }

  /** The next byte that is no white space, -1 at the end of the input. */
  peek(): number {
    for (;;) {
      while (this.#p < this.#length) {
        const byte = this.#bytes[this.#p] ?? 0;
        if (byte !== B.SPACE && byte !== B.LF && byte !== B.CR && byte !== B.TAB) return byte;
        this.#p++;
      }
      if (this.#last) return -1;
      this.#fill(this.#base + this.#length);
    }
  }

  /** Over the byte that `peek` gave. */
  pass(): void {
    this.#p++;
  }

  /** Runs `steps`; where they give up, stands where it stood before, and the answer is false. */
  protected attempt(steps: () => void): boolean {
    const start = this.#p;
    if (this.#try(steps)) return true;
    this.#p = start;
    if (!this.#ranOut || this.#last || start === 0) return false;
    this.#fill(this.#base + start);
    if (this.#try(steps)) return true;
    this.#p = 0;
    return false;
  }

  #try(steps: () => void): boolean {
    this.#ranOut = false;
    try {
      steps();
      return true;
    } catch (error) {
      if (error instanceof Unusual) return false;
      throw error;
    }
  }

  /** Into an object; gives where it starts, for `remember`. */
  protected open(): number {
    if (this.#bytes[this.#p] !== B.OPEN_BRACE) throw this.#unusual();
    return this.#p++;
  }

  protected openArray(): number {
    if (this.#bytes[this.#p] !== B.OPEN_BRACKET) throw this.#unusual();
    return this.#p++;
  }

  /** The number of the next key, -1 for one that the table has not; stands at its value. */
  protected key(table: KeyTable, first: boolean): number {
    let byte = this.#space();
    if (byte === B.CLOSE_BRACE) {
      this.#p++;
      return ByteScan.CLOSED;
    }
    if (!first) {
      if (byte !== B.COMMA) throw this.#unusual();
      this.#p++;
      byte = this.#space();
    }
    if (byte !== B.QUOTE) throw this.#unusual();
    const bytes = this.#bytes;
    const from = this.#p + 1;
    let p = from;
    let hash = HASH_START;
    for (byte = bytes[p] ?? 0; byte !== B.QUOTE; byte = bytes[++p] ?? 0) {
      if (byte === B.BACKSLASH) throw this.#unusual();
      hash = hashStep(hash, byte);
    }
    this.#p = p + 1;
    if (this.#space() !== B.COLON) throw this.#unusual();
    this.#p++;
    this.#space();
    return table.find(bytes, from, p, hash);
  }

  /** Whether there is another element; stands at it. */
  protected next(first: boolean): boolean {
    const byte = this.#space();
    if (byte === B.CLOSE_BRACKET) {
      this.#p++;
      return false;
    }
    if (first) return true;
    if (byte !== B.COMMA) throw this.#unusual();
    this.#p++;
    if (this.#space() === B.CLOSE_BRACKET) throw this.#unusual();
    return true;
  }

  /** A string, or '' for null. */
  protected text(): string {
    const bytes = this.#bytes;
    if (bytes[this.#p] !== B.QUOTE) {
      this.#word('null');
      return '';
    }
    const from = this.#p + 1;
    let p = from;
    let bits = 0;
    let escaped = false;
    for (let byte = bytes[p] ?? 0; byte !== B.QUOTE; byte = bytes[++p] ?? 0) {
      bits |= byte;
      if (byte === B.BACKSLASH) {
        escaped = true;
        p++;
      }
    }
    this.#to(p + 1);
    if (escaped) return this.#unescaped(from - 1, p + 1);
    return bytes.toString(bits < ASCII ? 'latin1' : 'utf8', from, p);
  }

  /** A string that is often the same as in the element before. */
  protected repeatedText(slot: number): string {
    const start = this.#p;
    if (this.#same(slot)) return this.#texts[slot] ?? '';
    const text = this.text();
    this.#texts[slot] = text;
    this.remember(slot, start);
    return text;
  }

  /** Over a value, at once where it is the same as in the element before; slot -1 where that is not to be expected. */
  protected skip(slot: number): void {
    const start = this.#p;
    if (slot >= 0 && this.repeats(slot)) return;
    const byte = this.#bytes[start] ?? 0;
    if (byte === B.QUOTE) this.#skipString();
    else if (byte === B.OPEN_BRACE || byte === B.OPEN_BRACKET) this.#skipContainer();
    else this.#skipScalar(byte);
    if (slot >= 0) this.remember(slot, start);
  }

  /** Over the value, if it is long and the same as what the slot remembers. */
  protected repeats(slot: number): boolean {
    return (this.#lengths[slot] ?? 0) >= WORTH_COMPARING && this.#same(slot);
  }

  /** To be called before what the slot stands for is read anew: reading may stop half-way. */
  protected forget(slot: number): void {
    this.#lengths[slot] = 0;
  }

  /** The value from `start` to here, a string, object or array. */
  protected remember(slot: number, start: number): void {
    this.#starts[slot] = start;
    this.#lengths[slot] = this.#p - start;
  }

  /** An equal run of bytes is an equal value, since its own last byte closes it. */
  #same(slot: number): boolean {
    const length = this.#lengths[slot] ?? 0;
    const before = this.#starts[slot] ?? 0;
    const p = this.#p;
    const bytes = this.#bytes;
    if (length === 0 || p + length > this.#length) return false;
    if (bytes[p + length - 1] !== bytes[before + length - 1]) return false;
    if (length < WORTH_COMPARING) {
      for (let i = 0; i < length; i++) if (bytes[p + i] !== bytes[before + i]) return false;
    } else if (bytes.compare(bytes, before, before + length, p, p + length) !== 0) {
      return false;
    }
    this.#starts[slot] = p;
    this.#p = p + length;
    return true;
  }

  #space(): number {
    const bytes = this.#bytes;
    let p = this.#p;
    let byte = bytes[p] ?? 0;
    while (byte === B.SPACE || byte === B.LF || byte === B.CR || byte === B.TAB) byte = bytes[++p] ?? 0;
    this.#to(p);
    if (p >= this.#length) throw this.#outOfBytes();
    return byte;
  }

  #to(p: number): void {
    if (p > this.#length) throw this.#outOfBytes();
    this.#p = p;
  }

  #unescaped(from: number, to: number): string {
    try {
      const value: unknown = JSON.parse(this.#bytes.toString('utf8', from, to));
      if (typeof value === 'string') return value;
    } catch {
      // raw control characters: the cursor reads them
    }
    throw this.#unusual();
  }

  #skipString(): void {
    const bytes = this.#bytes;
    let p = this.#p + 1;
    for (let byte = bytes[p]; byte !== B.QUOTE; byte = bytes[++p]) if (byte === B.BACKSLASH) p++;
    this.#to(p + 1);
  }

  #skipContainer(): void {
    const bytes = this.#bytes;
    const stack = this.#stack;
    const length = this.#length;
    let depth = 0;
    let p = this.#p;
    do {
      const byte = bytes[p] ?? 0;
      switch (B.CLASS_OF[byte] ?? B.FOREIGN) {
        case B.PLAIN:
        case B.IS_SPACE:
          break;
        case B.IS_QUOTE:
          if (p >= length) throw this.#outOfBytes();
          for (let inner = bytes[++p]; inner !== B.QUOTE; inner = bytes[++p]) if (inner === B.BACKSLASH) p++;
          break;
        case B.IS_OPEN:
          if (depth >= MAX_DEPTH) throw this.#unusual();
          stack[++depth] = byte;
          break;
        case B.IS_CLOSE:
          // The closing bracket's code is the opening one's plus 2, for both kinds.
          if ((stack[depth--] ?? 0) + 2 !== byte) throw this.#unusual();
          break;
        default:
          throw this.#unusual();
      }
      p++;
    } while (depth > 0);
    this.#to(p);
  }

  #skipScalar(byte: number): void {
    if (byte === 0x74) this.#word('true');
    else if (byte === 0x66) this.#word('false');
    else if (byte === 0x6e) this.#word('null');
    else if (byte === B.MINUS || (byte >= B.ZERO && byte <= B.NINE)) this.#skipNumber();
    else throw this.#unusual();
  }

  #word(word: string): void {
    for (let i = 0; i < word.length; i++) {
      if (this.#bytes[this.#p + i] !== word.charCodeAt(i)) throw this.#unusual();
    }
    this.#to(this.#p + word.length);
  }

  /** Whole numbers and plain fractions; any other spelling is the cursor's. */
  #skipNumber(): void {
    const bytes = this.#bytes;
    let p = this.#p + 1;
    for (
      let byte = bytes[p] ?? 0;
      (byte >= B.ZERO && byte <= B.NINE) || byte === 0x2e;
      byte = bytes[++p] ?? 0
    );
    this.#to(p);
  }

  #unusual(): Error {
    // A sentinel that was taken for a byte of the report looks unusual too.
    if (this.#p + 64 >= this.#length) this.#ranOut = true;
    return UNUSUAL;
  }

  #outOfBytes(): Error {
    this.#ranOut = true;
    return UNUSUAL;
  }

  #fill(offset: number): void {
    this.#base = offset;
    this.#p = 0;
    this.#length = 0;
    this.#last = false;
    while (this.#length < WINDOW) {
      const read = this.#input.readAt(this.#bytes.subarray(this.#length, WINDOW), offset + this.#length);
      if (read === 0) {
        this.#last = true;
        break;
      }
      this.#length += read;
    }
    this.#bytes.fill(B.QUOTE, this.#length, this.#length + SENTINELS);
    this.#lengths.fill(0);
    this.#onProgress?.(offset + this.#length);
  }
}
