import { expect, it } from 'vitest';
import { only, readFixture, readText } from '../testing/reports.ts';
import { cfnPolicyValidator } from './index.ts';

it('reads blocking and other findings of a template', async () => {
  const place = { account: 'shop/infrastructure', resource: 'roles.yaml' };
  const report = only(await readFixture(cfnPolicyValidator, 'report.json', { place }));
  expect(report).toMatchObject({ cloud: 'code', account: 'shop/infrastructure', mode: 'snapshot' });
  expect(
    report.observations.map(({ ruleId, severity, resourceId, locator }) => [
      ruleId,
      severity,
      resourceId,
      locator,
    ]),
  ).toEqual([
    ['INVALID_ACTION', 'HIGH', 'roles.yaml/DeployRole', 'Policy Statement[0]'],
    ['PASS_ROLE_WITH_STAR_IN_RESOURCE', 'HIGH', 'roles.yaml/DeployRole', 'Policy Statement[0]'],
    ['EMPTY_SID_VALUE', 'INFORMATIONAL', 'roles.yaml/Bucket', 'Policy Statement[0]'],
  ]);
  expect([...report.coverage.keys()]).toEqual(['policies@roles.yaml']);
});

it('is clean with two empty lists, and refuses anything less', async () => {
  const clean = only(await readFixture(cfnPolicyValidator, 'clean.json'));
  expect(clean.observations).toEqual([]);
  expect(clean.coverage.size).toBe(1);
  for (const bad of [
    '{}',
    '{"BlockingFindings": []}',
    '{"BlockingFindings": [{}], "NonBlockingFindings": []}',
  ]) {
    await expect(readText(cfnPolicyValidator, bad), bad).rejects.toMatchObject({ code: 'wrong_shape' });
  }
});
