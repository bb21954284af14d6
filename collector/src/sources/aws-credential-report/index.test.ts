import { describe, expect, it } from 'vitest';
import type { ReadOptions } from '../adapter.ts';
import { detectSource } from '../detect.ts';
import { bufferInput } from '../input/basic.ts';
import { fixture, only, prints, readFixture, readText } from '../testing/reports.ts';
import { awsCredentialReport } from './index.ts';

const options: ReadOptions = {
  at: Date.UTC(2026, 8, 7),
  reading: { identity: { allowedDomains: ['fernhollow.example'], inactiveDays: 90, keyDays: 90 } },
};
const text = fixture('aws-credential-report', 'report.csv').toString('utf8');

it('finds users without a second factor, of foreign domains, inactive ones and old keys', async () => {
  const report = only(await readFixture(awsCredentialReport, 'report.csv', options));
  expect(report).toMatchObject({
    cloud: 'aws',
    account: '111122223333',
    mode: 'snapshot',
    observedAt: options.at,
  });
  expect(
    report.observations.map(({ ruleId, resourceName, locator, severity }) => [
      resourceName,
      ruleId,
      locator,
      severity,
    ]),
  ).toEqual([
    ['the root user', 'user-without-mfa', '', 'CRITICAL'],
    ['bob@contractor.example', 'external-user', '', 'HIGH'],
    ['bob@contractor.example', 'user-without-mfa', '', 'HIGH'],
    ['bob@contractor.example', 'inactive-user', '', 'MEDIUM'],
    // A machine has no second factor; its second key is new.
    ['deployer', 'old-access-key', 'access key 1', 'MEDIUM'],
    ['forgotten', 'inactive-user', '', 'MEDIUM'],
  ]);
  expect(report.passed).toBeGreaterThan(5);
  expect([...report.coverage.keys()]).toEqual(['identity']);
});

it('asks no second factor of a root user without a password, as those of new member accounts are', async () => {
  const member = text.replace('00:00+00:00,not_supported,2026-08-30T10:00:00+00:00', '00:00+00:00,false,N/A');
  expect(member).not.toBe(text);
  const report = only(await readText(awsCredentialReport, member, options));
  expect(report.observations.filter(({ resourceName }) => resourceName === 'the root user')).toEqual([]);
});

it('has nothing left to find once it is mended, in the same cell', async () => {
  const mended = text
    .replace('not_supported,false,false', 'not_supported,true,false')
    .replace(/^bob.*\n/m, '')
    .replace('false,true,2023-01-01', 'false,true,2026-09-01')
    .replace('no_information', '2026-09-01T00:00:00+00:00');
  const report = only(await readText(awsCredentialReport, mended, options));
  expect(report.observations).toEqual([]);
  expect([...report.coverage.keys()]).toEqual(['identity']);
});

it('keeps its fingerprints as time goes by', async () => {
  const later = { ...options, at: Date.UTC(2026, 8, 20) };
  expect(prints(await readText(awsCredentialReport, text, later))).toEqual(
    prints(await readText(awsCredentialReport, text, options)),
  );
});

it('refuses a report that is cut off, lists nobody, or has no time', async () => {
  await expect(readText(awsCredentialReport, text.slice(0, -60), options)).rejects.toMatchObject({
    code: 'truncated',
  });
  await expect(
    readText(awsCredentialReport, text.slice(0, text.indexOf('\n') + 1), options),
  ).rejects.toMatchObject({ code: 'wrong_shape' });
  await expect(readText(awsCredentialReport, text)).rejects.toMatchObject({ code: 'wrong_shape' });
});

describe('the answer of the API', () => {
  const answer = (more: Record<string, unknown> = {}): string =>
    JSON.stringify(
      {
        Content: Buffer.from(text).toString('base64'),
        ReportFormat: 'text/csv',
        GeneratedTime: '2026-09-07T00:00:00+00:00',
        ...more,
      },
      null,
      4,
    );

  it('is read as the table in it, as of when it was made', async () => {
    const report = only(await readText(awsCredentialReport, answer(), { ...options, at: Date.now() }));
    expect(report).toEqual(only(await readText(awsCredentialReport, text, options)));
  });

  it('is known for what it is, also where its Content is larger than what is looked at', () => {
    const large = answer({ Content: Buffer.from(`${text}${text.repeat(500)}`).toString('base64') });
    for (const report of [answer(), large]) {
      const input = bufferInput('report.json', Buffer.from(report));
      expect(detectSource(input).id).toBe('aws-credential-report');
    }
  });

  it('without a time is of when the caller says', async () => {
    const report = only(await readText(awsCredentialReport, answer({ GeneratedTime: undefined }), options));
    expect(report.observedAt).toBe(options.at);
  });

  it('is refused when it is cut off, or holds something else', async () => {
    await expect(readText(awsCredentialReport, answer().slice(0, -90), options)).rejects.toMatchObject({
      code: 'truncated',
    });
    const begin = Buffer.from('user,arn,').toString('base64');
    await expect(readText(awsCredentialReport, answer({ Content: begin }), options)).rejects.toThrow();
    await expect(
      readText(awsCredentialReport, answer({ Content: `${begin}%%` }), options),
    ).rejects.toMatchObject({
      code: 'wrong_shape',
    });
  });
});
