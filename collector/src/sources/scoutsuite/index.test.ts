import * as fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ReportError, type ErrorCode } from '../../errors.ts';
import type { Observation, ScopeReport } from '../../findings/model.ts';
import { bufferInput } from '../input/index.ts';
import { scoutsuite } from './index.ts';

function fixture(name: string): Buffer {
  return fs.readFileSync(new URL(`./fixtures/${name}`, import.meta.url));
}

async function read(
  report: Uint8Array | string,
  companion?: Uint8Array | string,
): Promise<readonly ScopeReport[]> {
  const input = bufferInput('report.js', Buffer.from(report as string));
  if (companion === undefined) return scoutsuite.read(input, {});
  return scoutsuite.read(input, { companion: bufferInput('errors.json', Buffer.from(companion as string)) });
}

async function one(report: Uint8Array | string, companion?: Uint8Array | string): Promise<ScopeReport> {
  const [scope, ...others] = await read(report, companion);
  expect(others).toEqual([]);
  if (scope === undefined) throw new Error('no scope');
  return scope;
}

async function failure(report: Uint8Array | string): Promise<ReportError> {
  try {
    await read(report);
  } catch (error) {
    if (error instanceof ReportError) return error;
    throw error;
  }
  throw new Error('it was read');
}

function findings(
  scope: ScopeReport,
  rule: string,
): Pick<Observation, 'region' | 'resourceId' | 'locator'>[] {
  return scope.observations
    .filter(({ ruleId }) => ruleId === rule)
    .map(({ region, resourceId, locator }) => ({ region, resourceId, locator }));
}

function byAccount(scopes: readonly ScopeReport[], account: string): ScopeReport {
  const found = scopes.find((scope) => scope.account === account);
  if (found === undefined) throw new Error(`no scope ${account}`);
  return found;
}

const PROBE = fixture('scoutsuite_results_probe.js');
const PROBE_ERRORS = fixture('scoutsuite_errors_probe.json');
const UNSORTED = fixture('aws_unsorted_failing.json');
const AZURE = fixture('azure_two_subscriptions.js');
const GCP = fixture('gcp_two_projects.json');

const FIRST = '11111111-1111-4111-8111-111111111111';
const SECOND = '22222222-2222-4222-8222-222222222222';
const TENANT = '99999999-9999-4999-8999-999999999999';

