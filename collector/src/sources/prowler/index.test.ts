import { describe, expect, it } from 'vitest';
import { bySeverity, fixture, only, readBytes, readFixture, withText } from './fixtures.ts';

const PROBES = ['probe.ocsf.json.gz', 'probe.csv.gz', 'probe.asff.json.gz'];

describe('the report of one real scan', () => {
  it.each(PROBES)('has the same findings and passes in %s', async (name) => {
    const report = await only(name);
    expect(report).toMatchObject({
      source: 'prowler',
      cloud: 'aws',
      account: '123456789012',
      sourceVersion: '5.46.0',
      mode: 'snapshot',
      outcome: 'complete',
      rulesAreExhaustive: false,
      passed: 1418,
      suppressed: 0,
    });
    expect(report.observations).toHaveLength(1384);
    expect(bySeverity(report.observations)).toEqual({ CRITICAL: 2, HIGH: 1322, MEDIUM: 39, LOW: 21 });
    expect([...report.checks]).toEqual([
      ['ec2', { checked: 2703, flagged: 1327, resources: 1312 }],
      ['iam', { checked: 48, flagged: 20, resources: 10 }],
      ['s3', { checked: 51, flagged: 37, resources: 3 }],
    ]);
  });

  it('gives each of the 1,384 findings the same fingerprint in all three formats, so that changing the format is no churn', async () => {
    const [ocsf, csv, asff] = await Promise.all(PROBES.map(only));
    const prints = ocsf?.observations.map(({ fingerprint }) => fingerprint) ?? [];
    expect(new Set(prints).size).toBe(1384);
    expect(csv?.observations.map(({ fingerprint }) => fingerprint)).toEqual(prints);
    expect(asff?.observations.map(({ fingerprint }) => fingerprint)).toEqual(prints);
  });

  it('covers the same cells with the same rules in all three formats', async () => {
    const [ocsf, csv, asff] = await Promise.all(PROBES.map(only));
    expect(ocsf?.coverage.get('s3@us-east-1')).toContain('s3_bucket_default_encryption');
    expect(csv?.coverage).toEqual(ocsf?.coverage);
    expect(asff?.coverage).toEqual(ocsf?.coverage);
    for (const rules of ocsf?.coverage.values() ?? []) expect(rules).toEqual([...new Set(rules)].sort());
  });

  it('means the same by a finding in OCSF and CSV, but for the spelling of the severity', async () => {
    const [ocsf, csv] = await Promise.all(PROBES.slice(0, 2).map(only));
    const word = { severityOriginal: 'as the format spells it' };
    expect(csv?.observations.map((found) => ({ ...found, ...word }))).toEqual(
      ocsf?.observations.map((found) => ({ ...found, ...word })),
    );
    expect(csv?.observedAt).toBe(ocsf?.observedAt);
  });

  it('says when the scan looked, in UTC', async () => {
    for (const name of PROBES) {
      const at = (await only(name)).observedAt ?? 0;
      expect(new Date(at).toISOString().slice(0, 19)).toBe('2026-11-21T03:45:50');
    }
  });

  it('holds the texts of a rule once for all its findings', async () => {
    const { observations } = await only('probe.ocsf.json.gz');
    const [one, other] = observations.filter(({ ruleId }) => ruleId === 'ec2_ebs_snapshots_encrypted');
    expect(other?.references).toBe(one?.references);
    expect(other?.frameworks).toBe(one?.frameworks);
    expect(one?.frameworks).toContain('C5-2025:CRY-05.01AC');
    expect(one?.references[0]).toBe('https://hub.prowler.com/check/ec2_ebs_snapshots_encrypted');
  });
});

