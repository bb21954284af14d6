import { ReportError } from '../../errors.ts';
import type { ReportInput } from '../adapter.ts';
import * as B from './bytes.ts';
import { hashStep, HASH_START, internAscii } from './intern.ts';
import { skipContainer, skipString, tooDeep } from './skip.ts';
import { unescape } from './text.ts';
import { ByteWindow } from './window.ts';

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null' | 'end';

export interface JsonCursorOptions {
  /** First byte to read; 0 by default. */
  readonly start?: number;
  /** First byte not to read; the end of the input by default. */
  readonly end?: number;
  /** Bytes read at once; 1 MiB by default. */
  readonly windowBytes?: number;
  /** Containers inside one another; 512 by default. */
  readonly maxDepth?: number;
  /** Longest string that is read rather than skipped; 16 MiB by default. */
  readonly maxStringBytes?: number;
  /** Called for each window with the absolute offset reached. */
  readonly onProgress?: (bytes: number) => void;
}

const MIB = 1024 * 1024;
const DEFAULT_WINDOW = MIB;
const DEFAULT_DEPTH = 512;
const DEFAULT_STRING = 16 * MIB;
/** `value()` is for small subtrees; a caller that expects more says so. */
const DEFAULT_VALUE = 16 * MIB;

/** What is open, innermost last: an object or array, before its first member or after one. */
const OBJECT_FIRST = 1;
const OBJECT_NEXT = 2;
const ARRAY_FIRST = 3;
const ARRAY_NEXT = 4;

/** Numbers as JSON writes them, its three words, and Python's additions. */
const SCALAR = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|NaN|-?Infinity)$/;

/**
 * Pull parser: the caller walks the document, reads what it wants and skips the rest at the speed of a byte scan.
 * Only one window of the input is in memory (more while a string longer than it is read).
 *
 * Every method that reads throws ReportError: `truncated` where the input ends inside a value, `malformed` where it is
 * no JSON, `wrong_shape` where another kind of value stands than was asked for, `too_deep`, `too_large`.
 * Inside skipped values brackets and strings are checked, but not that commas and colons stand where they must.
 * Beyond JSON it accepts raw control characters in strings, and NaN, Infinity and -Infinity (Python writes them).
 * Concatenated documents and NDJSON: after a top-level value `kind()` gives the next one, or 'end'.
 */
export class JsonCursor {
  readonly #window: ByteWindow;
  readonly #maxDepth: number;
  readonly #maxString: number;
  readonly #stack: Uint8Array;
  #depth = 0;
  /** Set by #scanString: the bytes between the quotes, and whether they need decoding. */
  #from = 0;
  #to = 0;
  #escaped = false;
  #ascii = true;
  #hash = 0;

