import type { Week } from './model.ts';

/** What happens in the twelve weeks, as data: the generator obeys it and the tests assert it. */
export const WEEKS = 12;

/** A flaw of one resource that is open in exactly these weeks (inclusive). */
export interface Pin {
  readonly account: string;
  readonly kind: string;
  readonly resource: string;
  readonly flaw: string;
  readonly open: readonly (readonly [from: Week, to: Week])[];
  readonly why: string;
}

export const STORY = {
  /** A deployment in week 5 opens security groups and publishes buckets of one account; it takes until week 9 to undo all of it. */
  incident: {
    account: 'prod-storefront',
    week: 5,
    /** First week in which nothing of it is left. */
    over: 9,
    flaws: [
      ['s3.bucket', 'public'],
      ['s3.bucket', 'no-public-block'],
      ['s3.bucket', 'cross-account'],
      ['ec2.securitygroup', 'open-22'],
      ['ec2.securitygroup', 'open-5432'],
      ['ec2.securitygroup', 'open-all'],
      ['ec2.instance', 'ssh-exposed'],
    ],
    /** Share of the account's resources of these kinds that it touches. */
    reach: 0.6,
  },
  /** Prowler's update: the checks marked `added` in the catalogue run from this week on. */
  ruleset: { week: 6, before: '5.40.0', after: '5.46.0' },
  /** This project is scanned from week 7 on: everything in it is a baseline, not news. */
  onboarding: { account: 'sandbox', week: 7 },
  /** ScoutSuite lost its permissions in the middle of this run. */
  failedScan: {
    account: 'data-platform',
    week: 8,
    /** Services that are null in the report. */
    gone: ['rds', 'kms', 'elbv2'],
    /** Services whose rules have neither items nor checked_items. */
    unevaluated: ['s3', 'cloudtrail'],
  },
  /** The job that runs ScoutSuite on this project stops; its last report is of week 9. */
  silence: { account: 'analytics', source: 'scoutsuite', last: 9 },
  /** Somebody runs Prowler with a severity filter. */
  filtered: { account: 'corp-prod', week: 10, severities: ['critical', 'high'] },
  /** The disk filled up under this Prowler report. Not among the reports: see `truncatedReport`. */
  truncated: { account: 'prod-storefront', week: 9 },
  improving: 'prod-payments',
  neglecting: 'data-platform',
} as const;

export const PINS: readonly Pin[] = [
  {
    account: 'prod-payments',
    kind: 'ec2.securitygroup',
    resource: 'bastion',
    flaw: 'open-22',
    open: [
      [1, 2],
      [6, 7],
    ],
    why: 'fixed, brought back by an old Terraform branch, fixed again',
  },
  {
    account: 'prod-payments',
    kind: 'iam.user',
    resource: 'ci-deployer',
    flaw: 'no-mfa',
    open: [[1, 12]],
    why: 'a machine user that never signs in: a false positive',
  },
  {
    account: 'prod-storefront',
    kind: 's3.bucket',
    resource: 'fernhollow-storefront-static-assets',
    flaw: 'public',
    open: [[1, 12]],
    why: 'the website: Prowler has it on its mute list, ScoutSuite has no such list',
  },
  {
    account: 'data-platform',
    kind: 's3.bucket',
    resource: 'fernhollow-data-raw-events',
    flaw: 'public',
    open: [[2, 12]],
    why: 'a critical one that nobody looks at',
  },
  {
    account: 'data-platform',
    kind: 'rds.instance',
    resource: 'warehouse',
    flaw: 'public',
    open: [[1, 12]],
    why: 'accepted in week 3 for 35 days, then overdue again',
  },
  {
    account: 'staging',
    kind: 'ec2.securitygroup',
    resource: 'legacy-vpn',
    flaw: 'open-all',
    open: [[1, 12]],
    why: 'accepted until the VPN moves',
  },
  {
    account: 'corp-prod',
    kind: 'az.sql',
    resource: 'sql-erp',
    flaw: 'any-ip',
    open: [[4, 8]],
    why: 'a critical one that stays open for five scans',
  },
  {
    account: 'corp-prod',
    kind: 'az.vault',
    resource: 'kv-certificates',
    flaw: 'no-rbac',
    open: [[1, 12]],
    why: 'accepted: the vendor appliance only knows access policies',
  },
  {
    account: 'analytics',
    kind: 'gcs.bucket',
    resource: 'fernhollow-analytics-ml-exports',
    flaw: 'public',
    open: [
      [3, 5],
      [8, 12],
    ],
    why: 'published for a partner, closed, published again',
  },
];
