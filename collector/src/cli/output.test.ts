import { describe, expect, it } from 'vitest';
import { ReportError } from '../errors.ts';
import { byteText, clipped, errorDocument, plural, printable } from './output.ts';

describe('text of a report on a terminal', () => {
  it('moves no cursor, sets no title and clears no screen', () => {
    const shown = printable('bucket\u001b[2J\u001b]0;owned\u0007\r\nfake line\u009b31m');
    expect(shown).not.toMatch(/\p{Cc}/u);
    expect(shown).toContain('fake line');
  });

  it('is written from left to right', () => {
    expect(printable('invoice\u202efdp.exe')).toBe('invoice fdp.exe');
  });

  it('keeps the letters of every language', () => {
    expect(printable('Bücher 書籍 كتب 🚀')).toBe('Bücher 書籍 كتب 🚀');
  });

  it('is cut between characters and not inside one', () => {
    expect(clipped('🚀🚀🚀🚀', 3)).toBe('🚀🚀…');
    expect(clipped('short', 10)).toBe('short');
  });
});

describe('errors', () => {
  it('say what is wrong and the next step, with controls taken out of both', () => {
    const error = new ReportError('truncated', 'a\u001bb ends early', 'Copy it again.');
    expect(errorDocument(error)).toEqual({
      code: 'truncated',
      message: 'a b ends early',
      hint: 'Copy it again.',
    });
  });

  it('that nobody foresaw are called a defect', () => {
    expect(errorDocument(new TypeError('x is undefined'))).toMatchObject({
      code: 'defect',
      message: 'x is undefined',
    });
  });
});

describe('numbers', () => {
  it('count in words and thousands', () => {
    expect([plural(1, 'finding'), plural(0, 'finding'), plural(1384, 'finding')]).toEqual([
      '1 finding',
      '0 findings',
      '1,384 findings',
    ]);
  });

  it('tell sizes as disks do', () => {
    expect([byteText(0), byteText(999), byteText(1_400_000), byteText(250_000_000_000)]).toEqual([
      '0 B',
      '999 B',
      '1.4 MB',
      '250 GB',
    ]);
  });
});
