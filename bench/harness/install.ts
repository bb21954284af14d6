import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../', import.meta.url));

/**
 * Installs the peers of bench/package.json where they are missing: 130 MB that nobody but the benchmarks needs.
 * @returns why that did not work, or null
 */
export function installPeers(log: (text: string) => void): Promise<string | null> {
  if (existsSync(`${FOLDER}node_modules/@mitre/hdf-converters`)) return Promise.resolve(null);
  log('installing the peers of bench/package.json (npm ci) …');
  const options = ['--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund'];
  const { status, stderr } = spawnSync('npm', ['ci', '--prefix', FOLDER, ...options], { encoding: 'utf8' });
  return Promise.resolve(
    status === 0 ? null : `npm ci of the peers failed: ${stderr.trim().split('\n').at(-1) ?? ''}`,
  );
}
