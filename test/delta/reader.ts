import { execFile, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

const script = fileURLToPath(new URL('read_table.py', import.meta.url));
const run = promisify(execFile);
const MAX_OUTPUT = 256 << 20;

const head = z.object({ version: z.number(), files: z.number() });
const seen = z.object({ version: z.number(), rows: z.number(), distinct: z.number() });
export type Row = Readonly<Record<string, unknown>>;
export type Seen = z.infer<typeof seen>;

/** Where a table lies, as delta-rs takes it. */
export interface Place {
  readonly url: string;
  readonly options: Readonly<Record<string, string>>;
}

/** delta-rs, in a Python of its own. */
export interface DeltaReader {
  rows(
    place: Place,
  ): Promise<{ readonly version: number; readonly files: number; readonly rows: readonly Row[] }>;
  /** Reads until the function it returns is called, which gives what was seen. */
  watch(place: Place, keys: readonly string[]): () => Promise<readonly Seen[]>;
}

/** @returns why tests of it are skipped, where it is not installed. @throws in that case when SIGHTLINE_REQUIRE_SERVERS=1 */
export function findDeltaReader(): DeltaReader | string {
  const python = process.env['DELTA_PYTHON'] ?? join(cacheFolder(), 'delta', 'bin', 'python');
  try {
    accessSync(python, constants.X_OK);
  } catch {
    const reason =
      'delta-rs not installed (.ci/install-tools.sh installs it; DELTA_PYTHON may name its Python)';
    if (process.env['SIGHTLINE_REQUIRE_SERVERS'] === '1') throw new Error(reason);
    console.warn(`skipped: ${reason}`);
    return `skipped: ${reason}`;
  }
  return {
    async rows({ url, options }) {
      const { stdout } = await run(python, [script, 'rows', url], {
        env: environment(options),
        maxBuffer: MAX_OUTPUT,
      });
      const [first = '', ...lines] = stdout.trimEnd().split('\n');
      return {
        ...head.parse(JSON.parse(first)),
        rows: lines.map((line) => z.record(z.string(), z.unknown()).parse(JSON.parse(line))),
      };
    },
    watch({ url, options }, keys) {
      const child = spawn(python, [script, 'watch', url, ...keys], { env: environment(options) });
      let output = '';
      let complaint = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
      const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
      return async () => {
        child.stdin.end();
        const code = await ended;
        if (code !== 0) throw new Error(`the reader failed: ${complaint.slice(-2000)}`);
        const lines = output.split('\n').filter((line) => line !== '');
        return lines.map((line) => seen.parse(JSON.parse(line)));
      };
    },
  };
}

function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'sightline-tools');
}

function environment(options: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, STORAGE_OPTIONS: JSON.stringify(options) };
}
