import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { CHROMIUM, FLAGS } from '../support/browser.ts';

/** A real Grafana with the plugin in it, at GRAFANA_URL. Without one, these tests are skipped. */
export const GRAFANA_URL = process.env['GRAFANA_URL']?.replace(/\/+$/, '');
export const TYPE = 'sightline-findings-datasource';

const USER = process.env['GRAFANA_USER'] ?? 'admin';
const PASSWORD = process.env['GRAFANA_PASSWORD'] ?? 'admin';
const AUTH = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;

/** Folder for pictures of what the tests saw, for the documentation; none are made without it. */
const PICTURES = process.env['PICTURES'];

export interface Frame {
  readonly schema: {
    readonly meta?: Readonly<Record<string, unknown>>;
    readonly fields: readonly {
      readonly name: string;
      readonly labels?: Readonly<Record<string, string>>;
      readonly config?: { readonly displayNameFromDS?: string };
    }[];
  };
  readonly data: { readonly values: readonly (readonly unknown[])[] };
}

export interface Answers {
  readonly results: Readonly<Record<string, { readonly frames?: readonly Frame[]; readonly error?: string }>>;
}

export interface Asked {
  readonly from: string;
  readonly to: string;
  readonly queries: readonly Readonly<Record<string, unknown>>[];
}

export async function ask<T = unknown>(method: string, where: string, body?: unknown): Promise<T> {
  const response = await fetch(`${GRAFANA_URL ?? ''}${where}`, {
    method,
    headers: { Authorization: AUTH, 'Content-Type': 'application/json', 'X-Disable-Provenance': 'true' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${where} answers ${response.status}: ${text.slice(0, 500)}`);
  return (text === '' ? null : JSON.parse(text)) as T;
}

export interface Browser {
  /** A page that is logged in. */
  page(): Promise<Page>;
  close(): Promise<void>;
}

export async function openBrowser(): Promise<Browser> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sightline-grafana-'));
  const context: BrowserContext = await chromium.launchPersistentContext(folder, {
    ...(CHROMIUM === undefined ? {} : { executablePath: CHROMIUM }),
    headless: true,
    args: FLAGS,
    viewport: { width: 1440, height: 1100 },
  });
  await context.request.post(`${GRAFANA_URL ?? ''}/login`, { data: { user: USER, password: PASSWORD } });
  // Grafana asks once whether its menu is to stay open; it would be half of every picture.
  await context.addInitScript("localStorage.setItem('grafana.navigation.docked', 'false')");
  return {
    page: async () => {
      const page = await context.newPage();
      page.setDefaultTimeout(30_000);
      return page;
    },
    close: async () => {
      await context.close();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  // What comes in late (icons, the end of a movement) is to be in it.
  await page.waitForTimeout(1_500);
  fs.mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: path.join(PICTURES, `${name}.png`) });
}

export function pathTo(where: string): string {
  return `${GRAFANA_URL ?? ''}${where}`;
}

/** Makes a data source for a test file, in the place of one that an earlier run left. */
export async function dataSource(uid: string, url: string, more: object = {}): Promise<void> {
  await ask('DELETE', `/api/datasources/uid/${uid}`).catch(() => undefined);
  const settings = {
    name: `Sightline ${uid.replace('sightline-test-', '')}`,
    uid,
    type: TYPE,
    access: 'proxy',
    url,
    jsonData: {},
  };
  await ask('POST', '/api/datasources', { ...settings, ...more });
}

export async function removeDataSource(uid: string): Promise<void> {
  await ask('DELETE', `/api/datasources/uid/${uid}`);
}

export interface PanelSpec {
  readonly title?: string;
  readonly type?: string;
  readonly targets: readonly object[];
}

/** Saves a dashboard of one panel, or more; gives its uid. */
export async function dashboard(
  uid: string,
  source: string,
  panels: readonly PanelSpec[],
  more: object = {},
): Promise<string> {
  const datasource = { type: TYPE, uid: source };
  const json = {
    uid,
    title: `Test ${uid}`,
    schemaVersion: 41,
    timezone: 'utc',
    time: { from: 'now-90d', to: 'now' },
    panels: panels.map(({ title = 'Panel', type = 'timeseries', targets }, index) => ({
      id: index + 1,
      type,
      title,
      datasource,
      gridPos: { x: 0, y: index * 12, w: 24, h: 12 },
      targets: targets.map((target) => ({ refId: 'A', datasource, version: 1, ...target })),
    })),
    ...more,
  };
  await ask('POST', '/api/dashboards/db', { dashboard: json, overwrite: true });
  return uid;
}

export async function removeDashboard(uid: string): Promise<void> {
  await ask('DELETE', `/api/dashboards/uid/${uid}`);
}

/** The next answer of the plugin's backend to a request that holds a query like that. */
export async function nextAnswer(
  page: Page,
  fits: (query: Readonly<Record<string, unknown>>) => boolean,
  work: () => Promise<void>,
): Promise<{ readonly asked: Asked; readonly answers: Answers }> {
  const pattern = '**/api/ds/query*';
  let found: (answer: { asked: Asked; answers: Answers }) => void = () => undefined;
  const waiting = new Promise<{ asked: Asked; answers: Answers }>((resolve) => (found = resolve));
  // Grafana drops an answer that it does not need any more, and the browser its text with it: so it is read on its way.
  await page.route(pattern, async (route) => {
    const asked = route.request().postDataJSON() as Asked;
    const response = await route.fetch();
    const text = await response.text();
    await route.fulfill({ response, body: text });
    if (asked.queries.some(fits)) found({ asked, answers: JSON.parse(text) as Answers });
  });
  try {
    await work();
    return await waiting;
  } finally {
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  }
}

/** Opens a list by its label and takes an option; of long ones, by what is typed. */
export async function choose(page: Page, label: string, option: string | RegExp, typed = ''): Promise<void> {
  await page.getByRole('combobox', { name: label, exact: true }).click();
  await page.keyboard.type(typed, { delay: 80 });
  await page.getByRole('option').filter({ hasText: option }).first().click();
}
