import { parse as parseCsv } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Estate,
  findingsOf,
  FIXED_BUCKET,
  type Item,
  type Listing,
  makeEstate,
  NEW_BUCKET,
  PAYMENTS,
  reportOf,
  scanned,
} from './estate.ts';

describe('sightline findings', () => {
  let estate: Estate;
  let all: Listing;
  beforeAll(async () => {
    estate = await makeEstate();
    all = await findingsOf(estate.run, '--status', 'any', '--all');
  });
  afterAll(async () => {
    await estate.remove();
  });

  const countWhere = (wanted: (finding: Listing['findings'][number]) => boolean): number =>
    all.findings.filter(wanted).length;

  it('lists what is open, the worst first, and says how many there are in all', async () => {
    const open = countWhere(({ status }) => status === 'open');
    const { code, stdout } = await estate.run(['findings', '--limit', '5']);
    expect(code).toBe(0);
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(1 + 5 + 1 + 1);
    expect(lines[1]).toMatch(/^critical /);
    expect(lines.at(-1)).toBe(`5 of ${open} findings; --limit or --all shows more`);
  });

  it('gives every field, with status and lateness as they are now', () => {
    expect(all.matched).toBe(all.findings.length);
    const scores = all.findings.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    const fixed = all.findings.filter(({ status }) => status === 'fixed');
    expect(new Set(fixed.map(({ resourceName }) => resourceName))).toEqual(new Set([FIXED_BUCKET]));
    // Seen by the scan of yesterday, although its row is as old as the first.
    const old = all.findings.find(({ account, status }) => account === PAYMENTS && status === 'open');
    expect(Date.parse(old?.lastSeen ?? '')).toBeGreaterThan(Date.now() - 2 * 86_400_000);
  });

  it.each([
    [['--severity', 'critical,HIGH'], (f) => ['CRITICAL', 'HIGH'].includes(f.severity)],
    [['--rule', 's3_*public*', '--service', 's3'], (f) => /^s3_.*public/.test(f.ruleId)],
    [['--resource', 'ACME-*'], (f) => f.resourceName?.startsWith('acme-') === true],
    [['--overdue'], (f) => f.overdue !== 'no'],
  ] satisfies [string[], (finding: Listing['findings'][number]) => boolean][])(
    'filters by %j',
    async (args, wanted) => {
      const { matched } = await findingsOf(estate.run, ...args, '--limit', '1');
      const expected = countWhere((finding) => finding.status === 'open' && wanted(finding));
      expect(matched).toBe(expected);
      expect(matched).toBeGreaterThan(0);
    },
  );

  it('knows what is new from what was found on onboarding', async () => {
    const since = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
    const { findings } = await findingsOf(estate.run, '--new-since', since, '--all');
    expect(findings.length).toBeGreaterThan(0);
    for (const { resourceName, account, openedCause } of findings) {
      expect([resourceName, account, openedCause]).toEqual([NEW_BUCKET, PAYMENTS, 'drift']);
    }
  });

  it('sorts by any field, and keeps only what it shows', async () => {
    const byRule = await findingsOf(
      estate.run,
      '--status',
      'any',
      '--sort',
      'rule,-account',
      '--limit',
      '30',
    );
    const expected = [...all.findings]
      .sort(
        (a, b) =>
          compare(a.ruleId, b.ruleId) ||
          compare(b.account, a.account) ||
          compare(a.fingerprint, b.fingerprint),
      )
      .slice(0, 30);
    expect(byRule.findings.map(({ fingerprint }) => fingerprint)).toEqual(
      expected.map(({ fingerprint }) => fingerprint),
    );
    expect(byRule.matched).toBe(all.matched);
  });

  it('writes a finding a line for pipes', async () => {
    const { stdout } = await estate.run(['findings', '--status', 'fixed', '--all', '--format', 'ndjson']);
    const rows = stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(rows).toHaveLength(countWhere(({ status }) => status === 'fixed'));
    expect(rows[0]).toMatchObject({ status: 'fixed', resourceName: FIXED_BUCKET });
  });

  it('writes CSV that a spreadsheet reads as text, whatever a resource is called', async () => {
    const items = (await scanned()).slice(0, 12).map((item) => ({
      ...item,
      status_code: 'FAIL',
      finding_info: { ...item.finding_info, title: '=HYPERLINK("https://evil.example")' },
      resources: [{ ...item.resources[0], name: '@a,"b"\r\nc\u001b[31m' }] satisfies Item['resources'],
    }));
    await estate.ingest({ 'hostile.ocsf.json': reportOf(items, '333333333333', 1) });
    const args = ['findings', '--account', '333333333333', '--all'];
    const { stdout } = await estate.run([...args, '--format', 'csv']);
    const rows = parseCsv(stdout, { columns: true, record_delimiter: '\r\n' });
    expect(rows).toHaveLength((await findingsOf(estate.run, ...args.slice(1))).matched);
    expect(rows[0]).toMatchObject({
      title: '\'=HYPERLINK("https://evil.example")',
      resourceName: '\'@a,"b"\r\nc\u001b[31m',
    });

    const table = await estate.run(args);
    expect(table.stdout).not.toContain('\u001b');
    expect(table.stdout).toContain('@a,"b" c');
  });

  it.each([
    [['--severity', 'critcal'], 'Did you mean CRITICAL?'],
    [['--sort', 'scoer'], 'Did you mean score?'],
    [['--format', 'xml'], 'Allowed choices are table, json, ndjson, csv'],
  ])('refuses %j with a next step', async (args, said) => {
    const { code, stdout, stderr } = await estate.run(['findings', ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(said);
  });

  it('says so where there is nothing', async () => {
    const { code, stdout } = await estate.run(['findings', '--store', './elsewhere']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '0 of 0 findings\n' });
  });
});

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
