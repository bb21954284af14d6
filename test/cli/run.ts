import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../collector/src/cli/main.ts', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export type Run = (args: readonly string[], input?: string) => Promise<Ran>;

/** The real program in a folder, as a user in a pipe has it: no terminal, no settings of this machine. */
export function runIn(folder: string): Run {
  return async (args, input = '') => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'], USER: 'alice', NO_COLOR: '1' },
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const closed = new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
    return { code, stdout, stderr };
  };
}

/** What a command said with --json, which has to end well. */
export async function jsonOf(run: Run, ...args: string[]): Promise<unknown[]> {
  const { code, stdout, stderr } = await run([...args, '--json']);
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}
