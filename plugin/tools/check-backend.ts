import { spawnSync } from 'node:child_process';
import { go } from './go.ts';
import { PLUGIN } from './plugin.ts';

/** Ends with status 1 where gofmt would change a file of the backend, or vet has something against it. */
const formatted = spawnSync('gofmt', ['-l', 'pkg', 'Magefile.go'], { cwd: PLUGIN, encoding: 'utf8' });
if (formatted.status !== 0 || formatted.stdout !== '') {
  process.stderr.write(`gofmt would change:\n${formatted.stdout}${formatted.stderr}`);
  process.exitCode = 1;
}
const { code } = await go(['vet', './...'], { loud: true });
if (code !== 0) process.exitCode = 1;
