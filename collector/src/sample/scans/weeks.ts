import type { Week } from '../model.ts';

/** Weeks of the story, inclusive. */
export type Span = readonly [from: Week, to: Week];

export const ALWAYS: readonly Span[] = [[1, 12]];

export function isIn(week: Week, spans: readonly Span[]): boolean {
  return spans.some(([from, to]) => from <= week && week <= to);
}
