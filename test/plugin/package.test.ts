import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemsOf } from '../../plugin/tools/check.ts';
import { hasGo } from '../../plugin/tools/go.ts';
import { type Platform, PLUGIN, sourceOfPluginJson, versionOfPackage } from '../../plugin/tools/plugin.ts';
import { type Packed, unpack } from '../../plugin/tools/unzip.ts';
import { missingGo } from './support.ts';

const { id, executable, info, includes = [] } = sourceOfPluginJson();
const PICTURES = 'https://raw.githubusercontent.com/sightline/sightline/main/';

describe('the plugin', () => {
  it('has the version of the collector', () => {
    const { version } = JSON.parse(readFileSync(path.join(PLUGIN, '../collector/package.json'), 'utf8')) as {
      version: string;
    };
    expect(versionOfPackage()).toBe(version);
    expect(readFileSync(path.join(PLUGIN, 'CHANGELOG.md'), 'utf8')).toContain(`## ${version}`);
  });

  it('names all dashboards and screenshots that it brings along, and no others', () => {
    const named = [...includes.map((one) => one.path), ...info.screenshots.map((one) => one.path)];
    expect(named.sort()).toEqual([...filesIn('dashboards'), ...filesIn('img/screenshots')].sort());
  });

  it('shows pictures in the catalogue that are there', () => {
    const text = readFileSync(path.join(PLUGIN, 'src/README.md'), 'utf8');
    const pictures = [...text.matchAll(/!\[[^\]]*\]\(([^)\s]+)/g)].map(([, address = '']) => address);
    for (const address of pictures) {
      expect(address.startsWith(PICTURES), address).toBe(true);
      expect(existsSync(path.join(PLUGIN, '..', address.slice(PICTURES.length))), address).toBe(true);
    }
  });
});

const ONE: readonly Platform[] = ['linux/amd64'];
const reason = hasGo() ? null : missingGo('the package');

describe.skipIf(reason !== null)('the package', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sightline-package-'));
  let files: ReadonlyMap<string, Packed>;

  beforeAll(async () => {
    const target = path.join(folder, 'plugin.zip');
    execFileSync('npm', ['run', 'package', '--', '--platform', 'linux/amd64', '--target', target], {
      cwd: PLUGIN,
      stdio: 'pipe',
    });
    files = await unpack(target);
  }, 900_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  /** The same with some files changed, or taken out. */
  function changed(changes: Readonly<Record<string, Partial<Packed> | null>>): Map<string, Packed> {
    const copy = new Map(files);
    for (const [name, change] of Object.entries(changes)) {
      const old = copy.get(`${id}/${name}`) ?? { content: Buffer.from('x'), mode: 0o100644 };
      if (change === null) copy.delete(`${id}/${name}`);
      else copy.set(`${id}/${name}`, { ...old, ...change });
    }
    return copy;
  }

  it('is what Grafana takes', () => {
    expect(problemsOf(files, ONE)).toEqual([]);
    expect([...files.keys()]).toContain(`${id}/${executable}_linux_amd64`);
  });

  it('is not signed by its build', () => {
    expect([...files.keys()]).not.toContain(`${id}/MANIFEST.txt`);
  });

  it.each([
    ['no README', { 'README.md': null }, /README.md is missing/],
    ['an empty licence', { LICENSE: { content: Buffer.alloc(0) } }, /LICENSE is missing or empty/],
    ['no source map', { 'module.js.map': null }, /module.js has no source map/],
    ['no executable', { [`${executable}_linux_amd64`]: null }, /_linux_amd64 is missing/],
    [
      'one without the right to run',
      { [`${executable}_linux_amd64`]: { mode: 0o100644 } },
      /can not be executed/,
    ],
    [
      'one of a platform that is not asked for',
      { [`${executable}_plan9_mips`]: { mode: 0o100755 } },
      /another platform/,
    ],
    [
      'one that tells where it was built',
      { [`${executable}_linux_amd64`]: { content: Buffer.from(PLUGIN) } },
      /folder of this machine/,
    ],
    ['no picture of its own', { [info.logos.small]: null }, /logo.svg is named and not there/],
    ['a link', { 'img/other.svg': { mode: 0o120777 } }, /no plain file/],
    ['a hidden file', { '.env': {} }, /does not belong/],
    ['a test', { 'x.test.js': {} }, /does not belong/],
    [
      'relative links',
      { 'README.md': { content: Buffer.from(`[docs](docs/x.md) ${'x'.repeat(300)}`) } },
      /not absolute/,
    ],
    [
      'a manifest of other sources',
      { go_plugin_build_manifest: { content: Buffer.from(`${'0'.repeat(64)}:pkg/main.go\n`) } },
      /not of this pkg\/main.go/,
    ],
    ['chatter', { 'module.js': { content: Buffer.from('console.log(1)') } }, /writes to the console/],
    ['no plugin.json', { 'plugin.json': null }, /no plugin.json/],
  ] as const)('is refused with %s', (_, changes, problem) => {
    expect(problemsOf(changed(changes), ONE).join('\n')).toMatch(problem);
  });

  it('is refused in another folder, or in several', () => {
    const loose = new Map([...files].map(([name, file]) => [name.replace(id, 'dist'), file]));
    expect(problemsOf(loose, ONE).join('\n')).toContain('the only folder has to be');
    expect(
      problemsOf(new Map([...files, ['README.md', { content: Buffer.from('x'), mode: 0o100644 }]]), ONE),
    ).not.toEqual([]);
  });

  it('is refused before its version and date are filled in', () => {
    const packed = files.get(`${id}/plugin.json`)?.content.toString() ?? '';
    const raw = { ...JSON.parse(packed), info: sourceOfPluginJson().info } as unknown;
    const problems = problemsOf(
      changed({ 'plugin.json': { content: Buffer.from(JSON.stringify(raw)) } }),
      ONE,
    );
    expect(problems).toEqual(['its version is %VERSION%, not 0.1.0', 'its date is %TODAY%']);
  });
});

function filesIn(folder: string): string[] {
  const whole = path.join(PLUGIN, 'src', folder);
  return existsSync(whole) ? readdirSync(whole).map((name) => `${folder}/${name}`) : [];
}
