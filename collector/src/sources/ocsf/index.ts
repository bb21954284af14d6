import { ANY_RULE } from '../../findings/cells.ts';
import type { FindingClass, ScopeReport } from '../../findings/model.ts';
import type { Severity } from '../../findings/severity.ts';
import type { ReadOptions, ReportInput, SourceAdapter } from '../adapter.ts';
import { accountOf, regionOf, serviceOfType } from '../common/aws.ts';
import { wrongShape } from '../common/errors.ts';
import { type FindingState, Scopes, type Seen } from '../common/scopes.ts';
import {
  cvesIn,
  cwesOf,
  firstOf,
  linksOf,
  orNull,
  packageCorrelation,
  prose,
  rated,
  tagsOf,
  timeOf,
} from '../common/values.ts';
import { peekJson } from '../json/peek.ts';
import { readRecords } from '../json/records.ts';
import { OcsfFinding } from './schema.ts';

const CLASS_OF: Readonly<Record<number, FindingClass>> = {
  2001: 'compliance',
  2002: 'vulnerability',
  2003: 'compliance',
  2004: 'detection',
  2006: 'data',
  2007: 'code',
  2008: 'iam',
};
const SEVERITY_OF: Readonly<Record<number, Severity>> = {
  0: 'INFORMATIONAL',
  1: 'INFORMATIONAL',
  2: 'LOW',
  3: 'MEDIUM',
  4: 'HIGH',
  5: 'CRITICAL',
  6: 'CRITICAL',
  99: 'INFORMATIONAL',
};
const CLOSE = 3;

export const ocsf: SourceAdapter = {
  id: 'ocsf',
  title: 'OCSF',
  formats: [
    'findings of OCSF 1.0 to 1.9 (classes 2001 to 2004, 2006 to 2008) of any product but Prowler: an array, or one a line',
  ],
  identity: 'ocsf/1',
  about: {
    mode: 'delta',
    scope: 'cloud.provider and cloud.account.uid; what the caller names where a finding has none',
    identity: 'product, finding_info.uid',
    closes:
      'activity Close, or a status of suppressed, resolved, archived or deleted; a compliance status that passed; with `--complete` also by absence',
    severity: 'severity_id: 2 LOW, 3 MEDIUM, 4 HIGH, 5 and 6 CRITICAL, else INFORMATIONAL',
  },
  detect: (head) => {
    const peek = peekJson(head);
    if (peek === null || peek.empty) return false;
    const { members, below } = peek;
    if (!/^200[1-8]$/.test(members.get('class_uid') ?? '')) {
      // The head may end before the class does.
      const looks =
        members.has('activity_id') &&
        members.has('metadata') &&
        (members.has('finding_info') || members.has('finding'));
      if (!looks || members.has('class_uid')) return false;
    }
    return (below.get('metadata.product.name') ?? '').toLowerCase() !== 'prowler';
  },
  read: (input, options) => new Promise((resolve) => resolve(readReport(input, options))),
};

function readReport(input: ReportInput, options: ReadOptions): readonly ScopeReport[] {
  const mode = options.complete === true ? 'snapshot' : 'delta';
  const scopes = new Scopes({ source: 'ocsf', mode, rulesAreExhaustive: true });
  readRecords(
    input,
    options,
    { tool: 'OCSF', lists: [], bare: true },
    {
      record: ({ value, index, offset }) => {
        const problem = addFinding(scopes, OcsfFinding.parse(value), options);
        if (problem !== undefined) throw wrongShape(input.name, 'OCSF', `event ${index} ${problem}`, offset);
      },
    },
  );
  return scopes.reports();
}

function stateOf(finding: OcsfFinding): FindingState {
  const status = finding.status_id ?? finding.state_id;
  const says = firstOf(finding.status, finding.state).toLowerCase();
  if (status === 3 || says === 'suppressed') return 'suppressed';
  if (finding.activity_id === CLOSE || (status !== null && status >= 4 && status <= 6)) return 'closed';
  if (/^(?:resolved|archived|deleted)$/.test(says)) return 'closed';
  const { compliance } = finding;
  // Before 1.1 one class was for findings of all kinds.
  const judges = finding.class_uid === 2003 || (finding.class_uid === 2001 && compliance !== undefined);
  if (!judges) return 'open';
  // 1 pass, 2 warning, 3 fail; before 1.2 a word.
  const id = compliance?.status_id ?? null;
  const word = firstOf(compliance?.status, finding.status_code);
  if (id === 1 || (id === null && /^pass/i.test(word))) return 'passed';
  if (id === 3 || (id === null && (word === '' || /^fail/i.test(word)))) return 'open';
  return 'suppressed';
}

