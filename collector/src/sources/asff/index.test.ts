import { describe, expect, it } from 'vitest';
import { detectSource } from '../detect.ts';
import { bufferInput } from '../input/index.ts';
import { fixture, only, prints, readFixture, readText, ruled, rulesIn } from '../testing/reports.ts';
import { asff } from './index.ts';

const text = fixture('asff', 'get-findings.json').toString('utf8');

describe('findings of Security Hub', () => {
  it('are open unless they passed, are archived, settled or suppressed', async () => {
    const report = only(await readText(asff, text));
    expect(report).toMatchObject({
      source: 'asff',
      cloud: 'aws',
      account: '111122223333',
      accountName: 'prod-payments',
      mode: 'delta',
      observedAt: Date.UTC(2026, 8, 7, 5, 30, 0, 123),
      passed: 1,
      suppressed: 1,
    });
    expect(rulesIn(report)).toEqual(['CVE-2024-5535', 'Recon:EC2-Portscan', 'S3.1', 'S3.6']);
    expect(report.closed).toHaveLength(4);
  });

  it('say what was found, whichever product found it', async () => {
    const report = only(await readText(asff, text));
    expect(ruled(report, 'S3.1')).toMatchObject({
      class: 'compliance',
      severity: 'HIGH',
      region: 'eu-west-1',
      service: 's3',
      resourceId: 'arn:aws:s3:::fernhollow-logs',
      tags: { team: 'payments' },
      remediation: 'Mend it.',
      references: ['https://docs.aws.amazon.com/console/securityhub/S3.1/remediation'],
      frameworks: [
        'CIS AWS Foundations Benchmark v3.0.0:2.1.4',
        'aws-foundational-security-best-practices/v/1.0.0',
      ],
    });
    expect(ruled(report, 'CVE-2024-5535')).toMatchObject({
      class: 'vulnerability',
      severity: 'MEDIUM',
      score: 40,
      severityOriginal: '40',
      cvss: 9.1,
      package: 'openssl-libs@3.0.8',
      fixedVersion: '3.0.14',
      correlationKey: 'cve-2024-5535|openssl-libs',
    });
    expect(ruled(report, 'Recon:EC2-Portscan')).toMatchObject({ class: 'detection', severity: 'MEDIUM' });
  });

  it('close under the fingerprint that they opened with', async () => {
    const open = only(await readText(asff, text));
    const archived = only(
      await readText(asff, text.replaceAll('"RecordState": "ACTIVE"', '"RecordState": "ARCHIVED"')),
    );
    expect(archived.observations).toEqual([]);
    expect(archived.closed).toEqual(expect.arrayContaining(prints([open])));
  });

  it('are a snapshot where the caller vouches that they are all there are', async () => {
    const report = only(await readText(asff, text, { complete: true }));
    expect(report.mode).toBe('snapshot');
    expect([...report.coverage.keys()]).toContain('securityhub@eu-west-1');
  });

  it('are read from events, arrays and lines as well', async () => {
    const event = fixture('asff', 'eventbridge.json').toString('utf8');
    const one = prints(await readText(asff, event));
    expect(one).toHaveLength(1);
    expect(prints(await readText(asff, text))).toEqual(expect.arrayContaining(one));
    const list: unknown = JSON.parse(text);
    if (typeof list !== 'object' || list === null || !('Findings' in list) || !Array.isArray(list.Findings))
      throw new Error();
    const whole = prints(await readText(asff, text));
    expect(prints(await readText(asff, JSON.stringify(list.Findings)))).toEqual(whole);
    expect(prints(await readText(asff, list.Findings.map((one) => JSON.stringify(one)).join('\n')))).toEqual(
      whole,
    );
  });
});

it('leaves to Prowler what Prowler wrote', () => {
  const prowler = `[${JSON.stringify({ ProductArn: 'arn:aws:securityhub:eu-west-1::product/prowler/prowler', AwsAccountId: '1', GeneratorId: 'prowler-x', ProductFields: { ProviderName: 'Prowler' } })}]`;
  expect(detectSource(bufferInput('x', Buffer.from(prowler))).id).toBe('prowler');
});

it('refuses what is no finding', async () => {
  const broken: [string, string][] = [
    [text.slice(0, 3000), 'truncated'],
    ['{"Findings": [{}]}', 'wrong_shape'],
    ['{"Findings": "none"}', 'wrong_shape'],
    ['{"Findings": [7]}', 'wrong_shape'],
    ['{}', 'wrong_shape'],
    [text.replace('"AwsAccountId": "111122223333"', '"AwsAccountId": ""'), 'wrong_shape'],
  ];
  for (const [bad, code] of broken)
    await expect(readText(asff, bad), bad.slice(0, 60)).rejects.toMatchObject({ code });
  await expect(readFixture(asff, 'get-findings.json')).resolves.toHaveLength(1);
});
