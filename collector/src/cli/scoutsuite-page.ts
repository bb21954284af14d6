import { lstat, readdir, readFile } from 'node:fs/promises';
import * as path from 'node:path';
import type { z } from 'zod';
import { typeOf } from '../api/content.ts';
import { ReportError } from '../errors.ts';
import type { EpochMs } from '../findings/model.ts';
import { scopeIdOf } from '../lake/keys.ts';
import { pageMarkerSchema, PAGES_PREFIX } from '../reports/publish.ts';
import { bufferInput } from '../sources/input/basic.ts';
import { DEFAULT_LIMITS } from '../sources/input/limits.ts';
import { Budget } from '../sources/input/spool.ts';
import { openZip, type ZipEntry } from '../sources/input/zip.ts';
import type { ReportInput } from '../sources/adapter.ts';
import type { ObjectStore } from '../store/object-store.ts';

/**
 * The HTML report that ScoutSuite writes beside its results. It is kept with the findings, so that the page can link to
 * it: `reports/scoutsuite/<scopeId>/…`, and `index.json` there says which file to open and of when it is.
 */

/** A folder on disk or in an archive, as relative paths with `/`. */
export interface PageFiles {
  readonly names: readonly string[];
  read(name: string): Promise<Buffer>;
}

export interface ScoutSuitePage {
  /** The HTML file, relative. */
  readonly entry: string;
  readonly names: readonly string[];
  readonly files: PageFiles;
}

export interface PageOwner {
  readonly scope: string;
  readonly observedAt: EpochMs;
  readonly runId: string;
}

const RESULTS_FOLDER = 'scoutsuite-results';
/** As ScoutSuite writes them; anything else is none of the page. */
const PART = /\.(html|js|css|png|jpg|svg|ico|woff2?|ttf)$/i;
export const MAX_PAGE_BYTES = 60_000_000;
const MAX_FILES = 2_000;
const MAX_DEPTH = 6;

/**
 * The page that shows the results `file`, or the `entry` of the zip archive `file`; null where there is none.
 * @throws ReportError `too_large`, `archive`
 */
export async function findPage(file: string, entry: string | null): Promise<ScoutSuitePage | null> {
  if (entry !== null) {
    const place = rootOf(entry.split('/'));
    return place === null ? null : pageAmong(await archiveFiles(file, place.root), place.file);
  }
  const place = rootOf(path.resolve(file).split(path.sep));
  return place === null ? null : pageAmong(await diskFiles(place.root.split('/').join(path.sep)), place.file);
}

/** Results lie in `<root>/scoutsuite-results/<file>`. */
function rootOf(parts: readonly string[]): { readonly root: string; readonly file: string } | null {
  const file = parts.at(-1);
  if (file === undefined || parts.at(-2) !== RESULTS_FOLDER) return null;
  return { root: parts.slice(0, -2).join('/'), file };
}

/** Only what this page needs: a folder may hold the reports of many accounts. */
async function pageAmong(files: PageFiles, results: string): Promise<ScoutSuitePage | null> {
  for (const entry of files.names) {
    if (entry.includes('/') || !/\.html$/i.test(entry)) continue;
    const html = (await files.read(entry)).toString('utf8');
    if (!html.includes('inc-scoutsuite') || !mentions(html, results)) continue;
    const names = files.names.filter((name) => {
      if (name === entry) return true;
      if (name.startsWith('inc-')) return true;
      const [folder, file, ...deeper] = name.split('/');
      return folder === RESULTS_FOLDER && file !== undefined && deeper.length === 0 && mentions(html, file);
    });
    return { entry, names, files };
  }
  return null;
}

function mentions(html: string, file: string): boolean {
  return html.includes(file) || html.includes(encodeURI(file));
}

/**
 * Puts the page into the store for a scope, unless a newer one is there.
 * @returns whether it was put
 * @throws ReportError `too_large`, `unreadable`, StoreError
 */
