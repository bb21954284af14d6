import { expect, it } from 'vitest';
import { detectSource } from '../detect.ts';
import { bufferInput } from '../input/index.ts';
import { fixture, only, prints, readFixture, readText, ruled } from '../testing/reports.ts';
import { accessAnalyzer } from './index.ts';

it('reads findings of version 1; archived and resolved ones are closed, an error makes the run partial', async () => {
  const report = only(await readFixture(accessAnalyzer, 'list-findings.json'));
  expect(report).toMatchObject({
    cloud: 'aws',
    account: '111122223333',
    mode: 'delta',
    outcome: 'partial',
    suppressed: 1,
    notes: ['arn:aws:kms:eu-west-1:111122223333:key/k1 could not be analyzed: ACCESS_DENIED'],
  });
  expect(report.closed).toHaveLength(2);
  expect(
    report.observations.map(({ class: kind, severity, resourceId, description }) => [
      kind,
      severity,
      resourceId,
      description,
    ]),
  ).toEqual([
    [
      'iam',
      'HIGH',
      'arn:aws:s3:::fernhollow-partner',
      'arn:aws:s3:::fernhollow-partner by 444455556666 (s3:GetObject)',
    ],
    [
      'exposure',
      'CRITICAL',
      'arn:aws:s3:::fernhollow-site',
      'arn:aws:s3:::fernhollow-site by * (s3:GetObject)',
    ],
  ]);
});

it('reads findings of version 2, also one alone, whose public access is in its details', async () => {
  const list = only(await readFixture(accessAnalyzer, 'list-findings-v2.json'));
  expect(ruled(list, 'UnusedIAMRole')).toMatchObject({ severity: 'LOW', service: 'iam', region: 'global' });
  const [one] = prints(await readFixture(accessAnalyzer, 'get-finding-v2.json'));
  expect(prints(await readFixture(accessAnalyzer, 'list-findings.json'))).toContain(one);
});

it('reads one finding of version 1 alone', async () => {
  const list = fixture('access-analyzer', 'list-findings.json').toString('utf8');
  const { findings } = JSON.parse(list) as { findings: unknown[] };
  for (const finding of findings) {
    const text = JSON.stringify({ finding });
    expect(detectSource(bufferInput('x', Buffer.from(text))).id).toBe('access-analyzer');
  }
  const [first] = prints(await readText(accessAnalyzer, JSON.stringify({ finding: findings[0] })));
  expect(prints(await readText(accessAnalyzer, list))).toContain(first);
});

it('refuses what is no finding', async () => {
  for (const bad of ['{}', '{"findings": [{}]}', '{"findings": [{"resourceOwnerAccount": "1"}]}']) {
    await expect(readText(accessAnalyzer, bad), bad).rejects.toMatchObject({ code: 'wrong_shape' });
  }
});
