import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../api/support.ts';
import { answerOfApi, startCollector } from './collector.ts';
import {
  type Browser,
  choose,
  dashboard,
  dataSource,
  type Frame,
  GRAFANA_URL,
  nextAnswer,
  openBrowser,
  pathTo,
  picture,
  removeDashboard,
  removeDataSource,
} from './grafana.ts';

const SOURCE = 'sightline-test-panels';
type Query = Readonly<Record<string, unknown>>;

const valuesOf = (frames: readonly Frame[] | undefined): unknown => frames?.map(({ data }) => data.values);
const namesOf = (frames: readonly Frame[] | undefined): unknown =>
  frames?.map(({ schema }) => schema.fields.map(({ name, labels }) => [name, labels]));

describe.skipIf(GRAFANA_URL === undefined)('panels in a real Grafana', () => {
  let api: Api;
  let browser: Browser;
  beforeAll(async () => {
    api = await startCollector();
    await dataSource(SOURCE, api.url);
    browser = await openBrowser();
  }, 240_000);
  afterAll(async () => {
    await browser.close();
    await removeDataSource(SOURCE);
    await api.close();
  });

  /** What Grafana shows is what the API says to the same request. */
  async function expectSame(
    page: Page,
    fits: (query: Query) => boolean,
    work: () => Promise<void>,
  ): Promise<void> {
    const { asked, answers } = await nextAnswer(page, fits, work);
    const frames = answers.results['A']?.frames;
    const told = await answerOfApi(api, asked);
    expect(answers.results['A']?.error).toBeUndefined();
    expect(namesOf(frames)).toEqual(namesOf(told));
    // Ages go on while the test runs.
    expect(valuesOf(frames)).toEqual(valuesOf(told));
    expect(frames?.[0]?.data.values[0]?.length).toBeGreaterThan(0);
  }

  it('makes critical findings by account over time without a look into the documentation', async () => {
    const page = await browser.page();
    await page.goto(pathTo('/dashboard/new?from=now-90d&to=now&timezone=utc'));
    await page.getByRole('button', { name: 'Add visualization' }).click();
    const started = Date.now();
    await page.getByRole('button', { name: /Sightline panels/ }).click();
    await page.getByRole('button', { name: 'Remove Severity' }).click();
    await choose(page, 'Group by', /AccountId/);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Add filter' }).click();
    await choose(page, 'Field of filter 1', /^Severity/);
    const critical = (query: Query): boolean =>
      JSON.stringify(query['filters']) === '[{"field":"severity","operator":"=","values":["CRITICAL"]}]';
    await expectSame(page, critical, () => choose(page, 'Value of filter 1', /^CRITICAL/));
    expect(Date.now() - started).toBeLessThan(60_000);
    await page.getByText('prod-payments').first().waitFor();
    await picture(page, 'critical-by-account');
    await page.close();
  });

  it.each<[string, string, (page: Page) => Promise<void>, (query: Query) => boolean]>([
    [
      'Trend',
      'timeseries',
      async (page) => {
        await choose(page, 'Interval', /^1w/);
      },
      (query) => query['queryType'] === 'trend' && query['interval'] === '1w',
    ],
    [
      'Summary',
      'table',
      async (page) => {
        await page.getByRole('radio', { name: 'Summary' }).click();
        await choose(page, 'Group by', /AccountId/);
        await page.keyboard.press('Escape');
      },
      (query) => query['queryType'] === 'summary' && String(query['groupBy']) === 'severity,account',
    ],
    [
      'Findings',
      'table',
      async (page) => {
        await page.getByRole('radio', { name: 'Findings' }).click();
        await choose(page, 'Format', /^By rule/);
      },
      (query) => query['queryType'] === 'findings' && query['format'] === 'byRule',
    ],
    [
      'Events',
      'table',
      async (page) => {
        await page.getByRole('radio', { name: 'Events' }).click();
        await choose(page, 'What happened', /^Fixed/);
        await page.keyboard.press('Escape');
      },
      (query) => query['queryType'] === 'events' && String(query['kinds']) === 'fixed',
    ],
    [
      'Scan health',
      'table',
      async (page) => {
        await page.getByRole('radio', { name: 'Scan health' }).click();
        await choose(page, 'View', /^Runs/);
      },
      (query) => query['queryType'] === 'runs' && query['view'] === 'runs',
    ],
    [
      'SQL',
      'table',
      async (page) => {
        await page.getByRole('radio', { name: 'SQL' }).click();
      },
      (query) => query['queryType'] === 'sql',
    ],
  ])(
    'builds a query of type %s by mouse, and shows the numbers of the API',
    async (name, type, build, fits) => {
      const uid = `sightline-test-${name.toLowerCase().replace(' ', '-')}`;
      const target = { queryType: 'trend', measures: ['open'], groupBy: ['severity'] };
      await dashboard(uid, SOURCE, [{ type, title: name, targets: [target] }]);
      const page = await browser.page();
      await page.goto(pathTo(`/d/${uid}?editPanel=1`));
      await page.getByRole('radio', { name: 'Trend' }).waitFor();
      await expectSame(page, fits, () => build(page));
      expect(await page.getByText('This query can’t run yet').count()).toBe(0);
      await picture(page, `type-${name.toLowerCase().replace(' ', '-')}`);
      await page.close();
      await removeDashboard(uid);
    },
  );

  it('says why a query can’t run, in the editor and in the panel', async () => {
    const uid = 'sightline-test-wrong';
    const panels = [
      { title: 'Newer', targets: [{ queryType: 'trend', measures: ['open'], version: 9 }] },
      { title: 'Unknown', targets: [{ queryType: 'trend', measures: ['opened'] }] },
      {
        title: 'Variable',
        targets: [
          {
            queryType: 'summary',
            measures: ['open'],
            filters: [{ field: 'account', operator: '=', values: ['$gone'] }],
          },
        ],
      },
    ];
    await dashboard(uid, SOURCE, panels);
    const page = await browser.page();
    for (const [panel, said] of [
      [1, 'saved by a newer version of the Sightline plugin'],
      [2, 'opened'],
      [3, 'There is no variable $gone here'],
    ] as const) {
      await page.goto(pathTo(`/d/${uid}?viewPanel=panel-${panel}`));
      await page.getByTestId('data-testid Panel status error').first().hover();
      await page.getByText(said).first().waitFor();
    }
    await page.goto(pathTo(`/d/${uid}?editPanel=2`));
    await page.getByText('The server has no measure opened').waitFor();
    await page.close();
    await removeDashboard(uid);
  });
});
