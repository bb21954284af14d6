/**
 * What each kind of job needs, by cloud. The one place to extend: `sightline doctor --account` looks here for what to try, and
 * deploy/ is held equal to it by a test. Names of rights as each cloud writes them.
 */
export type RightsCloud = 'aws' | 'azure' | 'gcp';
export type RightsTable = Readonly<Record<string, Readonly<Partial<Record<RightsCloud, readonly string[]>>>>>;

/** Scanners call hundreds of these; one or two of each service tell whether the managed roles are there. */
const AUDIT = {
  aws: [
    ...['iam:GetAccountSummary', 'iam:GenerateCredentialReport', 'iam:GetCredentialReport', 'iam:ListUsers'],
    ...['iam:GetAccountAuthorizationDetails', 'iam:GetAccountPasswordPolicy', 's3:ListAllMyBuckets'],
    ...['s3:GetBucketPolicy', 's3:GetBucketPublicAccessBlock', 's3:GetEncryptionConfiguration'],
    ...['ec2:DescribeRegions', 'ec2:DescribeInstances', 'ec2:DescribeSecurityGroups'],
    ...['ec2:DescribeSnapshots', 'ec2:DescribeVolumes', 'ec2:GetEbsEncryptionByDefault'],
    ...['rds:DescribeDBInstances', 'cloudtrail:DescribeTrails', 'cloudtrail:GetTrailStatus'],
    ...['config:DescribeConfigurationRecorders', 'kms:ListKeys', 'kms:GetKeyRotationStatus'],
    ...['lambda:ListFunctions', 'lambda:GetPolicy', 'cloudwatch:DescribeAlarms', 'logs:DescribeLogGroups'],
    ...['elasticloadbalancing:DescribeLoadBalancers', 'guardduty:ListDetectors'],
    ...['access-analyzer:ListAnalyzers', 'securityhub:DescribeHub', 'sns:ListTopics', 'sqs:ListQueues'],
    ...['secretsmanager:ListSecrets', 'ecr:DescribeRepositories', 'eks:ListClusters'],
  ],
  azure: [
    ...['Microsoft.Resources/subscriptions/read', 'Microsoft.Resources/subscriptions/resourceGroups/read'],
    ...['Microsoft.Authorization/roleAssignments/read', 'Microsoft.Authorization/roleDefinitions/read'],
    ...['Microsoft.Authorization/policyAssignments/read', 'Microsoft.Compute/virtualMachines/read'],
    ...['Microsoft.Compute/disks/read', 'Microsoft.Network/networkSecurityGroups/read'],
    ...['Microsoft.Network/networkWatchers/read', 'Microsoft.Storage/storageAccounts/read'],
    ...['Microsoft.KeyVault/vaults/read', 'Microsoft.Sql/servers/read', 'Microsoft.Web/sites/read'],
    ...['Microsoft.Security/pricings/read', 'Microsoft.Security/assessments/read'],
    ...['Microsoft.Insights/diagnosticSettings/read', 'Microsoft.Insights/activityLogAlerts/read'],
    ...['Microsoft.ContainerService/managedClusters/read', 'Microsoft.DocumentDB/databaseAccounts/read'],
  ],
  gcp: [
    ...['resourcemanager.projects.get', 'resourcemanager.projects.getIamPolicy'],
    ...['serviceusage.services.list', 'serviceusage.services.use', 'iam.serviceAccounts.list'],
    ...['iam.serviceAccountKeys.list', 'compute.projects.get', 'compute.instances.list'],
    ...['compute.firewalls.list', 'compute.networks.list', 'compute.subnetworks.list'],
    ...['storage.buckets.list', 'storage.buckets.getIamPolicy', 'cloudsql.instances.list'],
    ...['bigquery.datasets.get', 'cloudkms.keyRings.list', 'cloudkms.cryptoKeys.list'],
    ...['cloudkms.cryptoKeys.getIamPolicy', 'logging.sinks.list', 'logging.logMetrics.list'],
    ...['monitoring.alertPolicies.list', 'dns.managedZones.list', 'container.clusters.list'],
    ...['apikeys.keys.list'],
  ],
} as const;

