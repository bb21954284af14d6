/**
 * Services whose checks also look at what another service's calls brought: a trail's check at the trail's bucket. As the imports of
 * Prowler 5.46 have it, for AWS. A dependency that a later version adds is missing here until somebody adds it.
 */
const DEPENDENTS: Readonly<Record<string, readonly string[]>> = {
  acm: ['elb'],
  acmpca: ['rolesanywhere'],
  autoscaling: ['dynamodb'],
  awslambda: ['ec2', 'inspector2'],
  backup: ['dynamodb', 'ec2', 'rds'],
  batch: ['ec2'],
  cloudfront: ['shield'],
  cloudtrail: ['awslambda', 'cloudwatch', 'kms'],
  cloudwatch: ['bedrock'],
  ec2: ['dms', 'elbv2', 'emr', 'inspector2', 'rds', 'redshift', 'route53', 'shield', 'ssm'],
  ecr: ['inspector2'],
  elb: ['shield'],
  elbv2: ['shield'],
  globalaccelerator: ['shield'],
  iam: ['bedrock', 'cloudtrail', 'cloudwatch', 'codebuild', 'rolesanywhere'],
  kafka: ['firehose'],
  kinesis: ['firehose'],
  kms: ['kafka'],
  organizations: ['iam', 'servicecatalog'],
  route53: ['shield'],
  s3: ['bedrock', 'cloudfront', 'cloudtrail', 'macie', 'route53'],
  ssm: ['ec2'],
  vpc: [
    'awslambda',
    'bedrock',
    'ec2',
    'efs',
    'elasticache',
    'neptune',
    'networkfirewall',
    'rds',
    'redshift',
    'workspaces',
  ],
  waf: ['elbv2'],
  wafv2: ['cognito', 'elbv2'],
};

export function dependentsOf(service: string): readonly string[] {
  return DEPENDENTS[service] ?? [];
}
