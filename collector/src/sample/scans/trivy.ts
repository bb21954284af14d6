import type { EpochMs } from '../../findings/model.ts';
import type { Week } from '../model.ts';
import { type Chance, sha1 } from '../random.ts';
import { PACKAGES, type VulnerablePackage } from './packages.ts';
import { type Place, REPOSITORY } from './places.ts';
import { ALWAYS, isIn, type Span } from './weeks.ts';

const VERSION = '0.66.0';
/** How likely a package that can be mended is mended in a week. */
const FIX = { CRITICAL: 0.3, HIGH: 0.18, MEDIUM: 0.08, LOW: 0.03 } as const;
/** The data team rebuilds its image twice a year. */
const NEGLECTED = 'data';

interface Misconfiguration {
  readonly id: string;
  readonly file: string;
  readonly type: 'terraform' | 'dockerfile';
  readonly resource: string;
  readonly severity: string;
  readonly title: string;
  readonly message: string;
  readonly resolution: string;
  readonly line: number;
  readonly open: readonly Span[];
}

const MISCONFIGURATIONS: readonly Misconfiguration[] = [
  {
    id: 'AVD-AWS-0107',
    file: 'terraform/network.tf',
    type: 'terraform',
    resource: 'aws_security_group_rule.debug',
    severity: 'CRITICAL',
    title: 'Security groups should not allow unrestricted ingress',
    message: 'A rule lets in anyone.',
    resolution: 'Name the addresses that need it.',
    line: 41,
    open: [[5, 6]],
  },
  {
    id: 'AVD-AWS-0132',
    file: 'terraform/storage.tf',
    type: 'terraform',
    resource: 'aws_s3_bucket.assets',
    severity: 'HIGH',
    title: 'S3 encryption should use Customer Managed Keys',
    message: 'The bucket is encrypted with a key of AWS.',
    resolution: 'Use a key of your own.',
    line: 12,
    open: ALWAYS,
  },
  {
    id: 'AVD-AWS-0089',
    file: 'terraform/storage.tf',
    type: 'terraform',
    resource: 'aws_s3_bucket.assets',
    severity: 'LOW',
    title: 'S3 Bucket Logging',
    message: 'Nobody records who reads the bucket.',
    resolution: 'Turn on logging.',
    line: 12,
    open: [[1, 9]],
  },
  {
    id: 'AVD-DS-0002',
    file: 'Dockerfile',
    type: 'dockerfile',
    resource: '',
    severity: 'HIGH',
    title: "Image user should not be 'root'",
    message: 'The last USER is root, or there is none.',
    resolution: 'Add a USER.',
    line: 1,
    open: [[1, 7]],
  },
];

/** A token in a test's configuration, seen after the commit of week 6. */
const SECRET = { file: 'test/e2e/config.ts', line: 7, open: [[6, 7]] as readonly Span[] };

/** When the package is mended in this place; 13 where it is not in these weeks. */
function mendedIn(chance: Chance, seen: VulnerablePackage, place: Place): Week {
  if (seen.fixed === null || place.team === NEGLECTED) return 13;
  for (let week = seen.since + 1; week <= 12; week++) {
    // The place's name is last: one image is not mended with the other.
    if (chance('package', seen.id, week, place.account) < FIX[seen.severity]) return week;
  }
  return 13;
}

const PURL = { debian: 'deb/debian', npm: 'npm', jar: 'maven', 'python-pkg': 'pypi' } as const;

function purlOf({ type, name, installed }: VulnerablePackage): string {
  return `pkg:${PURL[type]}/${name.replace(':', '/')}@${encodeURIComponent(installed)}`;
}

function vulnerability(seen: VulnerablePackage, path: string | undefined): unknown {
  return {
    VulnerabilityID: seen.id,
    PkgName: seen.name,
    ...(path === undefined ? {} : { PkgPath: path }),
    PkgIdentifier: { PURL: purlOf(seen), UID: sha1(purlOf(seen)).slice(0, 16) },
    InstalledVersion: seen.installed,
    ...(seen.fixed === null ? { Status: 'affected' } : { FixedVersion: seen.fixed, Status: 'fixed' }),
    SeveritySource: 'nvd',
    PrimaryURL: `https://avd.aquasec.com/nvd/${seen.id.toLowerCase()}`,
    Title: seen.title,
    Description: `${seen.title}.`,
    Severity: seen.severity,
    CweIDs: [seen.cwe],
    CVSS: { nvd: { V3Score: seen.cvss } },
    References: [`https://nvd.nist.gov/vuln/detail/${seen.id}`],
  };
}

