import { expect, it } from 'vitest';
import { only, readFixture, readText, rulesIn } from '../testing/reports.ts';
import { accessAnalyzerPolicy } from './index.ts';

it('reads what is wrong with a policy, at its place in the policy', async () => {
  const place = { account: '111122223333', resource: 'policies/deploy.json' };
  const report = only(await readFixture(accessAnalyzerPolicy, 'validate-policy.json', { place }));
  expect(report).toMatchObject({ cloud: 'aws', account: '111122223333', mode: 'snapshot' });
  expect(
    report.observations.map(({ ruleId, severity, locator }) => `${ruleId} ${severity} ${locator}`),
  ).toEqual([
    'INVALID_ACTION HIGH Statement[0].Action[1]',
    'PASS_ROLE_WITH_STAR_IN_RESOURCE HIGH Statement[1].Resource',
    'MISSING_VERSION LOW ',
    'EMPTY_SID_VALUE INFORMATIONAL Statement[0].Sid',
  ]);
  expect(report.observations[0]).toMatchObject({
    resourceId: 'policies/deploy.json',
    title: 'Invalid action',
  });
  expect([...report.coverage.keys()]).toEqual(['validate@policies/deploy.json']);
});

it('takes a failed check for a finding and a passed one for none, each within its own cell', async () => {
  const failed = only(await readFixture(accessAnalyzerPolicy, 'check-no-new-access.json'));
  expect(rulesIn(failed)).toEqual(['no-new-access']);
  expect(failed.observations[0]).toMatchObject({
    severity: 'HIGH',
    description: 'New access in the statement with index: 0.',
  });
  const passed = only(await readFixture(accessAnalyzerPolicy, 'check-no-public-access.json'));
  expect(passed).toMatchObject({ observations: [], passed: 1 });
  expect([...passed.coverage.keys()]).toEqual(['no-public-access@policy']);
});

it('is clean without findings, and refuses what is no check', async () => {
  expect(only(await readText(accessAnalyzerPolicy, '{"findings": []}')).observations).toEqual([]);
  for (const bad of ['{}', '{"findings": [{}]}', '{"result": "MAYBE", "message": "x"}', '{"findings": 1}']) {
    await expect(readText(accessAnalyzerPolicy, bad), bad).rejects.toMatchObject({ code: 'wrong_shape' });
  }
});
