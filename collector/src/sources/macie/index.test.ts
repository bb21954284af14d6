import { expect, it } from 'vitest';
import { only, readFixture, readText, ruled } from '../testing/reports.ts';
import { macie } from './index.ts';

it('reads sensitive data and policies; archived ones are closed, samples are nothing', async () => {
  const report = only(await readFixture(macie, 'get-findings.json'));
  expect(report).toMatchObject({ cloud: 'aws', account: '111122223333', mode: 'delta', suppressed: 2 });
  expect(report.closed).toHaveLength(1);
  expect(report.observations).toHaveLength(2);
  expect(ruled(report, 'SensitiveData:S3Object/Financial')).toMatchObject({
    class: 'data',
    severity: 'HIGH',
    severityOriginal: 'High',
    service: 's3',
    resourceId: 'arn:aws:s3:::fernhollow-exports',
    locator: '2026/m1.csv',
    occurrences: 3,
  });
  expect(ruled(report, 'Policy:IAMUser/S3BucketPublic')).toMatchObject({ severity: 'LOW', locator: '' });
});

it('refuses what is no finding, the ids of list-findings too', async () => {
  for (const bad of [
    '{"findings": [{"type": "Policy:X"}]}',
    '{"findings": [{"accountId": "1"}]}',
    '{"findings": ["m1"]}',
  ]) {
    await expect(readText(macie, bad), bad).rejects.toMatchObject({ code: 'wrong_shape' });
  }
});
