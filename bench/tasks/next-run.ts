import type { Finding } from '../../collector/src/findings/finding.ts';
import { fingerprint } from '../../collector/src/findings/fingerprint.ts';
import type { Observation, ScopeReport } from '../../collector/src/findings/model.ts';
import type { Base, Committer, CommitResult } from '../../collector/src/lake/committer.ts';
import type { Head } from '../../collector/src/lake/head.ts';
import { runIdOf, sha256 } from '../../collector/src/lake/keys.ts';

/**
 * The next scan of a scope: most is as it was, `changed` findings are fixed, and as many are new. Committed as ingesting a
 * report does.
 */
export async function commitNextRun(
  committer: Committer,
  scopeId: string,
  at: number,
  changed: number,
): Promise<CommitResult> {
  const base = await committer.readBase(scopeId);
  if (base.head === null) throw new Error(`there is no scope ${scopeId}`);
  const { scope, source, cloud, account } = base.head;
  const digest = sha256(`${scope}|${at}`);
  const result = await committer.commit(
    { scope, source, cloud, account },
    {
      input: {
        kind: 'run',
        id: runIdOf(scope, at, digest),
        observedAt: at,
        declaredComplete: true,
        outcome: 'complete',
        durationMs: 600_000,
        source,
        identity: 'bench',
        raw: { key: 'raw/none', digest, bytes: 0, name: 'next' },
        companion: null,
      },
      report: reportOf(base, base.head, at, changed),
    },
  );
  if (result.status !== 'committed')
    throw new Error(`the run of ${scope} was not committed: ${result.status}`);
  return result;
}

function reportOf({ state }: Base, head: Head, at: number, changed: number): ScopeReport {
  const { source, cloud, account } = head;
  const open = [...state.findings.values()].filter(({ scanner }) => scanner === 'open');
  const few = Math.min(changed, Math.floor(open.length / 3));
  const observations = [
    ...open.slice(few).map(observed),
    ...open.slice(-few).map((finding): Observation => another(finding, at)),
  ];
  return {
    source,
    cloud,
    account,
    accountName: head.accountName,
    sourceVersion: '1',
    observedAt: at,
    mode: 'snapshot',
    outcome: 'complete',
    notes: [],
    coverage: new Map([...head.cells].map(([cell, { rules }]) => [cell, rules])),
    rulesAreExhaustive: false,
    checks: new Map(Object.entries(head.checks)),
    observations,
    closed: [],
    suppressed: 0,
    passed: observations.length,
  };
}

/** What the scanner says of it, without what we made of that. */
function observed(finding: Finding): Observation {
  const { cell, correlationKey, sourceFindingId, region, service, resourceType, resourceId } = finding;
  const { resourceName, locator, ruleId, title, description, remediation, references } = finding;
  const { severityOriginal, cve, cwe, cvss, package: name, fixedVersion, frameworks, tags } = finding;
  return {
    ...{ cell, correlationKey, sourceFindingId, region, service, resourceType, resourceId },
    ...{ resourceName, locator, ruleId, title, description, remediation, references },
    ...{ severityOriginal, cve, cwe, cvss, package: name, fixedVersion, frameworks, tags },
    class: finding.class,
    severity: finding.mappedSeverity,
    score: finding.mappedScore,
    occurrences: 1,
    fingerprint: finding.fingerprint,
  };
}

/** The same flaw on another resource. */
function another(finding: Finding, at: number): Observation {
  const { source, cloud, account, region, ruleId: rule } = finding;
  const resourceId = `${finding.resourceId}-${at}`;
  return {
    ...observed(finding),
    resourceId,
    resourceName: null,
    fingerprint: fingerprint({ source, cloud, account, region, rule, resource: resourceId, locator: '' }),
  };
}
