import { describe, expect, it } from 'vitest';
import { niceTicks } from './charts.ts';
import {
  bucketPath,
  formatAge,
  formatCadence,
  formatChange,
  formatCount,
  passRate,
  sumKnown,
  visibleText,
  webAddress,
} from './format.ts';

describe('links', () => {
  it.each([
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'JaVaScRiPt://example.org/%0aalert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
    '//evil.example',
    '/relative',
    'http://',
    'https://bank.example@evil.example/',
    'blob:https://example.org/1',
  ])('do not follow %s', (address) => {
    expect(webAddress(address)).toBeNull();
  });

  it('follow plain web addresses', () => {
    expect(webAddress('https://nvd.nist.gov/vuln/detail/CVE-2026-21441')).toBe(
      'https://nvd.nist.gov/vuln/detail/CVE-2026-21441',
    );
    expect(webAddress('HTTP://example.org/a b')).toBe('http://example.org/a%20b');
  });

  it.each([
    'https://evil.example/x',
    '//evil.example/x',
    '/etc/passwd',
    '../secret',
    'raw/../../secret',
    'raw/%2e%2e/%2E%2e/secret',
    'javascript:alert(1)',
    'raw\\..\\x',
    'raw/a?x=1',
    'raw/a#x',
    ' raw/a',
    '',
  ])('to the bucket do not leave the page’s folder: %s', (href) => {
    expect(bucketPath(href)).toBeNull();
  });

  it('to the bucket reach what lies below the page', () => {
    for (const href of ['raw/prowler/a41c.ocsf.json.gz', 'reports/2026-11-20.json', 'raw/a%20b/c.html']) {
      expect(bucketPath(href)).toBe(href);
    }
  });
});

describe('text of a report', () => {
  it('shows the marks that would reorder or hide it', () => {
    expect(visibleText('admin\u202egnp.exe')).toBe('admin⟨U+202E⟩gnp.exe');
    expect(visibleText('a\u0000b\u200fc\u2066d')).toBe('a⟨U+0000⟩b⟨U+200F⟩c⟨U+2066⟩d');
  });

  it('keeps letters of every script, line ends and tabs', () => {
    expect(visibleText('שלום\n\tمرحبا 你好 👩‍💻')).toBe('שלום\n\tمرحبا 你好 👩‍💻');
  });
});

describe('numbers', () => {
  it('say that they are unknown instead of nought', () => {
    expect(formatCount(null)).toBe('–');
    expect(sumKnown([null, null])).toBeNull();
    expect(sumKnown([null, 3, 0])).toBe(3);
    expect(passRate(null, 3)).toBeNull();
    expect(passRate(10, null)).toBeNull();
    expect(passRate(0, 0)).toBeNull();
    expect(passRate(10, 11)).toBeNull();
    expect(passRate(200, 10)).toBe(0.95);
  });

  it('carry their sign when they are changes', () => {
    expect([1234, -2, 0].map(formatChange)).toEqual(['+1,234', '−2', '±0']);
  });

  it('give ages in the unit that one would say', () => {
    expect([59 * 60_000, 31 * 3_600_000, 9 * 86_400_000].map(formatAge)).toEqual(['59 min', '31 h', '9 d']);
    expect([24, 168, 36].map(formatCadence)).toEqual(['every 24 h', 'every 7 d', 'every 36 h']);
  });

  it.each([0, 1, 3, 7, 99, 436, 1_000_001])('have an axis of round steps that reaches %d', (top) => {
    const ticks = niceTicks(top, 5);
    expect(ticks[0]).toBe(0);
    expect(ticks.at(-1)).toBeGreaterThanOrEqual(top);
    expect(ticks.length).toBeLessThanOrEqual(6);
    expect(ticks.every((tick) => Number.isInteger(tick))).toBe(true);
  });
});
