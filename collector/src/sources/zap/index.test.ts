import { describe, expect, it } from 'vitest';
import { fixture, only, readFixture, readText, ruled, scopeNames } from '../testing/reports.ts';
import { zap } from './index.ts';

const full = fixture('zap', 'full.json').toString('utf8');
const baseline = fixture('zap', 'baseline.xml').toString('utf8');

describe('a full scan', () => {
  it('is about each of its sites', async () => {
    const reports = await readText(zap, full);
    expect(scopeNames(reports)).toEqual([
      'web/https://shop.fernhollow.example',
      'web/https://static.fernhollow.example',
    ]);
    expect(reports[0]).toMatchObject({
      sourceVersion: '2.16.1',
      observedAt: Date.UTC(2026, 8, 7, 5, 0, 0, 250),
      suppressed: 1,
    });
    expect(reports[1]).toMatchObject({ observations: [], outcome: 'complete' });
  });

  it('has one finding for an alert, with the requests that showed it, without their queries', async () => {
    const [report] = await readText(zap, full);
    if (report === undefined) throw new Error('no site');
    const found = ruled(report, '40012');
    expect(found).toMatchObject({
      class: 'vulnerability',
      severity: 'HIGH',
      severityOriginal: '3',
      resourceId: 'https://shop.fernhollow.example',
      cwe: ['CWE-79'],
      occurrences: 3,
      remediation: 'Validate all input.',
      references: [
        'https://owasp.org/www-community/attacks/xss/',
        'https://cwe.mitre.org/data/definitions/79.html',
      ],
    });
    expect(found.description).toBe(
      [
        "Cross-site Scripting (XSS) echoes attacker-supplied code into a user's browser.",
        'It is <bad>.',
        '',
        'GET https://shop.fernhollow.example/search (q)',
        'POST https://shop.fernhollow.example/cart (item)',
      ].join('\n'),
    );
    expect(JSON.stringify(report.observations)).not.toMatch(/abc123|0123456789abcdef|hunter2/);
    expect(report.observations.map(({ ruleId }) => ruleId)).toEqual(['40012', '10038-1']);
  });

  it('covers active rules where it shows that they ran, a baseline scan only passive ones', async () => {
    const [whole] = await readText(zap, full);
    expect([...(whole?.coverage.keys() ?? [])]).toEqual(['passive', 'active']);
    expect([...only(await readText(zap, baseline)).coverage.keys()]).toEqual(['passive']);
  });
});

it('gives an alert the same fingerprint in JSON and XML', async () => {
  const [json] = await readText(zap, full);
  const xml = only(await readText(zap, baseline));
  if (json === undefined) throw new Error('no site');
  expect(ruled(xml, '10038-1')).toMatchObject({
    fingerprint: ruled(json, '10038-1').fingerprint,
    description: 'No CSP.\n\nGET https://shop.fernhollow.example/',
    remediation: 'Set the header.',
  });
});

it('keeps apart what old versions list under one rule, the worst first', async () => {
  const report = only(await readFixture(zap, 'old.xml'));
  expect(
    report.observations.map(({ ruleId, severity, locator }) => `${ruleId} ${severity} ${locator}`),
  ).toEqual([
    '90027 LOW Cookie Slack Detector',
    '90027 INFORMATIONAL Cookie Slack Detector#2',
    '10011 LOW Cookie Without Secure Flag',
  ]);
  expect(report.observations[2]?.description).toBe('third\n\nhttp://old.fernhollow.example/c (sid)');
  // The machine's language and time zone are in `generated`; who knows which.
  expect(report.observedAt).toBeNull();
});

it('takes a lone site for a list of one', async () => {
  const lone = full
    .replace('"site": [', '"site": ')
    .replace(/\},\s*\{ "@name": "https:\/\/static[\s\S]*\]\s*\}\s*$/, '}}');
  expect(scopeNames(await readText(zap, lone))).toEqual(['web/https://shop.fernhollow.example']);
});

it('refuses what is no report of ZAP', async () => {
  const broken: [string, string][] = [
    [full.slice(0, 900), 'truncated'],
    [baseline.slice(0, 900), 'truncated'],
    ['{"@version": "2", "@generated": "x", "site": "none"}', 'wrong_shape'],
    ['{"@version": "2", "@generated": "x", "site": [{}]}', 'wrong_shape'],
    ['{"@version": "2", "@generated": "x", "site": [{"@name": "a", "alerts": {}}]}', 'wrong_shape'],
    ['{"@version": "2"}', 'wrong_shape'],
    [full.replace('"riskcode": "3"', '"riskcode": "worst"'), 'wrong_shape'],
    [baseline.replace('<pluginid>10038</pluginid>', ''), 'wrong_shape'],
    [baseline.replaceAll('site', 'page'), 'wrong_shape'],
  ];
  for (const [text, code] of broken)
    await expect(readText(zap, text), text.slice(0, 60)).rejects.toMatchObject({ code });
});
