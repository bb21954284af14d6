import {
  CreateBucketCommand,
  PutBucketAclCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';

/** Accounts of a simulated AWS, and what is wrong in them. */

export const ACCOUNTS = {
  '111111111111': 'shop',
  '222222222222': 'payments',
  '333333333333': 'sandbox',
} as const;
export type AccountId = keyof typeof ACCOUNTS;
export const REGION = 'us-east-1';

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** What an owner does in one account. */
export interface AccountOwner {
  readonly publicBucket: string;
  readonly plainBucket: string;
  readonly openGroup: string;
  keepVersions(bucket: string): Promise<void>;
  closeGroup(): Promise<void>;
  stop(): void;
}

/** Two buckets, an open security group, a user who may do everything, and a trail. */
export async function settle(endpoint: string, account: AccountId): Promise<AccountOwner> {
  const name = ACCOUNTS[account];
  const keys = await ownerKeys(endpoint, account);
  const s3 = new S3Client({ endpoint, region: REGION, credentials: keys, forcePathStyle: true });
  const query = queryApi(endpoint, keys);
  const publicBucket = `acme-${name}-public`;
  const plainBucket = `acme-${name}-logs`;
  for (const Bucket of [publicBucket, plainBucket]) await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutBucketAclCommand({ Bucket: publicBucket, ACL: 'public-read' }));
  const statement = {
    Effect: 'Allow',
    Principal: '*',
    Action: 's3:GetObject',
    Resource: `arn:aws:s3:::${publicBucket}/*`,
  };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  await s3.send(new PutBucketPolicyCommand({ Bucket: publicBucket, Policy }));

  const vpc = tagOf(await query('ec2', 'DescribeVpcs', {}), 'vpcId');
  const description = { GroupName: `${name}-ssh`, GroupDescription: 'open to all', VpcId: vpc };
  const openGroup = tagOf(await query('ec2', 'CreateSecurityGroup', description), 'groupId');
  const ssh = {
    ...{ GroupId: openGroup, 'IpPermissions.1.IpProtocol': 'tcp', 'IpPermissions.1.FromPort': '22' },
    ...{ 'IpPermissions.1.ToPort': '22', 'IpPermissions.1.IpRanges.1.CidrIp': '0.0.0.0/0' },
  };
  await query('ec2', 'AuthorizeSecurityGroupIngress', ssh);

  const everything = { Effect: 'Allow', Action: '*', Resource: '*' };
  await query('iam', 'CreateUser', { UserName: `${name}-admin` });
  await query('iam', 'PutUserPolicy', {
    ...{ UserName: `${name}-admin`, PolicyName: 'everything' },
    PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [everything] }),
  });
  await query('iam', 'UpdateAccountPasswordPolicy', { MinimumPasswordLength: '8' });

  return {
    publicBucket,
    plainBucket,
    openGroup,
    keepVersions: async (Bucket) => {
      await s3.send(
        new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
      );
    },
    closeGroup: async () => {
      await query('ec2', 'RevokeSecurityGroupIngress', ssh);
    },
    stop: () => s3.destroy(),
  };
}

async function ownerKeys(endpoint: string, account: AccountId): Promise<Keys> {
  const sts = new STSClient({
    endpoint,
    region: REGION,
    credentials: { accessKeyId: 'owner', secretAccessKey: 'owner' },
  });
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${account}:role/owner`, RoleSessionName: 'owner' }),
  );
  sts.destroy();
  const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials ?? {};
  if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined)
    throw new Error(`no keys for ${account}`);
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

const VERSIONS = { ec2: '2016-11-15', iam: '2010-05-08' } as const;

/** The few calls to EC2 and IAM that an estate takes. moto looks at whose key it is and checks no signature: no client is worth it. */
function queryApi(endpoint: string, keys: Keys) {
  return async (
    service: keyof typeof VERSIONS,
    action: string,
    parameters: Readonly<Record<string, string>>,
  ): Promise<string> => {
    const answer = await fetch(endpoint, {
      method: 'POST',
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/20260101/${REGION}/${service}/aws4_request, SignedHeaders=host, Signature=0`,
        'x-amz-security-token': keys.sessionToken,
      },
      body: new URLSearchParams({ Action: action, Version: VERSIONS[service], ...parameters }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${action}: ${answer.status} ${text}`);
    return text;
  };
}

function tagOf(xml: string, tag: string): string {
  const found = new RegExp(`<${tag}>([^<]+)</${tag}>`).exec(xml)?.[1];
  if (found === undefined) throw new Error(`no ${tag} in ${xml}`);
  return found;
}
