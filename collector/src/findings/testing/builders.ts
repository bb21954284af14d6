import { fingerprint } from '../fingerprint.ts';
import type { EpochMs, Observation, ScopeReport } from '../model.ts';
import type { Run } from '../run.ts';

/** Builders for tests: a report of one account, with only what a test is about spelled out. */

export const DAY = 86_400_000;
export const T0: EpochMs = Date.UTC(2026, 0, 5, 3);

export interface ObservationParts extends Partial<Observation> {
  readonly rule?: string;
  readonly resource?: string;
}

export function observation({
  rule = 's3_public',
  resource = 'bucket-a',
  ...parts
}: ObservationParts = {}): Observation {
  const region = parts.region ?? 'eu-west-1';
  const service = parts.service ?? 's3';
  return {
    fingerprint: fingerprint({
      source: 'prowler',
      cloud: 'aws',
      account: '111111111111',
      region,
      rule,
      resource,
      locator: parts.locator ?? '',
    }),
    cell: `${service}@${region}`,
    correlationKey: null,
    sourceFindingId: null,
    class: 'compliance',
    region,
    service,
    resourceType: 'AwsS3Bucket',
    resourceId: resource,
    resourceName: resource,
    locator: '',
    ruleId: rule,
    title: `Rule ${rule}`,
    description: `${resource} fails ${rule}`,
    remediation: null,
    references: [],
    severity: 'HIGH',
    score: 80,
    severityOriginal: 'high',
    cve: [],
    cwe: [],
    cvss: null,
    package: null,
    fixedVersion: null,
    frameworks: [],
    tags: {},
    occurrences: 1,
    ...parts,
  };
}

export interface RunParts extends Partial<ScopeReport> {
  readonly at?: EpochMs;
  readonly declaredComplete?: boolean;
  readonly identity?: string;
  readonly runId?: string;
}

const RULES = ['s3_public', 's3_logging', 's3_encryption', 's3_versioning', 's3_mfa_delete'];

/** A complete snapshot that looked at s3 in eu-west-1 with five rules, unless said otherwise. */
export function run({
  at = T0,
  declaredComplete = false,
  identity = 'prowler/1',
  runId = `run-${at}`,
  ...parts
}: RunParts = {}): Run {
  return {
    runId,
    observedAt: at,
    declaredComplete,
    identity,
    report: {
      source: 'prowler',
      cloud: 'aws',
      account: '111111111111',
      accountName: null,
      sourceVersion: '5.0.0',
      observedAt: at,
      mode: 'snapshot',
      outcome: 'complete',
      notes: [],
      coverage: new Map([['s3@eu-west-1', RULES]]),
      rulesAreExhaustive: false,
      checks: new Map(),
      observations: [],
      closed: [],
      suppressed: 0,
      passed: 0,
      ...parts,
    },
  };
}

export function coverage(
  cells: Readonly<Record<string, readonly string[]>>,
): ReadonlyMap<string, readonly string[]> {
  return new Map(Object.entries(cells));
}
