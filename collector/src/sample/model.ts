import type { EpochMs } from '../findings/model.ts';

export type Cloud = 'aws' | 'azure' | 'gcp';
/** Prowler's words, lower case as its check metadata has them. */
export type Level = 'critical' | 'high' | 'medium' | 'low';
/** Week of the story, 1 to 12. */
export type Week = number;

/** One report file of the sample estate. Nothing is rendered before `content()` is called. */
export interface SampleReport {
  /** Relative, like `2026-W36/aws-prod-payments/scoutsuite_results_aws-111122223333.js`. */
  readonly path: string;
  /** When the scan looked; the same moment stands in the report. */
  readonly observedAt: EpochMs;
  readonly week: Week;
  readonly source: 'scoutsuite' | 'prowler' | 'nmap' | 'perimeter' | 'zap' | 'trivy' | 'falco';
  /** Scope of the report; the tenant for ScoutSuite's Azure reports, which hold all its subscriptions. */
  readonly cloud: string;
  readonly account: string;
  content(): Uint8Array;
}

export interface SampleOptions {
  /** Same seed and end: same bytes. */
  readonly seed?: number;
  /** The last weekly scan lies a few hours before this. */
  readonly end: EpochMs;
  /** The first so many weeks of the story, 1 to 12 (default 12); the last of them lies before `end`. */
  readonly weeks?: number;
}

/** How ScoutSuite reports a kind of resource. Templates hold `{account}`, `{region}`, `{id}`, `{name}`, … */
export interface ScoutKind {
  readonly service: string;
  /** Service label as ScoutSuite prints it. */
  readonly label: string;
  /** Path of the resource under `services`. */
  readonly node: string;
  readonly dashboard: string;
  /** Attributes of every resource of the kind; texts are templates. */
  readonly base: Readonly<Record<string, unknown>>;
}

export type IdStyle =
  'name' | 'scoutid' | 'uuid' | 'number' | 'zero' | `hex:${string}` | `iam:${string}` | 'region';

export interface Kind {
  /** `s3.bucket`; the first part is not always the scanner's name of the service. */
  readonly id: string;
  readonly cloud: Cloud;
  /** How a message speaks of one. */
  readonly noun: string;
  /** Prowler's resource type. */
  readonly type: string;
  /** How many an average account has; per region where `perRegion`. */
  readonly count: number;
  readonly perRegion?: true;
  /** No region of its own. */
  readonly global?: true;
  readonly words: readonly string[];
  readonly prefixed?: true;
  readonly ids: IdStyle;
  /** Prowler shows the id where a person would expect the name (security groups, instances, volumes). */
  readonly prowlerShowsId?: true;
  /** ARN or resource path. */
  readonly uid: string;
  readonly scout?: ScoutKind;
}

export interface CheckSpec {
  readonly id: string;
  readonly severity: Level;
  readonly categories?: readonly string[];
  /** Only since Prowler's update in week `RULESET_WEEK`. */
  readonly added?: true;
  /** Prowler can't decide it and asks a person. */
  readonly manual?: true;
}

export interface RuleSpec {
  readonly id: string;
  readonly level: 'danger' | 'warning';
  /** What follows the resource's path in an item. */
  readonly at: string;
  /** The same in ScoutSuite's `path`, where it has more than the resource. */
  readonly path?: string;
  readonly dashboard?: string;
  /** Where the flaw shows in the resource, and as what. */
  readonly attribute?: { readonly path: string; readonly good?: unknown; readonly bad?: unknown };
}

/** One thing that can be wrong with a resource of one kind; both scanners see the same flaw through their own rule. */
export interface Flaw {
  readonly id: string;
  readonly kind: string;
  /** Only on the resource of this name. */
  readonly only?: string;
  /** Share of an average account's resources that have it in the first week. */
  readonly rate: number;
  /** What should be true: Prowler's way to name a check. */
  readonly title: string;
  /** What is wrong: ScoutSuite's way to name a rule. */
  readonly problem: string;
  readonly risk: string;
  readonly fix: string;
  readonly check?: CheckSpec;
  readonly rule?: RuleSpec;
}

export interface Account {
  readonly cloud: Cloud;
  readonly id: string;
  readonly name: string;
  readonly team: string;
  readonly environment: string;
  readonly regions: readonly string[];
  /** Multiplies the counts of the kinds. */
  readonly size: number;
  readonly from: Week;
  readonly prowler: 'ocsf' | 'csv';
  readonly scoutsuite: boolean;
  readonly habits: Habits;
}

/** How a team deals with flaws; probabilities per week. */
export interface Habits {
  /** Multiplies the flaws' rates in the first week. */
  readonly start: number;
  readonly fix: Readonly<Record<Level, number>>;
  /** A resource without the flaw gets it. */
  readonly drift: number;
  /** A flaw that was fixed once returns. */
  readonly relapse: number;
}

export interface Resource {
  readonly kind: Kind;
  readonly account: Account;
  readonly region: string;
  readonly name: string;
  readonly id: string;
  readonly uid: string;
  readonly tags: Readonly<Record<string, string>>;
  /** First and last week it exists. */
  readonly since: Week;
  readonly until: Week;
  /** Fills the templates. */
  readonly fields: Readonly<Record<string, string>>;
}
