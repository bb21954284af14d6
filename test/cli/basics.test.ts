import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fixture, folderOf, sightline, zipOf } from './support.ts';

const OCSF = fixture('prowler/fixtures/probe.ocsf.json.gz');
const SCOUTSUITE = fixture('scoutsuite/fixtures/scoutsuite_results_probe.js');
const SMALL = readFileSync(fixture('prowler/fixtures/v3.json'), 'utf8');

describe('help', () => {
  it('lists the commands, examples and exit codes', async () => {
    const { code, stdout, stderr } = await sightline(['--help']);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const command of ['demo', 'ingest', 'parse', 'report', 'serve', 'findings', 'verdict', 'doctor']) {
      expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
    }
    for (const exit of [0, 1, 2, 3, 4]) expect(stdout).toMatch(new RegExp(`^  ${exit}  \\w`, 'm'));
    expect(stdout).toContain('sightline ingest');
  });

  it('of a command shows how it is used', async () => {
    const { code, stdout } = await sightline(['ingest', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('--observed-at');
    expect(stdout).toContain('Examples:');
  });

  it('tells the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(fixture('../../package.json'), 'utf8')) as {
      version: string;
    };
    expect((await sightline(['--version'])).stdout).toBe(`${version}\n`);
  });
});

describe('wrong usage', () => {
  it('names the command that was meant, and ends with 2', async () => {
    const { code, stderr, stdout } = await sightline(['ingset', 'x']);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toBe("error: unknown command 'ingset'\n  → Did you mean ingest?\n");
  });

  it('is JSON where JSON was asked for', async () => {
    const { code, stderr } = await sightline(['parse', '--json', '--findigns', 'x']);
    expect(code).toBe(2);
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'usage', message: "unknown option '--findigns'", hint: 'Did you mean --findings?' },
    });
  });

  it('of an option says what it takes', async () => {
    const { code, stderr } = await sightline(['ingest', 'x.json', '--observed-at', 'yesterday']);
    expect(code).toBe(2);
    expect(stderr).toContain('2026-11-20T04:00:00Z');
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('of a store names the schemes there are', async () => {
    const { code, stderr } = await sightline(['report', '--store', 'ftp://x']);
    expect(code).toBe(2);
    expect(stderr).toContain('s3://bucket/prefix');
  });
});

describe('parse', () => {
  it('gives one document per file', async () => {
    const { code, documents } = await sightline(['parse', '--json', OCSF, SCOUTSUITE]);
    expect(code).toBe(0);
    expect(documents).toHaveLength(2);
    expect(documents[0]).toEqual({
      file: OCSF,
      source: 'prowler',
      sourceVersion: '5.46.0',
      open: 1384,
      occurrences: 1384,
      suppressed: 0,
      passed: 1418,
      bySeverity: { LOW: 21, MEDIUM: 39, HIGH: 1322, CRITICAL: 2 },
      scopes: [
        {
          scope: 'prowler/aws/123456789012',
          observedAt: '2026-11-21T03:45:50.066Z',
          complete: true,
          services: ['ec2', 'iam', 's3'],
          checked: 2802,
          flagged: 1384,
          resources: 1325,
        },
      ],
    });
    expect(documents[1]).toMatchObject({ file: SCOUTSUITE, source: 'scoutsuite', open: 59 });
  });

  it('gives as many findings as it counts, when asked', async () => {
    const { documents } = await sightline(['parse', '--json', '--findings', OCSF]);
    const findings = documents[0]?.['findings'] as { fingerprint: string; severity: string }[];
    expect(findings).toHaveLength(1384);
    expect(new Set(findings.map(({ fingerprint }) => fingerprint)).size).toBe(1384);
    expect(findings.filter(({ severity }) => severity === 'CRITICAL')).toHaveLength(2);
  });

  it('reads the other files where one is broken off, and ends with 3', async () => {
    const folder = folderOf({ 'a.json': SMALL.slice(0, SMALL.length / 2), 'b.json': SMALL });
    const { code, documents } = await sightline(['parse', '--json', 'a.json', 'b.json', 'c.json'], {
      cwd: folder,
    });
    expect(code).toBe(3);
    expect(documents.map(({ file }) => file)).toHaveLength(3);
    const byFile = new Map(documents.map((document) => [document['file'], document]));
    expect(byFile.get('a.json')).toMatchObject({ error: { code: 'truncated' } });
    expect(byFile.get('b.json')).toMatchObject({ source: 'prowler', open: 1 });
    expect(byFile.get('c.json')).toMatchObject({ error: { code: 'not_found' } });
    expect(Object.keys(byFile.get('a.json') ?? {})).toEqual(['file', 'error']);
  });

  it('gives one document per entry of an archive', async () => {
    const zip = zipOf({ 'one/v3.json': SMALL, 'two.js': readFileSync(SCOUTSUITE) });
    const folder = folderOf({ 'weeks.zip': zip });
    const { code, documents } = await sightline(['parse', '--json', 'weeks.zip'], { cwd: folder });
    expect(code).toBe(0);
    expect(documents.map(({ file, open }) => [file, open])).toEqual([
      ['weeks.zip!one/v3.json', 1],
      ['weeks.zip!two.js', 59],
    ]);
  });

  it('reads standard input', async () => {
    const { code, documents } = await sightline(['parse', '--json', '-'], { stdin: SMALL });
    expect(code).toBe(0);
    expect(documents[0]).toMatchObject({ file: 'standard input', source: 'prowler', open: 1 });
  });

  it('lets nothing of a report command the terminal', async () => {
    const [record, ...others] = JSON.parse(SMALL) as Record<string, unknown>[];
    const text = 'x\u001b]0;owned\u0007\u001b[2J\u009b31m\r\ny';
    const hostile = Object.fromEntries(
      Object.entries(record ?? {}).map(([key, value]) => [
        key,
        /^(ResourceId|ResourceArn|CheckTitle|StatusExtended)$/.test(key) ? `${String(value)}${text}` : value,
      ]),
    );
    const folder = folderOf({ 'evil.json': JSON.stringify([hostile, ...others]) });
    const { code, stdout, stderr } = await sightline(['parse', '--findings', 'evil.json'], { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toContain('1 open finding');
    // eslint-disable-next-line no-control-regex
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  it('says it all in a table for people', async () => {
    const { stdout } = await sightline(['parse', OCSF]);
    expect(stdout).toContain('1,384 open findings: 2 critical, 1,322 high, 39 medium, 21 low');
    expect(stdout).toContain('prowler/aws/123456789012  2026-11-21 03:45 UTC');
  });

  it('takes it well when its reader stops reading', () => {
    const command = `"$NODE" "$BIN" parse --json --findings "$FILE" | head -c 1 > /dev/null; echo "\${PIPESTATUS[0]}"`;
    const env = {
      ...process.env,
      NODE: process.execPath,
      BIN: fixture('../../bin/sightline.js'),
      FILE: OCSF,
    };
    expect(execFileSync('bash', ['-c', command], { env, encoding: 'utf8' })).toBe('0\n');
  });
});
