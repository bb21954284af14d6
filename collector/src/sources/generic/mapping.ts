import * as z from 'zod';

const column = z.string().min(1).max(200);

/** Columns of a file (or paths of members, `properties.name`) by what they mean. */
const findingColumns = z.strictObject({
  rule: column,
  resource: column,
  title: column.optional(),
  severity: column.optional(),
  status: column.optional(),
  cloud: column.optional(),
  account: column.optional(),
  region: column.optional(),
  service: column.optional(),
  resourceType: column.optional(),
  resourceName: column.optional(),
  locator: column.optional(),
  description: column.optional(),
  remediation: column.optional(),
  reference: column.optional(),
  cve: column.optional(),
  cwe: column.optional(),
  cvss: column.optional(),
  package: column.optional(),
  fixedVersion: column.optional(),
  framework: column.optional(),
  id: column.optional(),
});
const userColumns = z.strictObject({
  user: column,
  name: column.optional(),
  mail: column.optional(),
  enabled: column.optional(),
  mfa: column.optional(),
  created: column.optional(),
  lastSignIn: column.optional(),
  keyCreated: column.optional(),
  cloud: column.optional(),
  account: column.optional(),
});

const common = {
  id: z.string().regex(/^[a-z][a-z0-9-]{1,40}$/),
  /** Where a file does not name them. */
  cloud: z.string().min(1).max(60).optional(),
  account: z.string().min(1).max(200).optional(),
};

/** How a file of findings or of users is to be read. */
export const mappingSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('findings'),
    ...common,
    columns: findingColumns,
    class: z
      .enum(['vulnerability', 'compliance', 'detection', 'secret', 'iam', 'code', 'data', 'exposure'])
      .default('compliance'),
    severities: z
      .record(z.string(), z.enum(['INFORMATIONAL', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL']))
      .default({}),
    /** Words of the status column that mean open; any, where it is empty. */
    open: z.array(z.string()).default([]),
    mode: z.enum(['snapshot', 'delta', 'stream']).default('snapshot'),
  }),
  z.strictObject({ kind: z.literal('users'), ...common, columns: userColumns }),
]);
export type Mapping = z.infer<typeof mappingSchema>;
export type FindingMapping = Extract<Mapping, { kind: 'findings' }>;
export type UserMapping = Extract<Mapping, { kind: 'users' }>;

/** The contract's own names: a file that has these columns needs no mapping. */
export const OWN_FINDINGS: FindingMapping = {
  kind: 'findings',
  id: 'generic',
  class: 'compliance',
  severities: {},
  open: ['open', 'fail', 'failed', 'active', 'new'],
  mode: 'snapshot',
  columns: {
    rule: 'rule',
    resource: 'resource',
    title: 'title',
    severity: 'severity',
    status: 'status',
    cloud: 'cloud',
    account: 'account',
    region: 'region',
    service: 'service',
    resourceType: 'resource_type',
    resourceName: 'resource_name',
    locator: 'locator',
    description: 'description',
    remediation: 'remediation',
    reference: 'reference',
    cve: 'cve',
    cwe: 'cwe',
    cvss: 'cvss',
    package: 'package',
    fixedVersion: 'fixed_version',
    framework: 'framework',
    id: 'id',
  },
};

export const OWN_USERS: UserMapping = {
  kind: 'users',
  id: 'generic',
  columns: {
    user: 'user',
    name: 'name',
    mail: 'mail',
    enabled: 'enabled',
    mfa: 'mfa',
    created: 'created',
    lastSignIn: 'last_sign_in',
    keyCreated: 'key_created',
    cloud: 'cloud',
    account: 'account',
  },
};

/** Columns that a file of the contract has at least. */
export const OWN_NEEDED = {
  findings: ['cloud', 'account', 'rule', 'resource', 'title', 'severity'],
  users: ['cloud', 'account', 'user', 'mail', 'mfa', 'last_sign_in'],
} as const;
