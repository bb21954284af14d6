import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Api } from '../api/support.ts';
import { startCollector } from './collector.ts';
import {
  ask,
  type Browser,
  dashboard,
  dataSource,
  GRAFANA_URL,
  openBrowser,
  pathTo,
  picture,
  removeDashboard,
  removeDataSource,
} from './grafana.ts';

const SOURCE = 'sightline-test-alerts';
const FOLDER = 'sightline-test-alerts';
const RECEIVER = 'sightline-test-webhook';
const WAIT = { timeout: 120_000, interval: 1_000 };

interface Alert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
}
interface Page {
  readonly findings: readonly { readonly fingerprint: string; readonly account: string }[];
}

const CRITICAL = [{ field: 'severity', operator: '=', values: ['CRITICAL'] }];
const QUERIES = {
  summary: {
    queryType: 'summary',
    version: 1,
    measures: ['open'],
    groupBy: ['account'],
    format: 'numeric',
    limit: 1_000,
    filters: CRITICAL,
  },
  trend: {
    queryType: 'trend',
    version: 1,
    measures: ['open'],
    groupBy: ['account'],
    limit: 200,
    interval: '1d',
    filters: CRITICAL,
  },
};

describe.skipIf(GRAFANA_URL === undefined)('alert rules in a real Grafana', () => {
  let api: Api;
  let browser: Browser;
  const told: Alert[] = [];
  const receiver = http.createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      told.push(...(JSON.parse(text) as { alerts: Alert[] }).alerts);
      response.end();
    });
  });

  beforeAll(async () => {
    api = await startCollector(4);
    await dataSource(SOURCE, api.url);
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const { port } = receiver.address() as AddressInfo;
    await clean();
    await ask('POST', '/api/folders', { uid: FOLDER, title: FOLDER });
    await ask('POST', '/api/v1/provisioning/contact-points', {
      uid: RECEIVER,
      name: RECEIVER,
      type: 'webhook',
      settings: { url: `http://127.0.0.1:${port}/` },
    });
    browser = await openBrowser();
  }, 240_000);
  afterAll(async () => {
    await browser.close();
    await clean();
    receiver.close();
    await removeDataSource(SOURCE);
    await api.close();
  }, 120_000);

  async function clean(): Promise<void> {
    await ask('DELETE', `/api/folders/${FOLDER}?forceDeleteRules=true`).catch(() => undefined);
    const where = `/api/v1/provisioning/contact-points`;
    const points = await ask<readonly { uid: string }[]>('GET', `${where}?name=${RECEIVER}`);
    // Grafana keeps it as long as a rule that is being deleted still names it.
    for (const { uid } of points) await vi.waitFor(() => ask('DELETE', `${where}/${uid}`), WAIT);
  }

  const accounts = (title: string, status: Alert['status']): string[] =>
    [
      ...new Set(
        told
          .filter(({ labels, status: is }) => labels['alertname'] === title && is === status)
          .map(({ labels }) => labels['account'] ?? ''),
      ),
    ].sort();

  function rule(title: keyof typeof QUERIES): object {
    const expression = (refId: string, model: object): object => ({
      refId,
      datasourceUid: '__expr__',
      relativeTimeRange: { from: 0, to: 0 },
      model: { refId, ...model },
    });
    return {
      title,
      uid: `sightline-test-${title}`,
      folderUID: FOLDER,
      ruleGroup: 'test',
      orgID: 1,
      condition: 'C',
      for: '0s',
      noDataState: 'KeepLast',
      execErrState: 'KeepLast',
      notification_settings: {
        receiver: RECEIVER,
        group_wait: '1s',
        group_interval: '1s',
        repeat_interval: '1h',
      },
      data: [
        {
          refId: 'A',
          datasourceUid: SOURCE,
          relativeTimeRange: { from: 30 * 86_400, to: 0 },
          model: { refId: 'A', ...QUERIES[title] },
        },
        ...(title === 'trend' ? [expression('B', { type: 'reduce', expression: 'A', reducer: 'last' })] : []),
        expression('C', {
          type: 'threshold',
          expression: title === 'trend' ? 'B' : 'A',
          conditions: [{ evaluator: { type: 'gt', params: [0] } }],
        }),
      ],
    };
  }

  it('on a summary and on a trend fire for each account, and resolve when nothing is open', async () => {
    const open = await api.ask<Page>(
      `/findings?limit=500&filters=${encodeURIComponent(JSON.stringify([...CRITICAL, { field: 'status', operator: '=', values: ['open'] }]))}`,
    );
    const { findings } = open.body;
    const expected = [...new Set(findings.map(({ account }) => account))].sort();
    expect(expected.length).toBeGreaterThan(1);
    await ask('PUT', `/api/v1/provisioning/folder/${FOLDER}/rule-groups/test`, {
      title: 'test',
      folderUid: FOLDER,
      interval: 10,
      rules: [rule('summary'), rule('trend')],
    });
    for (const title of ['summary', 'trend'])
      await expect.poll(() => accounts(title, 'firing'), WAIT).toEqual(expected);
    expect(told.filter(({ status }) => status === 'resolved')).toEqual([]);

    const page = await browser.page();
    await page.goto(pathTo('/alerting/sightline-test-summary/edit'));
    await page.getByRole('radio', { name: 'Summary' }).first().waitFor();
    await page
      .getByText(/Alert rules have no variables/)
      .first()
      .waitFor();
    await picture(page, 'alert-rule');
    await page.close();

    const fingerprints = findings.map(({ fingerprint }) => fingerprint);
    const { status } = await api.post('/verdicts', {
      fingerprints,
      verdict: 'false_positive',
      reason: 'a test',
    });
    expect(status).toBe(200);
    await api.warehouse?.refresh();
    for (const title of ['summary', 'trend'])
      await expect.poll(() => accounts(title, 'resolved'), WAIT).toEqual(expected);
    // As they were, for the next test.
    await api.post('/verdicts', { fingerprints, verdict: null, reason: 'a test' });
    await api.warehouse?.refresh();
  }, 400_000);

  it('are made from a panel, whose query is taken over', async () => {
    const board = 'sightline-test-from-panel';
    await dashboard(board, SOURCE, [{ title: 'Critical by account', targets: [QUERIES.trend] }]);
    const page = await browser.page();
    await page.goto(pathTo(`/d/${board}?editPanel=1`));
    await page.getByRole('tab', { name: /^Alert/ }).click();
    await page.getByText('New alert rule').first().click();
    // Grafana fills up what a panel leaves out, and takes that for a change.
    await page.getByRole('button', { name: 'Discard', exact: true }).click();
    await page.getByRole('radio', { name: 'Trend' }).first().waitFor();
    await page.getByRole('combobox', { name: 'Value of filter 1' }).first().waitFor();
    expect(await page.getByText('This query can’t run yet').count()).toBe(0);
    await page
      .getByRole('button', { name: /^Preview/ })
      .first()
      .click();
    await page.getByText('Firing', { exact: true }).first().waitFor();
    await picture(page, 'alert-from-panel');
    await page.close();
    await removeDashboard(board);
  });

  it('are refused with the reason where a query can’t be alerted on', async () => {
    const body = {
      from: 'now-30d',
      to: 'now',
      queries: [{ refId: 'A', datasource: { uid: SOURCE }, queryType: 'findings', version: 1 }],
    };
    const evaluate = await fetch(pathTo('/api/v1/eval'), {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Authorization: `Basic ${Buffer.from(`${process.env['GRAFANA_USER'] ?? 'admin'}:${process.env['GRAFANA_PASSWORD'] ?? 'admin'}`).toString('base64')}`,
      },
      body: JSON.stringify({
        condition: 'A',
        data: [
          {
            refId: 'A',
            datasourceUid: SOURCE,
            relativeTimeRange: { from: 3600, to: 0 },
            model: body.queries[0],
          },
        ],
      }),
    });
    expect(await evaluate.text()).toContain('an alert rule needs numbers');
  });
});
