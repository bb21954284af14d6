import type { EventKind } from './events.ts';
import type { Finding, Mute } from './finding.ts';

type Pairs = Readonly<Record<string, string>>;

/** Lists that were found equal once: the rows of one rule share theirs, so the next comparison is a look-up. */
const equalLists = new WeakMap<readonly string[], readonly string[]>();

export function sameList(a: readonly string[], b: readonly string[]): boolean {
  if (a === b || equalLists.get(a) === b) return true;
  if (a.length !== b.length || a.some((value, index) => value !== b[index])) return false;
  equalLists.set(a, b);
  return true;
}

export function samePairs(a: Pairs, b: Pairs): boolean {
  if (a === b) return true;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key])
  );
}

/** Whether nothing that can be grouped or filtered by differs. */
export function sameDimensions(a: Finding, b: Finding): boolean {
  return (
    a.severity === b.severity &&
    a.service === b.service &&
    a.class === b.class &&
    a.ruleId === b.ruleId &&
    a.region === b.region &&
    a.resourceType === b.resourceType &&
    a.resourceId === b.resourceId &&
    a.accountName === b.accountName &&
    a.team === b.team &&
    a.environment === b.environment &&
    sameList(a.frameworks, b.frameworks) &&
    samePairs(a.labels, b.labels)
  );
}

/** Whether everything else that a report or the configuration says of a finding is the same too. */
export function sameContent(a: Finding, b: Finding): boolean {
  return (
    sameDimensions(a, b) &&
    a.cell === b.cell &&
    a.score === b.score &&
    a.mappedSeverity === b.mappedSeverity &&
    a.mappedScore === b.mappedScore &&
    a.severityOriginal === b.severityOriginal &&
    a.title === b.title &&
    a.description === b.description &&
    a.remediation === b.remediation &&
    a.resourceName === b.resourceName &&
    a.locator === b.locator &&
    a.correlationKey === b.correlationKey &&
    a.sourceFindingId === b.sourceFindingId &&
    a.sourceVersion === b.sourceVersion &&
    a.reportedAccountName === b.reportedAccountName &&
    a.cvss === b.cvss &&
    a.package === b.package &&
    a.fixedVersion === b.fixedVersion &&
    a.occurrences === b.occurrences &&
    sameList(a.references, b.references) &&
    sameList(a.cve, b.cve) &&
    sameList(a.cwe, b.cwe) &&
    samePairs(a.tags, b.tags)
  );
}

export function sameMute(a: Mute | null, b: Mute | null): boolean {
  if (a === null || b === null) return a === b;
  return a.rule === b.rule && a.until === b.until && a.owner === b.owner && a.reason === b.reason;
}

/** One event per change: the mute is named where it is all that changed. */
export function kindOfChange(old: Finding, next: Finding): EventKind {
  if (sameMute(old.mute, next.mute) || !sameDimensions(old, next)) return 'changed';
  return next.mute === null ? 'unmuted' : 'muted';
}
