import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { decodeTask, encodeTask, newTask, taskKey } from '../../collector/src/scanners/task-state.ts';
import { FilesystemStore } from '../../collector/src/store/filesystem.ts';
import { emptyFolder, fixture, sightline, start } from './support.ts';

const BIN = fileURLToPath(new URL('../../collector/bin/sightline.js', import.meta.url));
const REPORT = fixture('prowler/fixtures/v3.ocsf.json');
const ACCOUNT = '123456789012';
const HOUR = 3_600_000;
/** Half an hour from now: no slot comes while a test runs. */
const MINUTE = (new Date().getUTCMinutes() + 30) % 60;

/** Each test starts some processes, on a machine that may have other things to do. */
const SLOW = { timeout: 240_000 };

let folder: string;
let config: string;
/** What the stub of a scanner hands out; it ends as the file `exit` says. */
let report: string;

beforeEach(() => {
  folder = emptyFolder();
  config = path.join(folder, 'sightline.yaml');
  report = path.join(folder, 'report.ocsf.json');
  copyFileSync(REPORT, report);
});

/** A scanner that copies a report and then does what `more` says. */
function configure(more = '', job = ''): void {
  const script = path.join(folder, 'scanner.mjs');
  writeFileSync(
    script,
    `import { copyFileSync } from 'node:fs';
     copyFileSync(${JSON.stringify(report)}, process.argv[2] + '/' + process.argv[3] + '.ocsf.json');
     ${more}`,
  );
  writeFileSync(
    config,
    `accounts:
  - { account: '${ACCOUNT}', name: prod, team: core }
  - { account: '210987654321', enabled: false }
jobs:
  - name: stub
    scanner: command
    schedule: '${MINUTE} * * * *'
    accounts: { cloud: aws }
    attempts: 1
    command: ['${process.execPath}', '${script}', '{output}', '{account}']
${job}`,
  );
}

const run = (...args: string[]) =>
  sightline([...args, '--config', config, '--store', path.join(folder, 'data')]);

/** As if a collector had looked last so many hours ago. */
async function lastLooked(hoursAgo: number): Promise<void> {
  const name = { job: 'stub', target: `aws/${ACCOUNT}` };
  const store = new FilesystemStore(path.join(folder, 'data'));
  await store.replace(taskKey(name), encodeTask(newTask(name, Date.now() - hoursAgo * HOUR, 'then')), null);
}

interface Open {
  readonly matched: number;
}
const open = async (): Promise<number> =>
  ((await run('findings', '--json')).documents[0] as unknown as Open).matched;

interface Status {
  readonly tasks: {
    readonly target: string;
    readonly standing: string;
    readonly reason: string | null;
    readonly missed: number;
    readonly nextAt: string;
    readonly last: { readonly outcome: string; readonly stderr: string; readonly trigger: string } | null;
  }[];
}
const status = async (): Promise<Status> => (await run('status', '--json')).documents[0] as unknown as Status;

