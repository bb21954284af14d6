import { parseArgs } from 'node:util';
import { isPlatform, type Platform, PLATFORMS } from './plugin.ts';

export interface Options {
  readonly platforms: readonly Platform[];
  /** Where the zip goes. */
  readonly target?: string;
}

/** `--platform linux/amd64`, as often as wanted (none: all), `--target FILE`. @throws Error for a platform that there is no package for */
export function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: { platform: { type: 'string', multiple: true }, target: { type: 'string' } },
  });
  const { platform: wanted = [], target } = values;
  const platforms = wanted.filter(isPlatform);
  if (platforms.length < wanted.length)
    throw new Error(`--platform takes one of ${PLATFORMS.join(', ')}, not ${wanted.join(', ')}`);
  return {
    platforms: platforms.length === 0 ? PLATFORMS : platforms,
    ...(target === undefined ? {} : { target }),
  };
}
