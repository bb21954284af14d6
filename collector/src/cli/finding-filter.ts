import type { CellIndex } from '../findings/cells.ts';
import { type Finding, overdueAt, type Status, statusAt } from '../findings/finding.ts';
import type { EpochMs } from '../findings/model.ts';
import { globMatches } from '../findings/settings.ts';
import type { Severity } from '../findings/severity.ts';
import type { Head } from '../lake/head.ts';

export const STATUSES = [
  'open',
  'accepted',
  'false_positive',
  'muted',
  'fixed',
  'retired',
] as const satisfies readonly Status[];

/** Which findings are wanted. All that is given must hold; of a list any. Patterns take `*` and `?` and ignore case. */
export interface FindingFilter {
  /** Empty for all. */
  readonly status: readonly Status[];
  readonly severity?: readonly Severity[];
  readonly source?: readonly string[];
  readonly cloud?: readonly string[];
  /** Id or name. */
  readonly account?: readonly string[];
  readonly region?: readonly string[];
  readonly service?: readonly string[];
  readonly rule?: readonly string[];
  /** Id or name. */
  readonly resource?: readonly string[];
  readonly team?: readonly string[];
  readonly environment?: readonly string[];
  /** `key=pattern`, all of them. */
  readonly label?: readonly string[];
  readonly overdue?: boolean;
  /** Opened or opened again since, because something changed: not by onboarding or a new rule. */
  readonly newSince?: EpochMs;
  /** In the title, the description, the rule, the resource or a CVE. */
  readonly search?: string;
  /** Beginning of the fingerprint. */
  readonly fingerprint?: string;
}

/** Whether a scope can hold what is wanted: others need not be read. */
export function mayHold(head: Head, filter: FindingFilter): boolean {
  return (
    any(filter.source, head.source) &&
    any(filter.cloud, head.cloud) &&
    any(filter.account, head.account, head.accountName)
  );
}

/** Whether a finding of such a scope is wanted. `cells` are its scope's. */
export function isWanted(finding: Finding, filter: FindingFilter, cells: CellIndex, now: EpochMs): boolean {
  return (
    (filter.status.length === 0 || filter.status.includes(statusAt(finding, now))) &&
    (filter.severity === undefined || filter.severity.includes(finding.severity)) &&
    any(filter.region, finding.region) &&
    any(filter.service, finding.service) &&
    any(filter.rule, finding.ruleId) &&
    any(filter.resource, finding.resourceId, finding.resourceName) &&
    any(filter.team, finding.team) &&
    any(filter.environment, finding.environment) &&
    hasLabels(filter.label, finding.labels) &&
    finding.fingerprint.startsWith(filter.fingerprint ?? '') &&
    (filter.overdue !== true || overdueAt(finding, cells.completeAt(finding.cell), now) !== 'no') &&
    (filter.newSince === undefined || isNew(finding, filter.newSince)) &&
    (filter.search === undefined || mentions(finding, filter.search.toLowerCase()))
  );
}

function any(patterns: readonly string[] | undefined, ...values: readonly (string | null)[]): boolean {
  if (patterns === undefined) return true;
  return values.some((value) => value !== null && patterns.some((pattern) => globMatches(pattern, value)));
}

function hasLabels(wanted: readonly string[] | undefined, labels: Readonly<Record<string, string>>): boolean {
  return (wanted ?? []).every((text) => {
    const equals = text.indexOf('=');
    const key = equals < 0 ? text : text.slice(0, equals);
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    return value !== undefined && (equals < 0 || globMatches(text.slice(equals + 1), value));
  });
}

function isNew(finding: Finding, since: EpochMs): boolean {
  return finding.openedCause === 'drift' && (finding.reopenedAt ?? finding.firstSeen) >= since;
}

function mentions(finding: Finding, text: string): boolean {
  const { title, description, ruleId, resourceId, resourceName, cve } = finding;
  return [title, description, ruleId, resourceId, resourceName, ...cve].some(
    (value) => value?.toLowerCase().includes(text) === true,
  );
}
