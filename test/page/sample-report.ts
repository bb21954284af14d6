import {
  reportSchema,
  type Report,
  type ReportAccount,
  type ReportAccountService,
  type ReportFinding,
  type ReportFreshness,
  type ReportSeverities,
  type ReportTrendPoint,
} from '../../collector/src/reports/schema.ts';
import { type Random, randomFrom } from '../support/random.ts';

const NOW = Date.parse('2026-11-20T06:30:00Z');
const DAY = 86_400_000;
const KEYS = ['critical', 'high', 'medium', 'low', 'informational'] as const;
const WORDS = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL'] as const;
const DUE_DAYS = [7, 30, 90, null, null] as const;
const SCORES = [95, 80, 55, 20, 0] as const;

interface Rule {
  readonly service: string;
  readonly rule: string;
  readonly title: string;
  readonly severity: 0 | 1 | 2 | 3 | 4;
  readonly type: string;
  readonly fix: string;
}

const AWS_RULES: readonly Rule[] = [
  {
    service: 's3',
    rule: 's3_bucket_public_access',
    title: 'S3 bucket policy lets anyone on the internet list and read objects',
    severity: 0,
    type: 'AwsS3Bucket',
    fix: 'Turn on Block Public Access for the bucket, then remove the statement with Principal "*" from its policy.',
  },
  {
    service: 'iam',
    rule: 'iam_root_hardware_mfa_enabled',
    title: 'Root account signs in without a hardware MFA device',
    severity: 0,
    type: 'AwsIamUser',
    fix: 'Sign in as root once, register a FIDO2 key under Security credentials and lock the key away.',
  },
  {
    service: 'ec2',
    rule: 'ec2-security-group-opens-SSH-port-to-all',
    title: 'Security group opens SSH (22/tcp) to 0.0.0.0/0',
    severity: 1,
    type: 'AwsEc2SecurityGroup',
    fix: 'Replace the rule by one for your own address ranges, or use Session Manager and close the port.',
  },
  {
    service: 'rds',
    rule: 'rds_instance_storage_encrypted',
    title: 'RDS instance keeps its data without encryption at rest',
    severity: 1,
    type: 'AwsRdsDbInstance',
    fix: 'Copy the newest snapshot with encryption, restore from the copy and move clients over.',
  },
  {
    service: 'cloudtrail',
    rule: 'cloudtrail_multi_region_enabled',
    title: 'No trail records management events in every region',
    severity: 2,
    type: 'AwsCloudTrailTrail',
    fix: 'Make the organisation trail multi-region.',
  },
  {
    service: 'iam',
    rule: 'iam_rotate_access_key_90_days',
    title: 'Access key has not been rotated for more than 90 days',
    severity: 2,
    type: 'AwsIamAccessKey',
    fix: 'Create a second key, move its users over and delete the old one.',
  },
  {
    service: 'kms',
    rule: 'kms_cmk_rotation_enabled',
    title: 'Customer managed key is never rotated',
    severity: 3,
    type: 'AwsKmsKey',
    fix: 'Enable yearly rotation.',
  },
  {
    service: 'lambda',
    rule: 'awslambda_function_using_supported_runtimes',
    title: 'Function runs on a runtime that gets no more security fixes',
    severity: 2,
    type: 'AwsLambdaFunction',
    fix: 'Move the function to a supported runtime.',
  },
  {
    service: 'ecr',
    rule: 'CVE-2026-21441',
    title: 'urllib3 2.5.0 in image payments-api: decompression bomb in streamed responses',
    severity: 1,
    type: 'AwsEcrContainerImage',
    fix: 'Upgrade urllib3 to 2.6.3 and rebuild the image.',
  },
  {
    service: 'vpc',
    rule: 'vpc_flow_logs_enabled',
    title: 'VPC writes no flow logs',
    severity: 4,
    type: 'AwsEc2Vpc',
    fix: 'Enable flow logs for rejected traffic at least.',
  },
];

