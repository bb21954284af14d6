import { describe, expect, it } from 'vitest';
import { fixture, only, prints, readFixture, readText, ruled } from '../testing/reports.ts';
import { nmap } from './index.ts';

const perimeter = fixture('nmap', 'perimeter.xml').toString('utf8');

describe('a scan of a perimeter', () => {
  it('has one finding for each open port, and one for each vulnerability of vulners', async () => {
    const report = only(await readText(nmap, perimeter));
    expect(report).toMatchObject({
      source: 'nmap',
      cloud: 'network',
      account: 'perimeter',
      sourceVersion: '7.95',
      observedAt: Date.UTC(2026, 8, 7, 4, 0, 2),
      mode: 'snapshot',
      outcome: 'complete',
    });
    const ports = report.observations.filter(({ ruleId }) => ruleId === 'open-port');
    expect(ports.map(({ resourceId, locator, service }) => `${resourceId} ${locator} ${service}`)).toEqual([
      'shop.fernhollow.example 22/tcp ssh',
      'shop.fernhollow.example 443/tcp http',
      '198.51.100.20 5432/tcp postgresql',
    ]);
    expect(ports[0]).toMatchObject({ class: 'exposure', severity: 'INFORMATIONAL', score: 0 });
    expect(ruled(report, 'CVE-2023-38408')).toMatchObject({
      class: 'vulnerability',
      severity: 'CRITICAL',
      score: 98,
      cve: ['CVE-2023-38408'],
      locator: '22/tcp a:openbsd:openssh',
      correlationKey: 'cve-2023-38408|openssh',
    });
    expect(ruled(report, 'PACKETSTORM:173661')).toMatchObject({ severity: 'INFORMATIONAL', cve: [] });
  });

  it('covers the hosts that were looked at to the end, not the one that is down or took too long', async () => {
    const report = only(await readText(nmap, perimeter));
    expect([...report.coverage.keys()]).toEqual(['shop.fernhollow.example/tcp@*', '198.51.100.20/tcp@*']);
    expect(report.notes).toEqual([
      '198.51.100.21 took too long: its ports were not all looked at',
      '198.51.100.22 is down: not looked at',
    ]);
  });

  it('tells ports apart by host and port, not by what answers there', async () => {
    const updated = perimeter
      .replaceAll('8.9p1', '9.7p1')
      .replace('name="postgresql"', 'name="pgbouncer"')
      .replace('198.51.100.10"', '203.0.113.99"');
    expect(prints(await readText(nmap, updated))).toEqual(prints(await readText(nmap, perimeter)));
  });

  it('lets a scan of a few ports close nothing of a scan of all', async () => {
    const few = perimeter.replace('services="1-65535"', 'services="22,443"');
    const report = only(await readText(nmap, few));
    expect([...report.coverage.keys()]).toContain('198.51.100.20/tcp@22,443');
    const many = perimeter.replace(
      'services="1-65535"',
      `services="${Array.from({ length: 500 }, (_, i) => i * 3 + 1).join(',')}"`,
    );
    const [cell = ''] = only(await readText(nmap, many)).coverage.keys();
    expect(cell).toMatch(/^shop\.fernhollow\.example\/tcp@500 ranges [0-9a-f]{12}$/);
  });

  it('belongs to the account that the caller names', async () => {
    const report = only(await readText(nmap, perimeter, { place: { account: 'office-berlin' } }));
    expect(report.account).toBe('office-berlin');
  });

  it('closes nothing where Nmap ended with an error', async () => {
    const failed = only(
      await readText(nmap, perimeter.replace('exit="success"', 'exit="error" errormsg="x"')),
    );
    expect(failed.outcome).toBe('failed');
    expect(failed.notes).toContain('Nmap ended with error');
    const died = only(await readText(nmap, perimeter.replace(/<runstats>[\s\S]*<\/runstats>/, '')));
    expect(died.outcome).toBe('failed');
  });

  it('reads what the script vulners wrote before it had tables', async () => {
    const old = perimeter.replace(/<table key[\s\S]*?<\/table>\n<\/script>/, '</script>');
    const report = only(await readText(nmap, old));
    expect(ruled(report, 'CVE-2023-38408')).toMatchObject({
      severity: 'CRITICAL',
      locator: '22/tcp a:openbsd:openssh',
    });
  });
});

it('reads what Nmap 7.93 wrote about a listener on loopback', async () => {
  const report = only(await readFixture(nmap, 'listener.xml'));
  expect(report.observations).toHaveLength(1);
  expect(report.observations[0]).toMatchObject({
    resourceId: '127.0.0.1',
    locator: '18931/tcp',
    service: 'http',
    package: 'SimpleHTTPServer 0.6',
  });
  expect([...report.coverage.keys()]).toEqual(['127.0.0.1/tcp@18930-18933']);
});

describe('a file that is no whole report', () => {
  it('is refused where it is cut off', async () => {
    for (const length of [200, 900, 2500, perimeter.length - 20]) {
      await expect(readText(nmap, perimeter.slice(0, length))).rejects.toMatchObject({ code: 'truncated' });
    }
  });

  it('is refused where it is no XML, or no XML of Nmap', async () => {
    await expect(readText(nmap, '<nmaprun><host></nmaprun>')).rejects.toMatchObject({ code: 'malformed' });
    await expect(readText(nmap, '<niktoscan></niktoscan>')).rejects.toMatchObject({ code: 'wrong_shape' });
  });

  it('is refused where it declares entities, which are never expanded or fetched', async () => {
    const bomb = `<!DOCTYPE nmaprun [<!ENTITY a SYSTEM "file:///etc/passwd">]><nmaprun>&a;</nmaprun>`;
    await expect(readText(nmap, bomb)).rejects.toMatchObject({ code: 'malformed' });
    await expect(readText(nmap, '<nmaprun>&undeclared;</nmaprun>')).rejects.toMatchObject({
      code: 'malformed',
    });
  });

  it('is refused where it nests without end', async () => {
    await expect(readText(nmap, `<nmaprun>${'<a>'.repeat(5000)}`)).rejects.toMatchObject({
      code: 'too_deep',
    });
  });
});
