import type { ScopeReport } from '../../findings/model.ts';
import type { ReadOptions, ReportInput } from '../adapter.ts';
import { JsonCursor } from '../json/cursor.ts';
import { AsffReader } from './asff.ts';
import { Collector } from './collect.ts';
import type { JsonShape } from './detect.ts';
import { notProwler, wrongElement } from './errors.ts';
import { Native2Reader, Native3Reader } from './native.ts';
import { readOcsf } from './ocsf.ts';

/** Reads one element, with the cursor before it, and leaves the cursor behind it. */
export interface ElementReader {
  element(cursor: JsonCursor, index: number): void;
}

function readerOf(
  shape: Exclude<JsonShape, 'ocsf'>,
  input: ReportInput,
  collector: Collector,
): ElementReader {
  switch (shape) {
    case 'asff':
      return new AsffReader(input, collector);
    case 'native3':
      return new Native3Reader(input, collector);
    case 'native2':
      return new Native2Reader(input, collector);
  }
}

/**
 * An array of results, or one result after the other (NDJSON), or several arrays (files that were joined).
 * @param shape undefined where the file starts with an empty array.
 */
export function readJson(
  input: ReportInput,
  options: ReadOptions,
  shape: JsonShape | undefined,
): readonly ScopeReport[] {
  if (shape === 'ocsf') return readOcsf(input, options);
  const { onProgress } = options;
  const cursor = new JsonCursor(input, onProgress === undefined ? {} : { onProgress });
  const collector = new Collector();
  const reader = shape === undefined ? undefined : readerOf(shape, input, collector);
  let index = 0;

  function element(): void {
    if (reader === undefined) throw notProwler(input.name);
    if (cursor.kind() !== 'object') {
      throw wrongElement(input.name, index, cursor.offset, `it is of kind ${cursor.kind()}`);
    }
    reader.element(cursor, index++);
  }

  for (let kind = cursor.kind(); kind !== 'end'; kind = cursor.kind()) {
    if (kind === 'array') {
      cursor.enterArray();
      while (cursor.nextElement()) element();
    } else {
      element();
    }
  }
  return collector.reports();
}
