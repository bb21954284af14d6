import type { AwsCall } from './aws-call.ts';

/** One reading call for a right: without cost, with the smallest answer there is. Rights that are not here need something to be named. */
export const PROBES: Readonly<Record<string, AwsCall>> = {
  'iam:GetAccountSummary': iam('GetAccountSummary'),
  'iam:ListUsers': iam('ListUsers', { MaxItems: '1' }),
  'iam:GetAccountAuthorizationDetails': iam('GetAccountAuthorizationDetails', { MaxItems: '1' }),
  'iam:GetAccountPasswordPolicy': iam('GetAccountPasswordPolicy'),
  'iam:GetCredentialReport': iam('GetCredentialReport'),
  's3:ListAllMyBuckets': { host: 's3', endpointId: 'S3', signedAs: 's3', method: 'GET', path: '/' },
  'ec2:DescribeRegions': ec2('DescribeRegions'),
  'ec2:DescribeAddresses': ec2('DescribeAddresses'),
  'ec2:DescribeInstances': ec2('DescribeInstances', { MaxResults: '5' }),
  'ec2:DescribeNetworkInterfaces': ec2('DescribeNetworkInterfaces', { MaxResults: '5' }),
  'ec2:DescribeSecurityGroups': ec2('DescribeSecurityGroups', { MaxResults: '5' }),
  'ec2:DescribeSnapshots': ec2('DescribeSnapshots', { 'Owner.1': 'self', MaxResults: '5' }),
  'ec2:DescribeVolumes': ec2('DescribeVolumes', { MaxResults: '5' }),
  'ec2:GetEbsEncryptionByDefault': ec2('GetEbsEncryptionByDefault'),
  'rds:DescribeDBInstances': form('rds', '2014-10-31', 'DescribeDBInstances', { MaxRecords: '20' }),
  'cloudwatch:DescribeAlarms': form(
    'monitoring',
    '2010-08-01',
    'DescribeAlarms',
    { MaxRecords: '1' },
    'CLOUDWATCH',
  ),
  'sns:ListTopics': form('sns', '2010-03-31', 'ListTopics'),
  'elasticloadbalancing:DescribeLoadBalancers': form(
    'elasticloadbalancing',
    '2015-12-01',
    'DescribeLoadBalancers',
    { PageSize: '1' },
    'ELASTIC_LOAD_BALANCING_V2',
  ),
  'cloudtrail:DescribeTrails': json(
    'cloudtrail',
    'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.DescribeTrails',
  ),
  'config:DescribeConfigurationRecorders': json(
    'config',
    'StarlingDoveService.DescribeConfigurationRecorders',
    {},
    { endpointId: 'CONFIG_SERVICE' },
  ),
  'kms:ListKeys': json('kms', 'TrentService.ListKeys', { Limit: 1 }),
  'logs:DescribeLogGroups': json(
    'logs',
    'Logs_20140328.DescribeLogGroups',
    { limit: 1 },
    { endpointId: 'CLOUDWATCH_LOGS' },
  ),
  'secretsmanager:ListSecrets': json(
    'secretsmanager',
    'secretsmanager.ListSecrets',
    { MaxResults: 1 },
    { endpointId: 'SECRETS_MANAGER' },
  ),
  'sqs:ListQueues': json('sqs', 'AmazonSQS.ListQueues', { MaxResults: 1 }, { version: '1.0' }),
  'ecr:DescribeRepositories': json(
    'ecr',
    'AmazonEC2ContainerRegistry_V20150921.DescribeRepositories',
    { maxResults: 1 },
    { host: 'api.ecr' },
  ),
  'lambda:ListFunctions': get('lambda', '/2015-03-31/functions/', { MaxItems: '1' }),
  'guardduty:ListDetectors': get('guardduty', '/detector', { maxResults: '1' }),
  'access-analyzer:ListAnalyzers': get('access-analyzer', '/analyzer', { maxResults: '1' }, 'ACCESSANALYZER'),
  'eks:ListClusters': get('eks', '/clusters', { maxResults: '1' }),
  'apigateway:GET': get('apigateway', '/restapis', { limit: '1' }, 'API_GATEWAY'),
  'securityhub:DescribeHub': get('securityhub', '/accounts', {}),
  'securityhub:GetFindings': post('securityhub', '/findings', { MaxResults: 1 }),
  'inspector2:BatchGetAccountStatus': post('inspector2', '/status/batch/get', {}),
  'inspector2:ListFindings': post('inspector2', '/findings/list', { maxResults: 1 }),
  'macie2:GetMacieSession': get('macie2', '/macie', {}),
  'macie2:ListFindings': post('macie2', '/findings', { maxResults: 1 }),
  'cloudfront:ListDistributions': {
    ...get('cloudfront', '/2020-05-31/distribution', { MaxItems: '1' }),
    isGlobal: true,
  },
  'route53:ListHostedZones': {
    ...get('route53', '/2013-04-01/hostedzone', { maxitems: '1' }, 'ROUTE_53'),
    isGlobal: true,
  },
};

type Values = Readonly<Record<string, string>>;

/** The protocol of forms. */
export function form(
  service: string,
  version: string,
  action: string,
  values: Values = {},
  endpointId = service.toUpperCase(),
): AwsCall {
  return {
    ...{ host: service, endpointId, signedAs: service, method: 'POST', path: '/' },
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: new URLSearchParams({ Action: action, Version: version, ...values }).toString(),
  };
}

export function iam(action: string, values: Values = {}): AwsCall {
  return { ...form('iam', '2010-05-08', action, values), isGlobal: true };
}

function ec2(action: string, values: Values = {}): AwsCall {
  return form('ec2', '2016-11-15', action, values);
}

/** The protocols that name the operation in a header. */
function json(
  service: string,
  target: string,
  body: unknown = {},
  more: { readonly version?: string; readonly host?: string; readonly endpointId?: string } = {},
): AwsCall {
  return {
    host: more.host ?? service,
    endpointId: more.endpointId ?? service.toUpperCase(),
    ...{ signedAs: service, method: 'POST', path: '/' },
    headers: { 'content-type': `application/x-amz-json-${more.version ?? '1.1'}`, 'x-amz-target': target },
    body: JSON.stringify(body),
  };
}

function get(service: string, path: string, query: Values, endpointId = service.toUpperCase()): AwsCall {
  return { host: service, endpointId, signedAs: service, method: 'GET', path, query };
}

function post(service: string, path: string, body: unknown): AwsCall {
  return {
    ...{ host: service, endpointId: service.toUpperCase(), signedAs: service, method: 'POST', path },
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}
