import { isSeverity, severityRank } from '../../findings/severity.ts';

/** Severities have an order of their own, the same on every chart and matrix however many there are of each; what is none comes last. */
export function worstFirst<T>(items: readonly T[], severityOf: (item: T) => unknown): T[] {
  const rankOf = (item: T): number => {
    const severity = severityOf(item);
    return isSeverity(severity) ? severityRank(severity) : -1;
  };
  return items.toSorted((a, b) => rankOf(b) - rankOf(a));
}
