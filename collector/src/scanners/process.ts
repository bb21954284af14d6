import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as os from 'node:os';
import type { Readable } from 'node:stream';
import { performance } from 'node:perf_hooks';

export interface ProcessSpec {
  /** Program and arguments, as they are: no shell ever reads them. */
  readonly argv: readonly string[];
  readonly cwd: string;
  /** All that the child gets of an environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  /** 0–19: how much it lets others go first. */
  readonly nice: number;
  readonly signal: AbortSignal;
  /** Untrusted text: one line, without its end, cut at 4,000 characters, secrets taken out. */
  readonly onLine: (stream: 'stdout' | 'stderr', line: string) => void;
  readonly redact: (text: string) => string;
}

export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
  /** Why it could not be started at all. */
  readonly notStarted: string | null;
  readonly durationMs: number;
  /** The end of standard error, at most 2,000 characters. */
  readonly stderr: string;
}

const LONGEST_LINE = 4_000;
/** Of a line that does not end: what is longer is thrown away as it comes. */
const LONGEST_KEPT = 64 * 1024;
const MOST_LINES = 5_000;
const TAIL = 2_000;
/** For output that is still in the pipe when the process has ended; what keeps it open longer is a stray child. */
const DRAIN_MS = 2_000;

/** Programs that have a process group of their own, and would outlive us. */
const underWay = new Set<ChildProcess>();

/** For a process that ends without waiting for anything: nothing it started goes on without it. */
export function endAllAtOnce(): void {
  for (const child of underWay) signalGroup(child, 'SIGKILL');
}
process.on('exit', endAllAtOnce);

/**
 * Runs a program in a process group of its own, to its end or its timeout. Whatever it started ends with it: the group gets
 * SIGTERM and, if it does not go, SIGKILL.
 */
export async function runProcess(spec: ProcessSpec): Promise<ProcessEnd> {
  const start = performance.now();
  const [program = '', ...args] = spec.argv;
  const took = (): number => Math.round(performance.now() - start);
  const child = await started(program, args, spec);
  if (typeof child === 'string') {
    return {
      exitCode: null,
      signal: null,
      timedOut: false,
      notStarted: child,
      durationMs: took(),
      stderr: '',
    };
  }
  underWay.add(child);
  lowerPriority(child, spec.nice);
  const tail = new Tail();
  const shown = (line: string): string => cut(spec.redact(line));
  const logged = {
    stdout: limited((line) => spec.onLine('stdout', shown(line))),
    stderr: limited((line) => spec.onLine('stderr', line)),
  };
  const closed = Promise.all([
    readLines(child.stdout, logged.stdout),
    readLines(child.stderr, (line) => {
      const text = shown(line);
      tail.add(text);
      logged.stderr(text);
    }),
  ]);
  const exited = once(child, 'exit');
  let timedOut = false;
  const end = endGroup(child, spec.graceMs);
  const timer = setTimeout(() => {
    timedOut = true;
    end.begin();
  }, spec.timeoutMs);
  spec.signal.addEventListener('abort', end.begin, { once: true });
  if (spec.signal.aborted) end.begin();
  await exited;
  clearTimeout(timer);
  spec.signal.removeEventListener('abort', end.begin);
  await drained(child, closed);
  end.finish();
  underWay.delete(child);
  const { exitCode, signalCode } = child;
  return { exitCode, signal: signalCode, timedOut, notStarted: null, durationMs: took(), stderr: tail.text };
}

/** @returns why it did not start */
async function started(
  program: string,
  args: string[],
  { cwd, env }: ProcessSpec,
): Promise<ChildProcess | string> {
  try {
    // Some of what is wrong is thrown at once, and some comes as an event.
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    await once(child, 'spawn');
    return child;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT') return 'there is no such program';
    if (code === 'EACCES') return 'the program may not be run by this user';
    if (code === 'E2BIG') return 'its arguments are too long';
    // Not in Node's own words: they quote the variable, which may be a secret.
    if (code === 'ERR_INVALID_ARG_VALUE') return 'an argument or a variable holds a zero byte';
    return error instanceof Error ? error.message : String(error);
  }
}

function lowerPriority(child: ChildProcess, nice: number): void {
  if (child.pid === undefined || nice === 0) return;
  try {
    os.setPriority(child.pid, nice);
  } catch {
    // It has ended already, or the system does not let us: then it runs like everything else.
  }
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Nobody of the group is left.
  }
}

function endGroup(child: ChildProcess, graceMs: number): { begin: () => void; finish: () => void } {
  let late: NodeJS.Timeout | undefined;
  return {
    begin: () => {
      if (late !== undefined) return;
      signalGroup(child, 'SIGTERM');
      late = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs);
    },
    finish: () => {
      clearTimeout(late);
      signalGroup(child, 'SIGKILL');
    },
  };
}

async function drained(child: ChildProcess, closed: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, DRAIN_MS);
  });
  await Promise.race([closed, late]);
  clearTimeout(timer);
  child.stdout?.destroy();
  child.stderr?.destroy();
}

async function readLines(stream: Readable | null, onLine: (line: string) => void): Promise<void> {
  if (stream === null) return;
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const parts = (rest + text).split(/\r?\n|\r/);
    rest = (parts.pop() ?? '').slice(0, LONGEST_KEPT);
    for (const line of parts) if (line !== '') onLine(line);
  });
  await once(stream, 'close').catch(() => undefined);
  if (rest !== '') onLine(rest);
}

function cut(line: string): string {
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line;
}

/** What is too much for a log; the end of complaints counts, however many came before. */
function limited(onLine: (line: string) => void): (line: string) => void {
  let lines = 0;
  return (line) => {
    lines++;
    if (lines < MOST_LINES) onLine(line);
    else if (lines === MOST_LINES) onLine('… more output is not logged');
  };
}

/** The last lines, as many as fit. */
class Tail {
  #text = '';

  get text(): string {
    return this.#text;
  }

  add(line: string): void {
    const text = this.#text === '' ? line : `${this.#text}\n${line}`;
    this.#text = text.length > TAIL ? text.slice(-TAIL) : text;
  }
}
