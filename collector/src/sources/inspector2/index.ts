import type { ScopeReport } from '../../findings/model.ts';
import type { ReadOptions, ReportInput, SourceAdapter } from '../adapter.ts';
import { accountOf, arnOf, eventDetail, regionOf, serviceOfType } from '../common/aws.ts';
import { wrongShape } from '../common/errors.ts';
import { isListing, ListedScopes, LISTING_FACTS } from '../common/listing.ts';
import type { Seen } from '../common/scopes.ts';
import { firstOf, timeOf } from '../common/values.ts';
import { peekJson } from '../json/peek.ts';
import { readRecords } from '../json/records.ts';
import { seenOf } from './observe.ts';
import { InspectorFinding } from './schema.ts';

export const inspector2: SourceAdapter = {
  id: 'inspector2',
  title: 'Amazon Inspector',
  formats: ['JSON: `aws inspector2 list-findings`, an array, one finding a line, or events of EventBridge'],
  identity: 'inspector2/2',
  about: {
    mode: 'delta',
    scope: '`aws` and the account of the finding',
    identity: 'the finding’s ARN, which Inspector keeps',
    closes:
      'its status is CLOSED or SUPPRESSED; with `--complete`, and where a job lists everything, also by absence',
    severity: 'the word as it is; UNTRIAGED is INFORMATIONAL',
  },
  lists: ['findings'],
  detect: (head) => {
    const peek = peekJson(head);
    if (peek === null || peek.empty) return false;
    if (isListing(peek, 'inspector2')) return true;
    const { members, below } = peek;
    const all = new Map([...members, ...below]);
    return ['findingArn', 'findings.findingArn', 'detail.findingArn'].some((key) =>
      (all.get(key) ?? '').includes(':inspector2:'),
    );
  },
  read: (input, options) => new Promise((resolve) => resolve(readReport(input, options))),
};

function readReport(input: ReportInput, options: ReadOptions): readonly ScopeReport[] {
  const mode = options.complete === true ? 'snapshot' : 'delta';
  const scopes = new ListedScopes(
    { source: 'inspector2', mode, rulesAreExhaustive: true },
    input.name,
    'Amazon Inspector',
  );
  readRecords(
    input,
    options,
    { tool: 'Amazon Inspector', lists: ['findings'], facts: LISTING_FACTS, bare: true },
    {
      document: scopes.document,
      record: ({ value, index, offset }) => {
        const problem = addFinding(scopes, InspectorFinding.parse(eventDetail(value)));
        if (problem !== undefined)
          throw wrongShape(input.name, 'Amazon Inspector', `finding ${index} ${problem}`, offset);
      },
    },
  );
  return scopes.reports();
}

/**
 * One finding names all packages that the vulnerability is in, in no order that would last, and one less when one is updated: the ARN alone
 * tells what it is. Until `inspector2/2` the first of them was part of the fingerprint.
 */
function withoutOrder(finding: InspectorFinding, seen: Seen): Seen {
  const packages = finding.packageVulnerabilityDetails?.vulnerablePackages ?? [];
  const names = new Set(packages.map(({ name }) => name.trim()).filter((name) => name !== ''));
  return names.size === 0 ? seen : { ...seen, locator: '', formerLocators: [...names] };
}

function addFinding(scopes: ListedScopes, finding: InspectorFinding): string | undefined {
  const arn = arnOf(finding.findingArn);
  if (arn === null) return 'has no findingArn';
  const account = accountOf(firstOf(finding.awsAccountId, arn.account));
  if (account === '') return 'names no account (awsAccountId)';
  const resource = finding.resources[0];
  const region = regionOf(resource?.region ?? '', arn.region);
  const scope = scopes.of('aws', account);
  scope.seenAt(timeOf(firstOf(finding.updatedAt, finding.lastObservedAt)));
  const service = serviceOfType(resource?.type ?? '') || 'inspector2';
  const seen = withoutOrder(finding, seenOf(finding, { cell: `inspector2@${region}`, region, service }));
  scopes.cover(scope, seen.cell);
  const status = finding.status.toUpperCase();
  if (status !== '' && status !== 'ACTIVE') {
    if (status === 'SUPPRESSED') scope.suppressed++;
    scope.close(seen);
    return undefined;
  }
  scope.observe(seen);
  scope.checkedUnknown(service);
  return undefined;
}
