import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { PLUGIN, type Platform } from './plugin.ts';

/**
 * No folder of the machine that builds in the executables; and the tag that the SDK's build sets, so that building, vetting and
 * testing compile everything once and not twice.
 */
const FLAGS = '-trimpath -tags=arrow_json_stdlib';

export function hasGo(): boolean {
  return spawnSync('go', ['version']).status === 0;
}

export interface GoRun {
  /** Whether what it prints goes to this process's own output, too. */
  readonly loud?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs `go` in the plugin's folder; gives its exit code and what it printed. */
export async function go(
  args: readonly string[],
  { loud = false, env = {} }: GoRun = {},
): Promise<{ code: number | null; output: string }> {
  const child = spawn('go', args, {
    cwd: PLUGIN,
    env: { ...process.env, GOFLAGS: `${process.env['GOFLAGS'] ?? ''} ${FLAGS}`.trim(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (loud) process.stderr.write(text);
    });
  }
  await once(child, 'close');
  return { code: child.exitCode, output };
}

/** The SDK's targets, of which Windows on ARM has no name of its own. */
const TARGETS: Readonly<Record<Platform, readonly string[]>> = {
  'linux/amd64': ['build:linux'],
  'linux/arm64': ['build:linuxARM64'],
  'darwin/amd64': ['build:darwin'],
  'darwin/arm64': ['build:darwinARM64'],
  'windows/amd64': ['build:windows'],
  'windows/arm64': ['build:custom', 'windows', 'arm64'],
};

/** Builds the backend into a folder (default: `dist/`) with the SDK's own targets. @throws Error when one fails */
export async function buildBackend(platforms: readonly Platform[], folder?: string): Promise<void> {
  const env = folder === undefined ? {} : { SIGHTLINE_PLUGIN_DIST: folder };
  for (const platform of platforms) {
    const { code } = await go(['tool', 'mage', ...TARGETS[platform]], { loud: true, env });
    if (code !== 0) throw new Error(`the backend for ${platform} could not be built`);
  }
}
