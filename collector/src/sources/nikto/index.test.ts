import { expect, it } from 'vitest';
import { fixture, only, prints, readFixture, readText, ruled } from '../testing/reports.ts';
import { nikto } from './index.ts';

const xml = fixture('nikto', 'shop.xml').toString('utf8');

it('reads the tests that answered, with OSVDB entries as MEDIUM', async () => {
  const report = only(await readFixture(nikto, 'shop.json'));
  expect(report).toMatchObject({
    cloud: 'web',
    account: 'https://shop.fernhollow.example:443',
    observedAt: null,
  });
  expect(
    report.observations.map(({ ruleId, severity, locator }) => `${ruleId} ${severity} ${locator}`),
  ).toEqual([
    '999957 INFORMATIONAL GET /',
    '999100 INFORMATIONAL GET / x-cache',
    '999100 INFORMATIONAL GET / x-backend',
    '000741 MEDIUM GET /backup/',
  ]);
  expect(JSON.stringify(report)).not.toContain('0123456789abcdef');
});

it('has the same fingerprints in XML, whatever the answers’ values are', async () => {
  const json = only(await readFixture(nikto, 'shop.json'));
  const report = only(await readText(nikto, xml));
  expect(report).toMatchObject({ sourceVersion: '2.1.6', notes: ['2 requests failed'] });
  expect(prints([report])).toEqual(
    [ruled(json, '999957').fingerprint, ruled(json, '000741').fingerprint].sort(),
  );
  expect(ruled(report, '000741').description).toBe('GET /backup/: /backup/: This might be interesting...');
  const other = fixture('nikto', 'shop.json')
    .toString('utf8')
    .replace('node-7', 'node-9')
    .replace('HIT', 'MISS');
  expect(prints(await readText(nikto, other))).toEqual(prints([json]));
});

it('gives what shows on a page that is not there one fingerprint, whatever name Nikto made up for it', async () => {
  const report = (paths: readonly string[]): string =>
    JSON.stringify({
      host: 'shop.fernhollow.example',
      port: '443',
      vulnerabilities: paths.map((url) => ({
        id: '999100',
        method: 'GET',
        url,
        msg: "Uncommon header 'x-redirect-by' found, with contents: Shop",
      })),
    });
  const printsOf = async (...paths: string[]): Promise<string[]> =>
    prints(await readText(nikto, report(paths)));
  expect(await printsOf('/tldH5dDP.')).toEqual(await printsOf('/iqeVqbOU.'));
  expect(await printsOf('/a0b1c2d3.php')).toEqual(await printsOf('/XyZzYxWv.php'));
  // Names that somebody gave are different pages.
  expect(new Set(await printsOf('/register.php', '/contacts.', '/', '/tldH5dDP.')).size).toBe(4);
});

it('refuses what is no report of Nikto', async () => {
  await expect(readText(nikto, xml.slice(0, 900))).rejects.toMatchObject({ code: 'truncated' });
  for (const bad of [
    '{}',
    '{"host": "a", "port": "1", "vulnerabilities": [{}]}',
    '{"vulnerabilities": []}',
    '<nmaprun/>',
  ]) {
    await expect(readText(nikto, bad), bad).rejects.toMatchObject({ code: 'wrong_shape' });
  }
});