describe('several accounts in one file', () => {
  it('gives each subscription its own report, without what a person has to look at', async () => {
    const reports = await readFixture('azure.ocsf.json');
    expect(reports.map(({ cloud, accountName }) => [cloud, accountName])).toEqual([
      ['azure', 'Production'],
      ['azure', 'Test'],
    ]);
    expect(
      reports.map(({ observations, passed, suppressed }) => [observations.length, passed, suppressed]),
    ).toEqual([
      [1, 1, 0],
      [1, 0, 1],
    ]);
    expect(reports.map(({ observedAt }) => observedAt)).toEqual(Array(2).fill(Date.UTC(2026, 2, 2, 10, 25)));
  });

  it('covers the cell of a check that a person has to look at, and does not count it as checked', async () => {
    const [, test] = await readFixture('azure.ocsf.json');
    expect(test?.coverage.get('entra@global')).toEqual(['entra_policy_guest_users_access_restrictions']);
    expect(test?.checks.get('entra')).toEqual({ checked: 0, flagged: 0, resources: 0 });
  });

  it('reads tags, frameworks, links and the class of an Azure finding', async () => {
    const [production, test] = await readFixture('azure.ocsf.json');
    expect(production?.observations[0]).toMatchObject({
      cell: 'vm@westeurope',
      class: 'compliance',
      resourceName: 'web-1',
      locator: '',
      title: 'VM has trusted launch enabled',
      severity: 'HIGH',
      score: 80,
      severityOriginal: 'High',
      frameworks: ['CIS-3.0:7.9', 'ISO27001-2022:A.8.1', 'ISO27001-2022:A.8.9'],
      references: [
        'https://docs.example.com/vm_trusted_launch_enabled',
        'https://hub.prowler.com/check/vm_trusted_launch_enabled',
        'https://learn.example.com/vm',
      ],
      tags: { env: 'prod', owner: 'web team' },
      occurrences: 1,
    });
    expect(test?.observations[0]).toMatchObject({ class: 'exposure', severity: 'CRITICAL' });
  });
});

describe('CSV of Google Cloud', () => {
  it('reads quoted fields with delimiters, quotes and line breaks', async () => {
    const report = await only('gcp.csv');
    expect(report).toMatchObject({
      cloud: 'gcp',
      account: 'shop-prod-1',
      accountName: 'Shop',
      passed: 1,
      suppressed: 1,
    });
    expect(withText(report, 'public address')).toMatchObject({
      description: 'VM "web"; has a public address\nand more.',
      class: 'exposure',
      region: 'europe-west3',
      resourceId: '8214',
      resourceName: 'web',
      locator: '',
      tags: { env: 'prod', tier: 'front' },
      frameworks: ['CIS-2.0:4.9', 'MITRE-ATTACK:T1190', 'MITRE-ATTACK:T1530'],
    });
  });

  it('tells two roles of a project apart by name, where the uid is only the project', async () => {
    const report = await only('gcp.csv');
    expect(withText(report, 'role a')).toMatchObject({ locator: 'roles/editor', class: 'iam' });
    expect(withText(report, 'role b').fingerprint).not.toBe(withText(report, 'role a').fingerprint);
  });

  it('calls a missing region global, and a muted failure suppressed', async () => {
    expect((await only('gcp.csv')).coverage.get('apikeys@global')).toEqual(['apikeys_key_exists']);
  });
});

describe('Kubernetes', () => {
  it('takes the cluster for the account and the namespace for the region, also where only the uid names the cluster', async () => {
    const report = await only('kubernetes.ocsf.json');
    expect(report).toMatchObject({ cloud: 'kubernetes', account: 'prod-eu', passed: 1 });
    expect(report.observations.map(({ region, resourceName }) => [region, resourceName])).toEqual([
      ['shop', 'web-7d9'],
      ['shop', 'db-0'],
    ]);
  });
});

describe('access keys and policies of one user', () => {
  it('are findings of their own, and a passing key hides no failing one', async () => {
    const report = await only('v4-muted-manual.ocsf.ndjson');
    expect(report).toMatchObject({ passed: 1, suppressed: 2 });
    expect(report.observations.map(({ locator }) => locator)).toEqual(['access key 1', 'access key 2']);
  });

  it('have the same fingerprint in OCSF and ASFF, on the next day too', async () => {
    const ocsf = await only('v4-muted-manual.ocsf.ndjson');
    const asff = await only('muted.asff.ndjson');
    const keys = asff.observations.filter(({ locator }) => locator.startsWith('access key'));
    expect(keys.map(({ fingerprint }) => fingerprint)).toEqual(
      ocsf.observations.map(({ fingerprint }) => fingerprint),
    );
    expect(keys[0]?.description).not.toBe(ocsf.observations[0]?.description);
  });
});