export async function storePage(
  store: ObjectStore,
  page: ScoutSuitePage,
  owner: PageOwner,
): Promise<boolean> {
  const folder = `${PAGES_PREFIX}${scopeIdOf(owner.scope)}/`;
  const there = await readMarker(store, `${folder}index.json`);
  if (there !== null && (there.observedAt > owner.observedAt || there.runId === owner.runId)) return false;
  let bytes = 0;
  for (const name of page.names) {
    const content = await page.files.read(name);
    bytes += content.length;
    if (bytes > MAX_PAGE_BYTES) {
      throw new ReportError(
        'too_large',
        `${page.entry}: ScoutSuite’s own report has more than ${MAX_PAGE_BYTES / 1_000_000} MB and is not kept`,
        'The findings are in the store all the same; keep the HTML yourself if you need it.',
      );
    }
    const body = name === page.entry ? Buffer.from(relinked(content.toString('utf8'), page.names)) : content;
    const key = folder + keyPartsOf(name);
    const contentType = typeOf(key);
    await store.put(key, body, {
      cacheControl: 'no-cache',
      ...(contentType === null ? {} : { contentType }),
    });
  }
  const marker = { observedAt: owner.observedAt, entry: keyPartsOf(page.entry), runId: owner.runId };
  // Last: whoever reads it finds everything there.
  await store.put(`${folder}index.json`, Buffer.from(JSON.stringify(marker)), {
    contentType: 'application/json',
  });
  return true;
}

async function readMarker(store: ObjectStore, key: string): Promise<z.infer<typeof pageMarkerSchema> | null> {
  const stored = await store.get(key);
  if (stored === undefined) return null;
  try {
    return pageMarkerSchema.parse(JSON.parse(stored.body.toString('utf8')));
  } catch {
    // Written by something else, or half: it is written anew.
    return null;
  }
}

/** Keys take fewer characters than file names do: a profile's name may hold spaces or `@`. */
function keyPartsOf(name: string): string {
  return name
    .split('/')
    .map((part) => part.replace(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '_'))
    .join('/');
}

/** The page asks for its files under the names that they have in the store. */
function relinked(html: string, names: readonly string[]): string {
  let linked = html;
  for (const name of names) {
    const key = keyPartsOf(name);
    if (key === name) continue;
    linked = linked.replaceAll(name, () => key).replaceAll(encodeURI(name), () => key);
  }
  return linked;
}

/** Regular files only: a link could bring anything of this machine into the store. */
async function diskFiles(root: string): Promise<PageFiles> {
  const names: string[] = [];
  const walk = async (folder: string, depth: number): Promise<void> => {
    const entries = await readdir(path.join(root, folder), { withFileTypes: true });
    for (const entry of entries) {
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (names.length >= MAX_FILES) return;
      if (entry.isFile() && PART.test(entry.name)) names.push(name);
      else if (entry.isDirectory() && depth < MAX_DEPTH && isPageFolder(name)) await walk(name, depth + 1);
    }
  };
  await walk('', 0);
  return {
    names,
    read: async (name) => {
      const file = path.join(root, name);
      const { size } = await lstat(file);
      if (size > MAX_PAGE_BYTES) throw tooLarge(name);
      return readFile(file);
    },
  };
}

function isPageFolder(name: string): boolean {
  return name.startsWith('inc-') || name === RESULTS_FOLDER;
}

async function archiveFiles(archive: string, root: string): Promise<PageFiles> {
  const { size } = await lstat(archive);
  if (size > MAX_PAGE_BYTES) throw tooLarge(archive);
  const limits = { ...DEFAULT_LIMITS, maxBytes: MAX_PAGE_BYTES, maxTotalBytes: 4 * MAX_PAGE_BYTES };
  const listed = await openZip(bufferInput(archive, await readFile(archive)), limits, new Budget(limits));
  const prefix = root === '' ? '' : `${root}/`;
  const entries = new Map<string, ZipEntry>();
  for (const entry of listed) {
    const name = entry.name.slice(prefix.length);
    const [first = '', ...rest] = name.split('/');
    if (!entry.name.startsWith(prefix) || !PART.test(name) || name.split('/').includes('..')) continue;
    if ((rest.length === 0 || isPageFolder(first)) && entries.size < MAX_FILES) entries.set(name, entry);
  }
  return {
    names: [...entries.keys()],
    read: async (name) => {
      const entry = entries.get(name);
      if (entry === undefined) throw new RangeError(`${name} is not in the archive`);
      return bytesOf(await entry.open());
    },
  };
}

function bytesOf(input: ReportInput): Buffer {
  try {
    const bytes = Buffer.alloc(input.size);
    for (let at = 0; at < bytes.length;) {
      const read = input.readAt(bytes.subarray(at), at);
      if (read === 0) break;
      at += read;
    }
    return bytes;
  } finally {
    input.close();
  }
}

function tooLarge(name: string): ReportError {
  return new ReportError(
    'too_large',
    `${name} is too large for a page of ScoutSuite and is not kept`,
    'The findings are in the store all the same; keep the HTML yourself if you need it.',
  );
}
