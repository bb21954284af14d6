import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, type Editors, PAYMENTS, startEditors, STOREFRONT } from './editors.ts';

const REQUIRED = process.env['SIGHTLINE_REQUIRE_SERVERS'] === '1';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

if (CHROMIUM === undefined && !REQUIRED)
  console.warn(
    'editors.browser.test: skipped, no chromium in /usr/bin (SIGHTLINE_REQUIRE_SERVERS=1 makes this fail)',
  );

const BASE = { refId: 'A', version: 1 };
const TREND = { ...BASE, queryType: 'trend', measures: ['open'], groupBy: ['severity'] };
const CRITICAL = { field: 'severity', operator: '=', values: ['CRITICAL'] };

describe.skipIf(CHROMIUM === undefined && !REQUIRED)('the editors in a browser', () => {
  let editors: Editors;
  beforeAll(async () => {
    editors = await startEditors();
  }, 240_000);
  afterAll(() => editors.close());

  /** Opens a list by its label and takes an option. */
  async function choose(page: Page, label: string, option: string | RegExp, typed = ''): Promise<void> {
    await page.getByRole('combobox', { name: label, exact: true }).click();
    // Of long lists only what is in sight is in the page.
    await page.keyboard.type(typed);
    await page.getByRole('option').filter({ hasText: option }).first().click();
  }

  const violations = async (page: Page): Promise<unknown> => {
    await page.evaluate(AXE);
    const found = (await page.evaluate('axe.run()')) as {
      readonly violations: readonly { readonly id: string; readonly nodes: readonly { html: string }[] }[];
    };
    return found.violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
  };

  it('makes critical findings by account over time of the default query, by mouse', async () => {
    const { page, complaints, edited } = await editors.open({ editor: 'query', value: { refId: 'A' } });
    await page.getByRole('button', { name: 'Remove Severity' }).click();
    await choose(page, 'Group by', /^AccountId/);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Add filter' }).click();
    await page.getByText('A filter has no field yet').waitFor();
    await choose(page, 'Field of filter 1', /^Severity/);
    await choose(page, 'Value of filter 1', /^CRITICAL/);
    await expect.poll(edited).toMatchObject({
      ...TREND,
      groupBy: ['account'],
      filters: [CRITICAL],
    });
    expect(await page.getByText('This query can’t run yet').count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('goes through from the keyboard alone', async () => {
    const { page, edited } = await editors.open({ editor: 'query', value: TREND });
    await page.getByRole('radio', { name: 'Trend' }).focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(edited).toMatchObject({ queryType: 'summary', groupBy: ['severity'] });
    await page.getByRole('combobox', { name: 'Measures' }).focus();
    await page.keyboard.type('overdue c');
    await page.getByRole('option', { name: /^Overdue confirmed/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect.poll(async () => (await edited())['measures']).toEqual(['open', 'overdueConfirmed']);
    await page.keyboard.press('Escape');
    await page.getByRole('spinbutton', { name: 'Limit' }).focus();
    await page.keyboard.type('25');
    await page.keyboard.press('Enter');
    await expect.poll(async () => (await edited())['limit']).toBe(25);
    await page.getByRole('button', { name: 'Add filter' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Remove filter 1' }).focus();
    await page.keyboard.press('Space');
    await expect.poll(async () => (await edited())['filters']).toEqual([]);
    await page.close();
  });

  it('offers values of the other filters, by name, and finds what can only be searched', async () => {
    const filters = [{ field: 'account', operator: 'in', values: [PAYMENTS] }, CRITICAL];
    const { page, edited } = await editors.open({ editor: 'query', value: { ...TREND, filters } });
    await page.getByRole('button', { name: `Remove prod-payments (${PAYMENTS})` }).waitFor();
    await choose(page, 'Value of filter 1', new RegExp(STOREFRONT));
    await page.keyboard.press('Escape');
    await expect
      .poll(async () => (await edited())['filters'])
      .toEqual([{ ...filters[0], values: [PAYMENTS, STOREFRONT] }, CRITICAL]);
    await choose(page, 'Field of filter 2', /^ResourceId/, 'Resource');
    await page.getByRole('combobox', { name: 'Value of filter 2' }).click();
    await page.getByText('Type at least two characters to search').waitFor();
    await page.keyboard.type('arn:');
    await page
      .getByRole('option')
      .filter({ hasText: /arn:aws/ })
      .first()
      .waitFor();
    await page
      .getByRole('option')
      .filter({ hasText: /arn:aws/ })
      .first()
      .click();
    await expect.poll(async () => JSON.stringify((await edited())['filters'])).toContain('arn:aws');
    await page.close();
  });

  it('offers the variables of the dashboard, and none in an alert rule', async () => {
    const variables = { team: { value: 'pay', text: 'pay' } };
    const value = { ...TREND, filters: [{ field: 'team', operator: '=', values: [] }] };
    const { page, edited } = await editors.open({ editor: 'query', value, variables });
    await choose(page, 'Value of filter 1', '$team');
    await expect.poll(async () => JSON.stringify((await edited())['filters'])).toContain('$team');
    await page.close();
    const rule = await editors.open({ editor: 'query', value, variables, app: 'unified-alerting' });
    await rule.page.getByRole('combobox', { name: 'Value of filter 1' }).click();
    await rule.page.getByRole('option').first().waitFor();
    expect(await rule.page.getByRole('option', { name: '$team' }).count()).toBe(0);
    expect(await rule.page.getByRole('radio').count()).toBe(2);
    await rule.page.close();
  });

  it.each([
    ['Summary', 'summary', 'Format'],
    ['Findings', 'findings', 'Sort by'],
    ['Events', 'events', 'What happened'],
    ['Scan health', 'runs', 'View'],
  ])('shows the fields of %s, and keeps the filters', async (name, queryType, field) => {
    const { page, edited, complaints } = await editors.open({
      editor: 'query',
      value: { ...TREND, filters: [{ field: 'account', operator: '=', values: [PAYMENTS] }] },
    });
    await page.getByRole('radio', { name }).click();
    await page.getByRole('combobox', { name: field }).waitFor();
    expect(await edited()).toMatchObject({ queryType, filters: [{ field: 'account' }] });
    expect(await page.getByText('This query can’t run yet').count()).toBe(0);
    expect(await violations(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it.each(['dark', 'light'] as const)('is complete for screen readers, in the %s theme', async (theme) => {
    const filters = [{ field: 'account', operator: 'in', values: [PAYMENTS, ''] }, CRITICAL];
    const { page } = await editors.open({ editor: 'query', value: { ...TREND, filters }, theme });
    await page.getByRole('combobox', { name: 'Value of filter 2' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.close();
  });

  it('says why nothing can be chosen, and tries again when told to', async () => {
    editors.down = true;
    const { page } = await editors.open({ editor: 'query', value: TREND });
    await page.getByText('Nothing answers at http://collector:8080. Check the URL.').waitFor();
    editors.down = false;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('The server did not say what can be chosen').waitFor({ state: 'detached' });
    await choose(page, 'Measures', /^OverdueOpen/, 'Overdue');
    await page.close();
  });

  it('keeps a query of a newer plugin as it is, and says so', async () => {
    const future = { ...TREND, version: 2, measures: [{ id: 'open' }] };
    const { page, edited } = await editors.open({ editor: 'query', value: future });
    await page.getByText('Saved by a newer plugin').waitFor();
    expect(await edited()).toEqual(future);
    await page.close();
  });

  it('makes variables, whose filters may name other variables', async () => {
    const variables = { cloud: { value: 'aws' } };
    const value = { refId: 'V', version: 1, dimension: 'account' };
    const { page, edited } = await editors.open({ editor: 'values', value, variables });
    await page.getByRole('button', { name: 'Add filter' }).click();
    await choose(page, 'Field of filter 1', /^Cloud/);
    await choose(page, 'Value of filter 1', '$cloud');
    await choose(page, 'Values of', /^ResourceId/, 'Resource');
    await expect.poll(edited).toMatchObject({
      dimension: 'resource',
      search: '$__searchFilter',
      filters: [{ field: 'cloud', operator: '=', values: ['$cloud'] }],
    });
    expect(await violations(page)).toEqual([]);
    await page.close();
  });

  it('makes annotations of critical drift, or of what is chosen', async () => {
    const { page, edited } = await editors.open({ editor: 'annotation', value: { refId: 'Anno' } });
    await page.getByPlaceholder('Critical drift and failed scans').waitFor();
    await choose(page, 'What happened', /^Fixed/);
    await page.keyboard.press('Escape');
    await expect.poll(edited).toMatchObject({ queryType: 'events', format: 'annotations', kinds: ['fixed'] });
    expect(await violations(page)).toEqual([]);
    await page.close();
  });

  it('takes URL, token, TLS, headers and a timeout, and never shows a token again', async () => {
    const settings = { url: '', jsonData: {}, secureJsonFields: {}, secureJsonData: {} };
    const { page, edited, complaints } = await editors.open({ editor: 'config', value: settings });
    await page
      .getByRole('textbox', { name: 'Data source connection URL' })
      .fill('https://sightline.example.org');
    await page.getByLabel('Token', { exact: true }).fill('sl_secret ');
    await expect.poll(edited).toMatchObject({
      url: 'https://sightline.example.org',
      secureJsonData: { token: 'sl_secret' },
    });
    await page.getByText('Skip TLS certificate validation').waitFor();
    await page.getByRole('button', { name: 'Expand section HTTP headers' }).click();
    await page.getByRole('button', { name: 'Add header' }).waitFor();
    expect(await page.getByLabel('Token', { exact: true }).getAttribute('type')).toBe('password');
    await page.close();
    const saved = await editors.open({
      editor: 'config',
      value: { ...settings, secureJsonFields: { token: true } },
    });
    await saved.page.getByRole('button', { name: 'Reset' }).click();
    await expect
      .poll(saved.edited)
      .toMatchObject({ secureJsonFields: { token: false }, secureJsonData: { token: '' } });
    await saved.page.close();
    expect(complaints).toEqual([]);
  });
});
