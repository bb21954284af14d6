import { ANY_RULE, cellOf } from '../../findings/cells.ts';
import type { ScopeReport } from '../../findings/model.ts';
import type { ReadOptions, ReportInput, SourceAdapter } from '../adapter.ts';
import { accountOf, regionOf } from '../common/aws.ts';
import { wrongShape } from '../common/errors.ts';
import { isListing, ListedScopes, LISTING_FACTS } from '../common/listing.ts';
import type { ScopeBuilder } from '../common/scopes.ts';
import {
  cvesIn,
  firstOf,
  linksOf,
  orNull,
  packageCorrelation,
  prose,
  rated,
  severityOfWord,
  timeOf,
} from '../common/values.ts';
import { seenOf } from '../inspector2/observe.ts';
import { InspectorFinding } from '../inspector2/schema.ts';
import { peekJson } from '../json/peek.ts';
import { type Facts, readRecords } from '../json/records.ts';
import { BasicFinding, ListedImage } from './schema.ts';

const BASIC = 'imageScanFindings.findings';
const ENHANCED = 'imageScanFindings.enhancedFindings';
/** Of a listing: answers for one image after the other. */
const IMAGES = 'images';
const FACTS = [
  ...LISTING_FACTS,
  'registryId',
  'repositoryName',
  'imageScanStatus.status',
  'imageScanStatus.description',
  'imageScanFindings.imageScanCompletedAt',
  'nextToken',
];
const DONE = ['COMPLETE', 'ACTIVE'];

export const ecr: SourceAdapter = {
  id: 'ecr',
  title: 'Amazon ECR',
  formats: ['JSON: `aws ecr describe-image-scan-findings`, of basic and of enhanced scans'],
  identity: 'ecr/2',
  about: {
    mode: 'snapshot',
    scope: '`aws` and the registry’s account',
    identity:
      'repository, vulnerability and package; not the image’s tag or digest. Basic scans name no region: `--region` does',
    closes: 'the scan of an image of the repository is complete and the vulnerability is gone',
    severity: 'the word as it is; UNDEFINED and UNTRIAGED are INFORMATIONAL',
  },
  detect: (head) => {
    const peek = peekJson(head);
    if (peek?.kind !== 'object') return false;
    return (
      isListing(peek, 'ecr') || (peek.members.has('repositoryName') && peek.members.has('imageScanStatus'))
    );
  },
  read: (input, options) => new Promise((resolve) => resolve(readReport(input, options))),
};

