import { chromium } from 'playwright-core';
import { boards } from '../dashboards/boards.ts';

/**
 * How long each dashboard takes until all panels on the first screen are drawn, from the click on a link in a Grafana that is open
 * already: `GRAFANA_URL=… node test/grafana/ready.ts`. Prints a table for docs/performance.md. The median of five.
 */

const url = process.env['GRAFANA_URL'] ?? 'http://127.0.0.1:3000';
const auth = Buffer.from(
  `${process.env['GRAFANA_USER'] ?? 'admin'}:${process.env['GRAFANA_PASSWORD'] ?? 'admin'}`,
);
const ROUNDS = Number(process.env['ROUNDS'] ?? 5);

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
const context = await browser.newContext({
  viewport: { width: 1600, height: 900 },
  extraHTTPHeaders: { Authorization: `Basic ${auth.toString('base64')}` },
});
await context.addInitScript("localStorage.setItem('grafana.navigation.docked', 'false')");
const page = await context.newPage();
page.setDefaultTimeout(120_000);

/** Clicks a link as the menu has it; answers milliseconds until nothing loads and nothing has been drawn anew. */
async function open(path: string): Promise<number> {
  return page.evaluate(async (where) => {
    const link = document.createElement('a');
    link.href = where;
    document.body.append(link);
    const started = performance.now();
    link.click();
    link.remove();
    let last = started;
    let seen = '';
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 25));
      const panels = [...document.querySelectorAll('[data-viz-panel-key]')];
      const loading = document.querySelectorAll('[aria-label="Panel loading bar"]').length;
      const now = `${location.pathname} ${panels.length} ${loading} ${panels.map((panel) => panel.querySelectorAll('*').length).join()}`;
      if (
        now !== seen ||
        loading > 0 ||
        panels.length === 0 ||
        !location.pathname.startsWith(where.split('?')[0] ?? where)
      ) {
        seen = now;
        last = performance.now();
      }
      // Quiet for so long: the time is that of the last change.
      if (performance.now() - last > 700) return last - started;
      if (performance.now() - started > 60_000) throw new Error(`${where} was not drawn within a minute`);
    }
  }, path);
}

await page.goto(`${url}/dashboards`);
await page.waitForLoadState('networkidle');
const rows: string[] = [];
for (const { uid, title } of boards()) {
  const times: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const ms = await open(`/d/${uid}`);
    // The first brings the code of the panels along.
    if (round > 0) times.push(ms);
    await page.goto(`${url}/dashboards`);
    await page.waitForLoadState('networkidle');
  }
  times.sort((a, b) => a - b);
  rows.push(
    `| ${title} | ${((times[Math.floor(times.length / 2)] ?? 0) / 1000).toFixed(1)} s | ${((times.at(-1) ?? 0) / 1000).toFixed(1)} s |`,
  );
}
process.stdout.write(`| dashboard | median | slowest |\n| --- | --- | --- |\n${rows.join('\n')}\n`);
await browser.close();
