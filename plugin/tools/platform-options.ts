import { parseArgs } from 'node:util';
import { isPlatform, type Platform, PLATFORMS } from './plugin.ts';

/** `--platform linux/amd64`, as often as wanted; none: all. @throws Error for one that there is no package for */
export function platformsOf(args: readonly string[]): readonly Platform[] {
  const { values } = parseArgs({
    args: [...args],
    options: { platform: { type: 'string', multiple: true } },
  });
  const wanted = values.platform ?? [];
  const known = wanted.filter(isPlatform);
  if (known.length < wanted.length)
    throw new Error(`--platform takes one of ${PLATFORMS.join(', ')}, not ${wanted.join(', ')}`);
  return known.length === 0 ? PLATFORMS : known;
}
