import { execFileSync } from 'node:child_process';
import * as os from 'node:os';

/** What the numbers were measured on. */
export function machineText(): string {
  const cpus = os.cpus();
  const parts = [
    `${cpus.length} × ${cpus[0]?.model.trim() ?? 'unknown processor'}`,
    `${Math.round(os.totalmem() / 2 ** 30)} GiB of memory`,
    `${os.type()} ${os.release()}`,
    `Node.js ${process.versions.node} (V8 ${process.versions.v8})`,
    pythonVersion(),
    `load ${(os.loadavg()[0] ?? 0).toFixed(1)} at the start`,
  ];
  return parts.join(', ');
}

function pythonVersion(): string {
  try {
    return execFileSync('python3', ['--version'], { encoding: 'utf8' }).trim();
  } catch {
    return 'no Python';
  }
}
