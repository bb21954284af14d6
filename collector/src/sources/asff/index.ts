import { cellOf } from '../../findings/cells.ts';
import type { FindingClass, ScopeReport } from '../../findings/model.ts';
import { severityOfScore } from '../../findings/severity.ts';
import type { ReadOptions, ReportInput, SourceAdapter } from '../adapter.ts';
import { accountOf, arnOf, regionOf, serviceOfType } from '../common/aws.ts';
import { wrongShape } from '../common/errors.ts';
import { isListing, ListedScopes, LISTING_FACTS } from '../common/listing.ts';
import type { FindingState, Seen } from '../common/scopes.ts';
import {
  cvesIn,
  firstOf,
  linksOf,
  orNull,
  packageCorrelation,
  prose,
  rated,
  type Rating,
  severityOfWord,
  timeOf,
} from '../common/values.ts';
import { peekJson } from '../json/peek.ts';
import { readRecords } from '../json/records.ts';
import { formatOf } from '../prowler/detect.ts';
import { AsffFinding } from './schema.ts';

const LISTS = ['Findings', 'findings', 'detail.findings'];

export const asff: SourceAdapter = {
  id: 'asff',
  title: 'Security Hub',
  formats: [
    'ASFF: `aws securityhub get-findings`, an array, one finding a line, or events of EventBridge (of Prowler alone: read as Prowler)',
  ],
  identity: 'asff/1',
  about: {
    mode: 'delta',
    scope: '`aws` and the account of the finding',
    identity: 'the finding’s own id, which Security Hub keeps',
    closes:
      'the report says so: archived, resolved, suppressed, or passed; with `--complete`, and where a job lists everything, also by absence',
    severity: 'the label, else the normalised number: 0, 1–39, 40–69, 70–89, 90–100',
  },
  lists: LISTS,
  detect: (head) => {
    const peek = peekJson(head);
    if (peek === null || peek.empty) return false;
    if (isListing(peek, 'asff')) return true;
    const { members, below } = peek;
    if (members.has('ProductArn') && members.has('AwsAccountId')) return formatOf(head) === undefined;
    const listed = LISTS.some((list) => below.has(`${list}.ProductArn`) || below.has(`${list}.GeneratorId`));
    return listed || (members.get('detail-type') ?? '').startsWith('Security Hub Findings');
  },
  read: (input, options) => new Promise((resolve) => resolve(readReport(input, options))),
};

function readReport(input: ReportInput, options: ReadOptions): readonly ScopeReport[] {
  const mode = options.complete === true ? 'snapshot' : 'delta';
  const scopes = new ListedScopes(
    { source: 'asff', mode, rulesAreExhaustive: true },
    input.name,
    'Security Hub',
  );
  readRecords(
    input,
    options,
    { tool: 'Security Hub', lists: LISTS, facts: LISTING_FACTS, bare: true },
    {
      document: scopes.document,
      record: ({ value, index, offset }) => {
        const problem = addFinding(scopes, AsffFinding.parse(value));
        if (problem !== undefined)
          throw wrongShape(input.name, 'Security Hub', `finding ${index} ${problem}`, offset);
      },
    },
  );
  return scopes.reports();
}

/** What a person has settled or the product has withdrawn; a finding without Compliance is open. */
function stateOf(finding: AsffFinding): FindingState {
  const workflow = firstOf(finding.Workflow?.Status, finding.WorkflowState).toUpperCase();
  if (workflow === 'SUPPRESSED') return 'suppressed';
  const compliance = finding.Compliance?.Status.toUpperCase() ?? '';
  if (compliance === 'PASSED') return 'passed';
  if (finding.RecordState.toUpperCase() === 'ARCHIVED') return 'closed';
  if (workflow === 'RESOLVED' || workflow === 'DEFERRED' || compliance === 'NOT_AVAILABLE') return 'closed';
  return 'open';
}

/** @returns what is wrong with it; undefined where nothing is */
function addFinding(scopes: ListedScopes, finding: AsffFinding): string | undefined {
  const account = accountOf(finding.AwsAccountId);
  if (account === '') return 'names no account (AwsAccountId)';
  if (finding.Id === '') return 'has no Id';
  if (finding.ProductArn === '' && finding.GeneratorId === '') return 'names no product (ProductArn)';
  const scope = scopes.of('aws', account);
  scope.accountName ??= orNull(finding.AwsAccountName);
  scope.seenAt(timeOf(firstOf(finding.UpdatedAt, finding.LastObservedAt)));
  const seen = seenOf(finding);
  scopes.cover(scope, seen.cell);
  scope.take(seen, stateOf(finding));
  return undefined;
}

