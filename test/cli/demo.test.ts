import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { emptyFolder, fixture, type Ran, sightline, start } from './support.ts';

let store: string;
let first: Ran;

beforeAll(async () => {
  store = path.join(emptyFolder(), 'demo');
  first = await sightline(['demo', '--weeks', '3', '--store', store]);
});

describe('the demo', () => {
  it('fills an empty store and shows what is in it', () => {
    expect(first.stderr).toBe('');
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(/^[\d,]+ reports of 3 weeks became [\d,]+ findings/);
    expect(first.stdout).toMatch(/ {2}open {3}[▁-█]{3} {2}/);
    for (const part of ['open findings', 'By severity', 'By cloud', 'The worst of them']) {
      expect(first.stdout).toContain(part);
    }
    // eslint-disable-next-line no-control-regex
    expect(first.stdout).not.toMatch(/\u001b/);
  });

  it('publishes a report for each week', () => {
    const dates = readdirSync(path.join(store, 'reports')).filter((name) =>
      /^\d{4}-\d\d-\d\d\.json$/.test(name),
    );
    expect(dates).toHaveLength(3);
    const latest = JSON.parse(readFileSync(path.join(store, 'reports/report_latest.json'), 'utf8')) as {
      sightline: { trend: unknown[]; accounts: { name: string; team: string }[] };
    };
    expect(latest.sightline.trend).toHaveLength(3);
    expect(latest.sightline.accounts.every(({ team }) => typeof team === 'string')).toBe(true);
  });

  it('is not made twice: a second time shows what is there', async () => {
    const before = readdirSync(store, { recursive: true }).length;
    const again = await sightline(['demo', '--store', store, '--json']);
    expect(again.code).toBe(0);
    expect(again.documents[0]).toMatchObject({ existed: true });
    expect(readdirSync(store, { recursive: true })).toHaveLength(before);
  });

  it('never goes into a store with findings of somebody', async () => {
    const other = emptyFolder();
    await sightline(['ingest', fixture('prowler/fixtures/v3.json'), '--store', other]);
    const { code, stderr } = await sightline(['demo', '--store', other]);
    expect(code).toBe(2);
    expect(stderr).toContain('holds findings already');
    expect(stderr).toContain('→ Give another folder');
  });

  it('refuses a number of weeks that the story does not have', async () => {
    const { code, stderr } = await sightline(['demo', '--weeks', '13', '--store', emptyFolder()]);
    expect(code).toBe(2);
    expect(stderr).toContain('1 to 12 weeks');
  });

  it('is served with --serve', async () => {
    const server = await start(['demo', '--store', store, '--serve', '--port', '0']);
    try {
      const page = await (await fetch(server.url)).text();
      expect(page).toContain('id="report"');
      expect(page).toContain('prod-payments');
    } finally {
      expect(await server.stop()).toBe(0);
    }
  });
});

describe('report', () => {
  it('says in short what the page shows', async () => {
    const { code, stdout } = await sightline(['report', '--store', store]);
    expect(code).toBe(0);
    expect(stdout).toContain('open findings in');
  });

  it('shows the one of a day, and says which days there are not', async () => {
    const [date = ''] = readdirSync(path.join(store, 'reports')).filter((name) =>
      /^\d{4}-\d\d-\d\d\.json$/.test(name),
    );
    const shown = await sightline(['report', '--store', store, '--json', '--date', date.slice(0, 10)]);
    expect(shown.documents[0]).toEqual(JSON.parse(readFileSync(path.join(store, 'reports', date), 'utf8')));
    const missing = await sightline(['report', '--store', store, '--date', '1999-01-01']);
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('no report of 1999-01-01')]);
  });

  it('does not make an empty report of an empty store', async () => {
    const empty = emptyFolder();
    const { code, stderr } = await sightline(['report', '--store', empty]);
    expect(code).toBe(2);
    expect(stderr).toContain('holds no scope');
    expect(readdirSync(empty)).toEqual([]);
  });
});
