import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, describe, expect, it } from 'vitest';
import { StoreError } from '../../collector/src/errors.ts';
import { realClock } from '../../collector/src/scanners/clock.ts';
import { none } from '../../collector/src/scanners/counts.ts';
import type { TakeInOptions } from '../../collector/src/scanners/attempt.ts';
import { executor, removeStaleFolders } from '../../collector/src/scanners/execute.ts';
import type { CredentialSource } from '../../collector/src/scanners/credentials/index.ts';
import { kindOf } from '../../collector/src/scanners/kinds/index.ts';
import type { Account, Job } from '../../collector/src/scanners/job.ts';
import { Secrets } from '../../collector/src/scanners/secrets.ts';
import { TaskList } from '../../collector/src/scanners/tasks.ts';
import type { RunResult } from '../../collector/src/scanners/worker.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { hasNmap } from '../support/nmap.ts';

const workDir = mkdtempSync(path.join(tmpdir(), 'sightline-execute-'));
afterAll(() => rmSync(workDir, { recursive: true, force: true }));

const account: Account = {
  cloud: 'gcp',
  account: 'my-project',
  name: 'payments',
  team: null,
  environment: null,
  labels: {},
  enabled: true,
  credentials: null,
  origin: 'configuration',
};

const base: Job = {
  name: 'job',
  scanner: 'command',
  enabled: true,
  timezone: 'UTC',
  jitterMs: 0,
  catchUp: true,
  targets: [],
  regions: [],
  args: [],
  reports: ['**/*'],
  complete: false,
  env: {},
  timeoutMs: 60_000,
  attempts: 1,
  backoffMs: 1,
  nice: 0,
  concurrency: 1,
};

interface Carried {
  readonly result: RunResult;
  readonly taken: { readonly options: TakeInOptions; readonly files: Record<string, string> }[];
  readonly log: string;
}

async function carryOut(
  more: Partial<Job>,
  options: {
    env?: Record<string, string>;
    ours?: boolean;
    gaps?: string[];
    away?: number;
    programs?: Record<string, string>;
    credentials?: Record<string, CredentialSource>;
  } = {},
): Promise<Carried> {
  let log = '';
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      log += chunk.toString();
      done();
    },
  });
  const env = { PATH: process.env['PATH'] ?? '', ...options.env };
  const taken: Carried['taken'] = [];
  let away = options.away ?? 0;
  const job = { ...base, ...more };
  const [task] = new TaskList([job], { scanners: {} }).of(job, [account]);
  if (task === undefined) throw new Error('no task');
  const run = executor({
    clock: realClock,
    log: pino({}, sink),
    env,
    secrets: new Secrets(env, Date.now),
    credentials: options.credentials ?? {},
    programs: options.programs ?? {},
    workDir,
    graceMs: 200,
    outside: () => Promise.resolve({ perimeter: { assets: [], gone: [] }, jobs: [] }),
    store: new MemoryStore(),
    takeIn: (paths, given) => {
      if (away-- > 0) return Promise.reject(new StoreError('the store is away', 'wait'));
      taken.push({
        options: given,
        files: Object.fromEntries(paths.map((file) => [path.basename(file), readFileSync(file, 'utf8')])),
      });
      return Promise.resolve({
        scopes: [
          {
            scope: 's',
            outcome: given.outcome ?? 'complete',
            reason: null,
            gaps: options.gaps ?? [],
            changes: { fresh: { ...none(), HIGH: 1 }, fixed: none(), onboarded: 0 },
          },
        ],
        problems: [],
      });
    },
  });
  const result = await run({
    task,
    running: { slot: 0, trigger: 'schedule', owner: 'me', since: 0, until: 0, claims: 1 },
    cursor: null,
    signal: new AbortController().signal,
    confirm: () => Promise.resolve(options.ours ?? true),
  });
  return { result, taken, log };
}

const js = (code: string, ...args: string[]): string[] => [process.execPath, '-e', code, '--', ...args];
const REPORT = 'require("node:fs").writeFileSync(process.argv.at(-1) + "/r.json", "half");';