describe('run', SLOW, () => {
  it('scans what a job is for, takes the reports in, and says how it went', async () => {
    configure();
    const { code, documents } = await run('run', 'stub', '--json');
    expect(code).toBe(0);
    expect(documents).toMatchObject([
      {
        job: 'stub',
        target: `aws/${ACCOUNT}`,
        trigger: 'hand',
        outcome: 'complete',
        scopes: [`prowler/aws/${ACCOUNT}`],
      },
    ]);
    expect(await open()).toBeGreaterThan(0);
    expect(existsSync(path.join(folder, 'data/reports/report_latest.json'))).toBe(true);
  });

  it('closes nothing when the scanner dies half-way, and says why', async () => {
    configure();
    await run('run', 'stub');
    const before = await open();
    expect(before).toBeGreaterThan(0);
    // The next scan gets only to what is in order, and is killed.
    const rows = JSON.parse(readFileSync(REPORT, 'utf8')) as { status_code?: string; status?: string }[];
    const passing = rows.filter((row) => !/fail/i.test(`${row.status_code ?? ''}${row.status ?? ''}`));
    expect(passing.length).toBeGreaterThan(0);
    expect(passing.length).toBeLessThan(rows.length);
    writeFileSync(report, JSON.stringify(passing));
    configure('console.error("lost the connection"); process.kill(process.pid, "SIGKILL");');
    const { code } = await run('run', 'stub');
    expect(code).toBe(1);
    expect(await open()).toBe(before);
    expect(await status()).toMatchObject({
      tasks: [
        {
          standing: 'failed',
          reason: 'it was killed by SIGKILL',
          last: { outcome: 'failed', stderr: 'lost the connection', trigger: 'hand' },
        },
      ],
    });
    const text = await run('status', '--check');
    expect(text.code).toBe(1);
    expect(text.stdout).toContain('it was killed by SIGKILL');
    expect(text.stdout).toContain('lost the connection');
  });

  it('refuses a report of another account: the scanner had other credentials than it was given', async () => {
    configure();
    writeFileSync(config, readFileSync(config, 'utf8').replace(`'${ACCOUNT}'`, `'111111111111'`));
    const { code } = await run('run', 'stub');
    expect(code).toBe(1);
    expect((await status()).tasks[0]?.reason).toContain('and aws/111111111111 was to be scanned');
    expect(await open()).toBe(0);
  });

  it('with --due does nothing before the first slot', async () => {
    configure();
    expect((await run('run', '--due')).stdout).toContain('nothing was due');
    expect(await status()).toMatchObject({ tasks: [{ standing: 'waiting', last: null, missed: 0 }] });
  });

  it('with --due makes up for the newest slot of a downtime, records the others as missed, and ends', async () => {
    configure();
    await lastLooked(5);
    expect((await status()).tasks[0]?.standing).toBe('late');
    const { code, documents } = await run('run', '--due', '--json');
    expect(code).toBe(0);
    expect(documents).toMatchObject([{ trigger: 'schedule', outcome: 'complete' }]);
    expect(await status()).toMatchObject({ tasks: [{ standing: 'ok', missed: 4 }] });
    expect((await run('run', '--due')).stdout).toContain('nothing was due');
  });

  it('shows what is left of a task that is gone, until somebody says to forget it', async () => {
    configure();
    await run('run', 'stub');
    writeFileSync(config, readFileSync(config, 'utf8').replace('name: stub', 'name: renamed'));
    const gone = async (...args: string[]): Promise<unknown> =>
      (await run('status', '--json', ...args)).documents[0]?.['gone'];
    const task = { job: 'stub', target: `aws/${ACCOUNT}` };
    expect(await gone()).toEqual([{ ...task, forgotten: false }]);
    expect(await gone('--forget')).toEqual([{ ...task, forgotten: true }]);
    expect(await gone()).toEqual([]);
    expect(await open()).toBeGreaterThan(0);
  });

  it('says which jobs and targets there are', async () => {
    configure();
    const wrongJob = await run('run', 'nightly');
    expect(wrongJob.code).toBe(2);
    expect(wrongJob.stderr).toContain('There are stub.');
    const wrongTarget = await run('run', 'stub', '--target', '999999999999');
    expect(wrongTarget.stderr).toContain(`It has aws/${ACCOUNT}.`);
    expect((await run('run')).code).toBe(2);
  });
});

describe('chat', SLOW, () => {
  it('is told of a run, once, with what was new and what failed; the address stands nowhere', async () => {
    const got: string[] = [];
    const webhook = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        got.push(body);
        response.end();
      });
    });
    await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
    const address = webhook.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    try {
      configure('process.exitCode = 9;', `chat: [{ name: ops, kind: webhook, url: { env: HOOK } }]`);
      await lastLooked(2);
      const args = ['run', '--due', '--config', config, '--store', path.join(folder, 'data')];
      const env = { HOOK: `http://127.0.0.1:${port}/T0PSECRET` };
      const { stderr } = await sightline(args, { env });
      await sightline(args, { env });
      expect(got.map((body) => JSON.parse(body) as unknown)).toMatchObject([
        {
          type: 'sightline.digest',
          mood: 'red',
          job: 'stub',
          failed: 1,
          problems: [{ target: `aws/${ACCOUNT}`, reason: 'it ended with 9' }],
        },
      ]);
      expect(stderr).not.toContain('T0PSECRET');
      expect((await run('status', '--json')).documents[0]).toMatchObject({
        messages: [{ channel: 'ops', status: 'delivered', attempts: 1 }],
      });
    } finally {
      webhook.close();
    }
  });
});

