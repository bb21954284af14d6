import { CellIndex } from './cells.ts';
import { kindOfChange, sameContent, sameMute } from './compare.ts';
import { dresser } from './dress.ts';
import { type EventKind, type FindingEvent, eventOf } from './events.ts';
import type { Finding, Verdict, VerdictKind } from './finding.ts';
import type { EpochMs, Fingerprint } from './model.ts';
import type { Settings } from './settings.ts';
import { dueAfterRescore, dueAfterSettings, dueFrom, slaDays } from './sla.ts';
import { eventTime, type ScopeState, type Step } from './state.ts';

/** A decision on findings of one scope. `verdict: null` takes earlier ones back. */
export interface VerdictInput {
  readonly id: string;
  readonly fingerprints: readonly Fingerprint[];
  readonly verdict: VerdictKind | null;
  readonly until: EpochMs | null;
  readonly by: string;
  readonly reason: string;
  readonly at: EpochMs;
}

/** The last decision said wins, also over one with a later `until`. Fingerprints that the scope does not hold are passed over. */
export function applyVerdict(before: ScopeState, input: VerdictInput): Step {
  const at = eventTime(before, input.at);
  const verdict: Verdict | null =
    input.verdict === null
      ? null
      : {
          id: input.id,
          kind: input.verdict,
          until: input.until,
          by: input.by,
          reason: input.reason,
          at: input.at,
        };
  return changeRows(
    before,
    at,
    (finding) => {
      if (finding.verdict === null && verdict === null) return null;
      if (finding.verdict !== null && finding.verdict.at > input.at) return null;
      return { finding: { ...finding, verdict }, kind: 'verdict', cause: 'verdict' };
    },
    new Set(input.fingerprints),
  );
}

/** A change of the configuration is an input like a run; the past stays as it was. */
export function applySettings(before: ScopeState, old: Settings, settings: Settings, applied: EpochMs): Step {
  const at = eventTime(before, applied);
  const dressers = new Map<string, ReturnType<typeof dresser>>();
  return changeRows(before, at, (finding) => {
    const key = JSON.stringify([finding.cloud, finding.account, finding.reportedAccountName]);
    const dress = dressers.get(key) ?? dresser(finding, settings);
    dressers.set(key, dress);
    const dressed: Finding = {
      ...finding,
      ...dress({ ...finding, severity: finding.mappedSeverity, score: finding.mappedScore }),
    };
    const next: Finding = { ...dressed, dueAt: dueUnder(finding, dressed, old, settings, at) };
    const mutes = sameMute(finding.mute, next.mute);
    if (mutes && next.dueAt === finding.dueAt && sameContent(finding, next)) return null;
    return { finding: next, kind: kindOfChange(finding, next), cause: 'config' };
  });
}

/** A vanished account: everything open closes as `retired`, which is not `fixed`. */
export function applyRetirement(before: ScopeState, retiredAt: EpochMs): Step {
  const at = eventTime(before, retiredAt);
  const index = new CellIndex(before.cells);
  const step = changeRows(before, at, (finding) => {
    if (finding.scanner === 'fixed') return null;
    const lastSeen = Math.max(finding.lastSeen, index.completeAt(finding.cell) ?? -Infinity);
    const closed: Finding = {
      ...finding,
      scanner: 'fixed',
      closedCause: 'retired',
      fixedAt: retiredAt,
      lastSeen,
    };
    return { finding: closed, kind: 'retired', cause: 'retired' };
  });
  return { ...step, next: { ...step.next, retired: true } };
}

interface RowChange {
  readonly finding: Finding;
  readonly kind: EventKind;
  readonly cause: FindingEvent['cause'];
}

function changeRows(
  before: ScopeState,
  at: EpochMs,
  change: (finding: Finding) => RowChange | null,
  only?: ReadonlySet<Fingerprint>,
): Step {
  const events: FindingEvent[] = [];
  const findings = new Map(before.findings);
  for (const finding of before.findings.values()) {
    if (only?.has(finding.fingerprint) === false) continue;
    const changed = change(finding);
    if (changed === null) continue;
    findings.set(finding.fingerprint, changed.finding);
    events.push(eventOf(changed.finding, changed.kind, changed.cause, at));
  }
  if (events.length === 0) return { next: before, events };
  return { next: { ...before, findings, at }, events };
}

function dueUnder(
  old: Finding,
  next: Finding,
  before: Settings,
  settings: Settings,
  at: EpochMs,
): EpochMs | null {
  if (old.scanner === 'fixed') return old.dueAt;
  const start = old.reopenedAt ?? old.firstSeen;
  const days = slaDays(settings, next.severity, next.team);
  if (next.severity !== old.severity) return dueAfterRescore(old, next.severity, days, start, at);
  const due = dueAfterSettings(old.dueAt, slaDays(before, old.severity, old.team), days, start);
  return due ?? dueFrom(start, days);
}
