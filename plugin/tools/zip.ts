import { createWriteStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';

/** Nothing in a package depends on when it was packed; zip counts years from 1980. */
const SOME_TIME = new Date(1980, 0, 1);

/**
 * Packs a folder as `root/…`, in order of names, with rights that do not depend on the umask. The same files make the same bytes.
 */
export async function packFolder(
  folder: string,
  root: string,
  isExecutable: (name: string) => boolean,
  target: string,
): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'))
    .sort();
  const zip = new ZipFile();
  for (const name of names) {
    zip.addBuffer(await readFile(path.join(folder, name)), `${root}/${name}`, {
      mtime: SOME_TIME,
      mode: isExecutable(name) ? 0o100755 : 0o100644,
    });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(target));
}
