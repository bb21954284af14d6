import type { CellIndex } from '../findings/cells.ts';
import { type Finding, lastSeenOf, overdueAt, statusAt } from '../findings/finding.ts';
import type { EpochMs } from '../findings/model.ts';

/** A finding as programs get it: every field, times in ISO 8601, status and lateness as they are now. */
export type FindingRow = ReturnType<typeof rowOf>;

export function rowOf(finding: Finding, scope: string, cells: CellIndex, now: EpochMs) {
  const { verdict, mute } = finding;
  return {
    fingerprint: finding.fingerprint,
    correlationKey: finding.correlationKey,
    source: finding.source,
    sourceVersion: finding.sourceVersion,
    sourceFindingId: finding.sourceFindingId,
    class: finding.class,
    cloud: finding.cloud,
    account: finding.account,
    accountName: finding.accountName,
    region: finding.region,
    service: finding.service,
    resourceType: finding.resourceType,
    resourceId: finding.resourceId,
    resourceName: finding.resourceName,
    locator: finding.locator,
    ruleId: finding.ruleId,
    title: finding.title,
    description: finding.description,
    remediation: finding.remediation,
    references: finding.references,
    severity: finding.severity,
    score: finding.score,
    severityOriginal: finding.severityOriginal,
    cve: finding.cve,
    cwe: finding.cwe,
    cvss: finding.cvss,
    package: finding.package,
    fixedVersion: finding.fixedVersion,
    frameworks: finding.frameworks,
    team: finding.team,
    environment: finding.environment,
    labels: finding.labels,
    occurrences: finding.occurrences,
    scope,
    runId: finding.runId,
    status: statusAt(finding, now),
    verdict: verdict === null ? null : { ...verdict, until: iso(verdict.until), at: iso(verdict.at) },
    mute: mute === null ? null : { ...mute, until: iso(mute.until) },
    scanner: finding.scanner,
    openedCause: finding.openedCause,
    closedCause: finding.closedCause,
    firstSeen: iso(finding.firstSeen),
    lastSeen: iso(lastSeenOf(finding, cells)),
    fixedAt: iso(finding.fixedAt),
    reopenedAt: iso(finding.reopenedAt),
    reopenCount: finding.reopenCount,
    dueAt: iso(finding.dueAt),
    overdue: overdueAt(finding, cells.completeAt(finding.cell), now),
  };
}

export function iso(at: EpochMs): string;
export function iso(at: EpochMs | null): string | null;
export function iso(at: EpochMs | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
