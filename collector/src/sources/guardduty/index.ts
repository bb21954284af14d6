import type { ScopeReport } from '../../findings/model.ts';
import type { ReadOptions, ReportInput, SourceAdapter } from '../adapter.ts';
import { accountOf, arnOf, eventDetail, regionOf } from '../common/aws.ts';
import { wrongShape } from '../common/errors.ts';
import { isListing, ListedScopes, LISTING_FACTS } from '../common/listing.ts';
import { firstOf, orNull, prose, rated, severityOfCvss, timeOf } from '../common/values.ts';
import { peekJson } from '../json/peek.ts';
import { readRecords } from '../json/records.ts';
import { capitalised, GuardDutyFinding } from './schema.ts';

export const guardduty: SourceAdapter = {
  id: 'guardduty',
  title: 'GuardDuty',
  formats: ['JSON: `aws guardduty get-findings`, exports to S3 (one finding a line), events of EventBridge'],
  identity: 'guardduty/1',
  about: {
    mode: 'stream',
    scope: '`aws` and the account of the finding',
    identity: 'the finding’s own id, which GuardDuty keeps while it adds up events',
    closes: 'it has not been seen for the quiet time (`quietDays`); archived ones are no findings',
    severity: 'below 4 LOW, below 7 MEDIUM, below 9 HIGH, else CRITICAL',
  },
  lists: ['Findings', 'findings'],
  detect: (head) => {
    const peek = peekJson(head);
    if (peek === null || peek.empty) return false;
    if (isListing(peek, 'guardduty')) return true;
    const { members, below } = peek;
    if ((members.get('detail-type') ?? '') === 'GuardDuty Finding') return true;
    const arns = [
      members.get('Arn'),
      members.get('arn'),
      below.get('Findings.Arn'),
      below.get('findings.arn'),
    ];
    if (arns.some((arn) => arn?.includes(':guardduty:') === true)) return true;
    return below.has('Findings.Service.DetectorId') || below.has('Service.DetectorId');
  },
  read: (input, options) => new Promise((resolve) => resolve(readReport(input, options))),
};

function readReport(input: ReportInput, options: ReadOptions): readonly ScopeReport[] {
  const scopes = new ListedScopes(
    { source: 'guardduty', mode: 'stream', rulesAreExhaustive: false },
    input.name,
    'GuardDuty',
  );
  readRecords(
    input,
    options,
    { tool: 'GuardDuty', lists: ['Findings', 'findings'], facts: LISTING_FACTS, bare: true },
    {
      document: scopes.document,
      record: ({ value, index, offset }) => {
        const problem = addFinding(scopes, GuardDutyFinding.parse(capitalised(eventDetail(value))));
        if (problem !== undefined)
          throw wrongShape(input.name, 'GuardDuty', `finding ${index} ${problem}`, offset);
      },
    },
  );
  return scopes.reports();
}

function addFinding(scopes: ListedScopes, finding: GuardDutyFinding): string | undefined {
  const account = accountOf(firstOf(finding.AccountId, arnOf(finding.Arn)?.account));
  if (account === '') return 'names no account (AccountId)';
  if (finding.Type === '') return 'has no Type';
  if (finding.Id === '') return 'has no Id';
  const { Severity: severity } = finding;
  if (severity === null) return 'has no Severity';
  const scope = scopes.of('aws', account);
  scope.seenAt(timeOf(firstOf(finding.UpdatedAt, finding.Service?.EventLastSeen)));
  if (finding.Service?.Archived === true) {
    scope.suppressed++;
    return undefined;
  }
  const region = regionOf(finding.Region, arnOf(finding.Arn)?.region ?? '');
  const subject = subjectOf(finding);
  scope.observe({
    cell: `guardduty@${region}`,
    class: 'detection',
    region,
    service: serviceOf(finding),
    resourceType: orNull(finding.Resource?.ResourceType),
    resourceId: subject || account,
    resourceName: orNull(subject),
    identity: finding.Id,
    sourceFindingId: firstOf(finding.Arn, finding.Id),
    ruleId: finding.Type,
    title: firstOf(finding.Title) || finding.Type,
    description: prose(finding.Description),
    rating: rated(severityOfCvss(severity), String(severity), severity),
    occurrences: Math.max(1, Math.floor(finding.Service?.Count ?? 1)),
  });
  return undefined;
}

/** `EC2` of `UnauthorizedAccess:EC2/SSHBruteForce`. */
function serviceOf({ Type }: GuardDutyFinding): string {
  return /^[^:]*:([^/]+)\//.exec(Type)?.[1]?.toLowerCase() ?? 'guardduty';
}

function subjectOf({ Resource: resource }: GuardDutyFinding): string {
  return firstOf(
    resource?.InstanceDetails?.InstanceId,
    resource?.S3BucketDetails[0]?.Arn,
    resource?.S3BucketDetails[0]?.Name,
    resource?.EksClusterDetails?.Arn,
    resource?.EksClusterDetails?.Name,
    resource?.LambdaDetails?.FunctionArn,
    resource?.RdsDbInstanceDetails?.DbInstanceArn,
    resource?.EcsClusterDetails?.Arn,
    resource?.AccessKeyDetails?.UserName,
    resource?.AccessKeyDetails?.PrincipalId,
  );
}