function factOf(facts: Facts, name: string): string {
  const value = facts.get(name);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function readReport(input: ReportInput, options: ReadOptions): readonly ScopeReport[] {
  const about = { source: 'ecr', mode: 'snapshot', rulesAreExhaustive: true } as const;
  const scopes = new ListedScopes(about, input.name, 'Amazon ECR');
  const region = regionOf(options.place?.region ?? '');
  let scope: ScopeBuilder | undefined;
  let repository = '';
  let cell = '';
  readRecords(
    input,
    options,
    { tool: 'Amazon ECR', lists: [BASIC, ENHANCED, IMAGES], facts: FACTS, bare: true },
    {
      document: (facts) => {
        scopes.document(facts);
        if (scopes.isListing) return;
        repository = factOf(facts, 'repositoryName');
        const account = accountOf(firstOf(factOf(facts, 'registryId'), options.place?.account));
        if (repository === '') throw wrongShape(input.name, 'Amazon ECR', 'it names no repository');
        if (account === '') throw wrongShape(input.name, 'Amazon ECR', 'it names no registryId');
        scope = scopes.of('aws', account);
        scope.seenAt(timeOf(factOf(facts, 'imageScanFindings.imageScanCompletedAt')));
        cell = cellOf(repository, region);
        const status = factOf(facts, 'imageScanStatus.status').toUpperCase();
        if (!DONE.includes(status)) {
          scope.outcome = 'failed';
          scope.note(
            `the scan of ${repository} is ${status || 'in no state'}: ${factOf(facts, 'imageScanStatus.description')}`,
          );
        } else if (factOf(facts, 'nextToken') !== '') {
          scope.outcome = 'partial';
          scope.note(`this is one page of the findings of ${repository}`);
        } else scope.cover(cell, ANY_RULE);
      },
      record: ({ value, list }) => {
        if (list === IMAGES) {
          addImage(scopes, ListedImage.parse(value), input.name);
          return;
        }
        // A scan that failed, or has not begun, has no findings at all.
        if (scope === undefined) throw wrongShape(input.name, 'Amazon ECR', 'it has no imageScanFindings');
        if (list === ENHANCED) addEnhanced(scope, repository, cell, region, value);
        else addBasic(scope, repository, cell, region, BasicFinding.parse(value));
      },
    },
  );
  return scopes.reports();
}

/** An image of which a scan is there; whether its repository is covered is what the listing says. */
function addImage(scopes: ListedScopes, image: ListedImage, name: string): void {
  const { repositoryName, imageScanFindings } = image;
  const account = accountOf(image.registryId);
  if (!scopes.isListing || repositoryName === '' || account === '')
    throw wrongShape(name, 'Amazon ECR', 'one of its images names no repository or registryId');
  const scope = scopes.of('aws', account);
  const region = regionOf(image.region);
  const cell = cellOf(repositoryName, region);
  for (const finding of imageScanFindings?.findings ?? [])
    addBasic(scope, repositoryName, cell, region, finding);
  for (const finding of imageScanFindings?.enhancedFindings ?? [])
    addEnhanced(scope, repositoryName, cell, region, finding);
}

function addBasic(
  scope: ScopeBuilder,
  repository: string,
  cell: string,
  region: string,
  finding: BasicFinding,
): void {
  const attribute = (key: string): string => finding.attributes.find((one) => one.key === key)?.value ?? '';
  const name = attribute('package_name');
  const score = Number(attribute('CVSS3_SCORE') || attribute('CVSS2_SCORE') || Number.NaN);
  const cvss = score >= 0 && score <= 10 ? score : null;
  scope.observe({
    cell,
    class: 'vulnerability',
    region,
    service: 'ecr',
    resourceType: 'AWS::ECR::Repository',
    resourceId: repository,
    resourceName: repository,
    locator: name,
    ruleId: finding.name || 'unknown',
    title: name === '' ? finding.name : `${finding.name} in ${name}`,
    description: prose(finding.description),
    references: linksOf([finding.uri]),
    cve: cvesIn(finding.name),
    cvss,
    package: name === '' ? null : `${name}@${attribute('package_version')}`,
    fixedVersion: orNull(attribute('patched_versions')),
    correlationKey: name === '' ? null : packageCorrelation(finding.name, name),
    rating: rated(severityOfWord(finding.severity) ?? 'INFORMATIONAL', orNull(finding.severity), cvss),
    order: attribute('package_version'),
  });
  scope.checkedUnknown('ecr');
}

/** The first of the packages by name. */
function firstInOrder({ packageVulnerabilityDetails }: InspectorFinding): string {
  const names = (packageVulnerabilityDetails?.vulnerablePackages ?? []).map(({ name }) => name.trim());
  return names.filter((name) => name !== '').sort((a, b) => (a < b ? -1 : 1))[0] ?? '';
}

/** What Inspector found, under ECR’s own roof: with its own identity, since a digest is part of Inspector’s. */
function addEnhanced(
  scope: ScopeBuilder,
  repository: string,
  cell: string,
  region: string,
  value: unknown,
): void {
  const finding = InspectorFinding.parse(value);
  const status = finding.status.toUpperCase();
  scope.seenAt(timeOf(finding.updatedAt));
  if (status !== '' && status !== 'ACTIVE') {
    scope.suppressed++;
    return;
  }
  const seen = seenOf(finding, { cell, region, service: 'ecr' });
  const { locator: listed = '' } = seen;
  // Inspector lists them in no order that would last. Until `ecr/2` it was the first.
  const locator = firstInOrder(finding) || listed;
  scope.observe({
    ...seen,
    resourceId: repository,
    identity: repository,
    locator,
    ...(locator === listed ? {} : { formerLocators: [listed] }),
    resourceName: repository,
    order: `${seen.package ?? ''} ${finding.findingArn}`,
  });
  scope.checkedUnknown('ecr');
}
