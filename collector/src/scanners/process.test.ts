import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type ProcessEnd, type ProcessSpec, runProcess } from './process.ts';
import { redactor } from './redact.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sightline-process-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ran extends ProcessEnd {
  readonly lines: readonly string[];
}

async function run(argv: readonly string[], more: Partial<ProcessSpec> = {}): Promise<Ran> {
  const lines: string[] = [];
  const end = await runProcess({
    argv,
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '' },
    timeoutMs: 30_000,
    graceMs: 200,
    nice: 0,
    signal: new AbortController().signal,
    onLine: (stream, line) => {
      lines.push(`${stream}: ${line}`);
    },
    redact: redactor([]),
    ...more,
  });
  return { ...end, lines };
}

/** A program in JavaScript: the same on every machine. */
const js = (code: string, ...args: string[]): string[] => [process.execPath, '-e', code, '--', ...args];

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

describe('a child process', () => {
  it('gives its exit code, its lines, and the end of its complaints', async () => {
    const ended = await run(js('console.log("one\\ntwo"); console.error("three"); process.exitCode = 3'));
    expect(ended).toMatchObject({
      exitCode: 3,
      signal: null,
      timedOut: false,
      notStarted: null,
      stderr: 'three',
    });
    expect([...ended.lines].sort()).toEqual(['stderr: three', 'stdout: one', 'stdout: two']);
  });

  it('gets its arguments as they are, whatever a shell would make of them', async () => {
    const argument = '$(touch broken); `id` "a b" | cat > x';
    const { lines } = await run(js('console.log(process.argv.at(-1))', argument));
    expect(lines).toEqual([`stdout: ${argument}`]);
  });

  it('sees only the environment that it is given', async () => {
    const { lines } = await run(js('console.log(Object.keys(process.env).sort().join())'), {
      env: { PATH: process.env['PATH'] ?? '', TOKEN: 'x' },
    });
    expect(lines).toEqual(['stdout: PATH,TOKEN']);
  });

  it('says what is wrong when it can not be started', async () => {
    expect(await run(['no-such-scanner'])).toMatchObject({
      exitCode: null,
      notStarted: 'there is no such program',
    });
    expect((await run(['echo', 'x'.repeat(3_000_000)])).notStarted).toBe('its arguments are too long');
    const { notStarted } = await run(['echo'], { env: { KEY: 'not for\0 anybody' } });
    expect(notStarted).toBe('an argument or a variable holds a zero byte');
  });

  it('shows no secret, in no form, in no line', async () => {
    const secret = 'p"ss w0rd/äö';
    const { lines, stderr } = await run(
      js(
        'const s=process.argv.at(-1);console.log(JSON.stringify({s}));console.error(encodeURIComponent(s), s)',
        secret,
      ),
      { redact: redactor([secret]) },
    );
    expect(lines.join('\n')).not.toContain('ss w0rd');
    expect(stderr).toBe('[redacted] [redacted]');
    expect(lines).toContain('stdout: {"s":"[redacted]"}');
  });

  it('is ended when its time is over', async () => {
    const ended = await run(js('setInterval(()=>{}, 1000)'), { timeoutMs: 500 });
    expect(ended).toMatchObject({ timedOut: true, signal: 'SIGTERM', exitCode: null });
  });

  it('is ended with everything it started, also if that ignores SIGTERM', async () => {
    const stop = new AbortController();
    const grandchild = 'process.on("SIGTERM",()=>{}); console.log(process.pid); setInterval(()=>{}, 1000)';
    let pid = 0;
    const ended = await run(
      js(
        `process.on("SIGTERM",()=>{}); require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(grandchild)}], {stdio: "inherit"}); setInterval(()=>{}, 1000)`,
      ),
      {
        signal: stop.signal,
        onLine: (_stream, line) => {
          pid = Number(line);
          stop.abort();
        },
      },
    );
    expect(ended).toMatchObject({ timedOut: false, signal: 'SIGKILL', exitCode: null });
    expect(pid).toBeGreaterThan(1);
    await expect.poll(() => isGone(pid), { timeout: 30_000 }).toBe(true);
  });

  it('takes strays with it that hold its output open', async () => {
    const stray = 'console.log(process.pid); setInterval(()=>{}, 1000)';
    const ended = await run(
      js(
        `const c = require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(stray)}], {stdio: ["ignore", "pipe", "inherit"]}); c.stdout.on("data", (d) => { process.stdout.write(d, () => process.exit(0)); })`,
      ),
    );
    expect(ended).toMatchObject({ exitCode: 0, timedOut: false });
    const pid = Number(ended.lines[0]?.replace('stdout: ', ''));
    await expect.poll(() => isGone(pid), { timeout: 30_000 }).toBe(true);
  });

  it('is ended when whoever runs it ends', async () => {
    const stop = new AbortController();
    const ended = await run(js('console.log("up"); setInterval(()=>{}, 1000)'), {
      signal: stop.signal,
      onLine: () => {
        stop.abort();
      },
    });
    expect(ended).toMatchObject({ signal: 'SIGTERM', timedOut: false });
  });

  it('may write without end: lines are cut, and so is their number', async () => {
    const { lines } = await run(
      js('process.stdout.write("x".repeat(10e6) + "\\n"); for (let i = 0; i < 20000; i++) console.log(i)'),
    );
    expect(lines[0]?.length).toBe('stdout: '.length + 4_001);
    expect(lines.length).toBe(5_000);
    expect(lines.at(-1)).toContain('more output is not logged');
  });

  it('is remembered by the end of its complaints, however many there were', async () => {
    const { stderr, lines } = await run(
      js(
        'for (let i = 0; i < 20000; i++) console.error(i); console.error("no such account"); process.exitCode = 1',
      ),
    );
    expect(stderr).toContain('no such account');
    expect(lines.length).toBe(5_000);
  });

  it('lets others go first', async () => {
    // Looked at late enough for the priority to be set.
    const { lines } = await run(js('setTimeout(() => console.log(require("node:os").getPriority()), 500)'), {
      nice: 7,
    });
    expect(lines).toEqual(['stdout: 7']);
  });
});
