import { link, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { removeQuietly, syncFolder, writeTemporary } from './files.ts';
import { type ETag, UnknownOutcomeError } from './object-store.ts';
import { explainLink, type SwappedKey } from './swapped-files.ts';

/** Makes the plain file of a key, whole and only if there is none: `link()` fails where the name exists. */
export async function makeOnce(at: SwappedKey, body: Uint8Array): Promise<ETag> {
  const path = join(at.folder, at.name);
  const temporary = await writeTemporary(at.folder, body);
  try {
    try {
      await link(temporary, path);
    } catch (error) {
      await explainLink(at, temporary, error);
    }
    const made = await stat(path, { bigint: true }).catch((error: unknown) => {
      throw new UnknownOutcomeError(at.key, error);
    });
    await syncFolder(at.folder).catch((error: unknown) => {
      throw new UnknownOutcomeError(at.key, error);
    });
    return plainTag(made);
  } finally {
    await removeQuietly(temporary);
  }
}

/** The token of a plain file. */
export function plainTag(found: {
  readonly mtimeNs: bigint;
  readonly size: bigint;
  readonly ino: bigint;
}): ETag {
  return [found.mtimeNs, found.size, found.ino].map((n) => n.toString(36)).join('-');
}
