import { REGIONS } from './places.ts';
import {
  bucketId,
  type Estate,
  groupId,
  instanceId,
  isFlagged,
  keyId,
  snapshotId,
  userId,
  volumeId,
  vpcId,
} from './scout-resources.ts';

export interface ScoutRule {
  readonly id: string;
  readonly checked: number;
  readonly items: readonly string[];
  /** What stands under the rule's id in the report. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ScoutService {
  readonly resources: number;
  readonly rules: readonly ScoutRule[];
}

interface Spec {
  readonly id: string;
  readonly level: 'danger' | 'warning';
  readonly description: string;
  readonly remediation: string;
  readonly dashboard: string;
  readonly path: string;
  readonly suffix?: string;
}

function ruleOf(spec: Spec, label: string, checked: number, items: readonly string[]): ScoutRule {
  const body = {
    checked_items: checked,
    compliance: [{ name: 'CIS Amazon Web Services Foundations', reference: '2.2.1', version: '1.4.0' }],
    dashboard_name: spec.dashboard,
    description: spec.description,
    flagged_items: items.length,
    ...(spec.suffix === undefined ? {} : { id_suffix: spec.suffix }),
    items,
    level: spec.level,
    path: spec.path,
    rationale: `${spec.description}. What is left open will be found sooner or later.`,
    references: ['https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/welcome.html'],
    remediation: spec.remediation,
    service: label,
  };
  return { id: spec.id, checked, items, body };
}

function flagged(estate: Estate, total: number, offset: number, item: (index: number) => string): string[] {
  const items: string[] = [];
  for (let index = 0; index < total; index++) if (isFlagged(estate, index, offset)) items.push(item(index));
  return items;
}

/** Findings of the estate by service, with the paths of what they flag. */
export function scoutFindings(estate: Estate): Map<string, ScoutService> {
  const units = estate.vpcs * estate.unitsPerVpc;
  const vpcsPerRegion = estate.vpcs / REGIONS.length;
  const vpcNumber = (index: number): number => Math.floor(index / estate.unitsPerVpc);
  const regionPath = (index: number): string =>
    `ec2.regions.${REGIONS[Math.floor(vpcNumber(index) / vpcsPerRegion)] ?? ''}`;
  const vpcPath = (index: number): string => `${regionPath(index)}.vpcs.${vpcId(vpcNumber(index))}`;
  const small = Math.ceil(units / 50);
  const keysPerRegion = Math.ceil(small / REGIONS.length);
  const keys = keysPerRegion * REGIONS.length;
  const users = Math.ceil(units / 100);

  const ec2: ScoutRule[] = [
    ruleOf(
      {
        id: 'ec2-ebs-snapshot-not-encrypted',
        level: 'warning',
        description: 'EBS snapshot not encrypted',
        remediation: 'Copy the snapshot with encryption, then delete it',
        dashboard: 'Snapshots',
        path: 'ec2.regions.id.snapshots.id',
        suffix: 'encrypted',
      },
      'EC2',
      units,
      flagged(estate, units, 4, (i) => `${regionPath(i)}.snapshots.${snapshotId(i)}.encrypted`),
    ),
    ruleOf(
      {
        id: 'ec2-ebs-volume-not-encrypted',
        level: 'warning',
        description: 'EBS volume not encrypted',
        remediation: 'Turn on encryption by default, then replace the volume',
        dashboard: 'Volumes',
        path: 'ec2.regions.id.volumes.id',
        suffix: 'Encrypted',
      },
      'EC2',
      units * 2,
      flagged(estate, units * 2, 3, (i) => `${regionPath(i >> 1)}.volumes.${volumeId(i)}.Encrypted`),
    ),
    ruleOf(
      {
        id: 'ec2-instance-with-imdsv1',
        level: 'warning',
        description: 'EC2 instance answers version 1 of the metadata service',
        remediation: 'Require tokens (IMDSv2)',
        dashboard: 'Instances',
        path: 'ec2.regions.id.vpcs.id.instances.id',
      },
      'EC2',
      units,
      flagged(estate, units, 1, (i) => `${vpcPath(i)}.instances.${instanceId(i)}`),
    ),
    ruleOf(
      {
        id: 'ec2-security-group-opens-SSH-port-to-all',
        level: 'danger',
        description: 'Security group opens SSH port to all',
        remediation: 'Remove the rule',
        dashboard: 'Rules',
        path: 'ec2.regions.id.vpcs.id.security_groups.id.rules.id.protocols.id.ports.id.cidrs.id.CIDR',
      },
      'EC2',
      units,
      flagged(
        estate,
        units,
        2,
        (i) =>
          `${vpcPath(i)}.security_groups.${groupId(i)}.rules.ingress.protocols.TCP.ports.22.cidrs.0.CIDR`,
      ),
    ),
  ];
  const iam = ruleOf(
    {
      id: 'iam-user-without-mfa',
      level: 'danger',
      description: 'User without MFA',
      remediation: 'Enrol a second factor',
      dashboard: 'Users',
      path: 'iam.users.id',
    },
    'IAM',
    users,
    flagged(estate, users, 0, (i) => `iam.users.${userId(i)}`),
  );
  const kms = ruleOf(
    {
      id: 'kms-cmk-rotation-disabled',
      level: 'warning',
      description: 'Key whose rotation is off',
      remediation: 'Turn on rotation',
      dashboard: 'Keys',
      path: 'kms.regions.id.keys.id',
      suffix: 'rotation_enabled',
    },
    'KMS',
    keys,
    flagged(
      estate,
      keys,
      0,
      (i) => `kms.regions.${REGIONS[Math.floor(i / keysPerRegion)] ?? ''}.keys.${keyId(i)}.rotation_enabled`,
    ),
  );
  const s3 = ruleOf(
    {
      id: 's3-bucket-no-logging',
      level: 'warning',
      description: 'Bucket access logging disabled',
      remediation: 'Send access logs to a bucket of their own',
      dashboard: 'Buckets',
      path: 's3.buckets.id',
      suffix: 'logging',
    },
    'S3',
    small,
    flagged(estate, small, 0, (i) => `s3.buckets.${bucketId(i)}.logging`),
  );
  return new Map([
    ['ec2', { resources: units * 6, rules: ec2 }],
    ['iam', { resources: small + users, rules: [iam] }],
    ['kms', { resources: keys, rules: [kms] }],
    ['s3', { resources: small, rules: [s3] }],
  ]);
}
