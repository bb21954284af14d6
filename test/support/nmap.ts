import { execFileSync } from 'node:child_process';

/** @throws where it is missing and SIGHTLINE_REQUIRE_SERVERS=1 */
export function hasNmap(): boolean {
  try {
    execFileSync('nmap', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    const reason = 'nmap is not installed (.ci/install-tools.sh installs it)';
    if (process.env['SIGHTLINE_REQUIRE_SERVERS'] === '1') throw new Error(reason);
    console.warn(`skipped: ${reason}`);
    return false;
  }
}