describe('a real report of ScoutSuite 5.14', () => {
  it('gives one finding per flagged item, as many as the summary counts, all distinct', async () => {
    const scope = await one(PROBE, PROBE_ERRORS);
    const text = PROBE.toString('utf8');
    const parsed = JSON.parse(text.slice(text.indexOf('{'))) as {
      last_run: {
        summary: Record<string, { flagged_items: number; checked_items: number; resources_count: number }>;
      };
    };
    const summary = Object.values(parsed.last_run.summary);
    const flagged = summary.reduce((sum, entry) => sum + entry.flagged_items, 0);
    expect(flagged).toBe(59);
    expect(scope.observations).toHaveLength(flagged);
    expect(new Set(scope.observations.map((observation) => observation.fingerprint)).size).toBe(flagged);
    expect(scope.passed).toBe(
      summary.reduce((sum, entry) => sum + entry.checked_items - entry.flagged_items, 0),
    );
    expect(scope.checks.get('s3')).toEqual({
      checked: parsed.last_run.summary['s3']?.checked_items,
      flagged: parsed.last_run.summary['s3']?.flagged_items,
      resources: 3,
    });
    expect(scope).toMatchObject({
      source: 'scoutsuite',
      cloud: 'aws',
      account: '123456789012',
      sourceVersion: '5.14.0',
      observedAt: Date.UTC(2026, 10, 21, 3, 52, 6),
      mode: 'snapshot',
      outcome: 'complete',
      rulesAreExhaustive: true,
    });
  });

  it('names resources by ARN and name, whether their container came before or after the findings', async () => {
    const scope = await one(PROBE);
    const bucket = scope.observations.find(({ ruleId }) => ruleId === 's3-bucket-AllUsers-read');
    expect(bucket).toMatchObject({
      resourceId: 'arn:aws:s3:::acme-public',
      resourceName: 'acme-public',
      resourceType: 'bucket',
      region: 'us-east-1',
      cell: 's3@us-east-1',
      class: 'exposure',
      locator: 'grantees.AllUsers',
    });
    const group = scope.observations.find(
      ({ ruleId }) => ruleId === 'ec2-security-group-opens-RDP-port-to-all',
    );
    expect(group).toMatchObject({
      resourceId: 'arn:aws:ec2:us-east-1:123456789012:security-group/sg-9f298468cb77ca04d',
      resourceName: 'rdp-open',
      resourceType: 'security_group',
      class: 'exposure',
      severity: 'HIGH',
      severityOriginal: 'danger',
      locator: 'rules.ingress.protocols.TCP.ports.3389.cidrs.CIDR',
    });
    expect(scope.observations.find(({ ruleId }) => ruleId === 'iam-user-without-mfa')).toMatchObject({
      resourceId: 'arn:aws:iam::123456789012:user/alice',
      region: 'global',
      class: 'iam',
      locator: '',
    });
    expect(findings(scope, 'iam-password-policy-minimum-length')).toEqual([
      { region: 'global', resourceId: 'password_policy', locator: 'MinimumPasswordLength' },
    ]);
    expect(findings(scope, 'config-recorder-not-configured')).toEqual([
      { region: 'us-east-1', resourceId: 'us-east-1', locator: '' },
    ]);
  });

  it('covers the regions of the run, except for services in which the scan failed', async () => {
    const scope = await one(PROBE, PROBE_ERRORS);
    const covered = new Set([...scope.coverage.keys()].map((cell) => cell.split('@')[0]));
    for (const service of ['s3', 'ec2', 'elasticache', 'sns']) expect(covered).not.toContain(service);
    expect(scope.coverage.has('vpc@us-east-1')).toBe(true);
    expect(scope.coverage.has('iam@global')).toBe(true);
    expect(scope.coverage.has('vpc@*')).toBe(false);
    expect(scope.coverage.get('cloudtrail@us-east-1')).toContain(
      'cloudtrail-duplicated-global-services-logging',
    );
    expect(scope.notes.join('\n')).toMatch(/service s3 is not covered: .*public access block/);
    expect(scope.notes.join('\n')).toMatch(/2 times\): conditions\.py/);
    expect((await one(PROBE)).coverage.has('s3@us-east-1')).toBe(true);
  });

  it('reads the same from plain JSON, on one line, with a semicolon, a byte order mark or CRLF', async () => {
    const expected = (await one(PROBE)).observations.map((observation) => observation.fingerprint);
    const json = PROBE.subarray(PROBE.indexOf('{')).toString('utf8');
    for (const text of [
      json,
      `scoutsuite_results = ${json};\n`,
      `\ufeffscoutsuite_results =\r\n${json};;\r\n\r\n`,
      JSON.stringify(JSON.parse(json), undefined, 4),
    ]) {
      expect((await one(text)).observations.map((observation) => observation.fingerprint)).toEqual(expected);
    }
  });
});

