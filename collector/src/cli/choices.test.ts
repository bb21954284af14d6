import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { countOf, listOf, oneOf, prefixOf, severitiesOf, sinceOf, untilOf } from './choices.ts';
import { csvLine } from './csv.ts';
import { Top } from '../findings/top.ts';

describe('values of options', () => {
  it('are lists, with commas or the option given twice', () => {
    expect(listOf(' b, c', ['a'])).toEqual(['a', 'b', 'c']);
    expect(severitiesOf('high,Critical')).toEqual(['HIGH', 'CRITICAL']);
  });

  it('are days from their start or to their end', () => {
    expect(sinceOf('2027-03-31')).toBe(Date.UTC(2027, 2, 31));
    expect(untilOf('2027-03-31')).toBe(Date.UTC(2027, 3, 1) - 1);
    expect(untilOf('2027-03-31T12:00:00Z')).toBe(Date.UTC(2027, 2, 31, 12));
  });

  it.each([
    () => listOf(' , '),
    () => oneOf('opne', ['open', 'fixed']),
    () => sinceOf('2027-02-30'),
    () => untilOf('next week'),
    () => countOf('-1'),
    () => countOf('all'),
    () => prefixOf('xyz'),
  ])('are refused where they are none: %s', (read) => {
    expect(read).toThrow(InvalidArgumentError);
  });

  it('name what was meant', () => {
    expect(() => oneOf('opne', ['open', 'fixed'])).toThrow(
      '"opne" is none of open, fixed. Did you mean open?',
    );
  });
});

describe('a line of CSV', () => {
  it('quotes what needs quotes', () => {
    expect(csvLine(['a', null, 3, 'x,"y"', 'two\r\nlines'])).toBe('a,,3,"x,""y""","two\r\nlines"\r\n');
  });

  it.each(['=1+1', '+1', '-1', '@sum', '\tx', '\rx'])('makes text of the formula %j', (formula) => {
    expect(csvLine([formula])).toMatch(/^"?'/);
  });
});

describe('the first of many', () => {
  it('are those that sorting all would give, in the memory of a few', () => {
    const numbers = Array.from({ length: 20_000 }, (_, index) => (index * 7_919) % 20_011);
    const top = new Top<number>(25, (a, b) => a - b);
    for (const number of numbers) top.offer(number);
    expect(top.items()).toEqual([...numbers].sort((a, b) => a - b).slice(0, 25));
    expect(top.count).toBe(20_000);
  });
});
