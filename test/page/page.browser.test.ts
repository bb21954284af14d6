import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderPage } from '../../collector/src/reports/page/index.ts';
import { CHROMIUM, FLAGS } from '../support/browser.ts';
import { renderFromBuild } from './built-page.ts';
import { hostileReport, largeReport } from './odd-reports.ts';
import { emptyReport, sampleReport } from './sample-report.ts';

const REQUIRED = process.env['SIGHTLINE_REQUIRE_SERVERS'] === '1';
if (CHROMIUM === undefined && !REQUIRED) {
  console.warn(
    'page.browser.test: skipped, no chromium in /usr/bin (SIGHTLINE_REQUIRE_SERVERS=1 makes this fail)',
  );
}

interface Opened {
  readonly page: Page;
  /** Console errors, uncaught errors, policy violations, and requests other than for the page: all should stay empty. */
  readonly complaints: string[];
}

describe.skipIf(CHROMIUM === undefined && !REQUIRED)('the page in a browser', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sightline-page-'));
  const server = http.createServer((request, response) => {
    served.push(request.url ?? '');
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(pages.get(request.url ?? '') ?? '');
  });
  const served: string[] = [];
  const pages = new Map<string, string>();
  const report = sampleReport();
  let context: BrowserContext;

  beforeAll(async () => {
    if (CHROMIUM === undefined)
      throw new Error('SIGHTLINE_REQUIRE_SERVERS=1, but there is no chromium in /usr/bin');
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    context = await chromium.launchPersistentContext(path.join(folder, 'profile'), {
      executablePath: CHROMIUM,
      headless: true,
      args: FLAGS,
      viewport: { width: 1600, height: 1000 },
      colorScheme: 'light',
    });
  });

  afterAll(async () => {
    await context.close();
    server.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  async function open(address: string): Promise<Opened> {
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      const url = request.url();
      if (url !== address && !url.startsWith('data:')) complaints.push(`request: ${url}`);
    });
    await page.goto(address);
    return { page, complaints };
  }

  function openFile(name: string, html: string): Promise<Opened> {
    const file = path.join(folder, `${name}.html`);
    fs.writeFileSync(file, html);
    return open(pathToFileURL(file).href);
  }

  function openHttp(name: string, html: string): Promise<Opened> {
    pages.set(`/${name}.html`, html);
    const { port } = server.address() as AddressInfo;
    return open(`http://127.0.0.1:${port}/${name}.html`);
  }

  it.each([
    ['a file', openFile],
    ['a web server', openHttp],
  ] as const)(
    'shows the report’s own numbers from %s, and asks nothing of the network',
    async (name, openIt) => {
      served.length = 0;
      const { page, complaints } = await openIt(name.replaceAll(' ', '-'), renderPage(report));
      const { totals, freshness } = report.sightline;
      const fresh = freshness.filter((one) => one.state === 'fresh').length;
      const shown = Object.fromEntries(
        await page
          .locator('.card')
          .evaluateAll((cards) =>
            cards.map((card): [string, string] => [
              card.getAttribute('data-card') ?? '',
              card.querySelector('.card-value')?.textContent ?? '',
            ]),
          ),
      );
      expect(shown).toEqual({
        open: String(totals.open),
        critical: String(totals.severities.critical),
        high: String(totals.severities.high),
        new: String(totals.new),
        fixed: String(totals.fixed),
        overdue: String(totals.overdue_confirmed),
        fresh: `${fresh}/${freshness.length}`,
      });
      expect(await page.locator('header .about').textContent()).toContain('compared with 19 Nov 2026');
      expect(await page.locator('#trend .area').count()).toBe(5);
      expect(complaints).toEqual([]);
      expect(served).toEqual(openIt === openHttp ? ['/a-web-server.html'] : []);
      await page.close();
    },
  );

  it('draws the same from a built package as from source', async () => {
    const html = renderFromBuild(folder, report);
    const { page, complaints } = await openFile('built', html);
    expect(await page.locator('[data-card=open] .card-value').textContent()).toBe(
      String(report.sightline.totals.open),
    );
    expect(await page.locator('.finding').count()).toBe(100);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('opens clouds, accounts, services and their sources down to the numbers of the JSON', async () => {
    const { page, complaints } = await openFile('estate', renderPage(report));
    const account = report.sightline.accounts.find((one) =>
      one.services.some((s) => Object.keys(s.sources).length > 1),
    );
    const service = account?.services.find((one) => Object.keys(one.sources).length > 1);
    if (account === undefined || service === undefined)
      throw new Error('the sample has no service with two sources');
    const row = (...key: string[]): ReturnType<Page['locator']> =>
      page.locator(`tr[data-row=${JSON.stringify(JSON.stringify(key))}]`);
    const accountRow = row(account.cloud, account.account);
    const serviceRow = row(account.cloud, account.account, service.service);

    expect(await serviceRow.count()).toBe(0);
    await accountRow.locator('.toggle').click();
    expect(await accountRow.locator('.toggle').getAttribute('aria-expanded')).toBe('true');
    const [open, , opened, fixed, overdue, , checked, flagged, resources] = await serviceRow
      .locator('td')
      .allTextContents();
    const numbers = [open, opened, fixed, overdue, checked, flagged, resources].map((text) =>
      Number(text?.replace(',', '')),
    );
    expect(numbers).toEqual([
      service.open,
      service.new,
      service.fixed,
      service.overdue,
      service.checked_items,
      service.flagged_items,
      service.resources_count,
    ]);
    const raw = page.locator('.reports a').first();
    expect(await raw.getAttribute('href')).toBe(account.raw_reports[0]?.href);
    expect(await raw.getAttribute('rel')).toBe('noopener noreferrer');

    await serviceRow.locator('.toggle').click();
    expect(await page.locator('tr.level-4').count()).toBe(Object.keys(service.sources).length);
    expect(await page.locator('tr.level-4').nth(1).locator('td').last().textContent()).toBe('–');

    await row('aws').locator('.toggle').click();
    expect(await page.locator('tr[data-row*="aws"]').count()).toBe(1);
    await page.getByRole('searchbox', { name: 'Filter accounts' }).fill('finance');
    expect(await page.locator('tr.level-2 .toggle').allTextContents()).toEqual(['erp']);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('filters findings by text and by every select, and says how many', async () => {
    const { page, complaints } = await openFile('filters', renderPage(report));
    const { findings, findings_total: total } = report.sightline;
    const status = page.locator('#findings .status');
    expect(await status.textContent()).toBe(
      `Showing ${findings.length} of ${total}, the worst; the rest: sightline findings`,
    );
    await page
      .getByRole('button', { name: /^Show \d+ more$/ })
      .first()
      .click();
    expect(await page.locator('.finding').count()).toBe(findings.length);

    const critical = findings.filter((one) => one.severity === 'CRITICAL');
    await page.getByRole('combobox', { name: 'Severity' }).selectOption('critical');
    expect(await shownFingerprints(page)).toEqual(critical.map((one) => one.fingerprint));
    expect(await status.textContent()).toContain(`Showing ${critical.length} that match`);

    const s3 = critical.filter((one) => one.service === 's3');
    await page.getByRole('searchbox', { name: 'Filter findings' }).fill('S3_bucket public');
    expect(await shownFingerprints(page)).toEqual(s3.map((one) => one.fingerprint));

    await page.getByRole('searchbox', { name: 'Filter findings' }).fill('no such words');
    expect(await page.locator('#findings tbody').textContent()).toBe('No finding matches these filters.');
    await page.getByRole('button', { name: 'Clear' }).click();

    for (const [name, value, matches] of [
      ['Cloud', 'gcp', findings.filter((one) => one.cloud === 'gcp').length],
      ['Source', 'scoutsuite', findings.filter((one) => one.source === 'scoutsuite').length],
      ['Due', 'confirmed', findings.filter((one) => one.overdue === 'confirmed').length],
      ['Account', '["aws","510987654324"]', findings.filter((one) => one.account === '510987654324').length],
    ] as const) {
      expect(matches).toBeGreaterThan(0);
      await page.getByRole('combobox', { name }).selectOption(value);
      expect(await page.locator('.finding').count(), name).toBe(Math.min(matches, 100));
      await page.getByRole('button', { name: 'Clear' }).click();
    }
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('sorts by a column, turns the order at the second click, and keeps missing due dates last', async () => {
    const { page, complaints } = await openFile('sorting', renderPage(report));
    const { findings } = report.sightline;
    await page.getByRole('combobox', { name: 'Cloud' }).selectOption('gcp');
    const gcp = findings.filter((one) => one.cloud === 'gcp');
    expect(gcp.length).toBeLessThan(100);
    const header = page.locator('th.due_at');
    const timeOf = (fingerprint: string | null): number =>
      Date.parse(gcp.find((one) => one.fingerprint === fingerprint)?.due_at ?? '');
    for (const [order, sign] of [
      ['ascending', 1],
      ['descending', -1],
    ] as const) {
      await header.getByRole('button').click();
      expect(await header.getAttribute('aria-sort')).toBe(order);
      const times = (await shownFingerprints(page)).map(timeOf);
      const known = times.filter((time) => !Number.isNaN(time));
      expect(known).toEqual([...known].sort((a, b) => sign * (a - b)));
      expect(times.slice(known.length).every(Number.isNaN)).toBe(true);
      expect(times).toHaveLength(gcp.length);
    }
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('works from the keyboard alone: findings, accounts and the trend', async () => {
    const { page, complaints } = await openFile('keyboard', renderPage(report));
    const title = page.locator('.finding-title').nth(2);
    await title.focus();
    await page.keyboard.press('Enter');
    expect(await title.getAttribute('aria-expanded')).toBe('true');
    expect(await title.evaluate((element) => element === document.activeElement)).toBe(true);
    const finding = report.sightline.findings[2];
    expect(await page.locator('.details').textContent()).toContain(finding?.resource);
    expect(await page.locator('.details').textContent()).toContain(finding?.remediation);
    await page.keyboard.press('Space');
    expect(await page.locator('.details').count()).toBe(0);

    await page.locator('.plot').focus();
    await page.keyboard.press('ArrowLeft');
    const today = report.sightline.trend.at(-1);
    expect(await page.locator('.tip').textContent()).toContain(
      `open${today?.open ?? 0}critical${today?.severities.critical ?? 0}`,
    );
    await page.keyboard.press('Home');
    expect(await page.locator('#trend [aria-live]').textContent()).toContain('21 Nov 2025');
    await page.keyboard.press('Escape');
    expect(await page.locator('.tip').isVisible()).toBe(false);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('shows a day under the pointer, a shorter period, and leaves a severity out', async () => {
    const { page, complaints } = await openFile('trend', renderPage(report));
    await page.locator('.plot').hover({ position: { x: 400, y: 120 } });
    expect(await page.locator('.tip').isVisible()).toBe(true);
    await page.getByRole('group', { name: 'Period' }).getByRole('button', { name: '30 d' }).click();
    await page.locator('.plot').focus();
    await page.keyboard.press('Home');
    expect(await page.locator('.tip-title').textContent()).toBe('22 Oct 2026');
    await page.getByRole('button', { name: 'medium' }).click();
    expect(await page.locator('#trend .area').count()).toBe(4);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('leads from a cloud and from an account to their findings', async () => {
    const { page, complaints } = await openFile('select', renderPage(report));
    await page.locator('#places').getByRole('button', { name: 'azure' }).click();
    expect(await page.getByRole('combobox', { name: 'Cloud' }).inputValue()).toBe('azure');
    await page.getByRole('button', { name: 'Show the open findings of data-lake' }).click();
    const expected = report.sightline.findings.filter((one) => one.account_name === 'data-lake');
    expect(await shownFingerprints(page)).toEqual(expected.slice(0, 100).map((one) => one.fingerprint));
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('follows the system’s theme, turns it by a button, and remembers', async () => {
    const { page, complaints } = await openFile('theme', renderPage(report));
    const background = (): Promise<string> =>
      page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(await background()).toBe('rgb(246, 247, 249)');
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await background()).toBe('rgb(14, 17, 22)');
    await page.emulateMedia({ colorScheme: 'light' });
    const toggle = page.getByRole('button', { name: 'Dark theme' });
    await toggle.click();
    expect(await toggle.getAttribute('aria-pressed')).toBe('true');
    expect(await background()).toBe('rgb(14, 17, 22)');
    await page.reload();
    expect(await background()).toBe('rgb(14, 17, 22)');
    await page.getByRole('button', { name: 'Dark theme' }).click();
    expect(await background()).toBe('rgb(246, 247, 249)');
    expect(complaints.filter((one) => !one.startsWith('request:'))).toEqual([]);
    await page.close();
  });

  it('shows hostile text as text, and links nowhere that a report would like', async () => {
    const hostile = hostileReport();
    const { page, complaints } = await openFile('hostile', renderPage(hostile));
    const first = page.locator('.finding').first();
    expect(await first.locator('.finding-title').textContent()).toBe('</script><img src=x onerror=alert(1)>');
    await first.locator('.finding-title').click();
    const links = await page
      .locator('.references a')
      .evaluateAll((all) => all.map((one) => one.getAttribute('href')));
    expect(links).toEqual(['https://example.org/%22onmouseover=%22alert(1)']);
    expect(await page.locator('.references li').count()).toBe(4);
    await page.locator('.level-2 .toggle').first().click();
    expect(await page.locator('.reports a').count()).toBe(0);
    expect(await page.locator('.reports').textContent()).toContain('<b>source</b>');
    expect(await page.locator('#page img, #page script, #page b').count()).toBe(0);
    expect(await page.locator('#page').textContent()).toContain('⟨U+202E⟩gpj.exe');
    expect(await overflow(page)).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it.each([400, 820, 1600])('fits a window of %d pixels, also with the longest texts', async (width) => {
    const { page, complaints } = await openFile('narrow', renderPage(hostileReport()));
    await page.setViewportSize({ width, height: 900 });
    await page.locator('.finding-title').nth(1).click();
    expect(await overflow(page)).toBe(0);
    const box = await page.locator('.finding').nth(1).boundingBox();
    expect(box?.height).toBeLessThan(240);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('says what to do when there is nothing yet', async () => {
    const { page, complaints } = await openFile('empty', renderPage(emptyReport()));
    expect(await page.locator('main').textContent()).toContain('sightline ingest <file>');
    expect(await page.locator('[data-card=open]').textContent()).toContain('first report');
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('says that nothing is open when scanners found nothing', async () => {
    const clean = sampleReport({ findings: 0, days: 1 });
    clean.sightline.findings_total = 0;
    const { page, complaints } = await openFile('clean', renderPage(clean));
    expect(await page.locator('#findings').textContent()).toContain('Nothing is open.');
    expect(await page.locator('#trend').textContent()).toContain('One report so far');
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('draws 400 accounts and 2,000 findings, the first hundred at once', async () => {
    const { page, complaints } = await openFile('large', renderPage(largeReport()));
    expect(await page.locator('.finding').count()).toBe(100);
    expect(await page.getByRole('button', { name: /more accounts of aws/ }).count()).toBe(1);
    expect(complaints).toEqual([]);
    await page.close();
  });
});

function shownFingerprints(page: Page): Promise<(string | null)[]> {
  return page
    .locator('.finding')
    .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-fingerprint')));
}

function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
