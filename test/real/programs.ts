import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Where a scanner is, on the PATH or in a folder of SIGHTLINE_SCANNERS (a list like PATH).
 * @returns null where it is not, which is said with how to get it
 */
export function findScanner(name: string, install: string): string | null {
  const folders = [process.env['SIGHTLINE_SCANNERS'], process.env['PATH']]
    .flatMap((list) => (list ?? '').split(delimiter))
    .filter((folder) => folder !== '');
  const found = folders.map((folder) => join(folder, name)).find(isProgram);
  if (found !== undefined) return found;
  console.warn(
    `skipped: ${name} is neither on the PATH nor in SIGHTLINE_SCANNERS. To install it: ${install}`,
  );
  return null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