  constructor(input: ReportInput, options: JsonCursorOptions = {}) {
    this.#maxDepth = options.maxDepth ?? DEFAULT_DEPTH;
    this.#maxString = options.maxStringBytes ?? DEFAULT_STRING;
    this.#stack = new Uint8Array(this.#maxDepth + 1);
    const start = options.start ?? 0;
    this.#window = new ByteWindow(input, {
      start,
      end: options.end ?? Number.MAX_SAFE_INTEGER,
      bytes: options.windowBytes ?? DEFAULT_WINDOW,
      onProgress: options.onProgress,
    });
    if (start === 0) this.#window.skipByteOrderMark();
  }

  /** Absolute byte offset of the next token. */
  get offset(): number {
    this.#space();
    return this.#window.base + this.#window.pos;
  }

  /** Kind of the next value; 'end' only outside every container. */
  kind(): JsonKind {
    const byte = this.#space();
    switch (byte) {
      case -1:
        if (this.#depth > 0) throw this.#window.truncated();
        return 'end';
      case B.OPEN_BRACE:
        return 'object';
      case B.OPEN_BRACKET:
        return 'array';
      case B.QUOTE:
        return 'string';
      case 0x74: // t
      case 0x66: // f
        return 'boolean';
      case 0x6e: // n
        return 'null';
      case 0x4e: // N, of NaN
      case 0x49: // I, of Infinity
      case B.MINUS:
        return 'number';
      default:
        if (byte >= B.ZERO && byte <= B.NINE) return 'number';
        throw this.#window.malformed(`${B.showByte(byte)} where a value should start`);
    }
  }

  enterObject(): void {
    this.#expect(B.OPEN_BRACE, 'an object');
    this.#push(OBJECT_FIRST);
  }

  /** The next key, with the cursor at its value, which one call must consume; null when the object is closed. */
  nextKey(): string | null {
    const state = this.#stack[this.#depth];
    if (state !== OBJECT_FIRST && state !== OBJECT_NEXT) throw new Error('nextKey outside an object');
    const byte = this.#separator(state === OBJECT_NEXT, B.CLOSE_BRACE);
    if (byte === B.CLOSE_BRACE) return null;
    if (byte !== B.QUOTE) throw this.#window.malformed(`${B.showByte(byte)} where a key should start`);
    this.#stack[this.#depth] = OBJECT_NEXT;
    this.#scanString();
    const key = this.#shared();
    const colon = this.#need();
    if (colon !== B.COLON) throw this.#window.malformed(`${B.showByte(colon)} where ":" should be`);
    this.#window.pos++;
    this.#need();
    return key;
  }

  enterArray(): void {
    this.#expect(B.OPEN_BRACKET, 'an array');
    this.#push(ARRAY_FIRST);
  }

  /** True with the cursor at the next element, which one call must consume; false when the array is closed. */
  nextElement(): boolean {
    const state = this.#stack[this.#depth];
    if (state !== ARRAY_FIRST && state !== ARRAY_NEXT) throw new Error('nextElement outside an array');
    if (this.#separator(state === ARRAY_NEXT, B.CLOSE_BRACKET) === B.CLOSE_BRACKET) return false;
    this.#stack[this.#depth] = ARRAY_NEXT;
    return true;
  }

  string(): string {
    if (this.#need() !== B.QUOTE) throw this.#unexpected('a string');
    this.#scanString();
    return this.#shared();
  }

  /** NaN and ±Infinity where Python wrote them. */
  number(): number {
    if (this.kind() !== 'number') throw this.#unexpected('a number');
    const text = this.#scalar();
    return Number(text);
  }

  boolean(): boolean {
    if (this.kind() !== 'boolean') throw this.#unexpected('true or false');
    return this.#scalar() === 'true';
  }

  /** A scalar as text, numbers as they are written; null for null, and for objects and arrays, which are skipped. */
  text(): string | null {
    switch (this.kind()) {
      case 'string':
        return this.string();
      case 'number':
      case 'boolean':
        return this.#scalar();
      case 'end':
        throw this.#window.truncated();
      case 'object':
      case 'array':
      case 'null':
        this.skip();
        return null;
    }
  }

  /**
   * A small subtree as JSON.parse makes it (NaN and ±Infinity become null).
   * @throws ReportError `too_large` when it takes more than `maxBytes`, 16 MiB by default.
   */
  value(maxBytes: number = DEFAULT_VALUE): unknown {
    const kind = this.kind();
    if (kind !== 'object' && kind !== 'array') return this.#simple();
    const w = this.#window;
    const start = w.base + w.pos;
    w.hold(w.pos, maxBytes, 'a value');
    this.skip();
    const bytes = w.buffer.subarray(w.held, w.pos);
    w.release();
    if (bytes.length > maxBytes) throw w.tooLarge('a value', maxBytes, start);
    try {
      return JSON.parse(bytes.toString('utf8'));
    } catch {
      return this.#lenient(bytes, start);
    }
  }

  /** Passes over any value. Iterative: depth costs a counter, no stack frames. */
  skip(): void {
    const byte = this.#need();
    if (byte === B.QUOTE) {
      skipString(this.#window);
      return;
    }
    if (byte !== B.OPEN_BRACE && byte !== B.OPEN_BRACKET) {
      if (this.kind() !== 'end') this.#scalar();
      return;
    }
    skipContainer(this.#window, this.#stack, this.#depth);
  }

  /** Whether only white space is left. */
  atEnd(): boolean {
    return this.#space() === -1;
  }

  /** Leaves the string between #from and #to in the window, the cursor behind its closing quote. */
  #scanString(): void {
    const w = this.#window;
    const start = w.base + w.pos;
    w.hold(w.pos, this.#maxString + 2, 'a string');
    let buffer = w.buffer;
    let length = w.length;
    let p = w.pos + 1;
    let bits = 0;
    let hash = HASH_START;
    let escaped = false;
    for (;;) {
      if (p >= length) {
        p = w.more(p);
        buffer = w.buffer;
        length = w.length;
        continue;
      }
      const byte = buffer[p] ?? 0;
      if (byte === B.QUOTE) break;
      bits |= byte;
      if (byte === B.BACKSLASH) {
        escaped = true;
        p += 2;
        continue;
      }
      hash = hashStep(hash, byte);
      p++;
    }
    this.#from = w.held + 1;
    this.#to = p;
    this.#escaped = escaped;
    this.#ascii = bits < 0x80;
    this.#hash = hash;
    w.pos = p + 1;
    w.release();
    if (this.#to - this.#from > this.#maxString) throw w.tooLarge('a string', this.#maxString, start);
  }

  /** The string just scanned; short ones are mostly words seen before, and looked up rather than made again. */
  #shared(): string {
    if (!this.#ascii || this.#escaped) return this.#decode();
    return internAscii(this.#window.buffer, this.#from, this.#to, this.#hash);
  }

  #decode(): string {
    const { buffer } = this.#window;
    if (!this.#escaped) return buffer.toString(this.#ascii ? 'latin1' : 'utf8', this.#from, this.#to);
    const value = unescape(buffer.toString('utf8', this.#from - 1, this.#to + 1));
    if (value === null) throw this.#window.malformed('a string with an escape that JSON does not have');
    return value;
  }

  /** A number or word, as written, the cursor behind it. */
  #scalar(): string {
    const w = this.#window;
    const start = w.pos;
    w.hold(start, 4096, 'a number');
    let p = start;
    for (;;) {
      if (p >= w.length) {
        const next = w.tryMore(p);
        if (next < 0) {
          p = w.length;
          break;
        }
        p = next;
        continue;
      }
      if (!B.isWordByte(w.buffer[p])) break;
      p++;
    }
    const text = w.buffer.toString('latin1', w.held, p);
    w.release();
    if (!SCALAR.test(text))
      throw w.malformed(`"${text.slice(0, 40)}" is neither a number nor a word of JSON`);
    w.pos = p;
    return text;
  }

  /** What JSON.parse refuses but `skip` passes: NaN, raw control characters in strings. Offsets in errors stay absolute. */
  #lenient(bytes: Buffer, start: number): unknown {
    const input: ReportInput = {
      name: this.#window.name,
      size: start + bytes.length,
      readAt: (target, position) => bytes.copy(target, 0, position - start),
      close: () => undefined,
    };
    return new JsonCursor(input, {
      start,
      maxDepth: this.#maxDepth,
      maxStringBytes: this.#maxString,
    }).#tree();
  }

  #tree(): unknown {
    switch (this.kind()) {
      case 'object': {
        const entries: [string, unknown][] = [];
        this.enterObject();
        for (let key = this.nextKey(); key !== null; key = this.nextKey()) entries.push([key, this.#tree()]);
        return Object.fromEntries(entries);
      }
      case 'array': {
        const elements: unknown[] = [];
        this.enterArray();
        while (this.nextElement()) elements.push(this.#tree());
        return elements;
      }
      case 'string':
      case 'number':
      case 'boolean':
      case 'null':
      case 'end':
        return this.#simple();
    }
  }

  #simple(): unknown {
    switch (this.kind()) {
      case 'string':
        return this.string();
      case 'number': {
        const value = this.number();
        return Number.isFinite(value) ? value : null;
      }
      case 'boolean':
        return this.boolean();
      case 'null':
        this.#scalar();
        return null;
      case 'object':
      case 'array':
      case 'end':
        throw this.#unexpected('a value');
    }
  }

  #space(): number {
    const w = this.#window;
    for (;;) {
      const { buffer, length } = w;
      let p = w.pos;
      while (p < length) {
        const byte = buffer[p] ?? 0;
        if (byte !== B.SPACE && byte !== B.LF && byte !== B.CR && byte !== B.TAB) {
          w.pos = p;
          return byte;
        }
        p++;
      }
      const next = w.tryMore(p);
      if (next < 0) {
        w.pos = w.length;
        return -1;
      }
      w.pos = next;
    }
  }

  #need(): number {
    const byte = this.#space();
    if (byte === -1) throw this.#window.truncated();
    return byte;
  }

  #separator(after: boolean, close: number): number {
    const w = this.#window;
    let byte = this.#need();
    if (byte === close) {
      w.pos++;
      this.#depth--;
      return close;
    }
    if (!after) return byte;
    if (byte !== B.COMMA) throw w.malformed(`${B.showByte(byte)} where "," or the end should be`);
    w.pos++;
    byte = this.#need();
    if (byte === close) throw w.malformed('a comma before the end of a list');
    return byte;
  }

  #expect(byte: number, what: string): void {
    if (this.#need() !== byte) throw this.#unexpected(what);
    this.#window.pos++;
  }

  #push(state: number): void {
    if (this.#depth >= this.#maxDepth) throw tooDeep(this.#window, this.#maxDepth);
    this.#stack[++this.#depth] = state;
  }

  #unexpected(what: string): ReportError {
    const w = this.#window;
    const found = this.kind();
    return new ReportError(
      'wrong_shape',
      `${w.name}: ${what} was expected, but here is ${found === 'end' ? 'the end' : `a value of kind ${found}`}`,
      'Check that this is the report itself, written by a version of the scanner that is supported.',
      w.base + w.pos,
    );
  }
}
