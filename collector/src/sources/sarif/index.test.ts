import { describe, expect, it } from 'vitest';
import { fixture, only, prints, readFixture, readText, ruled } from '../testing/reports.ts';
import { sarif } from './index.ts';

const code = fixture('sarif', 'code.sarif').toString('utf8');

describe('results of a tool', () => {
  it('belong to the repository that the run names, or the caller', async () => {
    expect(only(await readText(sarif, code))).toMatchObject({
      cloud: 'code',
      account: 'git.fernhollow.example/shop/storefront',
      sourceVersion: 'CodeScan 2.18.0',
      observedAt: Date.UTC(2026, 8, 7, 6),
      passed: 1,
      suppressed: 2,
    });
    expect(only(await readText(sarif, code, { place: { account: 'shop/web' } })).account).toBe('shop/web');
  });

  it('take rules from the driver or an extension, and severities from the best that there is', async () => {
    const report = only(await readText(sarif, code));
    expect(
      report.observations.map(({ ruleId, severity, score, severityOriginal, resourceId }) => [
        ruleId,
        severity,
        score,
        severityOriginal,
        resourceId,
      ]),
    ).toEqual([
      ['js/xss', 'HIGH', 78, '7.8', 'src/search.js'],
      ['js/xss', 'HIGH', 78, '7.8', 'src/search.js'],
      ['js/unused', 'LOW', 20, 'note', 'src/search.js'],
      ['pack/sqli', 'CRITICAL', 95, 'critical', '/src/my orders.js'],
      ['pack/sqli', 'CRITICAL', 95, 'critical', '/src/my orders.js'],
      ['js/xss', 'HIGH', 78, '7.8', 'src/b.js'],
      ['CodeScan', 'MEDIUM', 55, 'warning', 'git.fernhollow.example/shop/storefront'],
    ]);
    expect(report.observations[0]).toMatchObject({
      title: 'Cross-site scripting',
      description: 'The value of q reaches the page.',
      cwe: ['CWE-79'],
      references: ['https://codescan.example/js/xss'],
      class: 'code',
    });
    expect(ruled(report, 'js/unused').description).toBe('x is never used.');
  });

  it('keep their fingerprints when lines move', async () => {
    const moved = code.replaceAll(/"startLine": (\d+)/g, '"startLine": 9$1');
    expect(prints(await readText(sarif, moved))).toEqual(prints(await readText(sarif, code)));
  });

  it('keep their fingerprints when a package is updated, rated anew, or gets a version that mends it', async () => {
    const packages = fixture('sarif', 'packages.sarif').toString('utf8');
    const before = await readText(sarif, packages);
    expect(new Set(prints(before)).size).toBe(3);
    for (const [from, to] of [
      ['3.1.0-r0', '3.1.0-r1'],
      ['Severity: HIGH', 'Severity: CRITICAL'],
      ['Fixed Version: ', 'Fixed Version: 3.1.4-r5'],
      ['2.9.8', '2.9.9'],
    ] as const) {
      expect(prints(await readText(sarif, packages.replaceAll(from, to))), from).toEqual(prints(before));
    }
  });

  it('name the fingerprint that they had when a version was part of it', async () => {
    const [first, , third] = only(await readFixture(sarif, 'packages.sarif')).observations;
    for (const one of [first, third]) expect(one?.formerFingerprints).toHaveLength(1);
    const report = only(await readText(sarif, code));
    for (const { formerFingerprints } of report.observations) expect(formerFingerprints).toBeUndefined();
  });

  it('of the same package in two versions stay two', async () => {
    const twice = fixture('sarif', 'packages.sarif')
      .toString('utf8')
      .replace(
        'Package: libssl3\\nInstalled Version: 3.1.0-r0',
        'Package: libcrypto3\\nInstalled Version: 1.1.1-r0',
      );
    expect(new Set(prints(await readText(sarif, twice))).size).toBe(3);
  });

  it('are of addresses without their credentials and queries, and of files as they are named', async () => {
    const report = only(await readFixture(sarif, 'web.sarif'));
    expect(report.observations.map(({ resourceId }) => resourceId)).toEqual([
      'https://shop.fernhollow.example/search',
      'src/C#/Page.cs',
    ]);
  });

  it('never show a secret that was found, whose commit is no fingerprint', async () => {
    const report = only(await readFixture(sarif, 'secrets.sarif'));
    expect(report.observations).toHaveLength(2);
    expect(report.observations[0]).toMatchObject({
      class: 'secret',
      ruleId: 'github-pat',
      resourceId: 'ci.yml',
    });
    expect(new Set(prints([report])).size).toBe(2);
    expect(JSON.stringify(report)).not.toMatch(/ghp_[0A]/);
    const other = fixture('sarif', 'secrets.sarif')
      .toString()
      .replace(/"commitSha": "\w+"/, '"commitSha": "ffffffffffffffff"');
    expect(prints(await readText(sarif, other))).toEqual(prints([report]));
  });

  it('close nothing where a run failed or did not look', async () => {
    const report = only(await readFixture(sarif, 'failed.sarif'));
    expect(report).toMatchObject({
      outcome: 'failed',
      notes: ['CodeScan says that it did not succeed', 'the run of Other has no results: it did not look'],
    });
    expect(report.coverage.size).toBe(0);
    expect([...only(await readText(sarif, code)).coverage.keys()]).toEqual(['codescan']);
  });
});

it('refuses what is no SARIF', async () => {
  const broken: [string, string][] = [
    [code.slice(0, 4000), 'truncated'],
    ['{"version": "2.1.0"}', 'wrong_shape'],
    ['{"version": "1.0.0", "runs": []}', 'wrong_shape'],
    ['{"version": "2.1.0", "runs": [{}]}', 'wrong_shape'],
    ['{"version": "2.1.0", "runs": {}}', 'wrong_shape'],
    ['{"runs": [{"tool": {"driver": {"name": "x"}}, "results": {}}]}', 'wrong_shape'],
    ['{"runs": [{"tool": {"driver": {"name": "x"}}, "results": [1]}]}', 'wrong_shape'],
    ['{"runs": [{"tool": {"driver": {"name": "x"}}, "results": [{}]}]}', 'wrong_shape'],
    [`${code}{}`, 'wrong_shape'],
    ['[]', 'wrong_shape'],
  ];
  for (const [bad, expected] of broken)
    await expect(readText(sarif, bad), bad.slice(0, 80)).rejects.toMatchObject({ code: expected });
});

it('says that it is of an older version, where it is', async () => {
  const old = '{"version": "2.0.0", "runs": [{"tool": {"name": "x"}, "results": []}]}';
  await expect(readText(sarif, old)).rejects.toThrow(/of a version before 2\.1\.0.*convert it first/);
});
