import { pick, REGIONS, TEAMS } from './places.ts';
import { hexOf } from './random.ts';

/**
 * One AWS account. A unit is an instance with its network interface, security group, snapshot and two volumes; every so
 * many units have a flaw.
 */
export interface Estate {
  readonly account: string;
  readonly vpcs: number;
  readonly unitsPerVpc: number;
  /** Of so many resources of a kind one is flagged. */
  readonly every: number;
}

type Member = readonly [id: string, body: Readonly<Record<string, unknown>>];

const CREATED = '2026-02-11 09:12:44+00:00';

export function isFlagged(estate: Estate, index: number, offset: number): boolean {
  return (index + offset) % estate.every === 0;
}

export const vpcId = (vpc: number): string => `vpc-0${hexOf(1, vpc)}`;
export const instanceId = (index: number): string => `i-0${hexOf(2, index)}`;
export const interfaceId = (index: number): string => `eni-0${hexOf(3, index)}`;
export const groupId = (index: number): string => `sg-0${hexOf(4, index)}`;
export const volumeId = (index: number): string => `vol-0${hexOf(5, index)}`;
export const snapshotId = (index: number): string => `snap-0${hexOf(6, index)}`;
export const userId = (index: number): string => `AIDA${hexOf(7, index).toUpperCase()}`;
export const roleId = (index: number): string => `AROA${hexOf(8, index).toUpperCase()}`;
export const keyId = (index: number): string =>
  `${hexOf(9, index, 8)}-4c1e-4b7a-9d2f-${hexOf(10, index, 12)}`;
export const bucketId = (index: number): string => `scoutid-${hexOf(11, index, 40)}`;

function nameOf(index: number): string {
  return `${pick(TEAMS, index)}-${pick(['api', 'worker', 'batch', 'web', 'cache'], index)}-${index}`;
}

function tagsOf(index: number): readonly { Key: string; Value: string }[] {
  return [
    { Key: 'Name', Value: nameOf(index) },
    { Key: 'team', Value: pick(TEAMS, index) },
    { Key: 'env', Value: index % 3 === 0 ? 'staging' : 'prod' },
  ];
}

function address(index: number): string {
  return `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
}

export function vpcOf(estate: Estate, region: string, vpc: number): string {
  const id = vpcId(vpc);
  const arn = `arn:aws:vpc:${region}:${estate.account}:virtual-private-cloud/${id}`;
  return `"arn": "${arn}","cidr_block": "10.20.0.0/16","default": false,"id": "${id}"`;
}

export function instanceOf(estate: Estate, region: string, vpc: number, index: number): Member {
  const id = instanceId(index);
  return [
    id,
    {
      IamInstanceProfile: null,
      InstanceType: pick(['m7g.large', 'c7g.xlarge', 't4g.medium'], index),
      KeyName: null,
      LaunchTime: CREATED,
      State: { Code: 16, Name: 'running' },
      SubnetId: `subnet-0${hexOf(12, vpc * 3 + (index % 3))}`,
      Tags: tagsOf(index),
      arn: `arn:aws:ec2:${region}:${estate.account}:instance/${id}`,
      availability_zone: `${region}a`,
      iam_role: null,
      id,
      metadata_options: {
        HttpEndpoint: 'enabled',
        HttpProtocolIpv6: 'disabled',
        HttpPutResponseHopLimit: 1,
        HttpTokens: isFlagged(estate, index, 1) ? 'optional' : 'required',
        InstanceMetadataTags: 'disabled',
        State: 'applied',
      },
      monitoring_enabled: false,
      name: nameOf(index),
      network_interfaces: {
        [interfaceId(index)]: {
          Association: null,
          Groups: [{ GroupId: groupId(index), GroupName: nameOf(index) }],
          Ipv6Addresses: [],
          PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: address(index) }],
        },
      },
      reservation_id: `r-0${hexOf(13, index)}`,
      user_data:
        index % 4 === 0 ? `#!/bin/bash\nset -eu\nhostname "${nameOf(index)}"\nsystemctl start agent\n` : null,
      user_data_secrets: {},
    },
  ];
}

export function interfaceOf(estate: Estate, region: string, vpc: number, index: number): Member {
  const id = interfaceId(index);
  return [
    id,
    {
      Attachment: {
        AttachTime: CREATED,
        AttachmentId: `eni-attach-0${hexOf(14, index)}`,
        DeleteOnTermination: true,
        DeviceIndex: 0,
        InstanceId: instanceId(index),
        InstanceOwnerId: estate.account,
        NetworkCardIndex: 0,
        Status: 'attached',
      },
      AvailabilityZone: `${region}a`,
      Description: 'Primary network interface',
      Groups: [{ GroupId: groupId(index), GroupName: nameOf(index) }],
      InterfaceType: 'interface',
      Ipv6Addresses: [],
      MacAddress: `02:00:${hexOf(15, index, 8).replace(/(..)(?!$)/g, '$1:')}`,
      NetworkInterfaceId: id,
      OwnerId: estate.account,
      PrivateIpAddress: address(index),
      PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: address(index) }],
      SourceDestCheck: true,
      Status: 'in-use',
      SubnetId: `subnet-0${hexOf(12, vpc * 3 + (index % 3))}`,
      VpcId: vpcId(vpc),
      id,
      name: id,
    },
  ];
}

