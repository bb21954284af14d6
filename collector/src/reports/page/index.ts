import type { Report } from '../schema.ts';
import { pageAssets } from './assets.ts';

export interface PageOptions {
  /** Where the report's JSON lies, relative to the page: shown as a link. Left out, there is no link. */
  readonly jsonHref?: string;
}

/**
 * The report as one HTML file that asks nothing of the network: from a bucket's web hosting, a mail attachment or a
 * folder. Everything that a report says is data in it, put on the screen as text by the page's own script, and the
 * policy in its head lets nothing else run.
 */
export function renderPage(report: Report, options: PageOptions = {}): string {
  const { script, style, scriptHash, styleHash } = pageAssets();
  const policy = [
    `default-src 'none'`,
    `script-src ${scriptHash}`,
    `style-src ${styleHash}`,
    `img-src data:`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `require-trusted-types-for 'script'`,
    `trusted-types 'none'`,
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>Sightline ${escapeHtml(report.report_date)}</title>
<link rel="icon" href="${ICON}">
<style>${style}</style>
</head>
<body>
<div id="page"><noscript><p class="empty">This page draws its numbers with a script of its own, and scripts are off.</p></noscript></div>
<script type="application/json" id="report">${embedJson({ report, jsonHref: options.jsonHref ?? null })}</script>
<script type="module">${script}</script>
</body>
</html>
`;
}

const ICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="M2 12C5 6.800 8.300 5 12 5s7 1.800 10 7c-3 5.200-6.300 7-10 7S5 17.200 2 12Z" fill="none" stroke="#3867d6" stroke-width="2"/><circle cx="12" cy="12" r="3.200" fill="#3867d6"/></svg>',
)}`;

const ESCAPES: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** JSON that no HTML parser finds a tag, a comment or an end in, and that reads back to the same value. */
export function embedJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (mark) => ESCAPES[mark] ?? mark);
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}
