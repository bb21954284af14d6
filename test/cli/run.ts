import { type Ran, sightline } from './support.ts';

export type Run = (args: readonly string[], input?: string) => Promise<Ran>;

/** The command line in a folder, as alice has it. */
export function runIn(folder: string): Run {
  return (args, stdin = '') => sightline(args, { cwd: folder, stdin, env: { USER: 'alice' } });
}

/** What a command said with --json, which has to end well. */
export async function jsonOf(run: Run, ...args: string[]): Promise<unknown[]> {
  const ran = await run([...args, '--json']);
  if (ran.code !== 0) throw new Error(`${args.join(' ')} ended with ${ran.code}: ${ran.stderr}`);
  return ran.documents;
}