const TARGET = { npm: 'Node.js', jar: 'Java', 'python-pkg': 'Python' } as const;
const PATH = {
  npm: 'app/node_modules',
  jar: 'app/app.jar',
  'python-pkg': 'usr/lib/python3/dist-packages',
} as const;

function imageResults(seen: readonly VulnerablePackage[], name: string): unknown[] {
  const results: unknown[] = [
    {
      Target: `${name} (debian 12.5)`,
      Class: 'os-pkgs',
      Type: 'debian',
      Vulnerabilities: seen
        .filter(({ type }) => type === 'debian')
        .map((one) => vulnerability(one, undefined)),
    },
  ];
  for (const type of ['npm', 'jar', 'python-pkg'] as const) {
    const own = seen.filter((one) => one.type === type);
    if (own.length === 0) continue;
    results.push({
      Target: TARGET[type],
      Class: 'lang-pkgs',
      Type: type === 'npm' ? 'node-pkg' : type,
      Vulnerabilities: own.map((one) =>
        vulnerability(
          one,
          type === 'npm'
            ? `${PATH.npm}/${one.name}/package.json`
            : `${PATH[type]}/${one.name.replace(/^.*:/, '')}`,
        ),
      ),
    });
  }
  return results;
}

function repositoryResults(seen: readonly VulnerablePackage[], week: Week): unknown[] {
  const results: unknown[] = [
    {
      Target: 'package-lock.json',
      Class: 'lang-pkgs',
      Type: 'npm',
      Vulnerabilities: seen.map((one) => vulnerability(one, undefined)),
    },
  ];
  for (const file of new Set(MISCONFIGURATIONS.map((one) => one.file))) {
    const own = MISCONFIGURATIONS.filter((one) => one.file === file);
    const open = own.filter((one) => isIn(week, one.open));
    results.push({
      Target: file,
      Class: 'config',
      Type: own[0]?.type,
      MisconfSummary: { Successes: 24 - open.length, Failures: open.length },
      Misconfigurations: open.map((one) => ({
        Type: one.type === 'terraform' ? 'Terraform Security Check' : 'Dockerfile Security Check',
        ID: one.id,
        AVDID: one.id,
        Title: one.title,
        Description: one.message,
        Message: one.message,
        Resolution: one.resolution,
        Severity: one.severity,
        PrimaryURL: `https://avd.aquasec.com/misconfig/${one.id.toLowerCase()}`,
        Status: 'FAIL',
        CauseMetadata: {
          Resource: one.resource,
          Provider: 'AWS',
          StartLine: one.line,
          EndLine: one.line + 4,
        },
      })),
    });
  }
  if (isIn(week, SECRET.open)) {
    results.push({
      Target: SECRET.file,
      Class: 'secret',
      Secrets: [
        {
          RuleID: 'github-pat',
          Category: 'GitHub',
          Severity: 'CRITICAL',
          Title: 'GitHub Personal Access Token',
          StartLine: SECRET.line,
          EndLine: SECRET.line,
          // Trivy writes stars itself.
          Match: "  token: '****************************************',",
        },
      ],
    });
  }
  return results;
}

/** A report of `trivy image` or `trivy repository` with `--format json`. */
export function trivyJson(chance: Chance, place: Place, week: Week, at: EpochMs): string {
  const seen = PACKAGES.filter(
    (one) => one.where.includes(place) && one.since <= week && week < mendedIn(chance, one, place),
  );
  const isCode = place === REPOSITORY;
  const name = isCode
    ? `https://${place.account}.git`
    : `${place.account}:2026.${String(week).padStart(2, '0')}`;
  const report = {
    SchemaVersion: 2,
    Trivy: { Version: VERSION },
    CreatedAt: new Date(at).toISOString(),
    ArtifactName: name,
    ArtifactType: isCode ? 'repository' : 'container_image',
    Metadata: isCode ? {} : { OS: { Family: 'debian', Name: '12.5' }, RepoTags: [name] },
    Results: isCode ? repositoryResults(seen, week) : imageResults(seen, name),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}
