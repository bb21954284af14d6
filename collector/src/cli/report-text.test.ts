import { describe, expect, it } from 'vitest';
import { bar, sparkline } from './report-text.ts';

describe('sparkline', () => {
  it('goes from the lowest value to the highest', () => {
    expect(sparkline([700, 735, 770])).toBe('▁▅█');
  });

  it('can start at zero, so that a count keeps its size', () => {
    expect(sparkline([0, 50, 100], 0)).toBe('▁▅█');
    expect(sparkline([90, 100], 0)).toBe('▇█');
  });

  it('is flat where nothing moves', () => {
    expect(sparkline([5, 5, 5])).toBe('▁▁▁');
    expect(sparkline([0, 0], 0)).toBe('▁▁');
  });
});

describe('bar', () => {
  it('fills its width for the largest value', () => {
    expect(bar(10, 10, 4)).toBe('████');
    expect(bar(5, 10, 4)).toBe('██');
  });

  it('shows something for little, and nothing for nothing', () => {
    expect(bar(1, 1000, 4)).toBe('▏');
    expect(bar(0, 1000, 4)).toBe('');
    expect(bar(0, 0, 4)).toBe('');
  });
});
