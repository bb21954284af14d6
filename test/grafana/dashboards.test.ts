import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../api/support.ts';
import { answerOfApi, startCollector } from './collector.ts';
import {
  type Browser,
  dashboard,
  dataSource,
  GRAFANA_URL,
  nextAnswer,
  openBrowser,
  pathTo,
  picture,
  removeDashboard,
  removeDataSource,
  TYPE,
} from './grafana.ts';

const SOURCE = 'sightline-test-boards';
const BOARD = 'sightline-test-board';
type Query = Readonly<Record<string, unknown>>;

const datasource = { type: TYPE, uid: SOURCE };
const ALL = { text: ['All'], value: ['$__all'] };
const variable = (name: string, query: object) => ({
  type: 'query',
  name,
  datasource,
  query: { refId: name, version: 1, ...query },
  refresh: 2,
  includeAll: true,
  multi: true,
  current: ALL,
  options: [],
});
const within = (field: string) => [{ field, operator: 'in', values: [`$${field}`] }];

const MORE = {
  templating: {
    list: [
      variable('cloud', { dimension: 'cloud' }),
      variable('account', { dimension: 'account', filters: within('cloud') }),
      { type: 'adhoc', name: 'filters', label: 'Filters', datasource, filters: [] },
    ],
  },
  annotations: {
    list: [
      {
        name: 'Drift',
        datasource,
        enable: true,
        iconColor: 'red',
        target: {
          refId: 'Anno',
          queryType: 'events',
          format: 'annotations',
          version: 1,
          kinds: ['new', 'failedScan'],
        },
      },
    ],
  },
};
const PANELS = [
  {
    title: 'Open by severity',
    targets: [{ queryType: 'trend', measures: ['open'], groupBy: ['severity'], filters: within('account') }],
  },
  {
    title: 'By account',
    type: 'table',
    targets: [
      {
        queryType: 'summary',
        measures: ['open', 'overdue'],
        groupBy: ['account'],
        filters: within('account'),
      },
    ],
  },
  { title: 'Scans', type: 'table', targets: [{ queryType: 'runs', view: 'scopes' }] },
];

const isSummary = (query: Query): boolean => query['queryType'] === 'summary';
const filtersOf = (queries: readonly Query[]): unknown => queries.find(isSummary)?.['filters'];

describe.skipIf(GRAFANA_URL === undefined)('a dashboard in a real Grafana', () => {
  let api: Api;
  let browser: Browser;
  beforeAll(async () => {
    api = await startCollector();
    await dataSource(SOURCE, api.url);
    await dashboard(BOARD, SOURCE, PANELS, MORE);
    browser = await openBrowser();
  }, 240_000);
  afterAll(async () => {
    await browser.close();
    await removeDashboard(BOARD);
    await removeDataSource(SOURCE);
    await api.close();
  });

  interface Values {
    readonly values: readonly { readonly value: string; readonly text: string }[];
  }

  it('drops the filter where all are chosen, also in chained variables', async () => {
    const page = await browser.page();
    const parents: unknown[] = [];
    page.on('request', (request) => {
      if (request.url().includes('dimensions/account/values')) parents.push(request.postDataJSON());
    });
    const { asked } = await nextAnswer(page, isSummary, async () => {
      await page.goto(pathTo(`/d/${BOARD}?var-cloud=$__all&var-account=$__all`));
    });
    expect(filtersOf(asked.queries)).toEqual([]);
    expect(parents).toEqual([expect.objectContaining({ filters: [] })]);
    await page.close();
  });

  it('lists the accounts of the chosen clouds by their names, and filters by those that are chosen', async () => {
    const page = await browser.page();
    const { body } = await api.post<Values>('/dimensions/account/values', {
      filters: [{ field: 'cloud', operator: 'in', values: ['azure'] }],
    });
    const [first, second] = body.values;
    if (first === undefined || second === undefined) throw new Error('the sample has two accounts of Azure');
    const { asked, answers } = await nextAnswer(
      page,
      (query) => isSummary(query) && JSON.stringify(query['filters'] ?? '').includes(second.value),
      async () => {
        await page.goto(
          pathTo(`/d/${BOARD}?var-cloud=azure&var-account=${first.value}&var-account=${second.value}`),
        );
      },
    );
    expect(filtersOf(asked.queries)).toEqual([
      { field: 'account', operator: 'in', values: [first.value, second.value] },
    ]);
    expect(answers.results['A']?.frames?.[0]?.data.values).toEqual(
      (await answerOfApi(api, asked))[0]?.data.values,
    );
    await page.getByText(`${first.text} + ${second.text}`).or(page.getByText(first.text)).first().waitFor();
    await picture(page, 'variables');
    await page.close();
  });

  it('marks in charts what happened', async () => {
    const page = await browser.page();
    const { asked, answers } = await nextAnswer(
      page,
      (query) => query['format'] === 'annotations',
      async () => {
        await page.goto(pathTo(`/d/${BOARD}`));
      },
    );
    const told = await answerOfApi(api, asked, 'Anno');
    expect(answers.results['Anno']?.frames?.[0]?.data.values).toEqual(told[0]?.data.values);
    await page.getByTestId('data-testid annotation-marker').first().waitFor();
    await page.getByTestId('data-testid annotation-marker').last().hover();
    await page.getByText(/new/).last().waitFor();
    await picture(page, 'annotations');
    await page.close();
  });

  it('applies a filter of the dashboard to every query that knows its field, and says where not', async () => {
    const page = await browser.page();
    await page.goto(pathTo(`/d/${BOARD}`));
    await page.getByText('By account').first().waitFor();
    await page.getByPlaceholder('Filter by label values').click();
    await page.getByRole('option', { name: 'Severity', exact: true }).click();
    await page.getByRole('option', { name: /^=\s*Equals/ }).click();
    const { asked } = await nextAnswer(page, isSummary, () =>
      page.getByRole('option', { name: 'CRITICAL' }).click(),
    );
    expect(filtersOf(asked.queries)).toEqual([{ field: 'severity', operator: '=', values: ['CRITICAL'] }]);
    await picture(page, 'ad-hoc');
    await page.close();
  });

  it('shows events in Explore as log lines, with how many there were', async () => {
    const page = await browser.page();
    const queries = [{ refId: 'A', datasource, version: 1, queryType: 'events', format: 'logs' }];
    const pane = { datasource: SOURCE, queries, range: { from: 'now-90d', to: 'now' } };
    const { asked } = await nextAnswer(
      page,
      (query) => query['queryType'] === 'trend',
      async () => {
        await page.goto(
          pathTo(
            `/explore?schemaVersion=1&orgId=1&panes=${encodeURIComponent(JSON.stringify({ one: pane }))}`,
          ),
        );
      },
    );
    expect(asked.queries[0]).toMatchObject({ refId: 'log-volume-A', groupBy: ['severity'] });
    expect(asked.queries[0]?.['measures']).toEqual(expect.arrayContaining(['new', 'fixed']));
    await page
      .getByText(/^(new|fixed): /)
      .first()
      .waitFor();
    await picture(page, 'explore');
    await page.close();
  });
});
