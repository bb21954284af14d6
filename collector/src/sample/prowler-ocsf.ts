import type { EpochMs } from '../findings/model.ts';
import { TENANT, TENANT_DOMAIN } from './accounts.ts';
import type { Account, Level, Week } from './model.ts';
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
import { uuid } from './random.ts';

const SEVERITY_ID: Record<Level, number> = { low: 2, medium: 3, high: 4, critical: 5 };
const ACCOUNT_TYPE = {
  aws: { type: 'AWS Account', type_id: 10 },
  azure: { type: 'Azure AD Account', type_id: 6 },
  gcp: { type: 'GCP Account', type_id: 5 },
} as const;
const ORGANISATION = {
  aws: { name: '', ou_uid: '', ou_name: '', uid: '' },
  azure: { name: TENANT_DOMAIN, ou_uid: '', ou_name: '', uid: TENANT },
  gcp: { name: TENANT_DOMAIN, ou_uid: '', ou_name: '', uid: '123456789098' },
} as const;

/** Python's `isoformat()` of a naive time in UTC, microseconds included. */
function isoNaive(at: EpochMs): string {
  return `${new Date(at).toISOString().slice(0, 23)}000`;
}

function complianceOf(frameworks: string): Record<string, string[]> {
  const compliance: Record<string, string[]> = {};
  for (const part of frameworks.split(' | ')) {
    const colon = part.indexOf(': ');
    if (colon > 0) compliance[part.slice(0, colon)] = part.slice(colon + 2).split(', ');
  }
  return compliance;
}

function labelsOf(tags: Readonly<Record<string, string>>): string[] {
  return Object.entries(tags).map(([key, value]) => `${key}:${value}`);
}

function rowObject(row: ProwlerRow, account: Account, week: Week, at: EpochMs): unknown {
  const { flaw, check, resource } = row;
  const message = messageOf(row);
  const seconds = Math.floor(at / 1000);
  const time = isoNaive(at);
  const { cloud } = account;
  return {
    message,
    metadata: {
      event_code: check.id,
      product: { name: 'Prowler', uid: 'prowler', vendor_name: 'Prowler', version: prowlerVersion(week) },
      profiles: ['cloud', 'datetime'],
      tenant_uid: ORGANISATION[cloud].uid,
      version: '1.5.0',
    },
    severity_id: SEVERITY_ID[check.severity],
    severity: check.severity.charAt(0).toUpperCase() + check.severity.slice(1),
    status: row.muted ? 'Suppressed' : 'New',
    status_code: row.status,
    status_detail: message,
    status_id: row.muted ? 3 : 1,
    unmapped: {
      related_url: '',
      categories: check.categories ?? [],
      depends_on: [],
      related_to: [],
      additional_urls: [],
      notes: '',
      compliance: complianceOf(frameworksOf(check)),
      scan_id: uuid(`${account.id} ${at}`),
      provider_uid: account.id,
      provider: cloud,
    },
    activity_name: 'Create',
    activity_id: 1,
    finding_info: {
      analytic: { category: serviceOf(check), name: flaw.title, type: 'Rule', type_id: 1, uid: check.id },
      created_time: seconds,
      created_time_dt: time,
      desc: `${flaw.title}.`,
      title: flaw.title,
      types: [],
      uid: findingUid(row),
    },
    resources: [
      {
        cloud_partition: partitionOf(account),
        region: resource.region,
        data: { details: '', metadata: {} },
        group: { name: serviceOf(check) },
        labels: labelsOf(resource.tags),
        name: shownName(resource),
        type: resource.kind.type,
        uid: resource.uid,
      },
    ],
    category_name: 'Findings',
    category_uid: 2,
    class_name: 'Detection Finding',
    class_uid: 2004,
    cloud: {
      account: { name: account.name, ...ACCOUNT_TYPE[cloud], uid: account.id, labels: [] },
      org: ORGANISATION[cloud],
      provider: cloud,
      region: resource.region,
    },
    remediation: { desc: flaw.fix, references: [hubUrl(check)] },
    risk_details: flaw.risk,
    time: seconds,
    time_dt: time,
    type_uid: 200401,
    type_name: 'Detection Finding: Create',
  };
}

/** A report of `prowler … -M json-ocsf`: an array whose elements are indented and whose commas are not. */
export function prowlerOcsf(rows: readonly ProwlerRow[], account: Account, week: Week, at: EpochMs): string {
  return `[${rows.map((row) => JSON.stringify(rowObject(row, account, week, at), null, 4)).join(',')}]`;
}
