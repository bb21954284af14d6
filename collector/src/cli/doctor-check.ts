import type { RightState } from '../scanners/rights/index.ts';

/** One thing that was looked at. */
export interface Check {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  /** What to do about it; null where all is well. */
  readonly next: string | null;
  /** Of an account: what its jobs need, and whether it is there. */
  readonly rights?: readonly RightState[];
}

export function ok(name: string, detail: string): Check {
  return { name, status: 'ok', detail, next: null };
}

export function warn(name: string, detail: string, next: string): Check {
  return { name, status: 'warn', detail, next };
}

export function fail(name: string, detail: string, next: string): Check {
  return { name, status: 'fail', detail, next };
}

/** `a, b, c and 4 more` */
export function some(names: readonly string[], shown = 3): string {
  const rest = names.length - shown;
  return names.slice(0, shown).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
