import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a child process says of itself when it is done: one line of JSON, the last of its output. */
export interface TaskResult {
  /** Of the work alone: without starting the interpreter and loading code. */
  readonly seconds: number;
  /** User and system time of the process, over all its threads. */
  readonly cpuSeconds: number;
  /** Largest resident set of the process, in bytes. */
  readonly peakBytes: number;
  /** Whatever the task counted. */
  readonly facts: Readonly<Record<string, number>>;
}

export interface Task {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const RUNNER = fileURLToPath(new URL('../tasks/main.ts', import.meta.url));
const PEERS = fileURLToPath(new URL('../peers/', import.meta.url));

/** As the command itself runs: see the first line of collector/bin/sightline.js. */
const NODE_FLAGS = ['--max-semi-space-size=8'];

/** A task of bench/tasks, in a Node.js process of its own. */
export function ours(
  task: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Task {
  return { name: task, command: process.execPath, args: [...NODE_FLAGS, RUNNER, task, ...args], env };
}

/** A peer that is a script of its own: `sum_scoutsuite.py`, `hdf.js`. */
export function peer(script: string, args: readonly string[]): Task {
  const [command, options] = script.endsWith('.py')
    ? ['python3', []]
    : // A tree of objects of a large report is more than Node.js allows itself by default.
      [process.execPath, ['--max-old-space-size=16384']];
  return { name: script, command, args: [...options, PEERS + script, ...args] };
}

export async function runTask(task: Task): Promise<TaskResult> {
  const child = spawn(task.command, [...task.args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...task.env },
  });
  let output = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const status = await new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  if (status !== 0) {
    throw new Error(`${task.name} ended with ${status}:\n${complaint.slice(-3000)}`);
  }
  return resultOf(output.trimEnd().split('\n').at(-1) ?? '', task.name);
}

function resultOf(line: string, name: string): TaskResult {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null) throw new Error(`${name} printed no result`);
  const fields = new Map(Object.entries(value));
  const numberOf = (key: string): number => {
    const field: unknown = fields.get(key);
    if (typeof field !== 'number') throw new Error(`${name} printed no ${key}`);
    return field;
  };
  const facts: unknown = fields.get('facts') ?? {};
  return {
    seconds: numberOf('seconds'),
    cpuSeconds: numberOf('cpuSeconds'),
    peakBytes: numberOf('peakBytes'),
    facts: Object.fromEntries(
      Object.entries(facts ?? {}).filter((fact): fact is [string, number] => typeof fact[1] === 'number'),
    ),
  };
}

/**
 * Runs the tasks one after the other, all of them once per round, so that whatever else the machine does hits each alike.
 * @returns per task the medians over the rounds
 */
export async function runAlternating(
  tasks: readonly Task[],
  rounds: number,
  onDone: (task: Task, result: TaskResult) => void,
): Promise<TaskResult[]> {
  const results = tasks.map((): TaskResult[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, task] of tasks.entries()) {
      const result = await runTask(task);
      onDone(task, result);
      results[index]?.push(result);
    }
  }
  return results.map(mediansOf);
}

function mediansOf(results: readonly TaskResult[]): TaskResult {
  const last = results.at(-1);
  if (last === undefined) throw new RangeError('a task was never run');
  return {
    seconds: median(results.map(({ seconds }) => seconds)),
    cpuSeconds: median(results.map(({ cpuSeconds }) => cpuSeconds)),
    peakBytes: median(results.map(({ peakBytes }) => peakBytes)),
    facts: last.facts,
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new RangeError('no values');
  return middle;
}