/** @returns what is wrong with it; undefined where nothing is */
function addFinding(scopes: Scopes, finding: OcsfFinding, { place }: ReadOptions): string | undefined {
  const kind = finding.class_uid === null ? undefined : CLASS_OF[finding.class_uid];
  if (kind === undefined) return `has the class ${String(finding.class_uid)}, which is no finding`;
  const uid = firstOf(finding.finding_info?.uid, finding.finding?.uid);
  if (uid === '') return 'has no finding_info.uid';
  const cloud = firstOf(finding.cloud?.provider, place?.cloud).toLowerCase() || 'other';
  const account =
    firstOf(finding.cloud?.account?.uid, finding.cloud?.account_uid, place?.account) || 'unnamed';
  const scope = scopes.of(cloud, cloud === 'aws' ? accountOf(account) : account);
  scope.accountName ??= orNull(finding.cloud?.account?.name);
  scope.version ??= orNull(
    `${finding.metadata?.product?.name ?? ''} ${finding.metadata?.product?.version ?? ''}`,
  );
  scope.seenAt(timeOf(firstOf(finding.time_dt, finding.finding_info?.modified_time_dt, finding.time)));
  const seen = seenOf(finding, kind, uid);
  scope.cover(seen.cell, ANY_RULE);
  scope.take(seen, stateOf(finding));
  return undefined;
}

function seenOf(finding: OcsfFinding, kind: FindingClass, uid: string): Seen {
  const info = finding.finding_info ?? finding.finding;
  const resource = finding.resources[0] ?? finding.resource;
  const vulnerability = finding.vulnerabilities[0];
  const product = firstOf(finding.metadata?.product?.name).toLowerCase() || 'ocsf';
  const region = regionOf(resource?.region ?? '', finding.cloud?.region ?? '');
  const affected = vulnerability?.affected_packages[0];
  const cvss = vulnerability?.cve?.cvss[0]?.base_score ?? null;
  const rule = firstOf(
    vulnerability?.cve?.uid,
    finding.compliance?.control,
    finding.metadata?.event_code,
    finding.finding_info?.analytic?.uid,
    finding.finding_info?.analytic?.name,
    info?.types[0]?.split('/').at(-1),
    finding.metadata?.product?.feature?.uid,
  );
  const severity = finding.severity_id === null ? undefined : SEVERITY_OF[finding.severity_id];
  return {
    cell: `${product.replace(/[@*]/g, '')}@${region}`,
    class: kind,
    region,
    service: firstOf(resource?.group?.name, serviceOfType(resource?.type ?? ''), product),
    resourceType: orNull(resource?.type),
    resourceId: firstOf(resource?.uid, resource?.name) || uid,
    resourceName: orNull(resource?.name),
    identity: `${product} ${uid}`,
    sourceFindingId: uid,
    ruleId: rule || firstOf(info?.title) || 'unknown',
    title: firstOf(info?.title, finding.message) || rule,
    description: prose(firstOf(info?.desc, vulnerability?.desc, finding.message)),
    remediation: prose(
      firstOf(
        finding.remediation?.desc,
        finding.finding?.remediation?.desc,
        vulnerability?.remediation?.desc,
      ),
    ),
    references: linksOf([...(finding.remediation?.references ?? []), ...(vulnerability?.references ?? [])]),
    cve: cvesIn(vulnerability?.cve?.uid),
    cwe: cwesOf([vulnerability?.cwe?.uid]),
    cvss,
    package: affected === undefined ? null : `${affected.name}@${affected.version}`,
    fixedVersion: orNull(affected?.fixed_in_version),
    correlationKey: affected === undefined ? null : packageCorrelation(rule, affected.name),
    frameworks: [...new Set(finding.compliance?.requirements ?? [])],
    tags: tagsOf((resource?.labels ?? []).map((label) => pairOf(label))),
    rating: rated(
      severity ?? 'INFORMATIONAL',
      orNull(firstOf(finding.severity, String(finding.severity_id ?? ''))),
    ),
  };
}

function pairOf(label: string): readonly [string, string] {
  const at = label.search(/[:=]/);
  return at < 0 ? [label, ''] : [label.slice(0, at).trim(), label.slice(at + 1).trim()];
}
