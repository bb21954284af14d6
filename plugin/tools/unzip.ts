import { buffer } from 'node:stream/consumers';
import { openPromise } from 'yauzl';

export interface Packed {
  readonly content: Buffer;
  /** Unix rights and kind of file, as `stat` gives them. */
  readonly mode: number;
}

/** All files of an archive that we made, by name. */
export async function unpack(file: string): Promise<Map<string, Packed>> {
  const zip = await openPromise(file, { lazyEntries: true, autoClose: false });
  try {
    const files = new Map<string, Packed>();
    for await (const entry of zip.eachEntry()) {
      const content = await buffer(await zip.openReadStreamPromise(entry));
      files.set(entry.fileName, { content, mode: entry.externalFileAttributes >>> 16 });
    }
    return files;
  } finally {
    zip.close();
  }
}
