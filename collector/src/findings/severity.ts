/** Severity words of ASFF, with the score bands of design: 0, 1–39, 40–69, 70–89, 90–100. */
export const SEVERITIES = ['INFORMATIONAL', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** The score that stands for a word when a source gives only the word: the upper middle of its band. */
const SCORE_OF: Record<Severity, number> = { INFORMATIONAL: 0, LOW: 20, MEDIUM: 55, HIGH: 80, CRITICAL: 95 };
const RANK: Record<Severity, number> = { INFORMATIONAL: 0, LOW: 1, MEDIUM: 2, HIGH: 3, CRITICAL: 4 };

export function isSeverity(value: unknown): value is Severity {
  return typeof value === 'string' && (SEVERITIES as readonly string[]).includes(value);
}

/** 0 (INFORMATIONAL) to 4 (CRITICAL). */
export function severityRank(severity: Severity): number {
  return RANK[severity];
}

export function scoreOfSeverity(severity: Severity): number {
  return SCORE_OF[severity];
}

/** Band of a score of 0–100; values outside are clamped. */
export function severityOfScore(score: number): Severity {
  if (!(score >= 1)) return 'INFORMATIONAL';
  if (score < 40) return 'LOW';
  if (score < 70) return 'MEDIUM';
  if (score < 90) return 'HIGH';
  return 'CRITICAL';
}
