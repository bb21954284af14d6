import { expect, it } from 'vitest';
import { fixture, only, prints, readFixture, readText, ruled } from '../testing/reports.ts';
import { ecr } from './index.ts';

it('reads a basic scan, whose region only the caller knows', async () => {
  const report = only(await readFixture(ecr, 'basic.json', { place: { region: 'eu-west-1' } }));
  expect(report).toMatchObject({
    cloud: 'aws',
    account: '111122223333',
    observedAt: 1788750000500,
    outcome: 'complete',
  });
  expect([...report.coverage.keys()]).toEqual(['shop/web@eu-west-1']);
  expect(ruled(report, 'CVE-2024-5535')).toMatchObject({
    severity: 'CRITICAL',
    cvss: 9.1,
    region: 'eu-west-1',
    resourceId: 'shop/web',
    locator: 'openssl',
    package: 'openssl@3.0.11',
  });
  expect(ruled(report, 'CVE-2019-0001')).toMatchObject({
    severity: 'INFORMATIONAL',
    severityOriginal: 'UNDEFINED',
  });
});

it('reads an enhanced scan, and takes a new build of the image for the same findings', async () => {
  const text = fixture('ecr', 'enhanced.json').toString('utf8');
  const report = only(await readText(ecr, text));
  expect(report.observations).toHaveLength(1);
  expect(report.observations[0]).toMatchObject({
    ruleId: 'CVE-2024-5535',
    resourceId: 'shop/web',
    locator: 'libssl3',
  });
  const rebuilt = text.replaceAll('finding/a1', 'finding/b7').replaceAll('sha256:0123', 'sha256:4567');
  expect(prints(await readText(ecr, rebuilt))).toEqual(prints([report]));
});

it('takes packages in another order for the same finding', async () => {
  const scan = JSON.parse(fixture('ecr', 'enhanced.json').toString('utf8')) as {
    imageScanFindings: {
      enhancedFindings: [{ packageVulnerabilityDetails: { vulnerablePackages: object[] } }];
    };
  };
  const details = scan.imageScanFindings.enhancedFindings[0].packageVulnerabilityDetails;
  details.vulnerablePackages = [
    { name: 'libssl3', version: '3.0.11' },
    { name: 'openssl', version: '3.0.11' },
  ];
  const before = only(await readText(ecr, JSON.stringify(scan)));
  details.vulnerablePackages.reverse();
  const after = only(await readText(ecr, JSON.stringify(scan)));
  expect(prints([after])).toEqual(prints([before]));
  expect(after.observations[0]).toMatchObject({ locator: 'libssl3' });
  expect(after.observations[0]?.formerFingerprints).toHaveLength(1);
});

it('closes nothing after a scan that failed, or with one page of many', async () => {
  const failed = only(await readFixture(ecr, 'failed.json'));
  expect(failed.outcome).toBe('failed');
  expect(failed.coverage.size).toBe(0);
  const basic = fixture('ecr', 'basic.json').toString('utf8');
  const page = only(await readText(ecr, basic.replace(/\{/, '{"nextToken": "more",')));
  expect(page.outcome).toBe('partial');
});

it('refuses what is no scan', async () => {
  for (const bad of [
    '{}',
    '{"repositoryName": "x", "imageScanStatus": {}}',
    '{"imageScanFindings": {"findings": []}}',
  ]) {
    await expect(readText(ecr, bad), bad).rejects.toMatchObject({ code: 'wrong_shape' });
  }
});
