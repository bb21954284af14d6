import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import * as path from 'node:path';
import * as zlib from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { sampleReports } from '../../collector/src/sample/index.ts';
import { emptyFolder, fixture, folderOf, sightline, zipOf } from './support.ts';

/** Three weeks of two accounts, by both scanners; the names tell no times. */
const END = Date.UTC(2026, 5, 1, 9);
const SMALL = readFileSync(fixture('prowler/fixtures/v3.json'), 'utf8');

interface ScopeDocument {
  readonly scope: string;
  readonly observedAt: string;
  readonly status: string;
  readonly outcome: string | null;
  readonly reason: string | null;
  readonly late: boolean;
  readonly counts: Record<string, number>;
}

const scopesOf = (documents: readonly Record<string, unknown>[]): ScopeDocument[] =>
  documents.flatMap(({ scopes }) => (scopes as ScopeDocument[] | undefined) ?? []);
const totalOf = (documents: readonly Record<string, unknown>[]): Record<string, unknown> =>
  documents.at(-1)?.['total'] as Record<string, unknown>;

let weeks: Record<string, Uint8Array>;
let latestFirst: string[];

beforeAll(() => {
  const reports = sampleReports({ end: END, weeks: 3 }).filter(({ account }) =>
    ['111122223333', '444455556666'].includes(account),
  );
  latestFirst = reports.map(({ path: name }) => name).reverse();
  weeks = Object.fromEntries(
    [...reports]
      .reverse()
      .map((report, index) => [
        `${String(index).padStart(2, '0')}${path.extname(report.path)}`,
        report.content(),
      ]),
  );
});

describe('weeks of reports at once', () => {
  it('are taken in oldest first, whatever their names say', async () => {
    expect(latestFirst.length).toBeGreaterThanOrEqual(6);
    const folder = folderOf(weeks);
    const store = emptyFolder();
    const { code, documents, stderr } = await sightline(['ingest', folder, '--store', store, '--json']);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const scopes = scopesOf(documents);
    expect(scopes).toHaveLength(latestFirst.length);
    expect(scopes.filter(({ late }) => late)).toEqual([]);
    for (const scope of new Set(scopes.map(({ scope: name }) => name))) {
      const own = scopes.filter((one) => one.scope === scope);
      const times = own.map(({ observedAt }) => observedAt);
      expect(times).toEqual([...times].sort());
      expect(own[0]?.counts['baseline']).toBe(own[0]?.counts['observed']);
      expect(own.slice(1).every(({ counts }) => counts['baseline'] === 0)).toBe(true);
    }
    expect(Number(totalOf(documents)['fixed'])).toBeGreaterThan(0);
  });

  it('come out the same from an archive as from a folder', async () => {
    const folder = folderOf({ ...weeks, 'weeks.zip': zipOf(weeks) });
    const [store, other] = [emptyFolder(), emptyFolder()];
    const plain = await sightline(['ingest', ...Object.keys(weeks), '--store', store, '--json'], {
      cwd: folder,
    });
    const zipped = await sightline(['ingest', 'weeks.zip', '--store', other, '--json'], { cwd: folder });
    expect(zipped.code).toBe(0);
    expect(totalOf(zipped.documents)).toEqual(totalOf(plain.documents));
    const changes = (documents: readonly Record<string, unknown>[]): unknown =>
      scopesOf(documents)
        .map(({ scope, observedAt, counts }) => [scope, observedAt, counts])
        .sort();
    expect(changes(zipped.documents)).toEqual(changes(plain.documents));
  });

  it('change nothing the second time', async () => {
    const folder = folderOf(weeks);
    const store = emptyFolder();
    await sightline(['ingest', folder, '--store', store]);
    const before = readdirSync(store, { recursive: true }).filter((name) =>
      /^(heads|state|commits|raw)/.test(String(name)),
    );
    const again = await sightline(['ingest', folder, '--store', store, '--json', '--no-report']);
    expect(again.code).toBe(0);
    expect(new Set(scopesOf(again.documents).map(({ status }) => status))).toEqual(new Set(['already']));
    const after = readdirSync(store, { recursive: true }).filter((name) =>
      /^(heads|state|commits|raw)/.test(String(name)),
    );
    expect(after.sort()).toEqual(before.sort());
  });
});

