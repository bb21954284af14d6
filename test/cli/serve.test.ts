import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyFolder, fixture, sightline, start, type Started } from './support.ts';

const SCOUTSUITE = fixture('scoutsuite/fixtures/azure_two_subscriptions.js');

let store: string;
let server: Started;

beforeAll(async () => {
  store = emptyFolder();
  await sightline(['ingest', SCOUTSUITE, '--store', store]);
  server = await start(['serve', '--store', store, '--port', '0']);
});

afterAll(async () => {
  await server.stop();
});

const ask = (where: string): Promise<Response> => fetch(new URL(where, server.url));

describe('serve', () => {
  it('shows the page and the report behind it', async () => {
    const page = await ask('/');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await page.text()).toContain('id="report"');
    const report = (await (await ask('/reports/report_latest.json')).json()) as { total: { open: number } };
    expect(report.total.open).toBe(5);
  });

  it('gives every raw report that the report links to, byte for byte', async () => {
    const report = (await (await ask('/reports/report_latest.json')).json()) as {
      sightline: { accounts: { raw_reports: { href: string }[] }[] };
    };
    const links = report.sightline.accounts.flatMap(({ raw_reports }) => raw_reports.map(({ href }) => href));
    expect(links.length).toBeGreaterThan(0);
    for (const href of new Set(links)) {
      const raw = await ask(href);
      expect(raw.status).toBe(200);
      expect(await raw.text()).toBe(readFileSync(SCOUTSUITE, 'utf8'));
    }
  });

  it('is ready, with the age of the newest head', async () => {
    const ready = (await (await ask('/readyz')).json()) as { scopes: number; newestHeadAgeSeconds: number };
    expect(ready.scopes).toBe(3);
    expect(ready.newestHeadAgeSeconds).toBeLessThan(120);
  });

  it('has the findings of the store in its metrics, in labels of which there are few', async () => {
    const metrics = await (await ask('/metrics')).text();
    expect(metrics).toContain('sightline_findings_open{source="scoutsuite",cloud="azure",severity="HIGH"} 4');
    expect(metrics).toContain('sightline_scopes{source="scoutsuite",cloud="azure",outcome="complete"} 3');
    expect(metrics).toMatch(/sightline_scope_staleness_seconds\{source="scoutsuite",cloud="azure"\} \d/);
    expect(metrics).toMatch(/sightline_report_timestamp_seconds \d/);
    expect(metrics).not.toContain('99999999-9999');
  });

  it('says so when its port is in use, and ends with 2', async () => {
    const { port } = new URL(server.url);
    const { code, stderr } = await sightline(['serve', '--store', store, '--port', port]);
    expect(code).toBe(2);
    expect(stderr).toContain(`port ${port} of 127.0.0.1 is in use`);
    expect(stderr).toContain('--port');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('finishes and ends with 0 on %s', async (signal) => {
    const other = await start(['serve', '--store', store, '--port', '0']);
    const closed = once(other.child, 'close');
    await fetch(other.url);
    other.child.kill(signal);
    await closed;
    expect(other.child.exitCode).toBe(0);
  });
});
