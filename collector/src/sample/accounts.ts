import type { Account, Habits } from './model.ts';

/** Fernhollow is invented; the account numbers are the ones that AWS uses in its own examples. */
export const COMPANY = 'fernhollow';
export const TENANT = 'aaaabbbb-0000-cccc-1111-dddd2222eeee';
export const TENANT_DOMAIN = 'fernhollow.example';

const STEADY: Habits = {
  start: 1,
  fix: { critical: 0.45, high: 0.07, medium: 0.03, low: 0.015 },
  drift: 0.004,
  relapse: 0.02,
};
const IMPROVING: Habits = {
  start: 1.35,
  fix: { critical: 0.6, high: 0.2, medium: 0.14, low: 0.08 },
  drift: 0.002,
  relapse: 0.012,
};
const NEGLECTING: Habits = {
  start: 0.8,
  fix: { critical: 0.06, high: 0.01, medium: 0.006, low: 0.003 },
  drift: 0.016,
  relapse: 0.05,
};

export const ACCOUNTS: readonly Account[] = [
  {
    cloud: 'aws',
    id: '111122223333',
    name: 'prod-payments',
    team: 'payments',
    environment: 'production',
    regions: ['eu-west-1', 'eu-central-1'],
    size: 1.1,
    from: 1,
    prowler: 'ocsf',
    scoutsuite: true,
    habits: IMPROVING,
  },
  {
    cloud: 'aws',
    id: '444455556666',
    name: 'prod-storefront',
    team: 'web',
    environment: 'production',
    regions: ['eu-west-1', 'us-east-1'],
    size: 1.15,
    from: 1,
    prowler: 'ocsf',
    scoutsuite: true,
    habits: { ...STEADY, start: 0.85 },
  },
  {
    cloud: 'aws',
    id: '999988887777',
    name: 'data-platform',
    team: 'data',
    environment: 'production',
    regions: ['eu-west-1'],
    size: 1,
    from: 1,
    prowler: 'ocsf',
    scoutsuite: true,
    habits: NEGLECTING,
  },
  {
    cloud: 'aws',
    id: '123456789012',
    name: 'staging',
    team: 'platform',
    environment: 'staging',
    regions: ['eu-west-1'],
    size: 0.9,
    from: 1,
    prowler: 'csv',
    scoutsuite: false,
    habits: { ...STEADY, start: 1.1 },
  },
  {
    cloud: 'azure',
    id: '11111111-2222-3333-4444-555555555555',
    name: 'corp-prod',
    team: 'corporate-it',
    environment: 'production',
    regions: ['westeurope', 'northeurope'],
    size: 1.1,
    from: 1,
    prowler: 'ocsf',
    scoutsuite: true,
    habits: STEADY,
  },
  {
    cloud: 'azure',
    id: '66666666-7777-8888-9999-000000000000',
    name: 'corp-dev',
    team: 'corporate-it',
    environment: 'development',
    regions: ['westeurope'],
    size: 0.9,
    from: 1,
    prowler: 'ocsf',
    scoutsuite: true,
    habits: { ...STEADY, start: 1.15 },
  },
  {
    cloud: 'gcp',
    id: 'fernhollow-analytics',
    name: 'analytics',
    team: 'data',
    environment: 'production',
    regions: ['europe-west1'],
    size: 1.15,
    from: 1,
    prowler: 'ocsf',
    scoutsuite: true,
    habits: STEADY,
  },
  {
    cloud: 'gcp',
    id: 'fernhollow-sandbox',
    name: 'sandbox',
    team: 'platform',
    environment: 'sandbox',
    regions: ['europe-west1'],
    size: 1,
    from: 7,
    prowler: 'ocsf',
    scoutsuite: true,
    habits: { ...STEADY, start: 1.2 },
  },
];

/** An account by its name. */
export function accountNamed(name: string): Account {
  const account = ACCOUNTS.find((candidate) => candidate.name === name);
  if (account === undefined) throw new RangeError(`no sample account is called ${name}`);
  return account;
}
