import { expect, it } from 'vitest';
import { fixture, only, prints, readFixture, readText, ruled, rulesIn } from '../testing/reports.ts';
import { inspector2 } from './index.ts';

const text = fixture('inspector2', 'list-findings.json').toString('utf8');

it('reads active findings of packages, networks and code; closed and suppressed ones are closed', async () => {
  const report = only(await readFixture(inspector2, 'list-findings.json'));
  expect(report).toMatchObject({
    cloud: 'aws',
    account: '111122223333',
    mode: 'delta',
    observedAt: Date.UTC(2026, 8, 7, 2),
    suppressed: 1,
  });
  expect(rulesIn(report)).toEqual([
    'CVE-2024-5535',
    'CVE-2024-5535',
    'network-reachability-TCP',
    'python/hardcoded-credentials@v1.0',
  ]);
  expect(report.closed).toHaveLength(2);
  expect(report.observations[0]).toMatchObject({
    class: 'vulnerability',
    severity: 'HIGH',
    score: 75,
    service: 'ecr',
    resourceId: 'arn:aws:ecr:eu-west-1:111122223333:repository/shop/web',
    resourceName: 'shop/web',
    package: 'libssl3@3.0.11',
    fixedVersion: '3.0.14',
    remediation: null,
    correlationKey: 'cve-2024-5535|libssl3',
  });
  expect(report.observations[1]).toMatchObject({ severity: 'INFORMATIONAL', severityOriginal: 'UNTRIAGED' });
  expect(ruled(report, 'network-reachability-TCP')).toMatchObject({ class: 'exposure', locator: '22-22' });
  expect(ruled(report, 'python/hardcoded-credentials@v1.0')).toMatchObject({
    class: 'code',
    cwe: ['CWE-798'],
    locator: 'app.py',
  });
});

it('closes under the fingerprint that it opened with', async () => {
  const open = only(await readText(inspector2, text));
  const closed = only(await readText(inspector2, text.replaceAll('"ACTIVE"', '"CLOSED"')));
  expect(closed.closed).toEqual(
    expect.arrayContaining(open.observations.map(({ fingerprint }) => fingerprint)),
  );
});

it('keeps the fingerprint of a finding in whatever order its packages are, and when one of them is mended', async () => {
  const packages = (...names: string[]): string =>
    JSON.stringify({
      findings: [
        {
          findingArn: 'arn:aws:inspector2:eu-west-1:111122223333:finding/f1',
          awsAccountId: '111122223333',
          severity: 'HIGH',
          status: 'ACTIVE',
          packageVulnerabilityDetails: {
            vulnerabilityId: 'CVE-2026-1001',
            vulnerablePackages: names.map((name) => ({ name, version: '1.0' })),
          },
        },
      ],
    });
  const first = only(await readText(inspector2, packages('libssl3', 'openssl')));
  for (const names of [['openssl', 'libssl3'], ['openssl']])
    expect(prints(await readText(inspector2, packages(...names)))).toEqual(prints([first]));
  const closed = packages('openssl').replace('ACTIVE', 'CLOSED');
  expect(only(await readText(inspector2, closed)).closed).toEqual(prints([first]));
  // Those that it had when the first package was part of it.
  expect(first.observations[0]?.formerFingerprints).toHaveLength(2);
});

it('refuses what is no finding', async () => {
  for (const bad of ['{}', '{"findings": [{}]}', '{"findings": {"a": 1}}', '[1]']) {
    await expect(readText(inspector2, bad), bad).rejects.toMatchObject({ code: 'wrong_shape' });
  }
  await expect(readText(inspector2, text.slice(0, 2000))).rejects.toMatchObject({ code: 'truncated' });
});
