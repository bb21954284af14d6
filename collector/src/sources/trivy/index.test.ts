import { describe, expect, it } from 'vitest';
import {
  fixture,
  only,
  prints,
  readFixture,
  readText,
  ruled,
  rulesIn,
  scopeNames,
} from '../testing/reports.ts';
import { trivy } from './index.ts';

const image = fixture('trivy', 'image.json').toString('utf8');

describe('the report of an image', () => {
  it('belongs to the image without its tag', async () => {
    const report = only(await readText(trivy, image));
    expect(report).toMatchObject({
      source: 'trivy',
      cloud: 'container',
      account: 'registry.fernhollow.example:5000/shop/web',
      sourceVersion: '0.69.1',
      observedAt: Date.UTC(2026, 8, 7, 4, 10, 0, 123),
      mode: 'snapshot',
      outcome: 'complete',
      suppressed: 1,
    });
    expect([...report.coverage.keys()].sort()).toEqual(['license', 'secret', 'vulnerability']);
  });

  it('has a finding for each vulnerable package, with the version that mends it', async () => {
    const report = only(await readText(trivy, image));
    expect(ruled(report, 'CVE-2024-5535')).toMatchObject({
      class: 'vulnerability',
      service: 'debian',
      resourceId: 'registry.fernhollow.example:5000/shop/web',
      locator: 'libssl3',
      severity: 'CRITICAL',
      score: 91,
      cvss: 9.1,
      cve: ['CVE-2024-5535'],
      cwe: ['CWE-125'],
      package: 'pkg:deb/debian/libssl3@3.0.11-1',
      fixedVersion: '3.0.14-1',
      correlationKey: 'cve-2024-5535|libssl3',
    });
    expect(ruled(report, 'CVE-2023-45853')).toMatchObject({
      severity: 'INFORMATIONAL',
      severityOriginal: 'UNKNOWN',
      fixedVersion: null,
      remediation: null,
    });
    const braces = report.observations.filter(({ ruleId }) => ruleId === 'CVE-2024-4068');
    expect(braces.map(({ resourceId, severity, score }) => [resourceId, severity, score])).toEqual([
      ['app/node_modules/braces/package.json', 'HIGH', 77],
      ['app/node_modules/chokidar/node_modules/braces/package.json', 'HIGH', 80],
    ]);
    expect(rulesIn(report)).not.toContain('CVE-2011-3374');
  });

  it('keeps its fingerprints when the tag, a version or a severity changes', async () => {
    const rebuilt = image
      .replaceAll('2026.36', '2026.37')
      .replaceAll('3.0.11-1', '3.0.13-1')
      .replaceAll('"CRITICAL"', '"HIGH"');
    expect(prints(await readText(trivy, rebuilt))).toEqual(prints(await readText(trivy, image)));
  });

  it('shows marks instead of secrets', async () => {
    const report = only(await readText(trivy, image));
    const secrets = report.observations.filter(({ ruleId }) => ruleId === 'github-pat');
    expect(secrets.map(({ class: kind, resourceId }) => [kind, resourceId])).toEqual([
      ['secret', '/app/.env'],
      ['secret', '/app/.env'],
    ]);
    expect(secrets[0]?.locator).toMatch(/^\[redacted GITH… #[0-9a-f]{5}\]$/);
    expect(secrets[1]?.fingerprint).not.toBe(secrets[0]?.fingerprint);
    expect(JSON.stringify(report.observations)).not.toMatch(/ghp_0|hunter2|correct-horse/);
  });

  it('is clean where it has no results', async () => {
    const clean =
      '{"SchemaVersion": 2, "ArtifactName": "alpine:3.20", "ArtifactType": "container_image", "Results": null}';
    for (const text of [clean, clean.replace(', "Results": null', '')]) {
      const report = only(await readText(trivy, text));
      expect(report).toMatchObject({ cloud: 'container', account: 'alpine', observations: [] });
      expect(report.coverage.size).toBe(0);
    }
    await expect(readText(trivy, 'null')).resolves.toEqual([]);
  });
});

describe('what can not be told apart', () => {
  const report = (results: object): string =>
    JSON.stringify({
      SchemaVersion: 2,
      ArtifactName: 'shop/web:1',
      ArtifactType: 'container_image',
      Results: [results],
    });
  const place = { Target: 'shop/web:1 (alpine 3.20)', Class: 'os-pkgs', Type: 'alpine' };

  it.each<[string, object]>([
    ['a vulnerability', { Vulnerabilities: [{ PkgName: 'musl' }] }],
    ['a check', { Misconfigurations: [{ Status: 'FAIL', Title: 'x' }] }],
    ['a secret', { Secrets: [{ Title: 'x' }] }],
    ['a licence', { Licenses: [{ PkgName: 'musl' }] }],
  ])('because it has no id (%s) closes nothing, and is said', async (_what, list) => {
    const seen = only(await readText(trivy, report({ ...place, ...list })));
    expect(seen).toMatchObject({ outcome: 'partial', observations: [] });
    expect(seen.notes).toEqual([expect.stringMatching(/ has no /)]);
  });

  it('of checks that passed is no matter', async () => {
    const passed = { ...place, Class: 'config', Misconfigurations: [{ Status: 'PASS' }] };
    expect(only(await readText(trivy, report(passed)))).toMatchObject({ outcome: 'complete', notes: [] });
  });

  it.each<[string, unknown]>([
    ['an object', {}],
    ['a text', 'none'],
    ['a list of texts', ['CVE-2026-1001']],
  ])('because the list is %s is refused', async (_what, list) => {
    await expect(readText(trivy, report({ ...place, Vulnerabilities: list }))).rejects.toMatchObject({
      code: 'wrong_shape',
    });
  });

  it.each<[string, unknown]>([
    ['its results', {}],
    ['a result', ['none']],
    ['a list of a result', [{ Target: 'x', Class: 'os-pkgs', Vulnerabilities: {} }]],
  ])('in a workload because %s is something else is refused', async (_what, Results) => {
    const cluster = {
      ClusterName: 'prod',
      Resources: [{ Namespace: 'shop', Kind: 'Pod', Name: 'web', Results }],
    };
    await expect(readText(trivy, JSON.stringify(cluster))).rejects.toMatchObject({ code: 'wrong_shape' });
  });

  it('of a report of the operator closes nothing either', async () => {
    const seen = only(
      await readText(
        trivy,
        JSON.stringify({
          apiVersion: 'aquasecurity.github.io/v1alpha1',
          kind: 'VulnerabilityReport',
          metadata: { name: 'x', namespace: 'shop' },
          report: { vulnerabilities: [{ resource: 'musl' }] },
        }),
      ),
    );
    expect(seen).toMatchObject({ outcome: 'partial', observations: [] });
  });
});

describe('the report of a repository', () => {
  it('belongs to its address, without what is secret in it', async () => {
    expect(scopeNames(await readFixture(trivy, 'repository.json'))).toEqual([
      'code/git.fernhollow.example/shop/infrastructure',
    ]);
  });

  it('has failed checks by the resource in the file, not by the line', async () => {
    const report = only(await readFixture(trivy, 'repository.json'));
    expect(
      report.observations.map(({ ruleId, locator, resourceId }) => `${ruleId} ${resourceId} ${locator}`),
    ).toEqual([
      'AVD-AWS-0088 terraform/s3.tf aws_s3_bucket.logs',
      'AVD-AWS-0088 terraform/s3.tf aws_s3_bucket.media',
      'AVD-AWS-0107 terraform/s3.tf ',
    ]);
    expect(report).toMatchObject({ passed: 12, suppressed: 1 });
    expect(report.checks.get('terraform')).toEqual({ checked: 15, flagged: 3, resources: 1 });
    expect([...report.coverage.keys()]).toEqual(['vulnerability', 'misconfiguration']);
    const moved = fixture('trivy', 'repository.json')
      .toString()
      .replaceAll(/"StartLine": (\d+)/g, '"StartLine": 9$1');
    expect(prints(await readText(trivy, moved))).toEqual(prints([report]));
  });

  it('of a path belongs to the account that the caller names', async () => {
    const text = fixture('trivy', 'repository.json')
      .toString()
      .replace(/https:[^"]*/, '/builds/123')
      .replace('"repository"', '"filesystem"');
    expect(scopeNames(await readText(trivy, text, { place: { account: 'shop/infrastructure' } }))).toEqual([
      'code/shop/infrastructure',
    ]);
    expect(scopeNames(await readText(trivy, text))).toEqual(['code//builds/123']);
  });
});

describe('the report of a cluster', () => {
  it('has workloads by their controller, and is partial where one could not be scanned', async () => {
    const report = only(await readFixture(trivy, 'cluster.json'));
    expect(report).toMatchObject({
      cloud: 'kubernetes',
      account: 'prod-eu',
      outcome: 'partial',
      notes: ['shop/Deployment/search: scan error: image not found'],
    });
    expect(
      report.observations.map(({ ruleId, region, resourceId }) => `${ruleId} ${region} ${resourceId}`),
    ).toEqual(['CVE-2024-5535 shop ReplicaSet/storefront', 'KSV014 shop ReplicaSet/storefront']);
  });

  it('is read from the operator’s resources as well, one by one or as a list', async () => {
    const list = fixture('trivy', 'operator.json').toString();
    const reports = await readText(trivy, list, { place: { account: 'prod-eu' } });
    const report = only(reports);
    expect(report).toMatchObject({ cloud: 'kubernetes', account: 'prod-eu', passed: 2 });
    expect(rulesIn(report)).toEqual(['AVD-KSV-0001', 'CVE-2024-5535', 'KSV014', 'aws-secret-access-key']);
    expect(ruled(report, 'AVD-KSV-0001')).toMatchObject({
      severity: 'HIGH',
      frameworks: ['CIS Kubernetes Benchmarks v1.23:5.2.6'],
    });
    expect(JSON.stringify(report.observations)).not.toContain('wJalrXUtnFEMI');
    const items: unknown = JSON.parse(list);
    if (typeof items !== 'object' || items === null || !('items' in items) || !Array.isArray(items.items))
      throw new Error();
    const lines = items.items.map((item) => JSON.stringify(item)).join('\n');
    expect(prints(await readText(trivy, lines, { place: { account: 'prod-eu' } }))).toEqual(prints(reports));
    const byKind = JSON.stringify({
      'vulnerabilityreports.aquasecurity.github.io': items.items.slice(0, 1),
      'sbomreports.aquasecurity.github.io': [{}],
    });
    expect(rulesIn(only(await readText(trivy, byKind)))).toEqual(['CVE-2024-5535']);
    const unnamed = only(await readText(trivy, list.replace('"checkID": "KSV014", ', '')));
    expect(rulesIn(unnamed)).toContain('Root file system is not read-only');
  });
});

it('reads the array that versions before 0.20 wrote', async () => {
  const report = only(await readFixture(trivy, 'legacy.json'));
  expect(report).toMatchObject({ cloud: 'container', account: 'debian' });
  expect(rulesIn(report)).toEqual(['CVE-2020-27350']);
});

it('refuses what is no report of Trivy', async () => {
  const broken: [string, string][] = [
    [image.slice(0, -40), 'truncated'],
    ['{}', 'wrong_shape'],
    ['{"SchemaVersion": 2, "Results": []}', 'wrong_shape'],
    ['{"SchemaVersion": 2, "ArtifactName": "x", "Results": 3}', 'wrong_shape'],
    ['{"SchemaVersion": 2, "ArtifactName": "x", "Results": [{}]}', 'wrong_shape'],
    ['{"ClusterName": "x", "Resources": [{"Results": []}]}', 'wrong_shape'],
    ['{"apiVersion": "aquasecurity.github.io/v1alpha1", "kind": "Nonsense"}', 'wrong_shape'],
    ['{"apiVersion": "aquasecurity.github.io/v1alpha1", "kind": "VulnerabilityReport"}', 'wrong_shape'],
    ['[{"Target": "a"}, 5]', 'wrong_shape'],
  ];
  for (const [text, code] of broken) {
    await expect(readText(trivy, text), text.slice(0, 80)).rejects.toMatchObject({ code });
  }
});