const AZURE_RULES: readonly Rule[] = [
  {
    service: 'storage',
    rule: 'storage_blob_public_access_level_is_disabled',
    title: 'Storage account allows anonymous access to blobs',
    severity: 1,
    type: 'microsoft.storage/storageaccounts',
    fix: 'Disallow blob anonymous access on the account.',
  },
  {
    service: 'keyvault',
    rule: 'keyvault_rbac_secret_expiration_set',
    title: 'Secret in a key vault has no expiration date',
    severity: 2,
    type: 'microsoft.keyvault/vaults',
    fix: 'Set an expiration date and a rotation policy.',
  },
  {
    service: 'network',
    rule: 'network_rdp_internet_access_restricted',
    title: 'Network security group opens RDP (3389/tcp) to the internet',
    severity: 0,
    type: 'microsoft.network/networksecuritygroups',
    fix: 'Limit the rule to Bastion.',
  },
  {
    service: 'defender',
    rule: 'defender_ensure_notify_alerts_severity_is_high',
    title: 'Defender does not notify anyone of alerts of high severity',
    severity: 3,
    type: 'microsoft.security/securitycontacts',
    fix: 'Add a security contact.',
  },
];

const GCP_RULES: readonly Rule[] = [
  {
    service: 'iam',
    rule: 'iam_sa_no_administrative_privileges',
    title: 'Service account holds an administrator role on the project',
    severity: 1,
    type: 'iam.googleapis.com/ServiceAccount',
    fix: 'Grant the roles that the workload uses, by the recommender’s list.',
  },
  {
    service: 'compute',
    rule: 'compute_instance_public_ip',
    title: 'Instance has a public address',
    severity: 2,
    type: 'compute.googleapis.com/Instance',
    fix: 'Use Cloud NAT and a load balancer.',
  },
  {
    service: 'cloudsql',
    rule: 'cloudsql_instance_ssl_connections',
    title: 'Cloud SQL instance accepts connections without TLS',
    severity: 2,
    type: 'sqladmin.googleapis.com/Instance',
    fix: 'Set the SSL mode to encrypted only.',
  },
  {
    service: 'logging',
    rule: 'logging_sink_created',
    title: 'Project exports no copy of its log entries',
    severity: 3,
    type: 'logging.googleapis.com/LogSink',
    fix: 'Create a sink for all entries.',
  },
];

const RULES: Readonly<Record<string, readonly Rule[]>> = {
  aws: AWS_RULES,
  azure: AZURE_RULES,
  gcp: GCP_RULES,
};
const REGIONS: Readonly<Record<string, readonly string[]>> = {
  aws: ['eu-west-1', 'us-east-1', 'eu-central-1', 'ap-southeast-2'],
  azure: ['westeurope', 'northeurope'],
  gcp: ['europe-west4', 'us-central1'],
};

const ACCOUNTS: readonly [cloud: string, account: string, name: string | null, team: string, env: string][] =
  [
    ['aws', '210987654321', 'payments-prod', 'payments', 'production'],
    ['aws', '310987654322', 'payments-stage', 'payments', 'staging'],
    ['aws', '410987654323', 'platform-prod', 'platform', 'production'],
    ['aws', '510987654324', 'data-lake', 'data', 'production'],
    ['aws', '610987654325', 'log-archive', 'security', 'production'],
    ['aws', '710987654326', 'sandbox', 'platform', 'development'],
    ['aws', '810987654327', null, 'growth', 'production'],
    ['azure', '7b5c1d7e-42a4-4c8e-9a53-1f2be0aa7f10', 'corp-identity', 'it', 'production'],
    ['azure', '0f7d4a39-9f61-4f4e-8b2e-6dcb7a3f5521', 'erp', 'finance', 'production'],
    ['gcp', 'acme-analytics-prod', 'acme-analytics-prod', 'data', 'production'],
    ['gcp', 'acme-ml-training', 'acme-ml-training', 'data', 'development'],
  ];

function noSeverities(): ReportSeverities {
  return { critical: 0, high: 0, medium: 0, low: 0, informational: 0 };
}

function sumOf(all: readonly ReportSeverities[]): ReportSeverities {
  const sum = noSeverities();
  for (const one of all) for (const key of KEYS) sum[key] += one[key];
  return sum;
}

function openOf(severities: ReportSeverities): number {
  return KEYS.reduce((sum, key) => sum + severities[key], 0);
}

