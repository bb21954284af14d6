import { expect, it } from 'vitest';
import { detectSource } from '../detect.ts';
import { bufferInput } from '../input/index.ts';
import { fixture, only, readFixture, readText, scopeNames } from '../testing/reports.ts';
import { ocsf } from './index.ts';

const text = fixture('ocsf', 'findings.json').toString('utf8');

it('reads findings of every class that is one, by cloud and account', async () => {
  const reports = await readText(ocsf, text);
  expect(scopeNames(reports)).toEqual(['aws/111122223333', 'azure/sub-1']);
  const [aws] = reports;
  expect(aws).toMatchObject({
    mode: 'delta',
    passed: 2,
    suppressed: 1,
    accountName: 'prod-payments',
    observedAt: 1788760000000,
  });
  expect(
    aws?.observations.map(({ sourceFindingId, class: kind, ruleId, severity }) => [
      sourceFindingId,
      kind,
      ruleId,
      severity,
    ]),
  ).toEqual([
    ['c1', 'compliance', 'S3.1', 'HIGH'],
    ['c3', 'compliance', 'S3.3', 'HIGH'],
    ['v1', 'vulnerability', 'CVE-2024-5535', 'HIGH'],
    ['d1', 'detection', 'X', 'CRITICAL'],
    ['i1', 'iam', 'X', 'INFORMATIONAL'],
  ]);
  expect(aws?.observations[2]).toMatchObject({
    package: 'libssl3@3.0.11',
    fixedVersion: '3.0.14',
    correlationKey: 'cve-2024-5535|libssl3',
    tags: { team: 'payments' },
  });
  expect(aws?.closed).toHaveLength(4);
});

it('closes under the fingerprint that it opened with', async () => {
  const [open] = await readText(ocsf, text);
  const [closed] = await readText(ocsf, text.replaceAll('"activity_id": 1', '"activity_id": 3'));
  expect(closed?.observations).toEqual([]);
  expect(closed?.closed).toEqual(
    expect.arrayContaining(open?.observations.map(({ fingerprint }) => fingerprint) ?? []),
  );
});

it('reads the class that findings had before 1.1', async () => {
  const report = only(await readFixture(ocsf, 'legacy.ndjson'));
  expect(report.observations[0]).toMatchObject({
    ruleId: 'Legacy-Rule',
    remediation: 'Mend it.',
    severity: 'LOW',
    service: 'iam',
  });
});

it('closes what was resolved, and counts what passed, in the words of 1.0', async () => {
  const line = fixture('ocsf', 'legacy.ndjson').toString('utf8');
  const opened = only(await readText(ocsf, line)).observations[0]?.fingerprint;
  const withMembers = async (members: string) =>
    only(await readText(ocsf, line.replace('"activity_id": 1', `"activity_id": 2, ${members}`)));
  for (const state of ['"state_id": 4', '"state": "Resolved"', '"compliance": {"status": "PASSED"}'])
    expect(await withMembers(state), state).toMatchObject({ observations: [], closed: [opened] });
  expect(await withMembers('"state_id": 3')).toMatchObject({ observations: [], suppressed: 1 });
  expect(await withMembers('"compliance": {"status": "PASSED"}')).toMatchObject({ passed: 1 });
  for (const state of ['"state_id": 1', '"compliance": {"status": "FAILED"}'])
    expect((await withMembers(state)).observations, state).toHaveLength(1);
});

it('reads the account where release candidates of 1.0 had it', async () => {
  const line = fixture('ocsf', 'legacy.ndjson')
    .toString('utf8')
    .replace('"account": {"uid": "111122223333"}', '"account_uid": "111122223333"');
  expect(scopeNames(await readText(ocsf, line))).toEqual(['aws/111122223333']);
});

it('leaves to Prowler what Prowler wrote', () => {
  const prowler = fixture('prowler', 'azure.ocsf.json');
  expect(detectSource(bufferInput('x', prowler)).id).toBe('prowler');
});

it('refuses what is no finding', async () => {
  const broken: [string, string][] = [
    ['[{"class_uid": 3001, "activity_id": 1}]', 'wrong_shape'],
    ['[{"class_uid": 2004, "activity_id": 1}]', 'wrong_shape'],
    ['{}', 'wrong_shape'],
    [text.slice(0, 2500), 'truncated'],
  ];
  for (const [bad, code] of broken)
    await expect(readText(ocsf, bad), bad.slice(0, 60)).rejects.toMatchObject({ code });
});
