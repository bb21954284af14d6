import type { EpochMs } from '../findings/model.ts';
import type { Account, Week } from './model.ts';
import {
  findingUid,
  frameworksOf,
  hubUrl,
  messageOf,
  partitionOf,
  prowlerVersion,
  type ProwlerRow,
  serviceOf,
  shownName,
} from './prowler-rows.ts';

const COLUMNS = [
  'AUTH_METHOD',
  'TIMESTAMP',
  'ACCOUNT_UID',
  'ACCOUNT_NAME',
  'ACCOUNT_EMAIL',
  'ACCOUNT_ORGANIZATION_UID',
  'ACCOUNT_ORGANIZATION_NAME',
  'ACCOUNT_TAGS',
  'FINDING_UID',
  'PROVIDER',
  'CHECK_ID',
  'CHECK_TITLE',
  'CHECK_TYPE',
  'STATUS',
  'STATUS_EXTENDED',
  'MUTED',
  'SERVICE_NAME',
  'SUBSERVICE_NAME',
  'SEVERITY',
  'RESOURCE_TYPE',
  'RESOURCE_UID',
  'RESOURCE_NAME',
  'RESOURCE_DETAILS',
  'RESOURCE_TAGS',
  'PARTITION',
  'REGION',
  'DESCRIPTION',
  'RISK',
  'RELATED_URL',
  'REMEDIATION_RECOMMENDATION_TEXT',
  'REMEDIATION_RECOMMENDATION_URL',
  'REMEDIATION_CODE_NATIVEIAC',
  'REMEDIATION_CODE_TERRAFORM',
  'REMEDIATION_CODE_CLI',
  'REMEDIATION_CODE_OTHER',
  'COMPLIANCE',
  'CATEGORIES',
  'DEPENDS_ON',
  'RELATED_TO',
  'NOTES',
  'PROWLER_VERSION',
  'ADDITIONAL_URLS',
  'ACCOUNT_OU_UID',
  'ACCOUNT_OU_NAME',
] as const;

type Cells = Partial<Record<(typeof COLUMNS)[number], string>>;

function quoted(cell: string): string {
  return /[;"\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function cellsOf(row: ProwlerRow, account: Account, week: Week, at: EpochMs): Cells {
  const { flaw, check, resource } = row;
  return {
    AUTH_METHOD: 'profile: audit',
    TIMESTAMP: `${new Date(at).toISOString().slice(0, 23).replace('T', ' ')}000`,
    ACCOUNT_UID: account.id,
    ACCOUNT_NAME: account.name,
    FINDING_UID: findingUid(row),
    PROVIDER: account.cloud,
    CHECK_ID: check.id,
    CHECK_TITLE: flaw.title,
    STATUS: row.status,
    STATUS_EXTENDED: messageOf(row),
    MUTED: row.muted ? 'True' : 'False',
    SERVICE_NAME: serviceOf(check),
    SEVERITY: check.severity,
    RESOURCE_TYPE: resource.kind.type,
    RESOURCE_UID: resource.uid,
    RESOURCE_NAME: shownName(resource),
    RESOURCE_TAGS: Object.entries(resource.tags)
      .map(([key, value]) => `${key}=${value}`)
      .join(' | '),
    PARTITION: partitionOf(account),
    REGION: resource.region,
    DESCRIPTION: `${flaw.title}.`,
    RISK: flaw.risk,
    REMEDIATION_RECOMMENDATION_TEXT: flaw.fix,
    REMEDIATION_RECOMMENDATION_URL: hubUrl(check),
    COMPLIANCE: frameworksOf(check),
    CATEGORIES: (check.categories ?? []).join(' | '),
    PROWLER_VERSION: prowlerVersion(week),
  };
}

/** A report of `prowler … -M csv`: semicolons, quotes only where needed, CRLF, as Python's csv module writes it. */
export function prowlerCsv(rows: readonly ProwlerRow[], account: Account, week: Week, at: EpochMs): string {
  const lines = rows.map((row) => {
    const cells = cellsOf(row, account, week, at);
    return COLUMNS.map((column) => quoted(cells[column] ?? '')).join(';');
  });
  return [COLUMNS.join(';'), ...lines, ''].join('\r\n');
}
