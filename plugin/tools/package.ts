import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { problemsOf } from './check.ts';
import { buildBackend } from './go.ts';
import { optionsOf } from './options.ts';
import { PLUGIN, sourceOfPluginJson, versionOfPackage } from './plugin.ts';
import { unpack } from './unzip.ts';
import { packFolder } from './zip.ts';

const { id, executable } = sourceOfPluginJson();
const { platforms, target = path.join(PLUGIN, `${id}-${versionOfPackage()}.zip`) } = optionsOf(
  process.argv.slice(2),
);

/** Builds everything anew and packs it as `<id>-<version>.zip`, which is what Grafana installs. */
const folder = await mkdtemp(path.join(tmpdir(), 'sightline-plugin-'));
try {
  const built = spawnSync('npm', ['run', 'build', '--', '--output-path', folder], {
    cwd: PLUGIN,
    stdio: 'inherit',
  });
  if (built.status !== 0) throw new Error('the frontend could not be built');
  await fillIn(folder);
  await buildBackend(platforms, folder);
  await rm(target, { force: true });
  await packFolder(folder, id, (name) => name.startsWith(executable), target);
} finally {
  await rm(folder, { recursive: true, force: true });
}

const problems = problemsOf(await unpack(target), platforms);
if (problems.length > 0) {
  await rm(target);
  throw new Error(
    `the package is not fit for Grafana:\n${problems.map((problem) => `- ${problem}`).join('\n')}`,
  );
}
const packed = readFileSync(target);
const sha1 = createHash('sha1').update(packed).digest('hex');
process.stdout.write(`${target}\n${packed.length} bytes, SHA-1 ${sha1}\n`);

/** What the scaffold's build does where it builds into `dist/`, and only there. */
async function fillIn(folder: string): Promise<void> {
  for (const name of ['plugin.json', 'README.md']) {
    const file = path.join(folder, name);
    const text = await readFile(file, 'utf8');
    const filled = text
      .replaceAll('%VERSION%', versionOfPackage())
      .replaceAll('%TODAY%', new Date().toISOString().slice(0, 10))
      .replaceAll('%PLUGIN_ID%', id);
    await writeFile(file, filled);
  }
}