function seenOf(finding: AsffFinding): Seen {
  const resource = finding.Resources[0];
  const product = productOf(finding);
  const held = arnOf(finding.ProductArn)?.region ?? '';
  const region = regionOf(resource?.Region ?? '', finding.Region, held);
  const vulnerability = finding.Vulnerabilities[0];
  const affected = vulnerability?.VulnerablePackages[0];
  const cve = cvesIn(vulnerability?.Id, ...(vulnerability?.RelatedVulnerabilities ?? []), finding.Title);
  const cvss = vulnerability?.Cvss.at(-1)?.BaseScore ?? null;
  const rule = ruleOf(finding, vulnerability?.Id ?? '');
  const fixed = firstOf(affected?.FixedInVersion);
  const recommendation = finding.Remediation?.Recommendation;
  return {
    // Where Security Hub keeps the finding, which is not always where the resource is: it is asked region by region.
    cell: cellOf(product, regionOf(finding.Region, held, region)),
    class: classOf(finding, product),
    region,
    service: firstOf(serviceOfType(resource?.Type ?? ''), product) || 'aws',
    resourceType: orNull(resource?.Type),
    resourceId: firstOf(resource?.Id) || finding.AwsAccountId,
    resourceName: arnOf(resource?.Id ?? '')?.resource ?? null,
    identity: finding.Id,
    sourceFindingId: finding.Id,
    ruleId: rule,
    title: firstOf(finding.Title) || rule,
    description: prose(finding.Description),
    remediation: prose(firstOf(recommendation?.Text)),
    references: linksOf([recommendation?.Url ?? '', ...(vulnerability?.ReferenceUrls ?? [])]),
    cve: vulnerability === undefined ? [] : cve,
    cvss,
    package: affected === undefined ? null : `${affected.Name}@${affected.Version}`,
    fixedVersion: /^(?:notavailable|none)?$/i.test(fixed) ? null : fixed,
    correlationKey:
      affected === undefined || vulnerability === undefined
        ? null
        : packageCorrelation(cve[0] ?? vulnerability.Id, affected.Name),
    frameworks: frameworksOf(finding),
    tags: resource?.Tags ?? {},
    rating: ratingOf(finding),
  };
}

/** `guardduty` of `arn:aws:securityhub:eu-west-1::product/aws/guardduty`. */
export function productOf({
  ProductArn,
  ProductName,
}: Pick<AsffFinding, 'ProductArn' | 'ProductName'>): string {
  return firstOf(/product\/[^/]+\/([^/]+)/.exec(ProductArn)?.[1], ProductName).toLowerCase() || 'securityhub';
}

function ruleOf(finding: AsffFinding, vulnerability: string): string {
  const { ControlId = '', RuleId = '' } = finding.ProductFields;
  const named = firstOf(finding.Compliance?.SecurityControlId, ControlId, RuleId, vulnerability);
  if (named !== '') return named;
  // A detector's or the product's own name says nothing of what was found.
  const generic = finding.GeneratorId.startsWith('arn:aws:guardduty:') || !/[/:.]/.test(finding.GeneratorId);
  const type = finding.Types[0]?.split('/').at(-1) ?? '';
  return (generic ? firstOf(type, finding.GeneratorId) : finding.GeneratorId) || 'unknown';
}

function classOf(finding: AsffFinding, product: string): FindingClass {
  if (finding.Vulnerabilities.length > 0) return 'vulnerability';
  const [type = ''] = finding.Types;
  if (/^(?:TTPs|Unusual Behaviors|Effects)\b/i.test(type) || product === 'guardduty') return 'detection';
  if (/^Sensitive Data/i.test(type) || product === 'macie') return 'data';
  if (/\/Vulnerabilities\//i.test(type)) return 'vulnerability';
  if (product === 'access-analyzer' || serviceOfType(finding.Resources[0]?.Type ?? '') === 'iam')
    return 'iam';
  return 'compliance';
}

function ratingOf({ Severity }: AsffFinding): Rating {
  const label = firstOf(Severity?.Label);
  const known = severityOfWord(label);
  if (known !== undefined) return rated(known, label);
  const normalized = Severity?.Normalized ?? null;
  if (normalized === null) return rated('MEDIUM', orNull(Severity?.Original));
  const score = Math.min(100, Math.max(0, normalized));
  return { severity: severityOfScore(score), score, severityOriginal: String(normalized) };
}

function frameworksOf({ Compliance }: AsffFinding): string[] {
  const standards = (Compliance?.AssociatedStandards ?? []).map(({ StandardsId }) =>
    StandardsId.replace(/^(?:standards|ruleset)\//, ''),
  );
  const requirements = (Compliance?.RelatedRequirements ?? []).flatMap((requirement) => {
    const parts = /^(.*?)[ /]([\w.()-]*\d[\w.()-]*)$/.exec(requirement.trim());
    return parts === null ? [] : [`${parts[1] ?? ''}:${parts[2] ?? ''}`];
  });
  return [...new Set([...requirements, ...standards.filter((standard) => standard !== '')])];
}
