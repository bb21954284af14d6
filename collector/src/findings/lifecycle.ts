import { openedCause } from './cause.ts';
import { CellIndex, type CellRecord, evaluates, EVERYTHING, mergeSorted } from './cells.ts';
import { kindOfChange, sameContent, sameDimensions, sameMute } from './compare.ts';
import { dresser } from './dress.ts';
import { type FindingEvent, eventOf } from './events.ts';
import type { ClosedCause, Finding, OpenedCause } from './finding.ts';
import { rekey } from './identity.ts';
import type { Cell, EpochMs, Fingerprint, Observation } from './model.ts';
import { type Judgement, judgeRun, type Run } from './run.ts';
import type { Settings } from './settings.ts';
import { dueAfterRescore, dueAfterSettings, dueFrom, millisecondsOf, slaDays } from './sla.ts';
import { eventTime, type ScopeState, type Step } from './state.ts';

export interface RunStep extends Step {
  readonly judgement: Judgement;
  /** Every cell of the run has newer evidence: the run is recorded and changes nothing. */
  readonly late: boolean;
  /** Cells that a complete snapshot looked at, in which absence closes; `*` where its caller says that it saw everything. */
  readonly covered: readonly Cell[];
}

/** What a run does to the findings of its scope. Pure: the same state, run and settings give the same step. */
export function applyRun(before: ScopeState, run: Run, settings: Settings): RunStep {
  const judgement = judgeRun(run, before.lastComplete, settings.minimumRules);
  const index = new CellIndex(before.cells);
  if (isLate(run, index)) {
    return { next: before, events: [], judgement, late: true, covered: [] };
  }
  const events: FindingEvent[] = [];
  const at = eventTime(before, run.observedAt);
  const rekeyed = rekey(before, run, at, events);
  const findings = new Map(rekeyed.findings);
  let rowsChanged = rekeyed.findings !== before.findings;

  const closing = closingCells(run, judgement);
  const covered = new CellIndex(closing);
  const origin = openedCause(index, before, run);
  const make = maker(run, settings);
  const seen = new Set<Fingerprint>();

  for (const observation of run.report.observations) {
    seen.add(observation.fingerprint);
    const old = findings.get(observation.fingerprint);
    if (evidenceOf(old, observation, index, run) > run.observedAt) continue;
    if (old === undefined) {
      const opened = make(observation, origin(observation));
      findings.set(opened.fingerprint, opened);
      events.push(eventOf(opened, 'opened', opened.openedCause, at));
      rowsChanged = true;
      continue;
    }
    if (old.scanner === 'fixed') {
      const reopened = openedAgain(old, make(observation, origin(observation)), run.observedAt);
      findings.set(reopened.fingerprint, reopened);
      events.push(eventOf(reopened, 'reopened', reopened.openedCause, at));
      rowsChanged = true;
      continue;
    }
    const fresh = make(observation, old.openedCause);
    const sighted = refreshed(
      old,
      fresh,
      covered.completeAt(fresh.cell) !== null,
      run.observedAt,
      settings,
      at,
    );
    if (sighted === old) continue;
    findings.set(sighted.fingerprint, sighted);
    rowsChanged = true;
    // Another name of the resource may be one that a mute is about.
    if (!sameDimensions(old, sighted) || !sameMute(old.mute, sighted.mute))
      events.push(eventOf(sighted, kindOfChange(old, sighted), 'scan', at));
  }

  const named = new Set(run.report.closed);
  for (const finding of findings.values()) {
    if (finding.scanner === 'fixed' || seen.has(finding.fingerprint)) continue;
    const over = named.has(finding.fingerprint)
      ? namedClosing(finding, run)
      : (quietClosing(finding, run, settings) ?? absentClosing(finding, run, covered, index));
    if (over === null) continue;
    const lastSeen = Math.max(finding.lastSeen, index.completeAt(finding.cell) ?? -Infinity);
    const closed: Finding = {
      ...finding,
      scanner: 'fixed',
      closedCause: over.cause,
      fixedAt: over.at,
      lastSeen,
      runId: run.runId,
    };
    findings.set(closed.fingerprint, closed);
    events.push(eventOf(closed, 'fixed', over.cause, at));
    rowsChanged = true;
  }

  const newest = judgement.outcome === 'complete' && run.report.mode === 'snapshot';
  return {
    judgement,
    late: false,
    covered: [...closing.keys()].sort(),
    events,
    next: {
      findings: rowsChanged ? findings : before.findings,
      cells: cellsAfter(before, run, closing),
      lastComplete:
        newest && run.observedAt >= (before.lastComplete?.at ?? -Infinity)
          ? { at: run.observedAt, rules: judgement.rules }
          : before.lastComplete,
      at: events.length > 0 ? at : before.at,
      identity: run.identity,
      retired: false,
    },
  };
}

