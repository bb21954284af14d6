import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, startApi } from '../api/support.ts';
import { startCollector } from './collector.ts';
import {
  ask,
  type Browser,
  dataSource,
  GRAFANA_URL,
  openBrowser,
  pathTo,
  picture,
  removeDataSource,
  TYPE,
} from './grafana.ts';

const SOURCE = 'sightline-test-config';

describe.skipIf(GRAFANA_URL === undefined)('the settings in a real Grafana', () => {
  let api: Api;
  let guarded: Api;
  let browser: Browser;
  beforeAll(async () => {
    api = await startCollector(2);
    guarded = await startApi({ tokens: [{ name: 'grafana', roles: ['viewer'] }] });
    browser = await openBrowser();
  }, 240_000);
  afterAll(async () => {
    await browser.close();
    await removeDataSource(SOURCE).catch(() => undefined);
    await api.close();
    await guarded.close();
  });

  async function settingsOf(url: string): Promise<Page> {
    await dataSource(SOURCE, url);
    const page = await browser.page();
    await page.goto(pathTo(`/connections/datasources/edit/${SOURCE}`));
    await page.getByRole('textbox', { name: 'Data source connection URL' }).waitFor();
    return page;
  }

  const test = (page: Page): Promise<void> => page.getByRole('button', { name: 'Save & test' }).click();

  it('are entered, saved and tested, and the test says what is there', async () => {
    const page = await settingsOf('http://127.0.0.1:9');
    await page.getByRole('textbox', { name: 'Data source connection URL' }).fill(api.url);
    await test(page);
    const { body } = await api.ask<{ findings: number; scopes: number }>('/status');
    await page
      .getByText(`${body.findings.toLocaleString('en-US')} findings in ${body.scopes} scopes`)
      .waitFor();
    await picture(page, 'configure');
    await page.close();
  });

  it.each([
    ['nothing answers', 'http://127.0.0.1:9', /Nothing answers at http:\/\/127\.0\.0\.1:9\./],
    ['it is no address', 'sightline', /is no address of a server/],
    ['it is Grafana itself', GRAFANA_URL ?? '', /this is not Sightline's API|sends elsewhere|refuses/],
  ])('say what to do where %s', async (_, url, said) => {
    const page = await settingsOf(url);
    await test(page);
    await page.getByText(said).first().waitFor();
    await page.close();
  });

  it('ask for a token where the collector does, and take it', async () => {
    const page = await settingsOf(guarded.url);
    await test(page);
    await page
      .getByText(/sightline token create --role viewer makes one/)
      .first()
      .waitFor();
    await page.getByLabel('Token', { exact: true }).fill('grafana-'.repeat(5));
    // Grafana tells a changed data source by the second in which it was saved, and was asked for the first one just now.
    await page.waitForTimeout(1_500);
    await test(page);
    await page.getByText('Sightline 1.2.3: 0 findings in 0 scopes').last().waitFor();
    const saved = await ask<{ secureJsonFields: object }>('GET', `/api/datasources/uid/${SOURCE}`);
    expect(saved.secureJsonFields).toEqual({ token: true });
    expect(JSON.stringify(saved)).not.toContain('grafana-grafana');
    await page.close();
  });

  it('can be provisioned', async () => {
    const plugin = await ask<{ id: string; info: { version: string } }>(
      'GET',
      `/api/plugins/${TYPE}/settings`,
    );
    expect(plugin.id).toBe(TYPE);
    await dataSource(SOURCE, guarded.url, {
      jsonData: { timeout: 30, httpHeaderName1: 'X-Team' },
      secureJsonData: { token: 'grafana-'.repeat(5), httpHeaderValue1: 'security' },
    });
    const health = await ask<{ status: string }>('GET', `/api/datasources/uid/${SOURCE}/health`);
    expect(health.status).toBe('OK');
  });
});
