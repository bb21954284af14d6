import { cellOf } from '../../findings/cells.ts';
import type { Cell, ScopeReport } from '../../findings/model.ts';
import type { ReadOptions, ReportInput, SourceAdapter } from '../adapter.ts';
import { accountOf, arnOf, eventDetail, regionOf, serviceOfType } from '../common/aws.ts';
import { wrongShape } from '../common/errors.ts';
import { isListing, ListedScopes, LISTING_FACTS } from '../common/listing.ts';
import type { Seen } from '../common/scopes.ts';
import { firstOf, orNull, rated, type Rating, timeOf } from '../common/values.ts';
import { peekJson } from '../json/peek.ts';
import { readRecords } from '../json/records.ts';
import { AccessFinding } from './schema.ts';

export const accessAnalyzer: SourceAdapter = {
  id: 'access-analyzer',
  title: 'IAM Access Analyzer',
  formats: [
    'JSON: `aws accessanalyzer list-findings`, `list-findings-v2`, `get-finding`, `get-finding-v2`, `list-access-preview-findings`, events of EventBridge',
  ],
  identity: 'access-analyzer/1',
  about: {
    mode: 'delta',
    scope: '`aws` and the account that owns the resource',
    identity: 'the finding’s own id, which Access Analyzer keeps',
    closes:
      'its status is ARCHIVED or RESOLVED; with `--complete`, and where a job lists everything, also by absence. An error is no finding and makes the run partial',
    severity: 'none of its own: public CRITICAL, external and internal access HIGH, unused access LOW',
  },
  lists: ['findings'],
  detect: (head) => {
    const peek = peekJson(head);
    if (peek === null || peek.empty) return false;
    if (isListing(peek, 'access-analyzer')) return true;
    const { members, below } = peek;
    if ((members.get('detail-type') ?? '') === 'Access Analyzer Finding') return true;
    return ['', 'findings.', 'finding.'].some((prefix) => {
      const all = prefix === '' ? members : below;
      return all.has(`${prefix}resourceOwnerAccount`) && all.has(`${prefix}resourceType`);
    });
  },
  read: (input, options) => new Promise((resolve) => resolve(readReport(input, options))),
};

function readReport(input: ReportInput, options: ReadOptions): readonly ScopeReport[] {
  const mode = options.complete === true ? 'snapshot' : 'delta';
  const scopes = new ListedScopes(
    { source: 'access-analyzer', mode, rulesAreExhaustive: true },
    input.name,
    'IAM Access Analyzer',
  );
  readRecords(
    input,
    options,
    { tool: 'IAM Access Analyzer', lists: ['findings'], facts: LISTING_FACTS, bare: true },
    {
      document: scopes.document,
      record: ({ value, index, offset }) => {
        const problem = addFinding(scopes, AccessFinding.parse(flattened(eventDetail(value))), options);
        if (problem !== undefined)
          throw wrongShape(input.name, 'IAM Access Analyzer', `finding ${index} ${problem}`, offset);
      },
    },
  );
  return scopes.reports();
}

/** `get-finding` of version 1 wraps it. */
function flattened(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'finding' in value ? value.finding : value;
}

function addFinding(
  scopes: ListedScopes,
  finding: AccessFinding,
  { place }: ReadOptions,
): string | undefined {
  const arn = arnOf(finding.resource);
  const account = accountOf(firstOf(finding.resourceOwnerAccount, finding.accountId, arn?.account));
  if (account === '') return 'names no account (resourceOwnerAccount)';
  if (finding.id === '') return 'has no id';
  const scope = scopes.of('aws', account);
  scope.seenAt(timeOf(firstOf(finding.updatedAt, finding.analyzedAt)));
  const region = regionOf(arn?.region ?? '', finding.region, place?.region ?? '');
  const cell = analyzerCell(finding.analyzerArn, firstOf(finding.region, region));
  if (finding.error !== '') {
    if (scopes.isListing) scopes.spoil(scope, cell);
    else scope.outcome = 'partial';
    scope.note(`${finding.resource} could not be analyzed: ${finding.error}`);
    return undefined;
  }
  const seen = seenOf(finding, cell, region);
  scopes.cover(scope, seen.cell);
  const status = finding.status.toUpperCase();
  if (status === 'ARCHIVED' || status === 'RESOLVED') {
    if (status === 'ARCHIVED') scope.suppressed++;
    scope.close(seen);
    return undefined;
  }
  // A preview repeats what is there already.
  if (finding.changeType === 'UNCHANGED') return undefined;
  scope.observe(seen);
  scope.checkedUnknown(seen.service);
  return undefined;
}

/**
 * What an analyzer finds is its own: one of the organization and one of the account see the same resource under two ids, and neither's
 * list is complete for the other.
 */
export function analyzerCell(analyzerArn: string, region: string): Cell {
  const arn = arnOf(analyzerArn);
  if (arn === null) return cellOf('access-analyzer', region);
  return cellOf(`${arn.account}/${arn.resource.replace(/^analyzer\//, '')}`, region);
}

function seenOf(finding: AccessFinding, cell: Cell, region: string): Seen {
  const type = firstOf(finding.findingType) || 'ExternalAccess';
  const isPublic =
    finding.isPublic === true ||
    finding.findingDetails.some(({ externalAccessDetails }) => externalAccessDetails?.isPublic === true);
  const details = finding.findingDetails.map((one) => one.externalAccessDetails ?? one.internalAccessDetails);
  const actions = [...finding.action, ...details.flatMap((one) => one?.action ?? [])];
  const principals = [finding.principal, ...details.map((one) => one?.principal ?? {})].flatMap(
    Object.values,
  );
  const who = principals.length === 0 ? '' : ` by ${principals.join(', ')}`;
  const what = actions.length === 0 ? '' : ` (${[...new Set(actions)].join(', ')})`;
  return {
    cell,
    class: isPublic ? 'exposure' : 'iam',
    region,
    service: serviceOfType(finding.resourceType) || 'iam',
    resourceType: orNull(finding.resourceType),
    resourceId: firstOf(finding.resource) || finding.id,
    resourceName: orNull(arnOf(finding.resource)?.resource),
    identity: finding.id,
    sourceFindingId: finding.id,
    ruleId: type,
    title: titleOf(type, isPublic),
    description: `${finding.resource}${who}${what}`,
    rating: ratingOf(type, isPublic),
  };
}

function titleOf(type: string, isPublic: boolean): string {
  if (isPublic) return 'Anyone can access the resource';
  if (type === 'ExternalAccess') return 'Someone outside the zone of trust can access the resource';
  if (type === 'InternalAccess') return 'Someone inside the organization can access a critical resource';
  return `Access that is not used: ${type}`;
}

function ratingOf(type: string, isPublic: boolean): Rating {
  if (isPublic) return rated('CRITICAL', null);
  return rated(type.startsWith('Unused') ? 'LOW' : 'HIGH', null);
}
