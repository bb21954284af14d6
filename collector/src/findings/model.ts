import type { Severity } from './severity.ts';

/** Milliseconds since the Unix epoch, UTC. Every time inside the collector is one. */
export type EpochMs = number;

export type FindingClass =
  'vulnerability' | 'compliance' | 'detection' | 'secret' | 'iam' | 'code' | 'data' | 'exposure';

export const FINDING_CLASSES: readonly FindingClass[] = [
  'vulnerability',
  'compliance',
  'detection',
  'secret',
  'iam',
  'code',
  'data',
  'exposure',
];

/** A scanner or feed whose output an adapter reads: `scoutsuite`, `prowler`. */
export type SourceId = string;

/** `source/cloud/account`, each part percent-encoded where it holds a slash: the unit of diff and commit. */
export type Scope = string;

/** 32 hexadecimal digits, see fingerprint.ts. */
export type Fingerprint = string;

/** `service@region`, `service@*`, `*`, or whatever unit a source looks at as a whole (a host). */
export type Cell = string;

/**
 * What an observation and a finding have in common: everything a report says about it.
 * Adapters share the texts of one rule between its observations (the same string and array objects), which is
 * what keeps 125,000 of them small.
 */
export interface Content {
  readonly cell: Cell;
  /** Groups the same thing seen by several sources; never merges them. */
  readonly correlationKey: string | null;
  /** The scanner's own id of it, where it has one. */
  readonly sourceFindingId: string | null;
  readonly class: FindingClass;
  /** `global` where the resource has no region. */
  readonly region: string;
  readonly service: string;
  readonly resourceType: string | null;
  readonly resourceId: string;
  readonly resourceName: string | null;
  /** What separates two findings of one rule on one resource; '' where nothing does. */
  readonly locator: string;
  readonly ruleId: string;
  readonly title: string;
  readonly description: string | null;
  readonly remediation: string | null;
  readonly references: readonly string[];
  /** As the adapter maps it; the configuration may map it again. */
  readonly severity: Severity;
  /** 0–100, in the band of `severity`. */
  readonly score: number;
  /** The scanner's own word or number. */
  readonly severityOriginal: string | null;
  readonly cve: readonly string[];
  readonly cwe: readonly string[];
  readonly cvss: number | null;
  readonly package: string | null;
  readonly fixedVersion: string | null;
  /** `CIS 1.4:2.1.1` */
  readonly frameworks: readonly string[];
  /** Tags or labels that the report gives of the resource. */
  readonly tags: Readonly<Record<string, string>>;
  /** How often the run reported this fingerprint, at least 1. */
  readonly occurrences: number;
}

/** A failing check on a resource, as one run saw it. */
export interface Observation extends Content {
  readonly fingerprint: Fingerprint;
  /** What earlier identity rules of the adapter would have made of it, newest first. */
  readonly formerFingerprints?: readonly Fingerprint[];
}

/** Numbers of one service in one run; null where the source does not say, never 0 instead. */
export interface CheckStats {
  readonly checked: number | null;
  readonly flagged: number | null;
  readonly resources: number | null;
}

/**
 * The cells that a run looked at and finished without error, each with the rules evaluated in it (sorted).
 * A cell may be a wildcard: `s3@*` covers every region of s3, `*` covers everything.
 */
export type Coverage = ReadonlyMap<Cell, readonly string[]>;

export type RunMode = 'snapshot' | 'delta' | 'stream';

/** `complete`: finished without error; `partial`: looked at less than it should; `failed`: died on the way. */
export type RunOutcome = 'complete' | 'partial' | 'failed';

/** What one report says about one scope. A report may hold several. */
export interface ScopeReport {
  readonly source: SourceId;
  /** `aws`, `azure`, `gcp`, `kubernetes`, …; lower case. */
  readonly cloud: string;
  readonly account: string;
  readonly accountName: string | null;
  readonly sourceVersion: string | null;
  /** When the scan looked, from the file; null where the file does not say. */
  readonly observedAt: EpochMs | null;
  readonly mode: RunMode;
  readonly outcome: RunOutcome;
  /** For people: "service rds failed: …". Untrusted text. */
  readonly notes: readonly string[];
  /** Of the notes, those on what was to be looked at and could not be: nothing of it closes. */
  readonly gaps?: readonly string[];
  readonly coverage: Coverage;
  /** True where `coverage` lists every rule evaluated, also those that had nothing to look at (ScoutSuite); false where only rules with a result show (Prowler). */
  readonly rulesAreExhaustive: boolean;
  readonly checks: ReadonlyMap<string, CheckStats>;
  /** Distinct by fingerprint. */
  readonly observations: readonly Observation[];
  /** Fingerprints that the report names as closed (mode `delta` only). */
  readonly closed: readonly Fingerprint[];
  /** Muted, suppressed or to be reviewed by hand in the report itself: not findings. */
  readonly suppressed: number;
  readonly passed: number;
}
