import type { Cells } from './cells.ts';
import { CellIndex } from './cells.ts';
import type { Content, EpochMs, Fingerprint } from './model.ts';
import type { Severity } from './severity.ts';

export type ScannerState = 'open' | 'fixed';
export type VerdictKind = 'false_positive' | 'accepted';
export type Status = 'open' | 'fixed' | 'retired' | 'false_positive' | 'accepted' | 'muted';

/** Why a finding opened: onboarding, a scanner's update, or something that really changed. */
export type OpenedCause = 'baseline' | 'ruleset' | 'drift';
/**
 * How a finding closed: the check passes or the resource is gone, the rule is no longer evaluated, the scope was retired, an
 * event was not seen again.
 */
export type ClosedCause = 'resolved' | 'ruleset' | 'retired' | 'quiet';

/** A person's decision on one finding. */
export interface Verdict {
  /** Of the verdict object in the bucket. */
  readonly id: string;
  readonly kind: VerdictKind;
  /** End of an acceptance; null for a false positive. */
  readonly until: EpochMs | null;
  readonly by: string;
  readonly reason: string;
  readonly at: EpochMs;
}

/** A mute rule's decision on one finding. */
export interface Mute {
  readonly rule: string;
  readonly owner: string;
  readonly reason: string;
  readonly until: EpochMs;
}

/** The lasting thing: identity, content as last seen, and state. Never changed in place. */
export interface Finding extends Content {
  readonly fingerprint: Fingerprint;
  readonly source: string;
  readonly sourceVersion: string | null;
  readonly cloud: string;
  readonly account: string;
  /** As configured, else as the report says. */
  readonly accountName: string | null;
  readonly reportedAccountName: string | null;
  /** As the adapter maps them; `severity` and `score` are what the configuration makes of these. */
  readonly mappedSeverity: Severity;
  readonly mappedScore: number;
  readonly team: string | null;
  readonly environment: string | null;
  /** The resource's tags and the configuration's labels; the latter win. */
  readonly labels: Readonly<Record<string, string>>;
  /** The run that last changed this row. */
  readonly runId: string;
  readonly scanner: ScannerState;
  readonly verdict: Verdict | null;
  readonly mute: Mute | null;
  readonly openedCause: OpenedCause;
  readonly closedCause: ClosedCause | null;
  /** Never moves. */
  readonly firstSeen: EpochMs;
  /** As stored; of an open finding the newest complete snapshot of its cell may be newer: see `lastSeenOf`. */
  readonly lastSeen: EpochMs;
  readonly fixedAt: EpochMs | null;
  readonly reopenedAt: EpochMs | null;
  readonly reopenCount: number;
  readonly dueAt: EpochMs | null;
}

export type Findings = ReadonlyMap<Fingerprint, Finding>;

export type Overdue = 'no' | 'unverified' | 'confirmed';

/** What a person's or a rule's decision makes of an open finding at a time; null where none is in force. */
export function decisionAt(
  finding: Pick<Finding, 'verdict' | 'mute'>,
  now: EpochMs,
): { readonly kind: VerdictKind | 'muted'; readonly until: EpochMs | null } | null {
  const { verdict, mute } = finding;
  if (verdict !== null && (verdict.until === null || verdict.until > now)) {
    return { kind: verdict.kind, until: verdict.until };
  }
  if (mute !== null && mute.until > now) return { kind: 'muted', until: mute.until };
  return null;
}

/** `fixed` (or `retired`) if the scanner says so, else the decision in force, else open. */
export function statusAt(
  finding: Pick<Finding, 'scanner' | 'closedCause' | 'verdict' | 'mute'>,
  now: EpochMs,
): Status {
  if (finding.scanner === 'fixed') return finding.closedCause === 'retired' ? 'retired' : 'fixed';
  return decisionAt(finding, now)?.kind ?? 'open';
}

/** When an open finding was last seen: a complete snapshot of its cell that did not close it saw it. */
export function lastSeenOf(finding: Finding, cells: Cells | CellIndex): EpochMs {
  if (finding.scanner === 'fixed') return finding.lastSeen;
  const index = cells instanceof CellIndex ? cells : new CellIndex(cells);
  return Math.max(finding.lastSeen, index.completeAt(finding.cell) ?? -Infinity);
}

/**
 * Past its date and open: `confirmed` when a complete run after the date saw it, `unverified` when no scan has looked
 * since (a weekly scan must not invent a breach).
 */
export function overdueAt(
  finding: Pick<Finding, 'scanner' | 'closedCause' | 'verdict' | 'mute' | 'dueAt'>,
  completeAt: EpochMs | null,
  now: EpochMs,
): Overdue {
  if (finding.dueAt === null || finding.dueAt >= now || statusAt(finding, now) !== 'open') return 'no';
  return completeAt !== null && completeAt > finding.dueAt ? 'confirmed' : 'unverified';
}
