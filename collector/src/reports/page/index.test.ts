import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleReport } from '../../../../test/page/sample-report.ts';
import { cspHash, pageAssets } from './assets.ts';
import { embedJson, renderPage } from './index.ts';
import { COLOURS } from './style.ts';

function between(html: string, start: string, end: string): string {
  const from = html.indexOf(start) + start.length;
  return html.slice(from, html.indexOf(end, from));
}

const DATA_TAG = '<script type="application/json" id="report">';

describe('the page of a report', () => {
  it('holds the report unchanged, as data', () => {
    const report = sampleReport();
    const data: unknown = JSON.parse(between(renderPage(report), DATA_TAG, '</script>'));
    expect(data).toEqual({ report, jsonHref: null });
  });

  it('allows its own script and style by the hash of exactly what stands in it, and nothing else', () => {
    const html = renderPage(sampleReport());
    const policy = between(html, 'http-equiv="Content-Security-Policy" content="', '"');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`script-src ${cspHash(between(html, '<script type="module">', '</script>'))};`);
    expect(policy).toContain(`style-src ${cspHash(between(html, '<style>', '</style>'))};`);
    expect(policy).not.toContain('unsafe');
    expect(policy).not.toContain('http');
  });

  it('names no other host and has no handler or style attribute', () => {
    const html = renderPage(sampleReport({ findings: 0 }));
    const markup = html.replace(/<script[^>]*>.*?<\/script>|<style>.*?<\/style>/gs, '');
    expect(markup).not.toMatch(/\son\w+=|\sstyle=|src=|https?:\/\/(?!www\.w3\.org)/);
    expect(pageAssets().style).not.toMatch(/url\(|@import/);
  });

  it('ends its data where it means to, whatever a report says', () => {
    const hostile = [
      '</script><img src=x onerror=alert(1)>',
      '<!--<script>',
      ']]>',
      '\u2028\u2029',
      '&lt;/script&gt;',
      '\ud800',
    ];
    for (const text of hostile) {
      const report = sampleReport({ findings: 1, days: 2 });
      for (const finding of report.sightline.findings) finding.title = text;
      const html = renderPage(report);
      expect(html.match(/<script/g)).toHaveLength(2);
      expect(html.match(/<\/script/g)).toHaveLength(2);
      expect(html).not.toContain('onerror=alert(1)>');
    }
  });

  it('embeds any text so that it reads back the same and holds nothing that HTML or JavaScript could take for its own', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const embedded = embedJson({ text });
        expect(embedded).not.toMatch(/[<>&\u2028\u2029]/);
        expect(JSON.parse(embedded)).toEqual({ text });
      }),
    );
  });

  it('has a script that no import or export is left in and that Node can parse', () => {
    const { script } = pageAssets();
    expect(script).not.toMatch(/^\s*(import|export)\b/m);
    expect(script).not.toContain('</script');
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'page-')), 'client.mjs');
    fs.writeFileSync(file, script);
    expect(() => execFileSync(process.execPath, ['--check', file], { stdio: 'pipe' })).not.toThrow();
  });

  it('is the same bytes for the same report', () => {
    expect(renderPage(sampleReport())).toBe(renderPage(sampleReport()));
  });
});

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

describe.each([
  ['light', 0],
  ['dark', 1],
] as const)('colours of the %s theme', (_, theme) => {
  const grounds = [COLOURS.surface, COLOURS.raised].map((pair) => pair[theme]);

  it.each(['critical', 'high', 'medium', 'low', 'informational', 'new', 'fixed'] as const)(
    'let %s be seen (3:1)',
    (name) => {
      for (const ground of grounds) expect(contrast(COLOURS[name][theme], ground)).toBeGreaterThanOrEqual(3);
    },
  );

  it.each(['text', 'muted', 'accent', 'worse', 'better', 'warn'] as const)(
    'let %s be read (4.5:1)',
    (name) => {
      for (const ground of [...grounds, COLOURS.page[theme]]) {
        expect(contrast(COLOURS[name][theme], ground)).toBeGreaterThanOrEqual(4.5);
      }
    },
  );
});
