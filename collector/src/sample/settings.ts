import type { EpochMs } from '../findings/model.ts';
import { ACCOUNTS } from './accounts.ts';
import { PLACES } from './scans/places.ts';
import { STORY, WEEKS } from './story.ts';

const DAY = 86_400_000;

/** The moment that `sampleSettings` is written for; `sampleSettingsFor` is for others. */
export const SAMPLE_END: EpochMs = Date.UTC(2026, 10, 20, 9);

function date(at: EpochMs): string {
  return new Date(at).toISOString().slice(0, 10);
}

function weekStart(end: EpochMs, week: number): EpochMs {
  return end - (WEEKS - week) * 7 * DAY;
}

/** The configuration of Fernhollow, as a plain object for `sightline.yaml`; dates fit reports that end at `end`. */
export function sampleSettingsFor(end: EpochMs) {
  return {
    sla: {
      days: { CRITICAL: 7, HIGH: 30, MEDIUM: 90 },
      teams: { payments: { HIGH: 14 } },
    },
    accounts: [...ACCOUNTS.map(({ id, ...account }) => ({ account: id, ...account })), ...PLACES].map(
      ({ cloud, account, name, team, environment }) => ({
        cloud,
        account,
        name,
        team,
        environment,
        labels: { company: 'fernhollow', tier: environment === 'production' ? '1' : '3' },
      }),
    ),
    ownership: [
      { match: { source: 'nmap', resource: ['shop.*', 'partners.*'] }, team: 'web' },
      { match: { source: 'nmap', resource: 'erp.*' }, team: 'corporate-it' },
      { match: { cloud: 'kubernetes', region: 'payments' }, team: 'payments' },
      { match: { cloud: 'kubernetes', region: 'data' }, team: 'data' },
      { match: { cloud: 'aws', resource: '*legacy-vpn*' }, team: 'network' },
      { match: { label: { team: 'payments' } }, labels: { pci: 'in-scope' } },
      { match: { account: 'fernhollow-*', resource: '*notebook*' }, team: 'data-science' },
    ],
    mutes: [
      {
        id: 'website-bucket',
        owner: 'web@fernhollow.example',
        reason: 'The website is served from this bucket and holds nothing else.',
        expires: date(end + 180 * DAY),
        match: {
          source: 'scoutsuite',
          account: '444455556666',
          rule: 's3-bucket-world-Get-policy',
          resource: '*static-assets*',
        },
      },
      {
        id: 'staging-unused-groups',
        owner: 'platform@fernhollow.example',
        reason: 'The groups go with the old cluster.',
        expires: date(weekStart(end, 6) + 3 * DAY),
        match: { account: '123456789012', service: 'ec2', rule: 'ec2_securitygroup_not_used' },
      },
      {
        id: 'retired-mainframe-link',
        owner: 'corporate-it@fernhollow.example',
        reason: 'Direct Connect to the mainframe, switched off last year.',
        expires: date(end + 90 * DAY),
        match: { cloud: 'aws', service: 'directconnect', resource: '*mainframe*' },
      },
    ],
    severity: [
      { match: { source: 'scoutsuite', rule: 's3-bucket-world-*' }, severity: 'CRITICAL' },
      { match: { source: 'scoutsuite', rule: 'iam-password-policy-*' }, severity: 'MEDIUM' },
      // An open port is no finding by itself; these have no place on the internet.
      {
        match: { source: 'nmap', rule: 'open-port', service: ['ms-wbt-server', 'postgresql'] },
        severity: 'HIGH',
      },
    ],
  };
}

export const sampleSettings: unknown = sampleSettingsFor(SAMPLE_END);

export interface SampleVerdict {
  /** Given right after the scans of this week. */
  readonly week: number;
  readonly select: {
    readonly source: string;
    readonly account: string;
    readonly rule: string;
    /** Pattern over the resource's id or name. */
    readonly resource?: string;
  };
  readonly verdict: 'accepted' | 'false_positive';
  /** Days after the scan of that week; an acceptance always has an end. */
  readonly until?: number;
  readonly by: string;
  readonly reason: string;
}

const { improving, neglecting } = STORY;
const idOf = (name: string): string => ACCOUNTS.find((account) => account.name === name)?.id ?? name;

export const sampleVerdicts: readonly SampleVerdict[] = [
  {
    week: 1,
    select: {
      source: 'prowler',
      account: idOf('staging'),
      rule: 'ec2_securitygroup_allow_ingress_from_internet_to_all_ports',
      // Prowler calls security groups by id; staging has one such finding.
    },
    verdict: 'accepted',
    until: 150,
    by: 'priya.natarajan@fernhollow.example',
    reason: 'The old VPN concentrator needs it until it moves; staging holds no customer data.',
  },
  {
    week: 2,
    select: {
      source: 'prowler',
      account: idOf(improving),
      rule: 'iam_user_mfa_enabled_console_access',
      resource: '*ci-deployer',
    },
    verdict: 'false_positive',
    by: 'dana.okoro@fernhollow.example',
    reason: 'A machine user; its console password was removed and never existed for a person.',
  },
  {
    week: 2,
    select: {
      source: 'scoutsuite',
      account: idOf(improving),
      rule: 'iam-user-without-mfa',
      resource: '*ci-deployer',
    },
    verdict: 'false_positive',
    by: 'dana.okoro@fernhollow.example',
    reason: 'The same machine user, seen by the other scanner.',
  },
  {
    week: 3,
    select: {
      source: 'prowler',
      account: idOf(neglecting),
      rule: 'rds_instance_no_public_access',
      resource: '*warehouse',
    },
    verdict: 'accepted',
    until: 35,
    by: 'mateo.rivera@fernhollow.example',
    reason: 'The migration partner needs access until the cut-over at the end of the month.',
  },
  {
    week: 4,
    select: {
      source: 'prowler',
      account: idOf('corp-prod'),
      rule: 'keyvault_rbac_enabled',
      resource: '*kv-certificates',
    },
    verdict: 'accepted',
    until: 120,
    by: 'priya.natarajan@fernhollow.example',
    reason: 'The load balancer appliance only knows access policies; the vendor ships RBAC next quarter.',
  },
];
