/// <reference lib="dom" />
import type { Report, SightlinePart } from '../../schema.ts';
import { bucketLink, byId, emptyState, h, panel } from './dom.ts';
import { estatePanel } from './estate.ts';
import { findingsPanel } from './findings.ts';
import { freshnessPanel } from './freshness.ts';
import { cards, decisions, pageFooter, pageHeader } from './header.ts';
import { placesPanel } from './places.ts';
import { trendPanel } from './trend.ts';

/** What the page holds: the report, and where its JSON lies if it lies beside the page. */
interface PageData {
  readonly report: Report;
  readonly jsonHref: string | null;
}

/** The collector wrote both the page and the data, by the report's schema: what is asked here is that they are there. */
function isPageData(value: unknown): value is PageData {
  return typeof value === 'object' && value !== null && 'report' in value && 'jsonHref' in value;
}

function draw(): void {
  const data: unknown = JSON.parse(byId('report').textContent);
  if (!isPageData(data)) throw new Error('the page holds no report');
  const { report, jsonHref } = data;
  const part = report.sightline;
  const body = hasNothing(part) ? [nothingYet()] : panels(report);
  const main = h('main', {}, cards(part), decisions(part), ...body);
  byId('page').replaceChildren(pageHeader(report), main, pageFooter(report, jsonHref, bucketLink));
}

function hasNothing(part: SightlinePart): boolean {
  return part.accounts.length === 0 && part.freshness.length === 0 && part.findings.length === 0;
}

function nothingYet(): HTMLElement {
  return panel(
    'start',
    'No findings yet',
    emptyState('Read a report of a scanner with ', 'sightline ingest <file>'),
  );
}

function panels(report: Report): HTMLElement[] {
  const part = report.sightline;
  const findings = findingsPanel(part);
  return [
    h('div', { class: 'pair' }, trendPanel(part.trend), placesPanel(report, findings.select)),
    estatePanel(report, findings.select),
    findings.element,
    freshnessPanel(part),
  ];
}

try {
  draw();
} catch (error) {
  byId('page').replaceChildren(h('p', { class: 'empty' }, `This page could not be drawn: ${String(error)}`));
  throw error;
}
