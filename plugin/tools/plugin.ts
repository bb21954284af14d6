import { readFileSync } from 'node:fs';
import * as path from 'node:path';

/** The folder of the plugin, which could be a repository of its own. */
export const PLUGIN = path.resolve(import.meta.dirname, '..');

/** What the package is for, as Go calls it. */
export const PLATFORMS = [
  'linux/amd64',
  'linux/arm64',
  'darwin/amd64',
  'darwin/arm64',
  'windows/amd64',
  'windows/arm64',
] as const;
export type Platform = (typeof PLATFORMS)[number];

export function isPlatform(text: string): text is Platform {
  return PLATFORMS.some((platform) => platform === text);
}

/** What plugin.json says, as far as packaging needs it. */
export interface PluginJson {
  readonly id: string;
  readonly executable: string;
  readonly includes?: readonly { readonly type: string; readonly path?: string }[];
  readonly info: {
    readonly version: string;
    readonly updated: string;
    readonly logos: { readonly small: string; readonly large: string };
    readonly screenshots: readonly { readonly name: string; readonly path: string }[];
  };
}

export function readPluginJson(text: string): PluginJson {
  return JSON.parse(text) as PluginJson;
}

/** In `src/`, before the build fills in version and date. */
export function sourceOfPluginJson(): PluginJson {
  return readPluginJson(readFileSync(path.join(PLUGIN, 'src/plugin.json'), 'utf8'));
}

export function versionOfPackage(): string {
  const { version } = JSON.parse(readFileSync(path.join(PLUGIN, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

/** As Grafana looks for it and the SDK's build writes it. */
export function executableOf(name: string, platform: Platform): string {
  const [os, arch] = platform.split('/');
  return `${name}_${os}_${arch}${os === 'windows' ? '.exe' : ''}`;
}
