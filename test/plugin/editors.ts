import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { type Api, reportsOf, startApi } from '../api/support.ts';
import { bundlePage } from './bundle.ts';

export const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (file) => fs.existsSync(file),
);
export const PAYMENTS = '111122223333';
export const STOREFRONT = '444455556666';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const ICONS = path.resolve(import.meta.dirname, '../../node_modules/@grafana/ui/dist/public');
const RESOURCES = '/api/datasources/uid/sightline/resources/';
const HTML = `<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,">
  <script>window.__grafana_public_path__ = '/public/'; window.grafanaBootData = { user: {}, settings: {}, navTree: [] };</script>
  <script type="module" src="/page.js"></script></head><body><h1>Editor</h1></body></html>`;
const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.css': 'text/css',
};

export interface Shown {
  readonly editor: 'query' | 'annotation' | 'values' | 'config';
  readonly value: object;
  readonly app?: string;
  readonly theme?: 'light' | 'dark';
  readonly variables?: object;
}

export interface Opened {
  readonly page: Page;
  /** Errors of the page; should stay empty. */
  readonly complaints: string[];
  /** What the editor made. */
  readonly edited: () => Promise<Readonly<Record<string, unknown>>>;
}

export interface Editors {
  readonly api: Api;
  /** When true, the API does not answer. */
  down: boolean;
  open(shown: Shown): Promise<Opened>;
  close(): Promise<void>;
}

/** Editors in a browser, whose requests a real API answers, with findings of the sample estate. */
export async function startEditors(): Promise<Editors> {
  if (CHROMIUM === undefined) throw new Error('there is no chromium in /usr/bin');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sightline-editors-'));
  const api = await startApi();
  for (const report of reportsOf(3, [PAYMENTS, STOREFRONT])) await api.bring(Buffer.from(report.content()));
  await api.warehouse?.refresh();
  await bundlePage(folder);
  const state = { down: false };
  const server = http.createServer((request, response) => {
    answer(request, response, folder, state.down ? null : api.url).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const context = await chromium.launchPersistentContext(path.join(folder, 'profile'), {
    executablePath: CHROMIUM,
    headless: true,
    args: FLAGS,
    viewport: { width: 1200, height: 800 },
  });
  return {
    api,
    get down() {
      return state.down;
    },
    set down(down: boolean) {
      state.down = down;
    },
    open: (shown) => open(context, `http://127.0.0.1:${port}/#${encodeURIComponent(JSON.stringify(shown))}`),
    close: async () => {
      await context.close();
      server.close();
      await api.close();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function open(context: BrowserContext, address: string): Promise<Opened> {
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(address);
  const edited = async (): Promise<Readonly<Record<string, unknown>>> =>
    (await page.evaluate('window.edited.value')) as Readonly<Record<string, unknown>>;
  return { page, complaints, edited };
}

/** The page, Grafana's icons, and what Grafana's backend would hand on to the API. */
async function answer(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  folder: string,
  api: string | null,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://page');
  if (pathname.startsWith(RESOURCES)) return handOn(request, response, pathname.slice(RESOURCES.length), api);
  if (pathname === '/') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(HTML);
    return;
  }
  const [root, name] = pathname.startsWith('/public/')
    ? [ICONS, pathname.slice('/public/'.length).replace(/^build\//, '')]
    : [folder, pathname];
  const file = path.join(root, path.normalize(name));
  if (!file.startsWith(root) || !fs.existsSync(file)) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream' });
  response.end(fs.readFileSync(file));
}

async function handOn(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  where: string,
  api: string | null,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const json = { 'content-type': 'application/json' };
  if (api === null) {
    response
      .writeHead(502, json)
      .end('{"message":"Nothing answers at http://collector:8080. Check the URL."}');
    return;
  }
  const answered = await fetch(`${api}/api/v1/${where}`, {
    method: request.method ?? 'GET',
    ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks), headers: json }),
  });
  response.writeHead(answered.status, json).end(await answered.text());
}
