import type { Report } from '../../collector/src/reports/schema.ts';
import { sampleReport } from './sample-report.ts';

/** What an attacker who controls resource names, tags and scanner output would put into a report. */
export function hostileReport(): Report {
  const report = sampleReport();
  const [first, second, third] = report.sightline.findings;
  const account = report.sightline.accounts.find((one) => one.account === '610987654325');
  const [freshness] = report.sightline.freshness;
  if (!first || !second || !third || !account || !freshness) throw new Error('the sample is too small');
  first.title = '</script><img src=x onerror=alert(1)>';
  first.references = [
    'javascript:alert(1)',
    'https://user:secret@evil.example/',
    'https://example.org/"onmouseover="alert(1)',
    'data:text/html,<script>alert(1)</script>',
  ];
  second.title = 'A'.repeat(10_000);
  second.resource = 'arn:aws:s3:::'.padEnd(4000, 'x');
  second.resource_name = null;
  third.title = 'photo\u202egpj.exe';
  account.name = '<svg onload=alert(1)>';
  account.team = '{{constructor.constructor("alert(1)")()}}';
  account.severities.critical += 1000;
  const [raw] = account.raw_reports;
  account.raw_reports =
    raw === undefined ? [] : [{ ...raw, source: '<b>source</b>', href: 'javascript:alert(1)' }];
  freshness.notes = ['<iframe src=https://evil.example></iframe>', 'B'.repeat(10_000)];
  return report;
}

/** As many accounts and listed findings as a large estate has. */
export function largeReport(): Report {
  const report = sampleReport();
  const { accounts, findings } = report.sightline;
  report.sightline.accounts = Array.from({ length: 400 }, (_, index) => {
    const account = accounts[index % accounts.length];
    if (account === undefined) throw new Error('the sample has no account');
    return { ...account, account: `${account.account}-${index}`, name: `account-${index}` };
  });
  report.sightline.findings = Array.from({ length: 2000 }, (_, index) => {
    const finding = findings[index % findings.length];
    if (finding === undefined) throw new Error('the sample has no finding');
    return { ...finding, fingerprint: index.toString(16).padStart(32, '0') };
  });
  return report;
}