describe('chat of runs by hand', SLOW, () => {
  it('says nothing of an earlier run when somebody else is at it', async () => {
    const got: string[] = [];
    const webhook = createServer((request, response) => {
      got.push(request.url ?? '');
      response.end();
    });
    await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
    const address = webhook.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    try {
      configure('', `chat: [{ name: ops, kind: webhook, url: { env: HOOK } }]`);
      const data = path.join(folder, 'data');
      const runOnce = () =>
        sightline(['run', 'stub', '--config', config, '--store', data], {
          env: { HOOK: `http://127.0.0.1:${port}/hook` },
        });
      await runOnce();
      expect(got.length).toBe(1);
      // Weeks later its message is forgotten.
      rmSync(path.join(data, 'outbox'), { recursive: true });
      const store = new FilesystemStore(data);
      const key = taskKey({ job: 'stub', target: `aws/${ACCOUNT}` });
      const there = await store.get(key);
      if (there === undefined) throw new Error(`there is no ${key}`);
      const now = Date.now();
      const other = {
        slot: now,
        trigger: 'hand',
        owner: 'other',
        since: now,
        until: now + HOUR,
        claims: 1,
      } as const;
      const state = { ...decodeTask(there.body, key), running: other };
      await store.replace(key, encodeTask(state), there.etag);
      const { code, stdout } = await runOnce();
      expect([code, stdout.trim()]).toEqual([1, 'nothing was run']);
      expect(got.length).toBe(1);
    } finally {
      webhook.close();
    }
  });
});

describe('worker', SLOW, () => {
  it('ends its scans when it is ended, and gives them back', async () => {
    const began = path.join(folder, 'began');
    configure(
      `import('node:fs').then((fs) => fs.writeFileSync(${JSON.stringify(began)}, '')); setInterval(() => {}, 1000);`,
    );
    await lastLooked(2);
    const child = spawn(
      process.execPath,
      [BIN, 'worker', '--config', config, '--store', path.join(folder, 'data')],
      { stdio: 'ignore', cwd: folder },
    );
    await expect.poll(() => existsSync(began), { timeout: 30_000 }).toBe(true);
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    await closed;
    expect(child.exitCode).toBe(0);
    // Somebody else may begin it at once.
    configure();
    const { documents } = await run('run', '--due', '--json');
    expect(documents).toMatchObject([{ trigger: 'schedule', outcome: 'complete' }]);
    expect(await status()).toMatchObject({ tasks: [{ standing: 'ok', missed: 1 }] });
  });
});

describe('scanners that do not want to end', SLOW, () => {
  const begin = async (...args: string[]) => {
    const pidFile = path.join(folder, 'pid');
    configure(`import('node:fs').then((fs) => { process.on('SIGTERM', () => {}); fs.writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); });
      setInterval(() => {}, 1000);`);
    const child = spawn(
      process.execPath,
      [BIN, ...args, '--config', config, '--store', path.join(folder, 'data')],
      { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    await expect
      .poll(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8'), { timeout: 30_000 })
      .toMatch(/\d/);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    const isAlive = (): boolean => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    return { child, closed: once(child, 'close'), said: () => said, isAlive };
  };

  it.each(['run', 'serve', 'worker'])('do not outlive a `%s` that is ended twice', async (command) => {
    await lastLooked(2);
    const more = { run: ['--due'], serve: ['--port', '0'], worker: [] }[command] ?? [];
    const { child, closed, said, isAlive } = await begin(command, ...more);
    child.kill('SIGTERM');
    await expect.poll(said, { timeout: 30_000 }).toContain('once more ends at once');
    child.kill('SIGTERM');
    await closed;
    await expect.poll(isAlive, { timeout: 30_000 }).toBe(false);
    expect(child.signalCode).toBe('SIGTERM');
  });

  it('are ended with a run by hand, which then was no success', async () => {
    const { child, closed, said, isAlive } = await begin('run', 'stub');
    writeFileSync(path.join(folder, 'x'), '');
    child.kill('SIGINT');
    await closed;
    expect(child.exitCode).toBe(1);
    expect(said()).toContain('1 run came to no end here');
    expect(said()).not.toContain('nothing was');
    expect(isAlive()).toBe(false);
  });
});

describe('serve', SLOW, () => {
  it('runs the jobs of the configuration, and shows how they stand in its metrics', async () => {
    configure();
    await lastLooked(2);
    const server = await start([
      ...['serve', '--config', config, '--store', path.join(folder, 'data'), '--port', '0'],
    ]);
    try {
      await expect.poll(async () => (await status()).tasks[0]?.standing, { timeout: 30_000 }).toBe('ok');
      await expect
        .poll(async () => (await fetch(new URL('/metrics', server.url))).text(), { timeout: 30_000 })
        .toContain('sightline_job_tasks{job="stub",standing="ok"} 1');
      const metrics = await (await fetch(new URL('/metrics', server.url))).text();
      expect(metrics).toMatch(/sightline_job_last_complete_timestamp_seconds\{job="stub"\} \d/);
      expect(metrics).toContain('sightline_job_missed_slots_total{job="stub"} 1');
    } finally {
      expect(await server.stop()).toBe(0);
    }
  });
});
