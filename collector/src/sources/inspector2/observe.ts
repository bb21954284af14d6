import type { Seen } from '../common/scopes.ts';
import {
  cvesIn,
  cwesOf,
  firstOf,
  linksOf,
  orNull,
  packageCorrelation,
  prose,
  rated,
  severityOfWord,
} from '../common/values.ts';
import { arnOf } from '../common/aws.ts';
import type { InspectorFinding } from './schema.ts';

/** A finding of Inspector, wherever it was read: its own lists, or an enhanced scan of ECR. */
export function seenOf(finding: InspectorFinding, where: Pick<Seen, 'cell' | 'region' | 'service'>): Seen {
  const resource = finding.resources[0];
  const vulnerability = finding.packageVulnerabilityDetails;
  const code = finding.codeVulnerabilityDetails;
  const network = finding.networkReachabilityDetails;
  const affected = vulnerability?.vulnerablePackages[0];
  const cve = cvesIn(vulnerability?.vulnerabilityId, ...(vulnerability?.relatedVulnerabilities ?? []));
  const ports = network?.openPortRange;
  const rule =
    firstOf(vulnerability?.vulnerabilityId, code?.detectorId, code?.ruleId) ||
    (network === undefined ? finding.type : `network-reachability-${network.protocol}`) ||
    'unknown';
  const fixed = firstOf(affected?.fixedInVersion);
  const cvss = finding.inspectorScore ?? vulnerability?.cvss[0]?.baseScore ?? null;
  return {
    ...where,
    class: vulnerability !== undefined ? 'vulnerability' : network !== undefined ? 'exposure' : 'code',
    resourceType: orNull(resource?.type),
    resourceId: withoutDigest(firstOf(resource?.id)) || finding.findingArn,
    resourceName: orNull(
      firstOf(
        resource?.details?.awsEcrContainerImage?.repositoryName,
        resource?.details?.awsLambdaFunction?.functionName,
        arnOf(resource?.id ?? '')?.resource,
      ),
    ),
    identity: finding.findingArn,
    sourceFindingId: finding.findingArn,
    locator: firstOf(
      affected?.name,
      code?.filePath?.filePath,
      ports === undefined ? '' : `${ports.begin}-${ports.end}`,
    ),
    ruleId: rule,
    title: firstOf(finding.title) || rule,
    description: prose(finding.description),
    remediation: prose(
      firstOf(affected?.remediation, withoutNone(finding.remediation?.recommendation?.text)),
    ),
    references: linksOf([
      vulnerability?.sourceUrl ?? '',
      ...(vulnerability?.referenceUrls ?? []),
      ...(code?.referenceUrls ?? []),
      finding.remediation?.recommendation?.Url ?? '',
    ]),
    cve,
    cwe: cwesOf(code?.cwes ?? []),
    cvss,
    package: affected === undefined ? null : `${affected.name}@${affected.version}`,
    fixedVersion: /^(?:notavailable)?$/i.test(fixed) ? null : fixed,
    correlationKey: affected === undefined ? null : packageCorrelation(cve[0] ?? rule, affected.name),
    tags: resource?.tags ?? {},
    rating: rated(severityOfWord(finding.severity) ?? 'INFORMATIONAL', orNull(finding.severity), cvss),
  };
}

/** The digest is another one with each build. */
function withoutDigest(id: string): string {
  return id.replace(/\/sha256:[0-9a-f]+$/, '');
}

function withoutNone(text: string | undefined): string {
  return text === undefined || text === 'None Provided' ? '' : text;
}