describe('a run', () => {
  it('takes in what the scanner left, says how long it took, and cleans up', async () => {
    const { result, taken } = await carryOut({ command: js(REPORT, '{output}'), complete: true });
    expect(result).toMatchObject({
      outcome: 'complete',
      reason: null,
      exitCode: 0,
      attempts: 1,
      scopes: ['s'],
    });
    expect(taken).toMatchObject([
      { files: { 'r.json': 'half' }, options: { outcome: null, complete: true } },
    ]);
    expect(taken[0]?.options.durationMs).toBeGreaterThan(0);
    expect(readdirSync(workDir)).toEqual([]);
  });

  it('that is complete says what it could not look at', async () => {
    const command = js(REPORT, '{output}');
    const gaps = ['service s3 is not covered: AccessDenied', 'service ec2 is not covered: Throttling'];
    const { result } = await carryOut({ command }, { gaps });
    expect(result).toMatchObject({ outcome: 'complete', reason: `${gaps[0]} (and 1 more)` });
  });

  it('that dies half-way is failed, and what it left is taken in as such', async () => {
    const { result, taken } = await carryOut({
      command: js(
        `${REPORT} console.error("cannot go on"); process.kill(process.pid, "SIGKILL")`,
        '{output}',
      ),
      complete: true,
    });
    expect(result).toMatchObject({
      outcome: 'failed',
      reason: 'it was killed by SIGKILL',
      stderr: 'cannot go on',
      signal: 'SIGKILL',
    });
    expect(taken).toMatchObject([
      { files: { 'r.json': 'half' }, options: { outcome: 'failed', complete: false } },
    ]);
    expect(readdirSync(workDir)).toEqual([]);
  });

  it('that hangs is ended at its timeout; what it left is kept', async () => {
    const { result, taken } = await carryOut({
      command: js(`${REPORT} setInterval(() => {}, 1000)`, '{output}'),
      timeoutMs: 8_000,
    });
    expect(result).toMatchObject({ outcome: 'failed', reason: 'it was ended after 8 s, its timeout' });
    expect(taken.length).toBe(1);
  });

  it('that left nothing is failed, however well it ended', async () => {
    const { result } = await carryOut({ command: js('') });
    expect(result).toMatchObject({
      outcome: 'failed',
      reason: 'it ended well and left no report',
      exitCode: 0,
    });
  });

  it('that fails is tried again; what each attempt found counts', async () => {
    const { result, taken } = await carryOut({
      command: js(`${REPORT} process.exitCode = 1`, '{output}'),
      attempts: 3,
    });
    expect(result).toMatchObject({ outcome: 'failed', reason: 'it ended with 1', attempts: 3 });
    expect(result.fresh.HIGH).toBe(3);
    expect(taken.length).toBe(3);
  });

  it('is tried again when the store was away as its reports came', async () => {
    const command = js(REPORT, '{output}');
    const { result, taken } = await carryOut({ command, attempts: 2 }, { away: 1 });
    expect(result).toMatchObject({ outcome: 'complete', attempts: 2 });
    expect(taken.length).toBe(1);
    const { result: lost } = await carryOut({ command, attempts: 2 }, { away: 2 });
    expect(lost).toMatchObject({
      outcome: 'failed',
      reason: 'the store is away',
      stderr: 'wait',
      attempts: 2,
    });
  });

  it('of a program that is not there is not tried again', async () => {
    const { result } = await carryOut({ command: ['no-such-scanner'], attempts: 5 });
    expect(result).toMatchObject({
      outcome: 'failed',
      reason: 'it could not be started: there is no such program',
      attempts: 1,
    });
  });

  it('that was taken over by another collector writes nothing', async () => {
    const { result, taken } = await carryOut({ command: js(REPORT, '{output}') }, { ours: false });
    expect(result.outcome).toBe('failed');
    expect(taken).toEqual([]);
  });

  // Nothing is read-only to root.
  it.skipIf(process.getuid?.() === 0)(
    'is cleaned up after, also where the scanner made it read-only',
    async () => {
      const command = js(
        `${REPORT} const fs = require("node:fs"); fs.mkdirSync("cache/mod", { recursive: true });
       fs.writeFileSync("cache/mod/x", ""); fs.chmodSync("cache/mod", 0o555); fs.chmodSync("cache", 0o555);`,
        '{output}',
      );
      const { result } = await carryOut({ command });
      expect(result).toMatchObject({ outcome: 'complete', reason: null });
      expect(readdirSync(workDir)).toEqual([]);
    },
  );

  it('gives secrets to the scanner only: not the collector’s own, and none to the log', async () => {
    const { result, log } = await carryOut(
      {
        command: js(
          `${REPORT} console.log(JSON.stringify(process.env)); console.error(process.env.TOKEN)`,
          '{output}',
        ),
        env: { TOKEN: { env: 'SCANNER_TOKEN' }, PLAIN: 'shown' },
      },
      { env: { SCANNER_TOKEN: 'hunter2hunter2', DATABASE_PASSWORD: 'not-for-scanners' } },
    );
    expect(result.outcome).toBe('complete');
    expect(log).toContain('PLAIN');
    expect(log).toContain('[redacted]');
    expect(log).not.toContain('hunter2');
    expect(log).not.toContain('DATABASE_PASSWORD');
  });

  it('shows nothing of a key of Google Cloud that the scanner complains of', async () => {
    const lines = ['-----BEGIN PRIVATE KEY-----', 'MIIEvQIBADANBgkqhkiG', '9w0BAQEFAASCBKcwggSj'];
    const key = JSON.stringify({
      type: 'service_account',
      project_id: 'my-project',
      private_key: lines.join('\n'),
    });
    const { result, log } = await carryOut(
      {
        accounts: {},
        credentials: 'google',
        command: js(
          'const key = JSON.parse(require("node:fs").readFileSync(process.env.GOOGLE_APPLICATION_CREDENTIALS, "utf8")); console.error("bad key of", key.project_id, key.private_key); process.exitCode = 1',
        ),
      },
      { env: { GOOGLE_KEY: key }, credentials: { google: { gcp: { key: { env: 'GOOGLE_KEY' } } } } },
    );
    expect(result.stderr).toContain('bad key of my-project');
    for (const line of lines.slice(1)) expect(log + result.stderr).not.toContain(line);
  });

  it('hands over no file that a link points to', async () => {
    const { result, taken } = await carryOut({
      command: js(
        'require("node:fs").symlinkSync("/etc/passwd", process.argv.at(-1) + "/passwd.json")',
        '{output}',
      ),
    });
    expect(taken).toEqual([]);
    expect(result.reason).toBe('it ended well and left no report');
  });

  it.each(['prowler', 'scoutsuite', 'nmap', 'nikto', 'zap', 'trivy'] as const)(
    'of %s starts the program that the configuration names',
    async (scanner) => {
      const on: Partial<Job> =
        kindOf(scanner).per === 'account' ? { accounts: {} } : { targets: ['https://a.example'] };
      const programs = { [scanner]: path.join(workDir, 'no-such-place') };
      const env = { PATH: path.dirname(process.execPath) };
      const { result } = await carryOut({ scanner, ...on }, { programs, env });
      expect(result.reason).toBe('it could not be started: there is no such program');
      const { result: there } = await carryOut(
        { scanner, ...on },
        { programs: { [scanner]: '/bin/true' }, env },
      );
      expect(there.reason).toBe('it ended well and left no report');
    },
  );

  it('fills in what is scanned, and no target becomes an option', async () => {
    const { taken } = await carryOut({
      accounts: {},
      command: js(
        'require("node:fs").writeFileSync(process.argv.at(-1) + "/r.json", process.argv.slice(1).join(" "))',
        '{cloud}:{account}',
        '{accountName}',
        '{output}',
      ),
    });
    expect(taken[0]?.files['r.json']).toMatch(/^-- gcp:my-project payments |^gcp:my-project payments /);
    await expect(carryOut({ targets: ['-oN/etc/x'], command: js('', '{target}') })).rejects.toThrow(
      'would take it for an option',
    );
  });
});

