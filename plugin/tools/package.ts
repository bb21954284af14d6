import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import * as path from 'node:path';
import { problemsOf } from './check.ts';
import { buildBackend } from './go.ts';
import { platformsOf } from './platform-options.ts';
import { DIST, PLUGIN, sourceOfPluginJson, versionOfPackage } from './plugin.ts';
import { unpack } from './unzip.ts';
import { packFolder } from './zip.ts';

/** Builds everything into `dist/` and packs it as `<id>-<version>.zip`, which is what Grafana installs. */
const platforms = platformsOf(process.argv.slice(2));
const { id, executable } = sourceOfPluginJson();
const target = path.join(PLUGIN, `${id}-${versionOfPackage()}.zip`);

await rm(DIST, { recursive: true, force: true });
await rm(target, { force: true });
const { status } = spawnSync('npm', ['run', 'build'], { cwd: PLUGIN, stdio: 'inherit' });
if (status !== 0) throw new Error('the frontend could not be built');
await buildBackend(platforms);
await packFolder(DIST, id, (name) => name.startsWith(executable), target);

const problems = problemsOf(await unpack(target), platforms);
if (problems.length > 0) {
  await rm(target);
  throw new Error(
    `the package is not fit for Grafana:\n${problems.map((problem) => `- ${problem}`).join('\n')}`,
  );
}
const packed = readFileSync(target);
process.stdout.write(
  `${path.relative(process.cwd(), target)}\n${packed.length} bytes, SHA-1 ${createHash('sha1').update(packed).digest('hex')}\n`,
);
