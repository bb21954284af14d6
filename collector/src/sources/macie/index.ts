import type { ScopeReport } from '../../findings/model.ts';
import type { ReadOptions, ReportInput, SourceAdapter } from '../adapter.ts';
import { accountOf, eventDetail, regionOf } from '../common/aws.ts';
import { wrongShape } from '../common/errors.ts';
import { isListing, ListedScopes, LISTING_FACTS } from '../common/listing.ts';
import { firstOf, orNull, prose, rated, severityOfWord, timeOf } from '../common/values.ts';
import { peekJson } from '../json/peek.ts';
import { readRecords } from '../json/records.ts';
import { MacieFinding } from './schema.ts';

const KIND = /^(?:SensitiveData|Policy):/;

export const macie: SourceAdapter = {
  id: 'macie',
  title: 'Amazon Macie',
  formats: [
    'JSON: `aws macie2 get-findings` (list-findings gives ids only), an array, one finding a line, events of EventBridge',
  ],
  identity: 'macie/1',
  about: {
    mode: 'delta',
    scope: '`aws` and the account of the finding',
    identity: 'type, and the bucket or object',
    closes:
      'it is archived; with `--complete`, and where a job lists everything, also by absence. Samples are no findings',
    severity: 'severity.description; the score is 1 to 3 in the API and says nothing more',
  },
  lists: ['findings'],
  detect: (head) => {
    const peek = peekJson(head);
    if (peek === null || peek.empty) return false;
    if (isListing(peek, 'macie')) return true;
    const { members, below } = peek;
    if ((members.get('detail-type') ?? '') === 'Macie Finding') return true;
    return [members.get('type'), below.get('findings.type')].some((type) => KIND.test(type ?? ''));
  },
  read: (input, options) => new Promise((resolve) => resolve(readReport(input, options))),
};

function readReport(input: ReportInput, options: ReadOptions): readonly ScopeReport[] {
  const mode = options.complete === true ? 'snapshot' : 'delta';
  const scopes = new ListedScopes(
    { source: 'macie', mode, rulesAreExhaustive: true },
    input.name,
    'Amazon Macie',
  );
  readRecords(
    input,
    options,
    { tool: 'Amazon Macie', lists: ['findings'], facts: LISTING_FACTS, bare: true },
    {
      document: scopes.document,
      record: ({ value, index, offset }) => {
        const problem = addFinding(scopes, MacieFinding.parse(eventDetail(value)), options);
        if (problem !== undefined)
          throw wrongShape(input.name, 'Amazon Macie', `finding ${index} ${problem}`, offset);
      },
    },
  );
  return scopes.reports();
}

function addFinding(scopes: ListedScopes, finding: MacieFinding, { place }: ReadOptions): string | undefined {
  const account = accountOf(firstOf(finding.accountId, place?.account));
  if (account === '') return 'names no account (accountId)';
  if (finding.type === '') return 'has no type';
  const scope = scopes.of('aws', account);
  scope.seenAt(timeOf(finding.updatedAt));
  if (finding.sample === true) {
    scope.suppressed++;
    return undefined;
  }
  const region = regionOf(finding.region, place?.region ?? '');
  const bucket = finding.resourcesAffected?.s3Bucket;
  const object = finding.resourcesAffected?.s3Object;
  const resource = firstOf(bucket?.arn, bucket?.name, object?.bucketArn) || account;
  const word = finding.severity?.description ?? '';
  const seen = {
    cell: `macie@${region}`,
    class: 'data',
    region,
    service: 's3',
    resourceType: object === undefined ? 'AWS::S3::Bucket' : 'AWS::S3::Object',
    resourceId: resource,
    resourceName: orNull(firstOf(object?.path, bucket?.name)),
    locator: firstOf(object?.key),
    sourceFindingId: orNull(finding.id),
    ruleId: finding.type,
    title: firstOf(finding.title) || finding.type,
    description: prose(finding.description),
    rating: rated(severityOfWord(word) ?? 'MEDIUM', orNull(word)),
    occurrences: Math.max(1, Math.floor(finding.count ?? 1)),
  } as const;
  scopes.cover(scope, seen.cell);
  if (finding.archived === true) {
    scope.suppressed++;
    scope.close(seen);
    return undefined;
  }
  scope.observe(seen);
  scope.checkedUnknown('s3');
  return undefined;
}
