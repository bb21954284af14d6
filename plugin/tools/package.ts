import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { problemsOf } from './check.ts';
import { buildBackend } from './go.ts';
import { optionsOf } from './options.ts';
import { PLUGIN, sourceOfPluginJson, versionOfPackage } from './plugin.ts';
import { unpack } from './unzip.ts';
import { packFolder } from './zip.ts';

const { id, executable } = sourceOfPluginJson();
const options = optionsOf(process.argv.slice(2));
const { platforms, target = path.join(PLUGIN, `${id}-${versionOfPackage()}.zip`) } = options;

/** Builds everything anew and packs it as `<id>-<version>.zip`, which is what Grafana installs. */
await rm(target, { force: true });
const folder = await mkdtemp(path.join(tmpdir(), 'sightline-plugin-'));
// The scaffold's build looks for what it filled in there, also where it builds elsewhere.
await mkdir(path.join(PLUGIN, 'dist'), { recursive: true });
try {
  run('npm', ['run', 'build', '--', '--output-path', folder], 'the frontend could not be built');
  await fillIn(folder);
  await buildBackend(platforms, folder);
  if (options.sign) sign(folder);
  await packFolder(folder, id, (name) => name.startsWith(executable), target);
} finally {
  await rm(folder, { recursive: true, force: true });
}

const problems = problemsOf(await unpack(target), platforms, options.sign);
if (problems.length > 0) {
  await rm(target);
  throw new Error(
    `the package is not fit for Grafana:\n${problems.map((problem) => `- ${problem}`).join('\n')}`,
  );
}
const packed = readFileSync(target);
const sha1 = createHash('sha1').update(packed).digest('hex');
process.stdout.write(`${target}\n${packed.length} bytes, SHA-1 ${sha1}\n`);

/** Grafana's own tool asks grafana.com, which knows the account by GRAFANA_ACCESS_POLICY_TOKEN. It leaves a MANIFEST.txt. */
function sign(folder: string): void {
  const { rootUrls } = options;
  const private_ = rootUrls === undefined ? [] : ['--rootUrls', rootUrls];
  run(
    'npx',
    ['--yes', '@grafana/sign-plugin@3', '--distDir', folder, ...private_],
    'the plugin could not be signed',
  );
}

function run(command: string, args: readonly string[], complaint: string): void {
  const { status } = spawnSync(command, args, { cwd: PLUGIN, stdio: 'inherit' });
  if (status !== 0) throw new Error(complaint);
}

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
