import type { EpochMs } from '../../findings/model.ts';

/** `muted` by Prowler's own mute list; `manual`: Prowler asks a person to look. Neither is a finding. */
export type RowStatus = 'pass' | 'fail' | 'muted' | 'manual';

/** One result of one check on one resource, the same for every format. Texts are as the report has them, or ''. */
export interface Row {
  readonly checkId: string;
  readonly status: RowStatus;
  /** `aws`, `azure`, `gcp`, `kubernetes`, …; lower case. */
  readonly cloud: string;
  readonly account: string;
  readonly accountName: string;
  /** Lower case, `global` where there is none. */
  readonly region: string;
  readonly service: string;
  readonly resourceType: string;
  /** '' where the report names no resource (Prowler 2). */
  readonly resourceUid: string;
  readonly resourceName: string;
  /** The sentence about this resource. */
  readonly detail: string;
  readonly findingUid: string;
  readonly severity: string;
  /** 0–100 where the report gives a number instead of a word (ASFF). */
  readonly severityScore: number | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly version: string;
  readonly seenAt: EpochMs | null;
}

/** What Prowler says about a check, in each of its rows the same. */
export interface RuleTexts {
  readonly title: string;
  /** What the check is about; stands in for a missing `detail`. */
  readonly about: string;
  readonly remediation: string;
  /** Not yet filtered: Prowler puts command lines among the links. */
  readonly references: readonly string[];
  /** `CIS-7.0:6.1.1` */
  readonly frameworks: readonly string[];
  readonly categories: readonly string[];
}

const STATUS: ReadonlyMap<string, RowStatus> = new Map([
  ['PASS', 'pass'],
  ['PASSED', 'pass'],
  ['SUCCESS', 'pass'],
  ['FAIL', 'fail'],
  ['FAILED', 'fail'],
  ['FAILURE', 'fail'],
  ['MUTED', 'muted'],
  // Prowler 2 and 3 called the mute list "allowlist" and its rows WARNING, and still do in ASFF.
  ['WARNING', 'muted'],
  ['MANUAL', 'manual'],
  // Prowler 2 and early 3; in ASFF it put -ED behind every word.
  ['INFO', 'manual'],
  ['INFOED', 'manual'],
  ['NOT_AVAILABLE', 'manual'],
]);

/** undefined for a word that Prowler does not use. */
export function statusOf(word: string): RowStatus | undefined {
  return STATUS.get(word) ?? STATUS.get(word.trim().toUpperCase());
}

/** Prowler writes a Kubernetes namespace as `namespace: default` where other providers have a region. */
export function regionOf(text: string): string {
  const region = text
    .trim()
    .toLowerCase()
    .replace(/^namespace:\s*/, '');
  return region === '' ? 'global' : region;
}