describe('folders of earlier runs', () => {
  const made = (pid: number, at: Date): string => {
    const folder = path.join(workDir, `sightline-run-${pid}-x`);
    mkdirSync(folder, { recursive: true });
    utimesSync(folder, at, at);
    return folder;
  };
  const longAgo = new Date(Date.now() - 25 * 3_600_000);

  it('are removed after a day, if whoever made them is gone', async () => {
    const [gone, alive, young] = [
      made(99_999_999, longAgo),
      made(process.ppid, longAgo),
      made(88_888_888, new Date()),
    ];
    await removeStaleFolders(workDir, Date.now());
    expect([gone, alive, young].map((folder) => existsSync(folder))).toEqual([false, true, true]);
    for (const folder of [alive, young]) rmSync(folder, { recursive: true });
  });

  it('are removed, too, if it had the number that this process has: in a container all do', async () => {
    const before = made(process.pid, longAgo);
    // As another process would see it that has only just begun.
    await removeStaleFolders(workDir, Date.now() + process.uptime() * 1000 + 60_000);
    expect(existsSync(before)).toBe(false);
    const own = made(process.pid, longAgo);
    await removeStaleFolders(workDir, Date.now());
    expect(existsSync(own)).toBe(true);
    rmSync(own, { recursive: true });
  });
});

describe.skipIf(!hasNmap())('Nmap, the real one', () => {
  it('finds the port that is open on this machine', async () => {
    // With a banner, Nmap knows at once what it is.
    const server = createServer((socket) => {
      socket.on('error', () => undefined).end('SSH-2.0-OpenSSH_9.6\r\n');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const listening = server.address();
    const port = typeof listening === 'object' ? (listening?.port ?? 0) : 0;
    try {
      const { result, taken } = await carryOut({
        scanner: 'nmap',
        targets: ['127.0.0.1'],
        args: ['-p', String(port), '--version-light'],
      });
      expect(result).toMatchObject({ outcome: 'complete', exitCode: 0 });
      const xml = taken[0]?.files['nmap.xml'] ?? '';
      expect(xml).toContain('<nmaprun');
      expect(xml).toMatch(new RegExp(`portid="${port}"><state state="open"`));
      expect(existsSync(workDir)).toBe(true);
    } finally {
      server.close();
    }
  });
});
