import * as fs from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReportError, type ErrorCode } from '../../errors.ts';
import type { ReportInput } from '../adapter.ts';
import { JsonCursor, type JsonCursorOptions } from './cursor.ts';

function input(data: string | Uint8Array, largestRead = Number.MAX_SAFE_INTEGER): ReportInput {
  const bytes = Buffer.from(data as Uint8Array);
  return {
    name: 'test.json',
    size: bytes.length,
    readAt: (target, position) => bytes.copy(target, 0, position, position + largestRead),
    close: () => undefined,
  };
}

function cursor(data: string | Uint8Array, options: JsonCursorOptions = {}): JsonCursor {
  return new JsonCursor(input(data), options);
}

/** The document as the cursor's single steps see it. */
function walk(c: JsonCursor): unknown {
  switch (c.kind()) {
    case 'object': {
      const entries: [string, unknown][] = [];
      c.enterObject();
      for (let key = c.nextKey(); key !== null; key = c.nextKey()) entries.push([key, walk(c)]);
      return Object.fromEntries(entries);
    }
    case 'array': {
      const elements: unknown[] = [];
      c.enterArray();
      while (c.nextElement()) elements.push(walk(c));
      return elements;
    }
    case 'string':
      return c.string();
    case 'number':
      return c.number();
    case 'boolean':
      return c.boolean();
    case 'null':
    case 'end':
      return c.text();
  }
}

function codeOf(action: () => unknown): ErrorCode | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof ReportError) return error.code;
    throw error;
  }
}

const documents = fc
  .tuple(fc.jsonValue({ maxDepth: 5, noneUnicode: false } as object), fc.constantFrom(undefined, 2, '\t', 9))
  .map(([value, indent]) => JSON.stringify(value, undefined, indent));

