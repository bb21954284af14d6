import { parseArgs } from 'node:util';
import { isPlatform, type Platform, PLATFORMS } from './plugin.ts';

export interface Options {
  readonly platforms: readonly Platform[];
  /** Where the zip goes. */
  readonly target?: string;
  /** Whether Grafana signs it; with addresses of the Grafanas that a private signature is for, divided by commas. */
  readonly sign: boolean;
  readonly rootUrls?: string;
}

/**
 * `--platform linux/amd64`, as often as wanted (none: all), `--target FILE`, `--sign`, `--root-urls URL,URL`.
 * @throws Error for a platform that there is no package for
 */
export function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      platform: { type: 'string', multiple: true },
      target: { type: 'string' },
      sign: { type: 'boolean', default: false },
      'root-urls': { type: 'string' },
    },
  });
  const { platform: wanted = [], target, sign, 'root-urls': rootUrls } = values;
  const platforms = wanted.filter(isPlatform);
  if (platforms.length < wanted.length)
    throw new Error(`--platform takes one of ${PLATFORMS.join(', ')}, not ${wanted.join(', ')}`);
  return {
    platforms: platforms.length === 0 ? PLATFORMS : platforms,
    sign: sign || rootUrls !== undefined,
    ...(target === undefined ? {} : { target }),
    ...(rootUrls === undefined ? {} : { rootUrls }),
  };
}
