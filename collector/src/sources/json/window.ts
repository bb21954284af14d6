import { ReportError } from '../../errors.ts';
import type { ReportInput } from '../adapter.ts';
import { fourByFour } from './scan.ts';

export interface WindowOptions {
  readonly start: number;
  readonly end: number;
  readonly bytes: number;
  readonly onProgress: ((bytes: number) => void) | undefined;
}

/** The smallest window that still holds the longest word (`-Infinity`) and an escape. */
const SMALLEST = 16;

/**
 * The part of an input that is in memory. The cursor works on `buffer[pos, length)` directly, for speed, and asks for
 * `more` when it runs out; while something is held, its bytes stay and the window grows instead of moving on.
 */
export class ByteWindow {
  readonly name: string;
  readonly #input: ReportInput;
  readonly #end: number;
  readonly #onProgress: ((bytes: number) => void) | undefined;
  buffer: Buffer;
  /** The same bytes as `buffer`. */
  view: DataView;
  /** Bytes of `buffer` that are filled. */
  length = 0;
  /** Index into `buffer` of the next byte. */
  pos = 0;
  /** Absolute offset of `buffer[0]`. */
  base: number;
  /** Index of the first byte that must stay; -1 when nothing is held. */
  held = -1;
  #limit = 0;
  #holding = '';

  constructor(input: ReportInput, options: WindowOptions) {
    this.#input = input;
    this.name = input.name;
    this.base = options.start;
    this.#end = options.end;
    this.#onProgress = options.onProgress;
    this.buffer = Buffer.allocUnsafe(
      Math.max(SMALLEST, Math.min(options.bytes, input.size - options.start + 1)),
    );
    this.view = fourByFour(this.buffer);
  }

  /** Keeps everything from index `from` until `release`; `what` names it when it grows past `limit` bytes. */
  hold(from: number, limit: number, what: string): void {
    this.held = from;
    this.#limit = limit;
    this.#holding = what;
  }

  release(): void {
    this.held = -1;
  }

  /** Reads on; the new index of the byte that was at `p` (which may lie past the end), or -1 at the end of the input. */
  tryMore(p: number): number {
    const keep = this.held >= 0 ? this.held : Math.min(p, this.length);
    if (keep > 0) {
      this.buffer.copyWithin(0, keep, this.length);
      this.base += keep;
      this.length -= keep;
      if (this.held >= 0) this.held = 0;
    }
    const left = this.#end - this.base - this.length;
    if (left <= 0) return -1;
    if (this.length === this.buffer.length) this.#grow();
    const wanted = Math.min(this.buffer.length - this.length, left);
    const target = this.buffer.subarray(this.length, this.length + wanted);
    const read = this.#input.readAt(target, this.base + this.length);
    if (read <= 0) return -1;
    this.length += read;
    this.#onProgress?.(this.base + this.length);
    return p - keep;
  }

  /** Like `tryMore`, where the end of the input is an error. */
  more(p: number): number {
    const next = this.tryMore(p);
    if (next < 0) throw this.truncated();
    return next;
  }

  skipByteOrderMark(): void {
    while (this.length < 3 && this.tryMore(0) >= 0);
    if (this.buffer[0] === 0xef && this.buffer[1] === 0xbb && this.buffer[2] === 0xbf && this.length >= 3) {
      this.pos = 3;
    }
  }

  truncated(): ReportError {
    return new ReportError(
      'truncated',
      `${this.name}: the report ends in the middle`,
      'The scan or the copy was cut off; run the scan again, or copy the whole file.',
      this.base + this.length,
    );
  }

  malformed(what: string): ReportError {
    return new ReportError(
      'malformed',
      `${this.name}: this is no JSON: ${what}`,
      'Check that the file is the report as the scanner wrote it, not edited or mixed with other output.',
      this.base + this.pos,
    );
  }

  tooLarge(what: string, limit: number, offset: number): ReportError {
    return new ReportError(
      'too_large',
      `${this.name}: ${what} of more than ${limit} bytes`,
      'No scanner writes that; check where the file comes from.',
      offset,
    );
  }

  #grow(): void {
    if (this.held >= 0 && this.length > this.#limit) {
      throw this.tooLarge(this.#holding, this.#limit, this.base + this.held);
    }
    const larger = Buffer.allocUnsafe(this.buffer.length * 2);
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
    this.view = fourByFour(larger);
  }
}
