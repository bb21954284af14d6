import { describe, expect, it } from 'vitest';
import type { ReadOptions } from '../adapter.ts';
import { fixture, prints, readFixture, readText, scopeNames } from '../testing/reports.ts';
import { generic, mappedAdapter } from './index.ts';
import { mappingSchema } from './mapping.ts';

const AT = Date.UTC(2026, 8, 7);

describe('a file with the columns of the contract', () => {
  it('gives findings by account; rows of another status than open are closed', async () => {
    const reports = await readFixture(generic, 'findings.csv');
    expect(scopeNames(reports)).toEqual(['aws/111122223333', 'azure/sub-1']);
    expect(reports[0]).toMatchObject({ mode: 'snapshot', passed: 1 });
    expect(reports[0]?.observations).toHaveLength(1);
    expect(reports[0]?.observations[0]).toMatchObject({
      ruleId: 'rds-backup',
      resourceId: 'db-1',
      severity: 'HIGH',
      region: 'eu-west-1',
      service: 'rds',
      description: 'Says "nothing" is kept',
      frameworks: ['CIS 3.0:2.3.1'],
    });
    expect(reports[1]?.observations[0]).toMatchObject({
      severity: 'CRITICAL',
      cve: ['CVE-2024-5535'],
      cvss: 9.1,
      fixedVersion: '3.0.14',
      correlationKey: 'cve-2024-5535|openssl',
    });
    expect(JSON.stringify(reports.map(({ observations }) => observations))).not.toContain('hunter2');
  });

  it('has the same fingerprints as CSV and as JSON', async () => {
    expect(prints(await readFixture(generic, 'findings.ndjson'))).toEqual(
      prints(await readFixture(generic, 'findings.csv')),
    );
  });

  it('of users is checked for what is expected of them', async () => {
    const options: ReadOptions = {
      at: AT,
      reading: { identity: { allowedDomains: ['fernhollow.example'], inactiveDays: 90, keyDays: 365 } },
    };
    const [report] = await readFixture(generic, 'users.csv', options);
    expect(report).toMatchObject({ cloud: 'azure', account: 'tenant-1', observedAt: AT });
    expect(
      report?.observations.map(
        ({ ruleId, resourceName, severity }) => `${resourceName} ${ruleId} ${severity}`,
      ),
    ).toEqual([
      'Bob external-user HIGH',
      'Bob user-without-mfa HIGH',
      'Carol inactive-user MEDIUM',
      'Carol old-access-key MEDIUM',
    ]);
    const [open] = await readFixture(generic, 'users.csv', { at: AT });
    expect(open?.observations.map(({ ruleId }) => ruleId)).not.toContain('external-user');
  });
});

describe('a list of users', () => {
  const list = fixture('generic', 'users.csv').toString('utf8');
  const options: ReadOptions = { at: AT };

  it('with a time in a form that is not known is refused, rather than taken for never', async () => {
    for (const time of ['9/1/2026, 8:00:00 AM', '01.09.2026', 'yesterday']) {
      const text = list.replace('2026-09-01T08:00:00Z', time);
      await expect(readText(generic, text, options), time).rejects.toMatchObject({
        code: 'wrong_shape',
        message: expect.stringContaining(`"${time}" (last_sign_in)`) as string,
      });
    }
    await expect(readText(generic, list.replace('2024-01-01\n', '1.1.24\n'), options)).rejects.toMatchObject({
      code: 'wrong_shape',
    });
  });

  it('may have times as Google writes them', async () => {
    const slashes = list.replaceAll(/(20\d\d)-(\d\d)-(\d\d)T(08:00:00)Z/g, '$1/$2/$3 $4');
    expect(slashes).toContain('2026/09/01 08:00:00');
    expect(prints(await readText(generic, slashes, options))).toEqual(
      prints(await readText(generic, list, options)),
    );
  });

  it('says in many words that a user never signed in', async () => {
    for (const never of ['', 'Never', 'N/A', '-', 'no_information', 'null', 'Never logged in']) {
      const [report] = await readText(generic, list.replace('2026-09-01T08:00:00Z', never), options);
      const inactive = report?.observations.filter(({ ruleId }) => ruleId === 'inactive-user');
      expect(
        inactive?.map(({ resourceName }) => resourceName),
        never,
      ).toEqual(['Alice', 'Carol']);
    }
  });
});

it('gives an account of AWS the zeros back that a spreadsheet took', async () => {
  const findings = fixture('generic', 'findings.csv').toString('utf8');
  const reports = await readText(generic, findings.replaceAll('111122223333', '11122223333'));
  expect(scopeNames(reports)).toContain('aws/011122223333');
});

describe('a file that a mapping of the configuration explains', () => {
  const mapping = mappingSchema.parse({
    kind: 'findings',
    id: 'insight',
    cloud: 'aws',
    class: 'exposure',
    columns: {
      rule: 'Policy',
      resource: 'asset.id',
      severity: 'Risk',
      account: 'asset.owner',
      status: 'State',
    },
    severities: { Schlimm: 'CRITICAL' },
    open: ['Open'],
  });
  const adapter = mappedAdapter(mapping);
  const rows = [
    { Policy: 'open-port', asset: { id: 'a-1', owner: '111122223333' }, Risk: 'Schlimm', State: 'Open' },
    { Policy: 'open-port', asset: { id: 'a-2', owner: '111122223333' }, Risk: 'low', State: 'Resolved' },
  ];

  it('is a source of its own, known by its columns', async () => {
    const text = JSON.stringify(rows);
    expect(adapter.detect(text)).toBe(true);
    expect(generic.detect(text)).toBe(false);
    expect(adapter.detect('[{"Policy": "x"}]')).toBe(false);
    const [report] = await readText(adapter, text);
    expect(report).toMatchObject({ source: 'insight', cloud: 'aws', account: '111122223333', passed: 1 });
    expect(report?.observations).toHaveLength(1);
    expect(report?.observations[0]).toMatchObject({
      severity: 'CRITICAL',
      class: 'exposure',
      resourceId: 'a-1',
      title: 'open-port',
    });
  });

  it('is refused where a row names neither rule nor account', async () => {
    await expect(readText(adapter, JSON.stringify([{ ...rows[0], Policy: '' }]))).rejects.toMatchObject({
      code: 'wrong_shape',
    });
    await expect(
      readText(adapter, JSON.stringify([{ ...rows[0], asset: { id: 'a' } }])),
    ).rejects.toMatchObject({ code: 'wrong_shape' });
  });
});

it('refuses what is cut off or uneven, and users without a time', async () => {
  const csv = fixture('generic', 'findings.csv').toString('utf8');
  await expect(readText(generic, csv.slice(0, -30))).rejects.toMatchObject({ code: 'truncated' });
  await expect(readText(generic, csv.replace('db-2,', ''))).rejects.toMatchObject({ code: 'malformed' });
  await expect(readText(generic, csv.replace(',rds-backup,db-1', ',,db-1'))).rejects.toMatchObject({
    code: 'wrong_shape',
  });
  await expect(readFixture(generic, 'users.csv')).rejects.toMatchObject({ code: 'wrong_shape' });
});
