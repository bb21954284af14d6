import * as fs from 'node:fs';
import * as path from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boards } from '../dashboards/boards.ts';

/**
 * Every provisioned dashboard in a real Grafana (GRAFANA_URL, with provisioning/ and a collector with the sample estate): no panel
 * says that something went wrong, and none says "No data". PICTURES names a folder for what was seen.
 */

const URL = process.env['GRAFANA_URL']?.replace(/\/+$/, '');
const PICTURES = process.env['PICTURES'];
const AUTH = Buffer.from(
  `${process.env['GRAFANA_USER'] ?? 'admin'}:${process.env['GRAFANA_PASSWORD'] ?? 'admin'}`,
);
const HEIGHT = 3200;

let context: BrowserContext;

describe.skipIf(URL === undefined)('provisioned dashboards', () => {
  beforeAll(async () => {
    const browser = await chromium.launch({
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--disable-background-networking',
        '--disable-sync',
      ],
    });
    context = await browser.newContext({
      extraHTTPHeaders: { Authorization: `Basic ${AUTH.toString('base64')}` },
    });
    await context.addInitScript("localStorage.setItem('grafana.navigation.docked', 'false')");
  });
  afterAll(() => context.browser()?.close());

  const views = boards().flatMap(({ uid }) =>
    (['dark', 'light'] as const).flatMap((theme) => [1600, 800].map((width) => ({ uid, theme, width }))),
  );

  it.each(views)('$uid, $theme, $width pixels', { timeout: 120_000 }, async ({ uid, theme, width }) => {
    const page = await context.newPage();
    try {
      await page.setViewportSize({ width, height: HEIGHT });
      const failed: string[] = [];
      page.on('response', (response) => {
        if (response.url().includes('/api/ds/query') && response.status() >= 400)
          failed.push(`${response.status()} ${response.url()}`);
      });
      await page.goto(`${URL ?? ''}/d/${uid}?theme=${theme}`, { timeout: 90_000 });
      await drawn(page);
      if (PICTURES !== undefined) {
        fs.mkdirSync(PICTURES, { recursive: true });
        await page.screenshot({ path: path.join(PICTURES, `${uid}-${theme}-${width}.png`) });
      }
      expect(failed).toEqual([]);
      expect(await page.getByTestId('data-testid Panel status error').count()).toBe(0);
      expect(await page.getByText('No data', { exact: true }).count()).toBe(0);
      expect(await page.getByText('An unexpected error happened').count()).toBe(0);
    } finally {
      await page.close();
    }
  });
});

/** All panels are there, and none is loading any more. */
async function drawn(page: Page): Promise<void> {
  await page.locator('[data-viz-panel-key]').first().waitFor({ timeout: 90_000 });
  await page.waitForFunction(
    () => {
      const loading = document.querySelectorAll('[aria-label="Panel loading bar"]').length;
      const counted = window as unknown as { quietSince?: number };
      if (loading > 0) delete counted.quietSince;
      else counted.quietSince ??= performance.now();
      return counted.quietSince !== undefined && performance.now() - counted.quietSince > 1500;
    },
    undefined,
    { timeout: 90_000, polling: 200 },
  );
}
