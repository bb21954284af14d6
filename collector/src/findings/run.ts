import type { Coverage, EpochMs, ScopeReport } from './model.ts';
import type { LastComplete } from './state.ts';

/** A report of one scope, ready to be applied: its time is settled and it has an id. */
export interface Run {
  readonly runId: string;
  readonly observedAt: EpochMs;
  readonly report: ScopeReport;
  /** The adapter's identity rule. */
  readonly identity: string;
  /** The caller vouches that the run looked at everything: it covers the whole scope, however few rules it shows. */
  readonly declaredComplete: boolean;
}

/** How a run was taken: its own outcome, or `partial` where its coverage is not to be trusted, with the reason. */
export interface Judgement {
  readonly outcome: 'complete' | 'partial' | 'failed';
  readonly reason: string | null;
  /** Distinct rules evaluated, and how many of the last complete run's are among them. */
  readonly rules: readonly string[];
  readonly rulesExpected: number | null;
  readonly rulesShare: number | null;
}

export function rulesOf(coverage: Coverage): readonly string[] {
  return [...new Set([...coverage.values()].flat())].sort();
}

/**
 * Closing on a partial scan is this field's most repeated bug, so a run that shows fewer rules than the last complete one
 * (a severity filter, a lost permission) is partial unless its caller says that it is complete.
 */
export function judgeRun(run: Run, last: LastComplete | null, minimumRules: number): Judgement {
  const rules = rulesOf(run.report.coverage);
  const evaluated = new Set(rules);
  const expected = last?.rules.length ?? null;
  const share =
    last === null || last.rules.length === 0
      ? null
      : last.rules.filter((rule) => evaluated.has(rule)).length / last.rules.length;
  const judged = { rules, rulesExpected: expected, rulesShare: share };
  const { outcome, mode, notes } = run.report;
  if (outcome !== 'complete') {
    return { ...judged, outcome, reason: notes[0] ?? 'the report says so' };
  }
  if (run.declaredComplete || mode !== 'snapshot' || share === null || share >= minimumRules) {
    return { ...judged, outcome: 'complete', reason: null };
  }
  const percent = Math.floor(share * 100);
  return {
    ...judged,
    outcome: 'partial',
    reason: `only ${percent} % of the ${expected} rules of the last complete run were evaluated`,
  };
}