describe('a report that can not be read', () => {
  it('stops no other, and the exit code says so', async () => {
    const folder = folderOf({ 'a.json': SMALL.slice(0, -40), 'b.json': SMALL, 'c.json': '' });
    const store = emptyFolder();
    const { code, stdout, stderr } = await sightline(['ingest', '.', '--store', store], { cwd: folder });
    expect(code).toBe(3);
    expect(stderr).toMatch(/✗ .*a\.json/);
    expect(stderr).toMatch(/✗ .*c\.json.*empty/);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(stdout).toContain('prowler/aws/123456789012');
    expect(stdout).toContain('2 files could not be read');
    const listed = await sightline(['findings', '--store', store, '--json', '--status', 'any']);
    expect(listed.code).toBe(0);
    expect(listed.stdout).toContain('123456789012');
  });

  it('leaves nothing behind when it is the only one', async () => {
    const store = path.join(emptyFolder(), 'store');
    const { code, stdout } = await sightline(['ingest', '-', '--store', store], {
      stdin: SMALL.slice(0, -40),
    });
    expect(code).toBe(3);
    expect(stdout).toContain('No report was taken in.');
    expect(existsSync(path.join(store, 'heads'))).toBe(false);
    expect(existsSync(path.join(store, 'index.html'))).toBe(false);
  });

  it('is not looked for in what only lies beside reports', async () => {
    const folder = folderOf({ 'README.md': '# weekly scans', 'b.json': SMALL, 'logo.png': 'PNG' });
    const { code, documents } = await sightline(['ingest', folder, '--store', emptyFolder(), '--json']);
    expect(code).toBe(0);
    expect(totalOf(documents)).toMatchObject({ files: 1, failed: 0, skipped: 2 });
  });

  it('is one from the future', async () => {
    const time = '2999-01-01T00:00:00Z';
    const csv = readFileSync(fixture('prowler/fixtures/v2.csv'));
    const args = ['ingest', '-', '--observed-at', time, '--store', emptyFolder()];
    const { code, stderr } = await sightline(args, { stdin: csv });
    expect(code).toBe(3);
    expect(stderr).toContain('in the future');
  });
});

