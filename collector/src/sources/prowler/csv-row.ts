import { resourceIdOf } from './identity.ts';
import { regionOf, statusOf, type Row, type RuleTexts } from './row.ts';
import { frameworksOfText, frameworksOfVersion2, listOf, NO_TAGS, tagsOfText, timeOf } from './values.ts';
import { controlOf } from './version2.ts';

/** Position of each column, by its name in capitals. */
export type Columns = ReadonlyMap<string, number>;

/** The first of these columns that there is and that is not empty, or ''. */
function field(record: readonly string[], columns: Columns, ...names: readonly string[]): string {
  for (const name of names) {
    const index = columns.get(name);
    const text = index === undefined ? '' : (record[index] ?? '');
    if (text !== '') return text;
  }
  return '';
}

/** Prowler 3 to 5. @returns what is wrong with the row, where something is. */
export function rowOfCurrent(record: readonly string[], columns: Columns): Row | string {
  const checkId = field(record, columns, 'CHECK_ID').trim();
  if (checkId === '') return 'names no check (CHECK_ID)';
  const word = field(record, columns, 'STATUS');
  const status = statusOf(word);
  if (status === undefined) return `has the STATUS ${JSON.stringify(word.slice(0, 60))}`;
  const cloud = field(record, columns, 'PROVIDER').trim().toLowerCase();
  if (cloud === '') return 'names no PROVIDER';
  const account = field(
    record,
    columns,
    'ACCOUNT_UID',
    'ACCOUNT_ID',
    'SUBSCRIPTION',
    'PROJECT_ID',
    'CONTEXT',
  ).trim();
  if (account === '' && cloud !== 'kubernetes') return 'names no account (ACCOUNT_UID)';
  const muted = field(record, columns, 'MUTED').trim().toLowerCase() === 'true';
  const accountName = field(record, columns, 'ACCOUNT_NAME').replace(/^context:\s*/, '');
  return {
    checkId,
    status: muted ? 'muted' : status,
    cloud,
    account: account || accountName || 'unknown',
    accountName,
    region: regionOf(field(record, columns, 'REGION', 'LOCATION', 'NAMESPACE')),
    service: field(record, columns, 'SERVICE_NAME') || (checkId.split('_', 1)[0] ?? ''),
    resourceType: field(record, columns, 'RESOURCE_TYPE'),
    resourceUid: field(record, columns, 'RESOURCE_UID', 'RESOURCE_ARN', 'RESOURCE_ID'),
    resourceName: field(record, columns, 'RESOURCE_NAME', 'RESOURCE_ID'),
    detail: field(record, columns, 'STATUS_EXTENDED'),
    findingUid: field(record, columns, 'FINDING_UID', 'FINDING_UNIQUE_ID'),
    severity: field(record, columns, 'SEVERITY'),
    severityScore: null,
    tags: tagsOfText(field(record, columns, 'RESOURCE_TAGS')),
    version: field(record, columns, 'PROWLER_VERSION'),
    seenAt: timeOf(field(record, columns, 'TIMESTAMP', 'ASSESSMENT_START_TIME')),
  };
}

export function textsOfCurrent(record: readonly string[], columns: Columns): RuleTexts {
  return {
    title: field(record, columns, 'CHECK_TITLE'),
    about: field(record, columns, 'DESCRIPTION'),
    remediation: field(record, columns, 'REMEDIATION_RECOMMENDATION_TEXT'),
    references: [
      field(record, columns, 'RELATED_URL'),
      field(record, columns, 'REMEDIATION_RECOMMENDATION_URL'),
      ...field(record, columns, 'ADDITIONAL_URLS').split(' | '),
    ],
    frameworks: frameworksOfText(field(record, columns, 'COMPLIANCE')),
    categories: listOf(field(record, columns, 'CATEGORIES')),
  };
}

/** Prowler 2. @returns what is wrong with the row, where something is. */
export function rowOfVersion2(record: readonly string[], columns: Columns): Row | string {
  const { checkId } = controlOf(field(record, columns, 'TITLE_TEXT'));
  if (checkId === '') return 'names no check (TITLE_TEXT)';
  const word = field(record, columns, 'CHECK_RESULT');
  const status = statusOf(word);
  if (status === undefined) return `has the CHECK_RESULT ${JSON.stringify(word.slice(0, 60))}`;
  const account = field(record, columns, 'ACCOUNT_NUM').trim();
  if (account === '') return 'names no account (ACCOUNT_NUM)';
  return {
    checkId,
    status,
    cloud: 'aws',
    account,
    accountName: '',
    region: regionOf(field(record, columns, 'REGION')),
    service: field(record, columns, 'CHECK_SERVICENAME') || 'account',
    resourceType: field(record, columns, 'CHECK_ASFF_RESOURCE_TYPE'),
    resourceUid: resourceIdOf(field(record, columns, 'CHECK_RESOURCE_ID')),
    resourceName: '',
    detail: field(record, columns, 'CHECK_RESULT_EXTENDED'),
    findingUid: '',
    severity: field(record, columns, 'CHECK_SEVERITY'),
    severityScore: null,
    tags: NO_TAGS,
    version: '',
    // Prowler 2 writes no time into CSV.
    seenAt: null,
  };
}

export function textsOfVersion2(record: readonly string[], columns: Columns): RuleTexts {
  return {
    title: controlOf(field(record, columns, 'TITLE_TEXT')).title,
    about: '',
    remediation: field(record, columns, 'CHECK_REMEDIATION'),
    references: [field(record, columns, 'CHECK_DOC')],
    frameworks: frameworksOfVersion2(field(record, columns, 'CHECK_ASFF_COMPLIANCE_TYPE')),
    categories: [],
  };
}
