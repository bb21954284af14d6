import { type FindingEvent, eventOf } from './events.ts';
import type { Finding, Findings } from './finding.ts';
import type { EpochMs, Fingerprint } from './model.ts';
import type { Run } from './run.ts';
import type { ScopeState } from './state.ts';

/**
 * When an adapter's identity rule has changed, the rows that a run sees under their old name are renamed: history and
 * verdicts go with them. Where several old rows become one, the eldest gives the history and a verdict of any of them stays.
 * The first run after the change may not show them all (news of a few, a region, a scan that died): what it left is renamed by
 * the run that shows it, unless another finding has that name by now.
 * @returns the findings under their new names; the same object where nothing was renamed
 */
export function rekey(
  before: ScopeState,
  run: Run,
  at: EpochMs,
  events: FindingEvent[],
): { readonly findings: Findings } {
  if (before.identity === null) return { findings: before.findings };
  const first = before.identity !== run.identity;
  let shown: Set<Fingerprint> | undefined;
  let findings: Map<Fingerprint, Finding> | undefined;
  for (const { fingerprint, formerFingerprints } of run.report.observations) {
    if (formerFingerprints === undefined || (!first && before.findings.has(fingerprint))) continue;
    for (const former of formerFingerprints) {
      const current: Findings = findings ?? before.findings;
      const old = former === fingerprint ? undefined : current.get(former);
      if (old === undefined) continue;
      shown ??= new Set(run.report.observations.map((seen) => seen.fingerprint));
      if (!first && shown.has(former)) continue;
      const present = current.get(fingerprint);
      const renamed: Finding = { ...(present === undefined ? old : merged(present, old)), fingerprint };
      findings ??= new Map(before.findings);
      findings.delete(former);
      findings.set(fingerprint, renamed);
      events.push(eventOf(renamed, 'rekeyed', 'identity', at, former));
    }
  }
  return { findings: findings ?? before.findings };
}

function merged(a: Finding, b: Finding): Finding {
  const elder = b.firstSeen < a.firstSeen ? b : a;
  const open = a.scanner === 'open' ? a : b.scanner === 'open' ? b : elder;
  return { ...open, firstSeen: elder.firstSeen, verdict: a.verdict ?? b.verdict };
}
