import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import {
  executableOf,
  type Platform,
  PLUGIN,
  type PluginJson,
  readPluginJson,
  versionOfPackage,
} from './plugin.ts';
import type { Packed } from './unzip.ts';

/**
 * What Grafana's validator would refuse in a package, and what we would be ashamed of; nothing where it is good.
 *
 * @see https://grafana.com/developers/plugin-tools/publish-a-plugin/package-a-plugin
 */
export function problemsOf(files: ReadonlyMap<string, Packed>, platforms: readonly Platform[]): string[] {
  const roots = new Set([...files.keys()].map((name) => name.split('/')[0]));
  const [root] = roots;
  const packed = files.get(`${root}/plugin.json`);
  if (packed === undefined) return ['there is no plugin.json in the only folder'];
  const plugin = readPluginJson(packed.content.toString());
  const inside = new Map([...files].map(([name, file]) => [name.slice(plugin.id.length + 1), file]));
  return [
    ...(roots.size > 1 || root !== plugin.id
      ? [`the only folder has to be ${plugin.id}: ${[...roots].join(', ')}`]
      : []),
    ...ofNames(inside),
    ...ofPluginJson(plugin, inside),
    ...ofTexts(inside),
    ...ofScript(inside),
    ...ofBackend(plugin, inside, platforms),
  ];
}

const NEEDED = [
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'module.js',
  'module.js.map',
  'go_plugin_build_manifest',
];

function ofNames(files: ReadonlyMap<string, Packed>): string[] {
  const missing = NEEDED.filter((name) => (files.get(name)?.content.length ?? 0) === 0);
  const strange = [...files.keys()].filter((name) =>
    /(^|\/)\.|(^|\/)(node_modules|fixtures|testdata)\/|\.(test|spec)\.|\.(go|ts|tsx|zip)$/.test(name),
  );
  const linked = [...files].filter(([, { mode }]) => (mode & 0o170000) !== 0o100000).map(([name]) => name);
  return [
    ...missing.map((name) => `${name} is missing or empty`),
    ...strange.map((name) => `${name} does not belong into a package`),
    ...linked.map((name) => `${name} is no plain file`),
  ];
}

function ofPluginJson(plugin: PluginJson, files: ReadonlyMap<string, Packed>): string[] {
  const { info } = plugin;
  const pictures = [info.logos.small, info.logos.large, ...info.screenshots.map((one) => one.path)];
  const dashboards = (plugin.includes ?? []).flatMap((one) => one.path ?? []);
  return [
    ...(info.version === versionOfPackage()
      ? []
      : [`its version is ${info.version}, not ${versionOfPackage()}`]),
    ...(/^\d{4}-\d{2}-\d{2}$/.test(info.updated) ? [] : [`its date is ${info.updated}`]),
    ...[...pictures, ...dashboards]
      .filter((name) => !files.has(name))
      .map((name) => `${name} is named and not there`),
  ];
}

/** Where they are shown, nothing lies beside them. */
function ofTexts(files: ReadonlyMap<string, Packed>): string[] {
  return ['README.md', 'CHANGELOG.md'].flatMap((name) => {
    const text = files.get(name)?.content.toString() ?? '';
    const targets = [...text.matchAll(/\]\(([^)\s]+)/g), ...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(
      ([, target = '']) => target,
    );
    return [
      ...targets
        .filter((target) => !/^(https:\/\/|#)/.test(target))
        .map((target) => `${name} links to ${target}, which is not absolute`),
      ...(text.includes('<!--') ? [`${name} has comments, which the catalogue shows`] : []),
      ...(text.length < 200 ? [`${name} says next to nothing`] : []),
    ];
  });
}

function ofScript(files: ReadonlyMap<string, Packed>): string[] {
  const scripts = [...files].filter(([name]) => name.endsWith('.js'));
  const loud = scripts
    .filter(([, { content }]) => /\bconsole\.(log|debug|info)\(/.test(content.toString()))
    .map(([name]) => name);
  const bare = scripts.filter(([name]) => !files.has(`${name}.map`)).map(([name]) => name);
  return [
    ...loud.map((name) => `${name} writes to the console`),
    ...bare.map((name) => `${name} has no source map`),
  ];
}

function ofBackend(
  plugin: PluginJson,
  files: ReadonlyMap<string, Packed>,
  platforms: readonly Platform[],
): string[] {
  const wanted = platforms.map((platform) => executableOf(plugin.executable, platform));
  const there = [...files.keys()].filter((name) => name.startsWith(plugin.executable));
  return [
    ...wanted.filter((name) => !there.includes(name)).map((name) => `${name} is missing`),
    ...there.filter((name) => !wanted.includes(name)).map((name) => `${name} is for another platform`),
    ...there
      .filter((name) => ((files.get(name)?.mode ?? 0) & 0o777) !== 0o755)
      .map((name) => `${name} can not be executed`),
    ...there
      .filter((name) => files.get(name)?.content.includes(PLUGIN) === true)
      .map((name) => `${name} names a folder of this machine`),
    ...ofManifest(files.get('go_plugin_build_manifest')?.content.toString() ?? ''),
  ];
}

/** Grafana builds what it reviews, and compares: the manifest names each source of the backend with its SHA-256. */
function ofManifest(manifest: string): string[] {
  const named = new Map(
    manifest
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [line.slice(65), line.slice(0, 64)]),
  );
  return goFiles()
    .filter(
      (name) =>
        named.get(name) !==
        createHash('sha256')
          .update(readFileSync(path.join(PLUGIN, name)))
          .digest('hex'),
    )
    .map((name) => `go_plugin_build_manifest is not of this ${name}`);
}

function goFiles(): string[] {
  const names = readdirSync(path.join(PLUGIN, 'pkg'), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.go') && !name.endsWith('_test.go'))
    .map((name) => `pkg/${name.replaceAll(path.sep, '/')}`);
}