function add<T>(items: readonly T[], value: (item: T) => number | null): number {
  return items.reduce((sum, item) => sum + (value(item) ?? 0), 0);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function isoDay(ms: number): string {
  return iso(ms).slice(0, 10);
}

function serviceOf(name: string, rules: readonly Rule[], random: Random): ReportAccountService {
  const severities = noSeverities();
  for (const rule of rules) {
    const key = KEYS[rule.severity];
    const most = [3, 9, 26, 20, 34][rule.severity] ?? 1;
    severities[key] += Math.floor(random() * random() * most);
  }
  const open = openOf(severities);
  const resources = open + Math.floor(random() * 90);
  // Images are read by a scanner that does not say how many checks it ran.
  const checked = name === 'ecr' ? null : resources * 3 + 12;
  const flagged = name === 'ecr' ? null : open;
  const counts = {
    checked_items: checked,
    flagged_items: flagged,
    resources_count: checked === null ? null : resources,
  };
  const second = random() < 0.3 && checked !== null;
  return {
    service: name,
    ...counts,
    open,
    new: Math.min(open, Math.floor(random() * random() * 2.4)),
    fixed: Math.floor(random() * random() * 2.8),
    overdue: Math.floor((severities.critical + severities.high) * 0.4),
    severities,
    sources: second
      ? {
          prowler: counts,
          scoutsuite: { ...counts, checked_items: Math.floor(checked / 2), resources_count: null },
        }
      : { [checked === null ? 'trivy' : 'prowler']: counts },
  };
}

function accountOf(index: number, random: Random): ReportAccount {
  const [cloud, account, name, team, environment] = ACCOUNTS[index] ??
    ACCOUNTS[0] ?? ['aws', '0', null, '', ''];
  const isFirstScan = index === ACCOUNTS.length - 1;
  const byService = Map.groupBy(RULES[cloud] ?? [], (rule) => rule.service);
  const services = [...byService]
    .map(([service, rules]) => serviceOf(service, rules, random))
    .map((service) => (isFirstScan ? { ...service, new: 0, fixed: 0, overdue: 0 } : service));
  const severities = sumOf(services.map((service) => service.severities));
  const open = openOf(severities);
  const opened = add(services, (service) => service.new);
  const fixed = add(services, (service) => service.fixed);
  const reopened = index % 4 === 0 ? 1 : 0;
  return {
    cloud,
    account,
    name,
    team,
    environment,
    open,
    new: opened,
    fixed,
    reopened,
    overdue: add(services, (service) => service.overdue),
    severities,
    // The newest account is here for the first time: what is open in it is a baseline, not news.
    previous_open: isFirstScan ? null : open - opened + fixed - reopened,
    services,
    raw_reports: [
      {
        source: 'prowler',
        observed_at: iso(NOW - 2 * 3_600_000),
        href: `raw/prowler/${index}a41c9e.ocsf.json.gz`,
        kind: 'raw',
        bytes: 1_840_233,
      },
      ...(index % 2 === 0
        ? [
            {
              source: 'scoutsuite',
              observed_at: iso(NOW - DAY),
              href: `raw/scoutsuite/${index}77f0/report.html`,
              kind: 'html' as const,
              bytes: null,
            },
          ]
        : []),
    ],
  };
}

function trendOf(
  today: ReportSeverities,
  yesterday: ReportSeverities,
  flows: { new: number; fixed: number; overdue: number },
  days: number,
): ReportTrendPoint[] {
  const random = randomFrom(7);
  const points: ReportTrendPoint[] = [];
  for (let back = days - 1; back >= 0; back -= 1) {
    const wave = 1 + 0.5 * (back / days) + 0.09 * Math.sin(back / 19) + (back > 205 && back < 228 ? 0.16 : 0);
    const severities = noSeverities();
    for (const key of KEYS) severities[key] = Math.round(yesterday[key] * (wave + (random() - 0.5) * 0.03));
    if (back === 0) Object.assign(severities, today);
    if (back === 1) Object.assign(severities, yesterday);
    points.push({
      date: isoDay(NOW - back * DAY),
      open: openOf(severities),
      severities,
      new: back === 0 ? flows.new : Math.floor(random() * random() * 26) + (back === 227 ? 61 : 0),
      fixed: back === 0 ? flows.fixed : Math.floor(random() * random() * 30) + (back === 204 ? 74 : 0),
      overdue: back === 0 ? flows.overdue : Math.round(flows.overdue * (wave + 0.2)),
      checked_items: 9_400 - back,
      flagged_items: openOf(severities),
    });
  }
  return points;
}

function resourceOf(
  account: ReportAccount,
  rule: Rule,
  n: number,
  region: string,
): [id: string, name: string] {
  const name = `${account.team ?? 'acme'}-${rule.service}-${String(n).padStart(2, '0')}`;
  if (account.cloud === 'aws') return [`arn:aws:${rule.service}:${region}:${account.account}:${name}`, name];
  if (account.cloud === 'gcp')
    return [`//${rule.type.split('/')[0] ?? ''}/projects/${account.account}/${name}`, name];
  return [
    `/subscriptions/${account.account}/resourceGroups/rg-${account.name ?? ''}/providers/${rule.type}/${name}`,
    name,
  ];
}

function findingsOf(accounts: readonly ReportAccount[], atMost: number): ReportFinding[] {
  const random = randomFrom(11);
  const findings: ReportFinding[] = [];
  for (const account of accounts) {
    for (const rule of RULES[account.cloud] ?? []) {
      const service = account.services.find((one) => one.service === rule.service);
      const count = service?.severities[KEYS[rule.severity]] ?? 0;
      for (let n = 1; n <= count; n += 1) {
        const regions = REGIONS[account.cloud] ?? [];
        const region =
          rule.service === 'iam' ? 'global' : (regions[Math.floor(random() * regions.length)] ?? 'global');
        const [resource, resourceName] = resourceOf(account, rule, n, region);
        const firstSeen = NOW - Math.floor(random() * random() * 160 * DAY);
        const due = DUE_DAYS[rule.severity];
        const dueAt = due === null ? null : firstSeen + due * DAY;
        const score = Math.min(100, SCORES[rule.severity] + Math.floor(random() * 5));
        findings.push({
          fingerprint: Math.floor(random() * 2 ** 48)
            .toString(16)
            .padStart(32, 'c0ffee'),
          severity: WORDS[rule.severity],
          score: rule.severity === 4 ? 0 : score,
          title: rule.title,
          rule: rule.rule,
          source: rule.rule.startsWith('CVE')
            ? 'trivy'
            : rule.rule.startsWith('ec2-')
              ? 'scoutsuite'
              : 'prowler',
          cloud: account.cloud,
          account: account.account,
          account_name: account.name,
          team: account.team,
          region,
          service: rule.service,
          resource_type: rule.type,
          resource,
          resource_name: resourceName,
          first_seen: iso(firstSeen),
          due_at: dueAt === null ? null : iso(dueAt),
          overdue: dueAt === null || dueAt > NOW ? 'no' : n % 4 === 0 ? 'unverified' : 'confirmed',
          remediation: rule.fix,
          references: rule.rule.startsWith('CVE')
            ? [`https://nvd.nist.gov/vuln/detail/${rule.rule}`]
            : [`https://docs.example.org/rules/${rule.rule}`],
        });
      }
    }
  }
  return findings
    .sort((a, b) => b.score - a.score || (a.fingerprint < b.fingerprint ? -1 : 1))
    .slice(0, atMost);
}

function freshnessOf(accounts: readonly ReportAccount[]): ReportFreshness[] {
  return accounts.flatMap((account, index) => {
    const late = index === 4;
    const silent = index === 8;
    const failed = index === 6;
    const last = NOW - (silent ? 9 * DAY : late ? 31 * 3_600_000 : (2 + (index % 5)) * 3_600_000);
    const prowler: ReportFreshness = {
      source: 'prowler',
      cloud: account.cloud,
      account: account.account,
      name: account.name,
      last_run_at: iso(last),
      last_complete_at: failed ? iso(NOW - 3 * DAY) : iso(last),
      outcome: failed ? 'failed' : index === 5 ? 'partial' : 'complete',
      expected_every_hours: 24,
      state: failed ? 'failed' : silent ? 'silent' : late ? 'late' : 'fresh',
      open: account.open,
      delta: silent ? null : account.new - account.fixed,
      notes: failed
        ? ['AccessDenied: sts:AssumeRole on role/SecurityAudit']
        : index === 5
          ? ['service rds failed in us-east-1: ThrottlingException', '312 of 402 rules ran']
          : [],
    };
    if (account.cloud !== 'aws') return [prowler];
    const scout: ReportFreshness = {
      ...prowler,
      source: 'scoutsuite',
      last_run_at: iso(NOW - DAY),
      last_complete_at: iso(NOW - DAY),
      outcome: 'complete',
      expected_every_hours: index === 2 ? null : 168,
      state: 'fresh',
      open: Math.floor(account.open / 3),
      delta: 0,
      notes: [],
    };
    return [prowler, scout];
  });
}

function plainClouds(accounts: readonly ReportAccount[]): Record<string, NonNullable<Report['aws']>> {
  const clouds: Record<string, NonNullable<Report['aws']>> = {};
  for (const [cloud, group] of Map.groupBy(accounts, (account) => account.cloud)) {
    const services: NonNullable<Report['aws']> = {};
    for (const [name, parts] of Map.groupBy(
      group.flatMap((account) => account.services),
      (part) => part.service,
    )) {
      const known = (value: (part: ReportAccountService) => number | null): number | null =>
        parts.every((part) => value(part) === null) ? null : add(parts, value);
      services[name] = {
        checked_items: known((part) => part.checked_items),
        flagged_items: known((part) => part.flagged_items),
        resources_count: known((part) => part.resources_count),
        open: add(parts, (part) => part.open),
        new: add(parts, (part) => part.new),
        fixed: add(parts, (part) => part.fixed),
        reopened: 0,
        overdue: add(parts, (part) => part.overdue),
        severities: sumOf(parts.map((part) => part.severities)),
        accounts: parts.length,
        regions: REGIONS[cloud]?.length ?? 0,
      };
    }
    clouds[cloud] = services;
  }
  return clouds;
}

/** A report as an estate of eleven accounts in three clouds would give it; checked against the schema. */
export function sampleReport(options: { readonly findings?: number; readonly days?: number } = {}): Report {
  const random = randomFrom(42);
  const accounts = ACCOUNTS.map((_, index) => accountOf(index, random));
  const severities = sumOf(accounts.map((account) => account.severities));
  const open = openOf(severities);
  const totals = {
    open,
    new: add(accounts, (account) => account.new),
    fixed: add(accounts, (account) => account.fixed),
    reopened: add(accounts, (account) => account.reopened),
    overdue: add(accounts, (account) => account.overdue),
  };
  const newest = accounts.at(-1)?.severities ?? noSeverities();
  const baseline = openOf(newest);
  const before = noSeverities();
  for (const key of KEYS) before[key] = severities[key] - newest[key];
  before.medium += totals.fixed - totals.new - totals.reopened;
  const trend = trendOf(severities, before, totals, options.days ?? 365);
  const clouds = plainClouds(accounts);
  const services = Object.values(clouds).flatMap((cloud) => Object.values(cloud));
  return reportSchema.parse({
    report_date: isoDay(NOW),
    ...clouds,
    total: {
      checked_items: add(services, (service) => service.checked_items),
      flagged_items: add(services, (service) => service.flagged_items),
      resources_count: add(services, (service) => service.resources_count),
      ...totals,
      severities,
    },
    sightline: {
      version: 1,
      generated_at: iso(NOW),
      collector: '0.1.0',
      sequence: 4211,
      previous: { report_date: isoDay(NOW - DAY), generated_at: iso(NOW - DAY) },
      totals: {
        open,
        new: totals.new,
        reopened: totals.reopened,
        fixed: totals.fixed,
        baseline,
        ruleset: 0,
        overdue_confirmed: totals.overdue,
        overdue_unverified: 9,
        accepted: 31,
        false_positives: 12,
        muted: 140,
        severities,
        previous_severities: before,
        risk_score: 48_120,
      },
      accounts,
      regions: Object.entries(REGIONS).flatMap(([cloud, regions]) =>
        regions.map((region, index) => {
          const share = sumOf(
            accounts.filter((account) => account.cloud === cloud).map((one) => one.severities),
          );
          for (const key of KEYS) share[key] = Math.floor(share[key] / (index + 2));
          return { cloud, region, open: openOf(share), severities: share };
        }),
      ),
      freshness: freshnessOf(accounts),
      trend,
      findings: findingsOf(accounts, options.findings ?? 200),
      findings_total: open,
    },
  });
}

/** The same estate before anything has been read. */
export function emptyReport(): Report {
  const severities = noSeverities();
  const flows = { open: 0, new: 0, fixed: 0, reopened: 0, overdue: 0 };
  return reportSchema.parse({
    report_date: isoDay(NOW),
    total: { checked_items: null, flagged_items: null, resources_count: null, ...flows, severities },
    sightline: {
      version: 1,
      generated_at: iso(NOW),
      collector: '0.1.0',
      sequence: 0,
      previous: null,
      totals: {
        open: 0,
        new: 0,
        reopened: 0,
        fixed: 0,
        baseline: 0,
        ruleset: 0,
        overdue_confirmed: 0,
        overdue_unverified: 0,
        accepted: 0,
        false_positives: 0,
        muted: 0,
        severities,
        previous_severities: null,
        risk_score: 0,
      },
      accounts: [],
      regions: [],
      freshness: [],
      trend: [],
      findings: [],
      findings_total: 0,
    },
  });
}
