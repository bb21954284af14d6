import type { EpochMs } from '../findings/model.ts';

/** One report as the first reading found it. */
export interface Planned {
  readonly name: string;
  readonly path: string | null;
  /** Bytes, decompressed; for progress only. */
  readonly bytes: number;
  /** Scopes in it, with the time of the scan; null where the report does not say. */
  readonly scopes: readonly { readonly scope: string; readonly observedAt: EpochMs | null }[];
}

/**
 * History needs the reports of a scope oldest first: a report that comes after a newer one is late and changes nothing.
 * Names tell no times (one scanner's folder is `2026-W36`, the other's files end in a stamp), so the reports do.
 * Reports without a time keep their place after those with one: they are taken to be of now.
 */
export function oldestFirst(planned: readonly Planned[]): Planned[] {
  const timeOf = ({ scopes }: Planned): number =>
    scopes.length === 0 ? Infinity : Math.min(...scopes.map(({ observedAt }) => observedAt ?? Infinity));
  // Not a difference: Infinity less Infinity is no number.
  return [...planned].sort((a, b) => {
    const [first, second] = [timeOf(a), timeOf(b)];
    return first === second ? 0 : first < second ? -1 : 1;
  });
}

/**
 * Which of `pending` (oldest first) may come next: those before which no other pending report of one of their scopes
 * stands. An archive gives its entries in its own order, so it may take more than one round.
 */
export function isNext(report: Planned, pending: readonly Planned[]): boolean {
  const scopes = new Set(report.scopes.map(({ scope }) => scope));
  for (const earlier of pending) {
    if (earlier === report) return true;
    if (earlier.scopes.some(({ scope }) => scopes.has(scope))) return false;
  }
  return true;
}