describe('JsonCursor', () => {
  it('reads what JSON.parse reads, whatever the size of the window and of single reads', () => {
    fc.assert(
      fc.property(
        documents,
        fc.integer({ min: 16, max: 70 }),
        fc.integer({ min: 1, max: 40 }),
        (text, windowBytes, read) => {
          const expected: unknown = JSON.parse(text);
          expect(walk(new JsonCursor(input(text, read), { windowBytes }))).toEqual(expected);
          expect(new JsonCursor(input(text, read), { windowBytes }).value()).toEqual(expected);
          const skipping = new JsonCursor(input(`${text} "next"`, read), { windowBytes });
          skipping.skip();
          expect(skipping.string()).toBe('next');
          expect(skipping.atEnd()).toBe(true);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('reads and skips strings with escapes and other alphabets across every window border', () => {
    const text = JSON.stringify({
      'kéy"\\': 'a\\"b\n\u0000ü→😀',
      plain: 'x'.repeat(40),
      [`${'y'.repeat(21)}\\`]: ['\\\\', '"'],
    });
    for (let windowBytes = 16; windowBytes < 90; windowBytes++) {
      expect(walk(cursor(text, { windowBytes }))).toEqual(JSON.parse(text));
      const c = cursor(`${text}1`, { windowBytes });
      c.skip();
      expect(c.number()).toBe(1);
    }
  });

  it('tells every truncation from a whole document', () => {
    const text = '{"a": [1, {"b": "c\\"d"}, null], "e": true} ';
    for (let length = 1; length < text.length - 1; length++) {
      const part = text.slice(0, length);
      expect(
        codeOf(() => walk(cursor(part))),
        part,
      ).toMatch(/truncated|malformed/);
      expect(
        codeOf(() => {
          cursor(part).skip();
        }),
        part,
      ).toBe('truncated');
      expect(
        codeOf(() => cursor(part).value()),
        part,
      ).toBe('truncated');
    }
    expect(
      codeOf(() => walk(cursor('{"a": [1, {"b'))),
      'inside a key',
    ).toBe('truncated');
  });

  it('says at which byte a truncated report ends, and what may have happened', () => {
    try {
      cursor('{"account_id": "1234').skip();
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ReportError);
      expect(error).toMatchObject({ code: 'truncated', offset: 20, exitCode: 3 });
      expect((error as ReportError).message).toContain('test.json');
      expect((error as ReportError).hint).toContain('cut off');
    }
  });

  it.each([
    ['{"a" 1}', 'no colon'],
    ['{"a":1 "b":2}', 'no comma'],
    ['{"a":1,}', 'a comma too many'],
    ['[1,]', 'a comma too many'],
    ['{a:1}', 'a bare key'],
    ['[1}', 'crossed brackets'],
    ['tru', 'half a word'],
    ['[01]', 'a leading zero'],
    ['["\\x41"]', 'an unknown escape'],
    ['\u0000{}', 'a NUL outside strings'],
    ['<html>', 'a page'],
    ["{'a': 1}", 'Python'],
  ])('refuses %s (%s)', (text) => {
    expect(codeOf(() => walk(cursor(text)))).toBe('malformed');
  });

  it('refuses foreign bytes and crossed brackets also where it only skips', () => {
    for (const text of ['[<b>]', '[\u0000]', '{"a":[}]', "{'a':1}"]) {
      expect(
        codeOf(() => {
          cursor(text).skip();
        }),
        text,
      ).toBe('malformed');
    }
  });

  it('accepts a byte order mark, CRLF, raw control characters in strings, and Python numbers', () => {
    const text =
      '\ufeff\r\n{"a": NaN,\r\n"b": [-Infinity, Infinity], "c\u0001": "x\u0000y\\n", "d\t": 1e3}\r\n';
    const c = cursor(text);
    expect(walk(c)).toEqual({ a: NaN, b: [-Infinity, Infinity], 'c\u0001': 'x\u0000y\n', 'd\t': 1000 });
    expect(c.atEnd()).toBe(true);
    expect(cursor(text).value()).toEqual({ a: null, b: [null, null], 'c\u0001': 'x\u0000y\n', 'd\t': 1000 });
    const skipping = cursor(text);
    skipping.skip();
    expect(skipping.kind()).toBe('end');
  });

  it('keeps a key named __proto__ a key', () => {
    const text = '{"__proto__": {"polluted": true}, "x": NaN}';
    expect(Object.keys(cursor(text).value() as object)).toEqual(['__proto__', 'x']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('reads NDJSON and concatenated documents one after the other', () => {
    const c = cursor('{"a":1}\n{"a":2}\r\n\n[3]{"a":4} "x" 5\n');
    const seen: unknown[] = [];
    while (c.kind() !== 'end') seen.push(c.value());
    expect(seen).toEqual([{ a: 1 }, { a: 2 }, [3], { a: 4 }, 'x', 5]);
  });

  it('gives scalars as text and passes over the rest', () => {
    const c = cursor('["a", 10.50, 012345678901, true, null, {"x": [1]}, 7]'.replace('012', '12'));
    c.enterArray();
    const seen: (string | null)[] = [];
    while (c.nextElement()) seen.push(c.text());
    expect(seen).toEqual(['a', '10.50', '12345678901', 'true', null, null, '7']);
  });

  it('reads a range of a file, with absolute offsets', () => {
    const text = '{"a": {"b": 1}, "c": [2]}';
    const c = cursor(text);
    c.enterObject();
    c.nextKey();
    const start = c.offset;
    c.skip();
    const end = c.offset;
    expect(text.slice(start, end)).toBe('{"b": 1}');
    expect(cursor(text, { start, end }).value()).toEqual({ b: 1 });
    try {
      cursor(text, { start, end: end - 2 }).skip();
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'truncated', offset: end - 2 });
    }
  });

  it('says what it found where another kind of value was expected', () => {
    expect(() => {
      cursor('[1]').enterObject();
    }).toThrow(/an object was expected, but here is a value of kind array/);
    expect(codeOf(() => cursor('1').string())).toBe('wrong_shape');
    expect(codeOf(() => cursor('"1"').number())).toBe('wrong_shape');
    expect(codeOf(() => cursor('null').boolean())).toBe('wrong_shape');
    expect(codeOf(() => cursor('').value())).toBe('wrong_shape');
  });

  it('limits depth, strings and values, without deep recursion', () => {
    const deep = '['.repeat(2_000_000);
    expect(
      codeOf(() => {
        cursor(deep).skip();
      }),
    ).toBe('too_deep');
    expect(codeOf(() => walk(cursor(deep)))).toBe('too_deep');
    const nested = '['.repeat(512) + ']'.repeat(512);
    expect(codeOf(() => cursor(nested).value())).toBeUndefined();
    expect(codeOf(() => cursor(`[${nested}]`).value())).toBe('too_deep');
    const long = JSON.stringify({ a: 'x'.repeat(100_000) });
    expect(codeOf(() => walk(cursor(long, { maxStringBytes: 1000, windowBytes: 64 })))).toBe('too_large');
    expect(codeOf(() => walk(cursor(long, { maxStringBytes: 1000 })))).toBe('too_large');
    expect(codeOf(() => cursor(long).value(1000))).toBe('too_large');
    expect(codeOf(() => cursor(long, { windowBytes: 64 }).value(1000))).toBe('too_large');
    expect(
      codeOf(() => {
        cursor(long, { maxStringBytes: 10, windowBytes: 64 }).skip();
      }),
    ).toBeUndefined();
  });

  it('throws nothing but ReportError on damaged real reports, and agrees with JSON.parse where that still reads them', () => {
    const file = new URL('../scoutsuite/fixtures/scoutsuite_errors_probe.json', import.meta.url);
    const errors: unknown = JSON.parse(fs.readFileSync(file, 'utf8'));
    const text = JSON.stringify(Array.isArray(errors) ? errors.slice(0, 1) : null, undefined, 4);
    expect(cursor(text).value()).toEqual(JSON.parse(text));
    let seed = 20261121;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed % below;
    };
    for (let round = 0; round < 600; round++) {
      const damaged = Buffer.from(text);
      for (let edits = 1 + random(3); edits > 0; edits--) damaged[random(damaged.length)] = random(256);
      let parsed: unknown;
      let readable = true;
      try {
        parsed = JSON.parse(damaged.toString('utf8'));
      } catch {
        readable = false;
      }
      const read = (): unknown => {
        const c = cursor(damaged, { windowBytes: 64 });
        const value = walk(c);
        expect(c.atEnd()).toBe(true);
        return value;
      };
      if (readable) expect(read()).toEqual(parsed);
      else codeOf(() => walk(cursor(damaged, { windowBytes: 64 })));
      codeOf(() => {
        cursor(damaged).skip();
      });
      codeOf(() => cursor(damaged).value());
    }
  });
});
