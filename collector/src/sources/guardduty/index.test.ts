import { expect, it } from 'vitest';
import { only, prints, readFixture, readText, ruled } from '../testing/reports.ts';
import { guardduty } from './index.ts';

it('reads findings as a stream, with severities by number', async () => {
  const report = only(await readFixture(guardduty, 'get-findings.json'));
  expect(report).toMatchObject({
    cloud: 'aws',
    account: '111122223333',
    mode: 'stream',
    observedAt: Date.UTC(2026, 8, 7, 3, 10, 0, 500),
    suppressed: 1,
  });
  expect(ruled(report, 'UnauthorizedAccess:EC2/SSHBruteForce')).toMatchObject({
    class: 'detection',
    severity: 'MEDIUM',
    score: 50,
    service: 'ec2',
    resourceId: 'i-0abc',
    occurrences: 12,
  });
  expect(ruled(report, 'CryptoCurrency:Runtime/BitcoinTool.B!DNS')).toMatchObject({
    severity: 'HIGH',
    service: 'runtime',
  });
  expect(ruled(report, 'AttackSequence:IAM/CompromisedCredentials')).toMatchObject({
    severity: 'CRITICAL',
    resourceId: 'deployer',
  });
});

it('reads the export to S3 and events, whose names begin in lower case, as the same findings', async () => {
  const api = prints(await readFixture(guardduty, 'get-findings.json'));
  expect(prints(await readFixture(guardduty, 'export.jsonl'))).toEqual(api);
  const [event] = prints(await readFixture(guardduty, 'eventbridge.json'));
  expect(api).toContain(event);
});

it('refuses what is no finding', async () => {
  for (const bad of [
    '{}',
    '{"Findings": [{}]}',
    '{"Findings": [{"AccountId": "1", "Id": "a", "Type": "T"}]}',
  ]) {
    await expect(readText(guardduty, bad), bad).rejects.toMatchObject({ code: 'wrong_shape' });
  }
});