export function securityGroupOf(estate: Estate, region: string, vpc: number, index: number): Member {
  const id = groupId(index);
  const open = isFlagged(estate, index, 2);
  return [
    id,
    {
      arn: `arn:aws:ec2:${region}:${estate.account}:security-group/${id}`,
      description: `Managed for ${nameOf(index)}`,
      id,
      is_default_configuration: false,
      name: nameOf(index),
      owner_id: estate.account,
      rules: {
        egress: { count: 1, protocols: { ALL: { ports: { 'N/A': { cidrs: [{ CIDR: '0.0.0.0/0' }] } } } } },
        ingress: {
          count: 2,
          protocols: {
            TCP: {
              ports: {
                '22': { cidrs: [{ CIDR: open ? '0.0.0.0/0' : '10.0.0.0/8' }] },
                '443': {
                  cidrs: [{ CIDR: '10.0.0.0/8' }],
                  security_groups: [{ GroupId: groupId(index + 1) }],
                },
              },
            },
          },
        },
      },
      used_by: { ec2: { resource_type: { instances: [{ id: instanceId(index), name: nameOf(index) }] } } },
      vpc_id: vpcId(vpc),
    },
  ];
}

export function volumeOf(estate: Estate, region: string, index: number): Member {
  const id = volumeId(index);
  return [
    id,
    {
      Attachments: [
        {
          AttachTime: CREATED,
          Device: index % 2 === 0 ? '/dev/sda1' : '/dev/sdb',
          InstanceId: instanceId(index >> 1),
          State: 'attached',
          VolumeId: id,
        },
      ],
      AvailabilityZone: `${region}a`,
      CreateTime: CREATED,
      Encrypted: !isFlagged(estate, index, 3),
      Iops: 3000,
      KeyManager: null,
      LastSnapshotDate: null,
      Size: 20 + (index % 80),
      State: 'in-use',
      VolumeType: 'gp3',
      arn: `arn:aws:ec2:${region}:${estate.account}:volume/${id}`,
      id,
      name: id,
    },
  ];
}

export function snapshotOf(estate: Estate, region: string, index: number): Member {
  const id = snapshotId(index);
  return [
    id,
    {
      arn: `arn:aws:ec2:${region}:${estate.account}:snapshot/${id}`,
      create_volume_permissions: [],
      description: `Created by the backup plan of ${nameOf(index)}`,
      encrypted: !isFlagged(estate, index, 4),
      id,
      name: id,
      owner_id: estate.account,
      progress: '100%',
      public: false,
      start_time: CREATED,
      state: 'completed',
      volume_id: volumeId(index * 2),
      volume_size: 20,
    },
  ];
}

const TRUST = (service: string): unknown => ({
  Statement: [{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: service } }],
  Version: '2012-10-17',
});

export function roleOf(estate: Estate, index: number): Member {
  const id = roleId(index);
  return [
    id,
    {
      Tags: tagsOf(index),
      arn: `arn:aws:iam::${estate.account}:role/${nameOf(index)}`,
      assume_role_policy: { PolicyDocument: TRUST('ec2.amazonaws.com') },
      create_date: CREATED,
      id,
      inline_policies: {},
      inline_policies_count: 0,
      instances_count: 'N/A',
      max_session_duration: 3600,
      name: nameOf(index),
      path: '/',
      policies: [],
      policies_counts: 0,
    },
  ];
}

export function userOf(estate: Estate, index: number): Member {
  const id = userId(index);
  return [
    id,
    {
      AccessKeys: [
        { AccessKeyId: `AKIA${hexOf(16, index).toUpperCase()}`, CreateDate: CREATED, Status: 'Active' },
      ],
      CreateDate: CREATED,
      LoginProfile: { CreateDate: CREATED },
      MFADevices: isFlagged(estate, index, 0)
        ? []
        : [{ SerialNumber: `arn:aws:iam::${estate.account}:mfa/${nameOf(index)}` }],
      Path: '/',
      arn: `arn:aws:iam::${estate.account}:user/${nameOf(index)}`,
      groups: [],
      id,
      name: nameOf(index),
    },
  ];
}

export function keyOf(estate: Estate, region: string, index: number): Member {
  const id = keyId(index);
  return [
    id,
    {
      arn: `arn:aws:kms:${region}:${estate.account}:key/${id}`,
      creation_date: CREATED,
      id,
      key_enabled: true,
      key_manager: 'CUSTOMER',
      key_state: 'Enabled',
      name: id,
      origin: 'AWS_KMS',
      rotation_enabled: !isFlagged(estate, index, 0),
    },
  ];
}

export function bucketOf(estate: Estate, index: number): Member {
  const name = `${nameOf(index)}-${hexOf(17, index, 8)}`;
  return [
    bucketId(index),
    {
      CreationDate: CREATED,
      arn: `arn:aws:s3:::${name}/*`,
      default_encryption_enabled: true,
      grantees: {},
      id: bucketId(index),
      logging: isFlagged(estate, index, 0) ? 'Disabled' : 'Enabled',
      name,
      public_access_block_configuration: { BlockPublicAcls: true, BlockPublicPolicy: true },
      region: pick(REGIONS, index),
      versioning: true,
      web_hosting: false,
    },
  ];
}
