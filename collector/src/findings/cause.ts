import { type CellIndex, evaluates } from './cells.ts';
import type { OpenedCause } from './finding.ts';
import type { Observation } from './model.ts';
import type { Run } from './run.ts';
import type { ScopeState } from './state.ts';

/**
 * Why an observation opens a finding: `baseline` where nobody had looked, `ruleset` where nobody had asked, else `drift`.
 * A source that shows only rules with a result (Prowler) says nothing of an empty region. There a service known in
 * another region, in a region known by another service, counts as looked at: the first public bucket of a region is drift.
 */
export function openedCause(
  index: CellIndex,
  before: ScopeState,
  run: Run,
): (observation: Observation) => OpenedCause {
  // Without snapshots nothing is ever covered. The first report is what had piled up; whatever comes later happened since.
  const uncovered = run.report.mode === 'snapshot' || before.identity === null ? 'baseline' : 'drift';
  const known = [...before.cells].filter(([, record]) => record.completeAt !== null);
  const services = new Map<string, Set<string>>();
  const regions = new Set<string>();
  if (!run.report.rulesAreExhaustive) {
    for (const [cell, record] of known) {
      const [service = '', region = ''] = cell.split('@', 2);
      const rules = services.get(service) ?? new Set();
      for (const rule of record.rules) rules.add(rule);
      services.set(service, rules);
      regions.add(region);
    }
  }
  return (observation) => {
    const rules = index.rulesOf(observation.cell);
    if (rules !== null && evaluates(rules, observation.ruleId)) return 'drift';
    const elsewhere = services.get(observation.service);
    const lookedAt = rules !== null || regions.has(observation.region);
    if (elsewhere !== undefined && lookedAt)
      return evaluates(elsewhere, observation.ruleId) ? 'drift' : 'ruleset';
    return rules === null ? uncovered : 'ruleset';
  };
}
