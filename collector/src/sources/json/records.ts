import type { ReadOptions, ReportInput } from '../adapter.ts';
import { wrongShape } from '../common/errors.ts';
import { JsonCursor } from './cursor.ts';

/** One record of a report: an element of a list in it, or a document that is one itself. */
export interface JsonRecord {
  readonly value: unknown;
  /** From 0, over all documents of the file. */
  readonly index: number;
  readonly offset: number;
  /** Path of the list that holds it; '' where it is a document or an element of the top-level array. */
  readonly list: string;
}

export interface RecordShape {
  /** As its users call the tool. */
  readonly tool: string;
  /** Paths of the lists that records stand in: `findings`, `imageScanFindings.findings`. */
  readonly lists: readonly string[];
  /** Other members that matter, by path: `imageScanStatus`. */
  readonly facts?: readonly string[];
  /** Objects without any of the lists are records themselves (NDJSON, a single finding). */
  readonly bare: boolean;
}

export type Facts = ReadonlyMap<string, unknown>;

export interface RecordHandler {
  /**
   * Before the first record of an object that has lists.
   * @param lists those that it has, also where they are null or empty
   */
  document?(facts: Facts, lists: ReadonlySet<string>): void;
  record(record: JsonRecord): void;
}

/** Most records take kilobytes; the results of one target of Trivy may take a hundred megabytes. */
const MOST_BYTES = 256 * 1024 * 1024;
/** What is read ahead of a document is skipped for the most part. */
const AHEAD_BYTES = 64 * 1024;

/**
 * Reads the records of a report one by one: of an array, of lists in an object, of one object after the other (NDJSON), or of
 * several of these in one file. Whether objects are records or hold lists of them is settled by the first one.
 * @throws ReportError `wrong_shape` when the file is none of these
 */
export function readRecords(
  input: ReportInput,
  options: ReadOptions,
  shape: RecordShape,
  handler: RecordHandler,
): void {
  const { onProgress } = options;
  const cursor = new JsonCursor(input, onProgress === undefined ? {} : { onProgress });
  const reader = new RecordReader(input, cursor, shape, handler);
  for (let kind = cursor.kind(); kind !== 'end'; kind = cursor.kind()) {
    if (kind === 'null') cursor.skip();
    else if (kind === 'array') {
      cursor.enterArray();
      while (cursor.nextElement()) reader.object();
    } else reader.object();
  }
}

class RecordReader {
  readonly #input: ReportInput;
  readonly #cursor: JsonCursor;
  readonly #shape: RecordShape;
  readonly #handler: RecordHandler;
  /** Paths on the way to a list or fact. */
  readonly #inner: ReadonlySet<string>;
  #bare: boolean | undefined;
  #index = 0;

  constructor(input: ReportInput, cursor: JsonCursor, shape: RecordShape, handler: RecordHandler) {
    this.#input = input;
    this.#cursor = cursor;
    this.#shape = shape;
    this.#handler = handler;
    const paths = [...shape.lists, ...(shape.facts ?? [])];
    this.#inner = new Set(
      paths.flatMap((path) => path.split('.').map((_, depth, parts) => parts.slice(0, depth).join('.'))),
    );
    if (shape.lists.length === 0) this.#bare = true;
  }

  object(): void {
    const cursor = this.#cursor;
    if (cursor.kind() !== 'object') {
      throw this.#wrong(`element ${this.#index} of it is of kind ${cursor.kind()}`, cursor.offset);
    }
    if (this.#bare === true) {
      this.#record('');
      return;
    }
    const { offset } = cursor;
    const facts = new Map<string, unknown>();
    const lists = new Set<string>();
    const ahead = new JsonCursor(this.#input, { start: offset, windowBytes: AHEAD_BYTES });
    this.#lookAhead(ahead, '', facts, lists);
    this.#bare ??= lists.size === 0 && this.#shape.bare;
    if (this.#bare) {
      this.#record('');
      return;
    }
    if (lists.size === 0) throw this.#wrong(`it has none of ${this.#shape.lists.join(', ')}`, offset);
    this.#handler.document?.(facts, lists);
    this.#members('');
  }

  #lookAhead(cursor: JsonCursor, prefix: string, facts: Map<string, unknown>, lists: Set<string>): void {
    cursor.enterObject();
    for (let key = cursor.nextKey(); key !== null; key = cursor.nextKey()) {
      const path = `${prefix}${key}`;
      const kind = cursor.kind();
      if (this.#shape.lists.includes(path)) {
        if (lists.has(path)) throw this.#wrong(`it has ${path} twice`, cursor.offset);
        if (kind !== 'array' && kind !== 'object' && kind !== 'null') {
          throw this.#wrong(`its ${path} is of kind ${kind}`, cursor.offset);
        }
        lists.add(path);
        cursor.skip();
      } else if (this.#shape.facts?.includes(path) === true) facts.set(path, cursor.value());
      else if (kind === 'object' && this.#inner.has(path)) this.#lookAhead(cursor, `${path}.`, facts, lists);
      else cursor.skip();
    }
  }

  #members(prefix: string): void {
    const cursor = this.#cursor;
    cursor.enterObject();
    for (let key = cursor.nextKey(); key !== null; key = cursor.nextKey()) {
      const path = `${prefix}${key}`;
      const kind = cursor.kind();
      if (this.#shape.lists.includes(path)) {
        // A lone element without its list: what XML that was turned into JSON has.
        if (kind === 'object') this.#record(path);
        else if (kind === 'null') cursor.skip();
        else {
          cursor.enterArray();
          while (cursor.nextElement()) this.#record(path);
        }
      } else if (kind === 'object' && this.#inner.has(path) && this.#shape.facts?.includes(path) !== true) {
        this.#members(`${path}.`);
      } else cursor.skip();
    }
  }

  #record(list: string): void {
    const cursor = this.#cursor;
    const { offset } = cursor;
    if (cursor.kind() !== 'object') {
      throw this.#wrong(`element ${this.#index} of it is of kind ${cursor.kind()}`, offset);
    }
    this.#handler.record({ value: cursor.value(MOST_BYTES), index: this.#index++, offset, list });
  }

  #wrong(problem: string, offset: number): Error {
    return wrongShape(this.#input.name, this.#shape.tool, problem, offset);
  }
}
