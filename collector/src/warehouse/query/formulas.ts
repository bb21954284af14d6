import type { Measure } from './measures.ts';

/** The terms of one group in one interval; null where nothing is known. */
export type Terms = (term: string) => number | null;

export interface Formula {
  /** The terms it is made of. */
  readonly terms: readonly string[];
  /**
   * @param at the end of the interval, milliseconds
   * @returns null where there is no value
   */
  value(terms: Terms, at: number): number | null;
  /** Whether terms of several groups may be added up (`other`, totals). Medians and counts of distinct things may not. */
  readonly additive: boolean;
}

function term(name: string): Formula {
  return { terms: [name], value: (terms) => terms(name), additive: true };
}

/** A term that the grid computes whole: no sum of groups has a meaning. */
function whole(name: string): Formula {
  return { terms: [name], value: (terms) => terms(name), additive: false };
}

function sum(a: string, b: string): Formula {
  return { terms: [a, b], value: (terms) => plus(terms(a), terms(b)), additive: true };
}

function ratio(above: string, below: string): Formula {
  return { terms: [above, below], value: (terms) => divided(terms(above), terms(below)), additive: true };
}

/** Null only where both are. */
export function plus(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  return b === null ? a : a + b;
}

function minus(whole: number | null, part: number | null): number | null {
  return whole === null || part === null ? null : whole - part;
}

function divided(above: number | null, below: number | null): number | null {
  return above === null || below === null || below === 0 ? null : above / below;
}

/** docs/measures.md says the same in words. Terms of findings are named like the columns of the cube. */
export const FORMULAS: Readonly<Record<Measure, Formula>> = {
  open: term('d_open'),
  findings: term('findings'),
  accepted: term('d_accepted'),
  falsePositives: term('d_false_positive'),
  mutedOpen: term('d_muted'),
  dueSoon: term('d_due_soon'),
  overdue: sum('d_overdue_confirmed', 'd_overdue_unverified'),
  overdueConfirmed: term('d_overdue_confirmed'),
  overdueUnverified: term('d_overdue_unverified'),
  riskScore: term('d_risk'),
  age: {
    terms: ['d_open', 'd_clock'],
    value: (terms, at) => {
      const open = terms('d_open');
      const clock = terms('d_clock');
      return open === null || open === 0 || clock === null ? null : at - clock / open;
    },
    additive: true,
  },
  ageP50: whole('age_p50'),
  ageP90: whole('age_p90'),
  accounts: whole('accounts'),
  affectedResources: whole('resources_open'),
  rules: whole('rules_open'),
  sources: whole('sources_open'),
  new: term('n_new'),
  onboarded: term('n_onboarded'),
  ruleset: term('n_ruleset'),
  reopened: term('n_reopened'),
  expired: term('n_expired'),
  restored: term('n_restored'),
  movedIn: term('n_moved_in'),
  fixed: term('n_fixed'),
  retired: term('n_retired'),
  newlyAccepted: term('n_accepted'),
  newlyFalsePositive: term('n_false_positive'),
  muted: term('n_muted'),
  movedOut: term('n_moved_out'),
  slaCompliance: {
    terms: ['n_sla_met', 'n_sla_missed'],
    value: (terms) => divided(terms('n_sla_met'), plus(terms('n_sla_met'), terms('n_sla_missed'))),
    additive: true,
  },
  mttr: ratio('fix_time', 'n_fixed'),
  mttrP50: whole('fix_p50'),
  mttrP90: whole('fix_p90'),
  reopenRate: ratio('n_reopened', 'n_fixed'),
  checked: term('checked'),
  flagged: term('flagged'),
  resources: term('resources'),
  /** Both terms only of the stats that give both: else a source without `checked` would lower the rate. */
  passRate: {
    terms: ['rated_checked', 'rated_flagged'],
    value: (terms) => {
      const failed = divided(terms('rated_flagged'), terms('rated_checked'));
      return failed === null ? null : 1 - failed;
    },
    additive: true,
  },
  scopes: term('scopes'),
  freshScopes: term('fresh_scopes'),
  expectedScopes: term('expected_scopes'),
  silentScopes: {
    terms: ['expected_scopes', 'heard_scopes'],
    value: (terms) => minus(terms('expected_scopes'), terms('heard_scopes')),
    additive: true,
  },
  failingScopes: term('failing_scopes'),
  staleness: whole('staleness'),
  coverage: ratio('cells_covered', 'cells_known'),
  runs: term('runs'),
  failedRuns: term('failed_runs'),
  runDuration: ratio('run_time', 'timed_runs'),
};