/**
 * Evidence counts per finding in `delta` and `stream`, and per cell too in a snapshot: news of a finding may come in while
 * everything is listed.
 */
function evidenceOf(old: Finding | undefined, observation: Observation, index: CellIndex, run: Run): EpochMs {
  const own = old === undefined ? -Infinity : ownEvidence(old, run);
  return run.report.mode === 'snapshot' ? Math.max(own, index.evidenceAt(observation.cell)) : own;
}

function ownEvidence({ lastSeen, fixedAt, closedCause }: Finding, run: Run): EpochMs {
  // A scan that ran while somebody retired its account shows that it is still there.
  const retired = run.report.mode === 'snapshot' && closedCause === 'retired';
  return Math.max(lastSeen, retired ? -Infinity : (fixedAt ?? -Infinity));
}

function isLate(run: Run, index: CellIndex): boolean {
  if (run.report.mode !== 'snapshot') return false;
  const cells = new Set<Cell>(run.report.coverage.keys());
  for (const observation of run.report.observations) cells.add(observation.cell);
  if (cells.size === 0) return false;
  for (const cell of cells) {
    if (index.evidenceAt(cell) <= run.observedAt) return false;
  }
  return true;
}

/** The cells in which absence closes: those covered by a complete snapshot. */
function closingCells(run: Run, judgement: Judgement): Map<Cell, CellRecord> {
  const cells = new Map<Cell, CellRecord>();
  if (run.report.mode !== 'snapshot' || judgement.outcome !== 'complete') return cells;
  for (const [cell, rules] of run.report.coverage) {
    cells.set(cell, { at: run.observedAt, completeAt: run.observedAt, rules });
  }
  if (run.declaredComplete) {
    cells.set(EVERYTHING, { at: run.observedAt, completeAt: run.observedAt, rules: judgement.rules });
  }
  return cells;
}

/**
 * Makes a finding of an observation, as it would be if it were seen for the first time. Every field is named, which is
 * several times faster than spreading one object into another, and gives all findings one layout in memory.
 */
function maker(run: Run, settings: Settings): (observation: Observation, cause: OpenedCause) => Finding {
  const { source, cloud, account, accountName: reportedAccountName, sourceVersion } = run.report;
  const { runId, observedAt } = run;
  const dress = dresser({ source, cloud, account, reportedAccountName }, settings);
  return (seen, openedCause) => {
    const { accountName, team, environment, labels, severity, score, mute } = dress(seen);
    return {
      fingerprint: seen.fingerprint,
      cell: seen.cell,
      correlationKey: seen.correlationKey,
      sourceFindingId: seen.sourceFindingId,
      class: seen.class,
      region: seen.region,
      service: seen.service,
      resourceType: seen.resourceType,
      resourceId: seen.resourceId,
      resourceName: seen.resourceName,
      locator: seen.locator,
      ruleId: seen.ruleId,
      title: seen.title,
      description: seen.description,
      remediation: seen.remediation,
      references: seen.references,
      severity,
      score,
      severityOriginal: seen.severityOriginal,
      cve: seen.cve,
      cwe: seen.cwe,
      cvss: seen.cvss,
      package: seen.package,
      fixedVersion: seen.fixedVersion,
      frameworks: seen.frameworks,
      tags: seen.tags,
      occurrences: seen.occurrences,
      accountName,
      team,
      environment,
      labels,
      mute,
      mappedSeverity: seen.severity,
      mappedScore: seen.score,
      source,
      sourceVersion,
      cloud,
      account,
      reportedAccountName,
      runId,
      scanner: 'open',
      verdict: null,
      openedCause,
      closedCause: null,
      firstSeen: observedAt,
      lastSeen: observedAt,
      fixedAt: null,
      reopenedAt: null,
      reopenCount: 0,
      dueAt: dueFrom(observedAt, slaDays(settings, severity, team)),
    };
  };
}