describe('a report that is unsorted and half failed', () => {
  it('leaves out of the coverage what is null, has no findings, or has a rule without items', async () => {
    const scope = await one(UNSORTED);
    expect([...scope.coverage.keys()].sort()).toEqual(
      ['ec2', 'iam', 'kms'].flatMap((service) => [`${service}@eu-west-1`, `${service}@global`]),
    );
    const notes = scope.notes.join('\n');
    expect(notes).toContain('service rds is not covered: the report holds nothing of it');
    expect(notes).toContain('service sqs is not covered: it has no findings');
    expect(notes).toContain('service sns is not covered: its rule sns-world has no items');
    expect(notes).toContain('last_run.summary counts 5 flagged items, its findings hold 3');
    expect(notes).toContain('unknown level "notice"');
    expect(scope.outcome).toBe('complete');
  });

  it('still reports the findings of services that failed, without covering them', async () => {
    const scope = await one(UNSORTED, fixture('aws_errors.js'));
    expect([...scope.coverage.keys()].sort()).toEqual(['ec2@eu-west-1', 'ec2@global']);
    expect(findings(scope, 'iam-user-no-mfa')).toHaveLength(1);
    expect(scope.notes.join('\n')).toContain('service kms is not covered: the scan failed in it');
  });

  it('resolves paths though findings came last, and numbers what only a place in a list tells apart', async () => {
    const scope = await one(UNSORTED);
    const resourceId = 'arn:aws:ec2:eu-west-1:111122223333:security-group/sg-1';
    const locator = 'rules.ingress.protocols.TCP.ports.22.cidrs.CIDR';
    expect(findings(scope, 'ec2-security-group-opens-SSH-port-to-all')).toEqual([
      { region: 'eu-west-1', resourceId, locator },
      { region: 'eu-west-1', resourceId, locator: `${locator}#2` },
    ]);
    expect(findings(scope, 'ec2-gone')).toEqual([
      { region: 'eu-west-1', resourceId: 'subnet-7', locator: 'vpcs.vpc-7' },
    ]);
  });

  it('counts an item that is named twice, once', async () => {
    const scope = await one(UNSORTED);
    const [user, ...others] = scope.observations.filter(({ ruleId }) => ruleId === 'iam-user-no-mfa');
    expect(others).toEqual([]);
    expect(user).toMatchObject({ occurrences: 2, resourceName: 'bob', tags: { team: 'core' } });
  });

  it('gives the same findings in whatever order the keys come', async () => {
    const sortKeys = (value: unknown, order: number): unknown => {
      if (Array.isArray(value)) return value.map((element) => sortKeys(element, order));
      if (value === null || typeof value !== 'object') return value;
      const entries = Object.entries(value).map(([key, below]): [string, unknown] => [
        key,
        sortKeys(below, order),
      ]);
      return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -order : order)));
    };
    for (const report of [UNSORTED, GCP]) {
      const expected = (await read(report)).flatMap(({ observations }) => observations);
      const parsed: unknown = JSON.parse(report.toString('utf8'));
      for (const order of [1, -1]) {
        const sorted = (await read(JSON.stringify(sortKeys(parsed, order)))).flatMap(
          ({ observations }) => observations,
        );
        const byPrint = (a: Observation, b: Observation): number => (a.fingerprint < b.fingerprint ? -1 : 1);
        expect(sorted.toSorted(byPrint)).toEqual(expected.toSorted(byPrint));
      }
    }
  });

  // As ScoutSuite 5.14 wrote them when the calls were refused: they name no file of the service's.
  it.each([
    [
      's3',
      {
        file: null,
        exception:
          'Failed to list buckets: An error occurred (InternalError) when calling the ListBuckets operation',
        traceback: 'None',
      },
    ],
    [
      'ec2',
      {
        file: 'utils.py',
        exception:
          'Failed to get all pages from paginator for the ec2 service: An error occurred (UnauthorizedOperation) when calling the DescribeSecurityGroups operation',
        traceback: 'File "site-packages/ScoutSuite/providers/aws/facade/utils.py", line 57, in <lambda>',
      },
    ],
    [
      'vpc',
      {
        file: 'utils.py',
        exception:
          'Failed to get all pages from paginator for the ec2 service: An error occurred (UnauthorizedOperation) when calling the DescribeNetworkAcls operation',
        traceback: 'None',
      },
    ],
  ])('knows the service %s by the words of an error that names no file of it', async (service, error) => {
    const scope = await one(PROBE, JSON.stringify([error]));
    const covered = [...scope.coverage.keys()].map((cell) => cell.split('@')[0]);
    expect(covered).not.toContain(service);
    expect(covered).toContain('iam');
    expect(scope.outcome).toBe('complete');
    expect(scope.gaps?.[0]).toMatch(/^service \w+ is not covered: the scan failed in it: Failed to /);
  });

  it('closes nothing when a call failed and nobody can say whose it was', async () => {
    const error = {
      file: null,
      exception: 'Failed to do it: An error occurred (Throttling) when calling the X operation',
    };
    expect(await one(PROBE, JSON.stringify([error]))).toMatchObject({ outcome: 'partial' });
    // What ScoutSuite could not make sense of is no call that failed.
    const odd = {
      file: 'conditions.py',
      exception: "Unable to process testcase 'newerThan' on value 'not_supported'",
    };
    expect(await one(PROBE, JSON.stringify([odd]))).toMatchObject({ outcome: 'complete' });
  });

  it('closes nothing when the list of errors can not be read', async () => {
    const scope = await one(UNSORTED, '[{"file": "s3.py", "exc');
    expect(scope.outcome).toBe('partial');
    expect(scope.notes[0]).toContain("can't be read");
    expect((await one(UNSORTED, 'no list')).outcome).toBe('partial');
    expect((await one(UNSORTED, '[]')).outcome).toBe('complete');
  });

  it('is failed where no service is covered at all', async () => {
    const report = '{"account_id": "1", "provider_code": "aws", "last_run": {}, "services": {"s3": null}}';
    expect(await one(report)).toMatchObject({ outcome: 'failed', observations: [], observedAt: null });
  });
});