describe('ingest', () => {
  it('reads standard input and publishes the report', async () => {
    const store = emptyFolder();
    const { code, stdout } = await sightline(['ingest', '-', '--store', store], { stdin: SMALL });
    expect(code).toBe(0);
    expect(stdout).toContain('1 onboarded');
    const latest = JSON.parse(readFileSync(path.join(store, 'reports/report_latest.json'), 'utf8')) as {
      total: { open: number };
    };
    expect(latest.total.open).toBe(1);
    expect(readFileSync(path.join(store, 'index.html'), 'utf8')).toContain('<!doctype html>');
  });

  it('publishes nothing with --no-report', async () => {
    const store = emptyFolder();
    await sightline(['ingest', '-', '--store', store, '--no-report'], { stdin: SMALL });
    expect(existsSync(path.join(store, 'index.html'))).toBe(false);
    expect(existsSync(path.join(store, 'heads'))).toBe(true);
  });

  it('takes the time of the caller where the report has none', async () => {
    const args = [
      'ingest',
      fixture('prowler/fixtures/v2.csv'),
      '--observed-at',
      '2024-05-01',
      '--store',
      emptyFolder(),
    ];
    const { documents } = await sightline([...args, '--json']);
    expect(scopesOf(documents)[0]?.observedAt).toBe('2024-05-01T00:00:00.000Z');
  });

  it('keeps how long the scan took', async () => {
    const store = emptyFolder();
    await sightline(['ingest', fixture('prowler/fixtures/v3.json'), '--duration', '61.5', '--store', store]);
    const [commit = ''] = readdirSync(path.join(store, 'commits'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json.gz'))
      .map((name) => zlib.gunzipSync(readFileSync(path.join(store, 'commits', name))).toString('utf8'));
    expect((JSON.parse(commit) as { run: unknown }).run).toMatchObject({ durationMs: 61_500 });
    const { code, stderr } = await sightline(['ingest', 'x.json', '--duration', '5m', '--store', store]);
    expect([code, stderr.includes('A duration is a number of seconds')]).toEqual([2, true]);
  });

  it('closes nothing by a run that its caller calls partial', async () => {
    const store = emptyFolder();
    const [young, old] = sampleReports({ end: END, weeks: 2 })
      .filter(({ account, source }) => account === '111122223333' && source === 'prowler')
      .sort((a, b) => b.observedAt - a.observedAt);
    await sightline(['ingest', '-', '--store', store], { stdin: old?.content() ?? '' });
    const args = ['ingest', '-', '--store', store, '--json', '--outcome', 'partial'];
    const { documents } = await sightline(args, { stdin: young?.content() ?? '' });
    expect(scopesOf(documents)[0]).toMatchObject({ outcome: 'partial', counts: { fixed: 0 } });
  });

  it('ends with 4 when the store does not answer', async () => {
    const { code, stderr } = await sightline(
      ['ingest', '-', '--store', 's3://bucket?endpoint=http://127.0.0.1:1'],
      {
        stdin: SMALL,
        env: { AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' },
      },
    );
    expect(code).toBe(4);
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toContain('→');
  });
});

describe('the page that ScoutSuite wrote', () => {
  const results = readFileSync(fixture('scoutsuite/fixtures/azure_two_subscriptions.js'));
  const name = 'scoutsuite_results_azure-tenant.js';
  const html = `<!doctype html><script src="inc-scoutsuite/helpers.js"></script><script src="scoutsuite-results/${name}"></script>`;
  const files = {
    'my tenant.html': html,
    'inc-scoutsuite/helpers.js': 'void 0',
    'inc-bootstrap/css/a.css': 'b{}',
    [`scoutsuite-results/${name}`]: results,
    'scoutsuite-results/scoutsuite_results_aws-other.js': 'scoutsuite_results =\n{"not": "of this page"}',
    'notes.txt': 'private',
  };
  const link = (store: string): { kind: string; href: string }[] => {
    const latest = JSON.parse(readFileSync(path.join(store, 'reports/report_latest.json'), 'utf8')) as {
      sightline: { accounts: { raw_reports: { kind: string; href: string }[] }[] };
    };
    return latest.sightline.accounts
      .flatMap(({ raw_reports }) => raw_reports)
      .filter(({ kind }) => kind === 'html');
  };

  it.each(['folder', 'archive'])('is kept from a %s and linked', async (from) => {
    const folder = folderOf(from === 'folder' ? files : { 'report.zip': zipOf(files) });
    if (from === 'folder') symlinkSync('/etc/passwd', path.join(folder, 'inc-scoutsuite/passwd.js'));
    const given = from === 'folder' ? path.join('scoutsuite-results', name) : 'report.zip';
    const store = emptyFolder();
    const { stdout } = await sightline(['ingest', given, '--store', store], { cwd: folder });
    expect(stdout).toContain('my tenant.html is kept');
    const links = link(store);
    expect(links.length).toBeGreaterThan(0);
    for (const { href } of links) {
      const page = path.join(store, href);
      expect(path.basename(page)).toBe('my_tenant.html');
      expect(readFileSync(page, 'utf8')).toBe(html);
      const kept = readdirSync(path.dirname(page), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name: file }) => file)
        .sort();
      expect(kept).toEqual(['a.css', 'helpers.js', 'index.json', 'my_tenant.html', name]);
    }
  });
});