function openedAgain(old: Finding, fresh: Finding, observedAt: EpochMs): Finding {
  return {
    ...fresh,
    verdict: old.verdict,
    firstSeen: old.firstSeen,
    reopenedAt: observedAt,
    reopenCount: old.reopenCount + 1,
  };
}

/** An open finding seen again; `old` itself where that changes nothing that has to be written. */
function refreshed(
  old: Finding,
  fresh: Finding,
  covered: boolean,
  observedAt: EpochMs,
  settings: Settings,
  at: EpochMs,
): Finding {
  // A complete snapshot of the cell moves lastSeen through the head; only a sighting without one is stored in the row.
  const lastSeen = covered ? old.lastSeen : Math.max(old.lastSeen, observedAt);
  if (lastSeen === old.lastSeen && sameContent(old, fresh)) return old;
  const sighted: Finding = {
    ...fresh,
    scanner: old.scanner,
    verdict: old.verdict,
    openedCause: old.openedCause,
    firstSeen: old.firstSeen,
    reopenedAt: old.reopenedAt,
    reopenCount: old.reopenCount,
    lastSeen,
    dueAt: old.dueAt,
  };
  if (fresh.severity === old.severity && fresh.team === old.team) return sighted;
  const days = slaDays(settings, fresh.severity, fresh.team);
  const start = old.reopenedAt ?? old.firstSeen;
  if (fresh.severity !== old.severity)
    return { ...sighted, dueAt: dueAfterRescore(old, fresh.severity, days, start, at) };
  const daysBefore = slaDays(settings, old.severity, old.team);
  return { ...sighted, dueAt: dueAfterSettings(old.dueAt, daysBefore, days, start) };
}

interface Closing {
  readonly cause: ClosedCause;
  readonly at: EpochMs;
}

function namedClosing(finding: Finding, run: Run): Closing | null {
  return run.observedAt >= finding.lastSeen ? { cause: 'resolved', at: run.observedAt } : null;
}

/** An event is over when it has not been seen for so long; that is noticed by the next run of its stream. */
function quietClosing(finding: Finding, run: Run, settings: Settings): Closing | null {
  // Who could not hear everything can't tell that it is quiet.
  if (run.report.mode !== 'stream' || run.report.outcome !== 'complete') return null;
  const at = finding.lastSeen + millisecondsOf(settings.quietDays);
  return at <= run.observedAt ? { cause: 'quiet', at } : null;
}

/** Coverage decides, never absence alone. */
function absentClosing(finding: Finding, run: Run, covered: CellIndex, index: CellIndex): Closing | null {
  const rules = covered.rulesOf(finding.cell);
  if (rules === null || Math.max(finding.lastSeen, index.evidenceAt(finding.cell)) > run.observedAt)
    return null;
  const gone = run.report.rulesAreExhaustive && !evaluates(rules, finding.ruleId);
  return { cause: gone ? 'ruleset' : 'resolved', at: run.observedAt };
}

function cellsAfter(
  before: ScopeState,
  run: Run,
  closing: ReadonlyMap<Cell, CellRecord>,
): ReadonlyMap<Cell, CellRecord> {
  if (run.report.mode !== 'snapshot') return before.cells;
  const cells = new Map(before.cells);
  const covers = new CellIndex(closing);
  const touch = (cell: Cell, complete: CellRecord | undefined): void => {
    const old = cells.get(cell);
    const completeAt = Math.max(old?.completeAt ?? -Infinity, complete?.completeAt ?? -Infinity);
    cells.set(cell, {
      at: Math.max(old?.at ?? -Infinity, run.observedAt),
      completeAt: completeAt === -Infinity ? null : completeAt,
      rules: complete === undefined ? (old?.rules ?? []) : mergeSorted(old?.rules ?? [], complete.rules),
    });
  };
  for (const [cell, record] of closing) touch(cell, record);
  for (const cell of run.report.coverage.keys()) if (!closing.has(cell)) touch(cell, undefined);
  for (const { cell } of run.report.observations) {
    if (covers.completeAt(cell) === null && (cells.get(cell)?.at ?? -Infinity) < run.observedAt)
      touch(cell, undefined);
  }
  return cells;
}
