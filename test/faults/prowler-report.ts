import { randomFrom } from '../support/random.ts';
import { bufferInput } from '../../collector/src/sources/input/index.ts';
import type { OpenedReport } from '../../collector/src/ingest/ingest.ts';

/** A small Prowler report (OCSF, as version 5 writes it) whose flaws follow from a seed. */
export interface ReportPlan {
  readonly accounts: readonly string[];
  readonly at: number;
  /** The same seed gives the same flaws. */
  readonly seed: number;
  /** Everything passes. */
  readonly spotless?: boolean;
}

const CHECKS = [
  { id: 's3_bucket_public_access', severity: 'Critical' },
  { id: 's3_bucket_default_encryption', severity: 'High' },
  { id: 's3_bucket_object_versioning', severity: 'Medium' },
  { id: 'ec2_instance_imdsv2_enabled', severity: 'High' },
  { id: 'ec2_ebs_volume_encryption', severity: 'Low' },
] as const;
const RESOURCES = [
  ['eu-west-1', 'alpha'],
  ['eu-west-1', 'beta'],
  ['us-east-1', 'gamma'],
  ['us-east-1', 'delta'],
] as const;

export function prowlerReport({ accounts, at, seed, spotless = false }: ReportPlan): OpenedReport {
  const random = randomFrom(seed);
  const rows = accounts.flatMap((account) =>
    CHECKS.flatMap((check) =>
      RESOURCES.map(([region, resource]) => {
        const fails = random() < 0.4 && !spotless;
        const severity = random() < 0.9 ? check.severity : 'Medium';
        return row(account, at, check.id, severity, region, resource, fails);
      }),
    ),
  );
  const name = `prowler-output-${accounts.join('-')}-${at}.ocsf.json`;
  return { name, input: bufferInput(name, Buffer.from(JSON.stringify(rows, null, 2))) };
}

/** A row of such a report. */
export function row(
  account: string,
  at: number,
  check: string,
  severity: string,
  region: string,
  resource: string,
  fails: boolean,
): unknown {
  const service = check.split('_')[0] ?? '';
  const uid = `arn:aws:${service}:${region}:${account}:thing/${resource}`;
  const time = `${new Date(at).toISOString().slice(0, 23)}000`;
  const detail = `${resource} ${fails ? 'does not meet' : 'meets'} ${check}.`;
  return {
    message: detail,
    metadata: {
      event_code: check,
      product: { name: 'Prowler', uid: 'prowler', vendor_name: 'Prowler', version: '5.46.0' },
      profiles: ['cloud', 'datetime'],
      tenant_uid: '',
      version: '1.5.0',
    },
    severity_id: 3,
    severity,
    status: 'New',
    status_code: fails ? 'FAIL' : 'PASS',
    status_detail: detail,
    status_id: 1,
    unmapped: { related_url: '', categories: [], compliance: { 'CIS-7.0': ['2.1.1'] }, provider: 'aws' },
    activity_name: 'Create',
    activity_id: 1,
    finding_info: {
      created_time: Math.floor(at / 1000),
      created_time_dt: time,
      desc: `About ${check}.`,
      title: `Title of ${check}`,
      types: [],
      uid: `prowler-aws-${check}-${account}-${region}-${resource}`,
    },
    resources: [
      {
        cloud_partition: 'aws',
        region,
        data: { details: '', metadata: {} },
        group: { name: service },
        labels: [`owner:${resource}`],
        name: resource,
        type: service === 's3' ? 'AwsS3Bucket' : 'AwsEc2Instance',
        uid,
      },
    ],
    category_name: 'Findings',
    category_uid: 2,
    class_name: 'Detection Finding',
    class_uid: 2004,
    cloud: {
      account: { name: `account-${account}`, type: 'AWS Account', type_id: 10, uid: account, labels: [] },
      org: { name: '', uid: '' },
      provider: 'aws',
      region,
    },
    remediation: { desc: `Mend ${check}.`, references: ['https://hub.prowler.com/'] },
    risk_details: `Risk of ${check}.`,
    time: Math.floor(at / 1000),
    time_dt: time,
    type_uid: 200401,
    type_name: 'Detection Finding: Create',
  };
}