export const RIGHTS: RightsTable = {
  prowler: AUDIT,
  scoutsuite: AUDIT,
  // Without `regions` in the job all of them ask which there are.
  securityhub: {
    aws: [
      'ec2:DescribeRegions',
      'securityhub:GetFindingAggregator',
      'securityhub:GetFindings',
      'securityhub:ListFindingAggregators',
      'securityhub:ListMembers',
    ],
  },
  inspector2: {
    aws: [
      'ec2:DescribeRegions',
      'inspector2:BatchGetAccountStatus',
      'inspector2:ListFindings',
      'inspector2:ListMembers',
    ],
  },
  guardduty: {
    aws: [
      'ec2:DescribeRegions',
      'guardduty:GetFindings',
      'guardduty:ListDetectors',
      'guardduty:ListFindings',
      'guardduty:ListMembers',
    ],
  },
  macie: { aws: ['ec2:DescribeRegions', 'macie2:GetFindings', 'macie2:ListFindings', 'macie2:ListMembers'] },
  // In an account with an analyzer of the organization also organizations:ListAccounts, which others need not have.
  'access-analyzer': {
    aws: ['ec2:DescribeRegions', 'access-analyzer:ListAnalyzers', 'access-analyzer:ListFindings'],
  },
  ecr: {
    aws: [
      'ec2:DescribeRegions',
      'ecr:BatchGetImage',
      'ecr:DescribeImages',
      'ecr:DescribeImageScanFindings',
      'ecr:DescribeRepositories',
    ],
  },
  'credential-report': { aws: ['iam:GenerateCredentialReport', 'iam:GetCredentialReport'] },
  /** Of whoever reads the bucket or the queue, which is the collector and no account that is scanned. */
  inbox: { aws: ['s3:ListBucket', 's3:GetObject'] },
  sqs: { aws: ['sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility', 'sqs:DeleteMessage'] },
  /** What of an account can be reached from outside. */
  perimeter: {
    aws: [
      ...['ec2:DescribeRegions', 'ec2:DescribeAddresses', 'ec2:DescribeInstances'],
      ...['ec2:DescribeNetworkInterfaces', 'elasticloadbalancing:DescribeLoadBalancers'],
      ...['elasticloadbalancing:DescribeListeners', 'elasticloadbalancing:DescribeTags'],
      ...['cloudfront:ListDistributions', 'cloudfront:ListTagsForResource', 'apigateway:GET'],
      ...['route53:ListHostedZones', 'route53:ListResourceRecordSets'],
    ],
    azure: [
      ...['Microsoft.Network/publicIPAddresses/read', 'Microsoft.Network/networkInterfaces/read'],
      ...['Microsoft.Network/applicationGateways/read', 'Microsoft.Network/dnsZones/read'],
      ...['Microsoft.Network/dnsZones/recordsets/read', 'Microsoft.Web/sites/read'],
      ...['Microsoft.Web/sites/slots/read', 'Microsoft.Web/hostingEnvironments/read'],
      ...['Microsoft.App/containerApps/read', 'Microsoft.App/managedEnvironments/read'],
      ...['Microsoft.ApiManagement/service/read', 'Microsoft.Cdn/profiles/read'],
      ...['Microsoft.Cdn/profiles/afdendpoints/read', 'Microsoft.Cdn/profiles/customdomains/read'],
      ...['Microsoft.Cdn/profiles/endpoints/read'],
    ],
    gcp: [
      ...['compute.instances.list', 'compute.addresses.list', 'compute.forwardingRules.list'],
      ...['run.services.list', 'cloudfunctions.functions.list'],
      ...['appengine.applications.get', 'appengine.services.list'],
      ...['dns.managedZones.list', 'dns.resourceRecordSets.list', 'resourcemanager.projects.get'],
    ],
  },
};