describe('mute lists and older versions', () => {
  it('reads the time and the lists of Prowler 4.4 and before', async () => {
    const report = await only('v4-muted-manual.ocsf.ndjson');
    expect(report.observedAt).toBe(Date.UTC(2026, 2, 2, 10, 20, 30, 123));
    expect(report.observations[0]?.tags).toEqual({ 'aws:cloudformation:stack-name': 'web', env: 'prod' });
  });

  it('counts muted and archived ASFF findings as suppressed and repairs its misspelt severity', async () => {
    const report = await only('muted.asff.ndjson');
    expect(report).toMatchObject({ passed: 1, suppressed: 2 });
    expect(withText(report, 'none')).toMatchObject({ severity: 'INFORMATIONAL', severityOriginal: 'INFOED' });
  });

  it('takes the manual checks of Prowler 3 for what they are', async () => {
    const whole = await only('muted.asff.ndjson');
    const text = fixture('muted.asff.ndjson').toString().replace('"Status": "FAILED"', '"Status": "INFOED"');
    const [report] = await readBytes(text);
    expect(report?.observations).toHaveLength(whole.observations.length - 1);
  });

  it('drops the control that ASFF cut in half, and knows frameworks with a space in their name', async () => {
    const report = await only('muted.asff.ndjson');
    expect(report.observations[0]?.frameworks).toEqual([
      'ASD-Essential-Eight-Nov 2023:E8-8.3',
      'HIPAA:164_308_a_1_ii_b',
      'HIPAA:164_308_a_4_ii_a',
      'HIPAA:164_312_a_2_iv',
    ]);
  });

  it('reads OCSF class 2001 of Prowler 3', async () => {
    const report = await only('v3.ocsf.json');
    expect(report).toMatchObject({ passed: 1, suppressed: 2, sourceVersion: '3.9.0' });
    expect(report.observedAt).toBe(Date.UTC(2023, 8, 1, 8, 0, 0, 250));
    expect(report.observations).toHaveLength(1);
    expect(report.observations[0]).toMatchObject({
      ruleId: 'iam_password_policy_minimum_length_14',
      title: 'Password policy asks for 14 characters',
      remediation: 'Ask for more.',
      references: ['https://docs.example.com/iam', 'https://docs.example.com/policy'],
      frameworks: ['CIS-1.5:1.8', 'CIS-1.5:1.9', 'GDPR:article_25'],
    });
  });

  it('means the same finding by the JSON and the OCSF of Prowler 3', async () => {
    const json = await only('v3.json');
    expect(json).toMatchObject({ passed: 1, suppressed: 1 });
    expect(json.observations[0]?.tags).toEqual({ env: 'prod' });
    expect(json.observations.map(({ fingerprint }) => fingerprint)).toEqual(
      (await only('v3.ocsf.json')).observations.map(({ fingerprint }) => fingerprint),
    );
  });

  it('reads the lower-case columns of Prowler 3 and gives the account its zeros back', async () => {
    const report = await only('v3.csv');
    expect(report.account).toBe('012345678901');
    expect(report.observations[0]).toMatchObject({
      region: 'eu-west-1',
      frameworks: ['CIS-1.5:1.8', 'CIS-1.5:1.9'],
    });
  });

  it('reads the unquoted commas-only CSV of Prowler 2 and tells its findings apart by their sentence', async () => {
    const report = await only('v2.csv');
    expect(report).toMatchObject({ passed: 1, suppressed: 1, observedAt: null });
    expect(report.observations.map(({ locator }) => locator)).toEqual([
      'ann has not rotated access key 1 in over # days',
      'ann has not rotated access key 2 in over # days',
      'sg-1 is not being used!',
    ]);
    expect(report.observations[0]).toMatchObject({
      ruleId: 'check14',
      title: 'Keys of the "root" account',
      frameworks: ['ENS:op.acc.1.aws.iam.3', 'ENS:op.acc.5.aws.iam.4'],
    });
    expect(report.checks.get('iam')).toEqual({ checked: 3, flagged: 2, resources: null });
  });

  it('reads the JSON lines of Prowler 2', async () => {
    const report = await only('v2.json');
    expect(report).toMatchObject({ passed: 1, suppressed: 1 });
    expect(report.observations[0]).toMatchObject({
      ruleId: 'check14',
      resourceId: 'ann',
      title: 'Keys are rotated',
    });
  });
});

describe('a clean report', () => {
  it('of [] names no account, so it says nothing about any', async () => {
    expect(await readBytes('[]')).toEqual([]);
    expect(await readBytes(' [ ]\n')).toEqual([]);
  });

  it('of a header without rows likewise', async () => {
    const header = 'PROVIDER;FINDING_UID;CHECK_ID;STATUS;ACCOUNT_UID;NOTES\r\n';
    expect(await readBytes(header)).toEqual([]);
  });
});