describe('accounts inside a report', () => {
  it('are the subscriptions of Azure, and the tenant for what has none', async () => {
    const scopes = await read(AZURE);
    expect(scopes.map(({ account }) => account).sort()).toEqual([FIRST, SECOND, TENANT]);
    expect(byAccount(scopes, TENANT).observations.map(({ ruleId }) => ruleId)).toEqual(['aad-guest-users']);
    expect([...byAccount(scopes, TENANT).coverage.keys()]).toEqual(['aad@*']);
    expect([...byAccount(scopes, SECOND).coverage.keys()]).toEqual(['keyvault@*', 'storageaccounts@*']);
    expect(byAccount(scopes, TENANT).checks.get('aad')).toEqual({ checked: 3, flagged: 1, resources: 3 });
    expect(byAccount(scopes, FIRST).checks.get('storageaccounts')).toEqual({
      checked: null,
      flagged: 3,
      resources: null,
    });
    expect(byAccount(scopes, SECOND).checks.get('keyvault')).toEqual({
      checked: null,
      flagged: 0,
      resources: null,
    });
  });

  it('have resources that are told apart where names repeat', async () => {
    const first = byAccount(await read(AZURE), FIRST);
    expect(
      first.observations.find(({ ruleId }) => ruleId === 'storageaccount-public-traffic-allowed'),
    ).toMatchObject({
      resourceId: 'rg-one/shared',
      resourceName: 'shared',
      resourceType: 'storage_account',
      region: 'westeurope',
      severity: 'HIGH',
      frameworks: ['CIS Microsoft Azure Foundations 1.0.0:3.7'],
      title: 'Storage Accounts Allowing Public Traffic',
      description: 'Storage accounts should deny by default.\nSee defaultAction & friends.',
      remediation: 'az storage account update --default-action Deny',
      tags: { team: 'payments', 'cost centre': '7' },
      locator: '',
    });
    const containers = first.observations.filter(
      ({ ruleId }) => ruleId === 'storageaccount-public-blob-container',
    );
    expect(containers.map(({ resourceId }) => resourceId)).toEqual(['logs', 'logs']);
    expect(new Set(containers.map((observation) => observation.fingerprint)).size).toBe(2);
    expect(containers.every(({ locator }) => locator.startsWith('storage_accounts.'))).toBe(true);
  });

  it('are the projects of Google Cloud, also those with dots in their names', async () => {
    const scopes = await read(GCP);
    expect(scopes.map(({ account }) => account).sort()).toEqual(['acme-prod', 'example.com:legacy']);
    const legacy = byAccount(scopes, 'example.com:legacy');
    expect(findings(legacy, 'computeengine-instance-public-ip-address')).toEqual([
      { region: 'us-central1', resourceId: 'old-1', locator: '' },
    ]);
    const prod = byAccount(scopes, 'acme-prod');
    expect(prod.observations.find(({ resourceName }) => resourceName === 'web-1')).toMatchObject({
      region: 'europe-west1',
      tags: { team: 'web' },
    });
    expect(findings(prod, 'iam-gmail-accounts-used')).toEqual([
      { region: 'global', resourceId: 'jane.doe@gmail.com', locator: '' },
    ]);
    const keys = findings(prod, 'kms-rotation');
    expect(keys.map(({ resourceId }) => resourceId)).toEqual(['main', 'main']);
    expect(new Set(keys.map(({ locator }) => locator)).size).toBe(2);
  });
});

describe('what is no report of ScoutSuite', () => {
  const whole = { account_id: '1', provider_code: 'aws', last_run: {}, services: {} };

  it.each(Object.keys(whole))('is refused without %s', async (key) => {
    const report = Object.fromEntries(Object.entries(whole).filter(([name]) => name !== key));
    const error = await failure(JSON.stringify(report));
    expect(error.code).toBe('wrong_shape');
    expect(error.message).toContain(key);
  });

  it.each<[string, string, ErrorCode]>([
    ['an account that is an object', JSON.stringify({ ...whole, account_id: {} }), 'wrong_shape'],
    ['an account that is null', JSON.stringify({ ...whole, account_id: null }), 'wrong_shape'],
    ['services that are a list', JSON.stringify({ ...whole, services: [] }), 'wrong_shape'],
    ['a last_run that is text', JSON.stringify({ ...whole, last_run: 'yesterday' }), 'wrong_shape'],
    [
      'a service that would cover others',
      JSON.stringify({ ...whole, services: { 's3@*': {} } }),
      'wrong_shape',
    ],
    ['a list', '[]', 'wrong_shape'],
    ['an assignment of nothing', 'scoutsuite_results =', 'wrong_shape'],
    ['two reports in one file', `${JSON.stringify(whole)}${JSON.stringify(whole)}`, 'malformed'],
    ['services twice', '{"services": {}, "services": {}}', 'wrong_shape'],
    ['nothing', '', 'wrong_shape'],
  ])('is refused: %s', async (_, report, code) => {
    expect((await failure(report)).code).toBe(code);
  });

  it('is refused wherever it was cut off', async () => {
    const lengths = [40, 5_000, 60_000, 120_000, PROBE.length - 2];
    for (const length of lengths) expect((await failure(PROBE.subarray(0, length))).code).toBe('truncated');
  });

  it('is never anything but read or refused, however it is damaged', async () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed % below;
    };
    const tokens = [
      'null',
      '[]',
      '{}',
      '"x"',
      '-1',
      'NaN',
      '"items"',
      ',',
      '}',
      '"findings"',
      '"a.b.c"',
      '\u0000',
    ];
    let refused = 0;
    const rounds = 600;
    for (let round = 0; round < rounds; round++) {
      const bytes = [UNSORTED, AZURE, GCP][round % 3] ?? UNSORTED;
      const at = random(bytes.length);
      const token = Buffer.from(tokens[random(tokens.length)] ?? '');
      const damaged = Buffer.concat([bytes.subarray(0, at), token, bytes.subarray(at + random(12))]);
      try {
        const scopes = await read(damaged);
        expect(scopes.length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(ReportError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(rounds / 4);
    expect(refused).toBeLessThan(rounds);
  });

  it('keeps hostile keys and tags what they are: text', async () => {
    const report = GCP.toString('utf8').replace(
      '"team": "web"',
      '"__proto__": "polluted", "constructor": "x"',
    );
    const web = (await read(report))
      .flatMap(({ observations }) => observations)
      .find((o) => o.resourceName === 'web-1');
    expect(Object.entries(web?.tags ?? {})).toEqual([
      ['__proto__', 'polluted'],
      ['constructor', 'x'],
    ]);
  });
});
