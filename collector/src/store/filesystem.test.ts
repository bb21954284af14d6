import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FilesystemStore } from './filesystem.ts';
import { PreconditionFailedError, type ObjectStore } from './object-store.ts';

// Real disks on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

/** For tests that see old versions go: a write of which a step takes half of this is given up, which none takes here. */
const KEEP_MS = 2_000;

let root: string;
let outside: string;

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-filesystem-'));
  root = join(folder, 'data');
  outside = join(folder, 'outside');
  mkdirSync(outside);
});

afterEach(() => {
  rmSync(join(root, '..'), { recursive: true, force: true });
});

async function keysOf(store: ObjectStore, prefix = ''): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys.sort();
}

const text = async (store: ObjectStore, key: string) => (await store.get(key))?.body.toString();
const HEAD = 'heads/scope.json';

async function replaceTimes(store: ObjectStore, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const found = await store.get(HEAD);
    await store.replace(HEAD, Buffer.from(`${Number(found?.body ?? 0) + 1}`), found?.etag ?? null);
  }
}

describe('a store in a folder', () => {
  test('keeps what is written once as a plain file, and a head as numbered versions', async () => {
    const store = new FilesystemStore(root);
    await store.put('reports/report_latest.json', Buffer.from('{}'));
    await replaceTimes(store, 2);
    expect(readFileSync(join(root, 'reports/report_latest.json'), 'utf8')).toBe('{}');
    expect(readdirSync(join(root, 'heads'))).toEqual(['scope.json@1', 'scope.json@2']);
    expect(await text(store, HEAD)).toBe('2');
  });

  test('makes no folder before it is written to', async () => {
    const store = new FilesystemStore(root);
    expect(await store.get('raw/a')).toBeUndefined();
    expect(await keysOf(store)).toEqual([]);
    expect(existsSync(root)).toBe(false);
  });

  test('lists logical keys only: no versions, temporary files or files of others', async () => {
    const store = new FilesystemStore(root);
    await store.put('raw/a', Buffer.from('a'));
    await replaceTimes(store, 3);
    for (const name of [
      'raw/.tmp~00ff',
      'raw/with space',
      'raw/b@7',
      'heads/plain.json',
      'heads/.tmp~1@2',
      'lost+found',
    ]) {
      writeFileSync(join(root, name), 'x');
    }
    expect(await keysOf(store)).toEqual([HEAD, 'raw/a']);
    expect(await keysOf(store, 'heads/sc')).toEqual([HEAD]);
  });

  test('removes temporary files of crashed writers after an hour, and none sooner', async () => {
    const store = new FilesystemStore(root);
    await store.put('raw/a', Buffer.from('a'));
    await replaceTimes(store, 1);
    const twoHoursAgo = Date.now() / 1000 - 7200;
    for (const folder of ['raw', 'heads']) {
      writeFileSync(join(root, folder, '.tmp~old'), 'x');
      utimesSync(join(root, folder, '.tmp~old'), twoHoursAgo, twoHoursAgo);
      writeFileSync(join(root, folder, '.tmp~new'), 'x');
    }
    await keysOf(store);
    expect(readdirSync(join(root, 'raw'))).toEqual(['.tmp~new', 'a']);
    expect(readdirSync(join(root, 'heads'))).toEqual(['.tmp~new', 'scope.json@1']);
  });
});

describe('versions of a head', () => {
  test('stay for their time after the next one came, then go with a later write; the newest never goes', async () => {
    await replaceTimes(new FilesystemStore(root), 3);
    expect(readdirSync(join(root, 'heads'))).toHaveLength(3);
    await sleep(KEEP_MS + 100);
    await replaceTimes(new FilesystemStore(root, { keepMs: KEEP_MS }), 1);
    // Version 3 was the newest until an instant ago: a reader may be about to open it.
    expect(readdirSync(join(root, 'heads'))).toEqual(['scope.json@3', 'scope.json@4']);
    expect(await text(new FilesystemStore(root), HEAD)).toBe('4');
  });

  test('are found by a process that knew old ones, which another has removed since', async () => {
    const [reader, writer] = [
      new FilesystemStore(root, { keepMs: KEEP_MS }),
      new FilesystemStore(root, { keepMs: KEEP_MS }),
    ];
    await replaceTimes(reader, 1);
    const seen = await reader.get(HEAD);
    await replaceTimes(writer, 5);
    await sleep(KEEP_MS + 100);
    await replaceTimes(writer, 1);
    expect(readdirSync(join(root, 'heads'))).toEqual(['scope.json@6', 'scope.json@7']);
    await expect(reader.replace(HEAD, Buffer.from('late'), seen?.etag ?? null)).rejects.toThrow(
      PreconditionFailedError,
    );
    expect(await text(reader, HEAD)).toBe('7');
  });

  test('are found by a process that is many versions behind', async () => {
    const [reader, writer] = [new FilesystemStore(root), new FilesystemStore(root)];
    await replaceTimes(reader, 1);
    await replaceTimes(writer, 60);
    expect(await text(reader, HEAD)).toBe('61');
  });

  test('beyond a gap count as newer than those below it', async () => {
    const store = new FilesystemStore(root);
    mkdirSync(join(root, 'heads'), { recursive: true });
    for (const version of [2, 9, 10]) writeFileSync(join(root, `heads/scope.json@${version}`), `${version}`);
    expect(await text(store, HEAD)).toBe('10');
    expect(await keysOf(store)).toEqual([HEAD]);
  });

  test('are readable all the time while several write and remove old ones', async () => {
    const stores = [1, 2, 3].map(() => new FilesystemStore(root, { keepMs: KEEP_MS }));
    const [first, ...readers] = stores;
    if (first === undefined) throw new Error('no store');
    await replaceTimes(first, 1);
    let writing = true;
    const read = async (store: ObjectStore) => {
      let last = 0;
      while (writing) {
        await sleep(1);
        const value = Number(await text(store, HEAD));
        expect(value).toBeGreaterThanOrEqual(last);
        last = value;
      }
      return last;
    };
    const reading = readers.map(read);
    let written = 1;
    const removed = (): boolean => !readdirSync(join(root, 'heads')).includes('scope.json@1');
    for (; written < 300 || !removed(); written++) await replaceTimes(first, 1);
    writing = false;
    for (const last of await Promise.all(reading)) expect(last).toBeGreaterThan(1);
    expect(await text(first, HEAD)).toBe(`${written}`);
  });
});

describe('symbolic links inside the folder', () => {
  test('are not followed, neither by reading nor by writing nor by listing', async () => {
    const store = new FilesystemStore(root);
    await store.put('reports/a', Buffer.from('a'));
    writeFileSync(join(outside, 'secret'), 'secret');
    symlinkSync(outside, join(root, 'raw'));
    symlinkSync(join(outside, 'secret'), join(root, 'reports/b'));
    const refused = {
      name: 'StoreError',
      hint: expect.stringContaining('follows no symbolic links') as string,
    };
    await expect(store.get('raw/secret')).rejects.toMatchObject(refused);
    await expect(store.read('reports/b')).rejects.toMatchObject(refused);
    await expect(store.put('raw/new', Buffer.from('x'))).rejects.toMatchObject(refused);
    await expect(store.put('raw/deeper/new', Buffer.from('x'))).rejects.toMatchObject(refused);
    await expect(store.remove(['raw/secret'])).rejects.toMatchObject(refused);
    await expect(keysOf(store)).rejects.toMatchObject(refused);
    await expect(keysOf(store, 'raw/')).rejects.toMatchObject(refused);
    expect(readdirSync(outside)).toEqual(['secret']);
    // Overwriting a link replaces the link, not what it points to.
    await store.put('reports/b', Buffer.from('mine'));
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
    expect(await text(store, 'reports/b')).toBe('mine');
  });

  test('that hang in the air are refused too, not read as an empty store', async () => {
    const store = new FilesystemStore(root);
    mkdirSync(root);
    symlinkSync(join(outside, 'unmounted'), join(root, 'heads'));
    await expect(store.get(HEAD)).rejects.toThrow(/symbolic link/);
    await expect(store.replace(HEAD, Buffer.from('x'), null)).rejects.toThrow(/symbolic link/);
    await expect(keysOf(store, 'heads/')).rejects.toThrow(/symbolic link/);
    expect(readdirSync(outside)).toEqual([]);
  });

  test('may lead to the folder itself', async () => {
    symlinkSync(outside, root);
    const store = new FilesystemStore(root);
    await store.put('raw/a', Buffer.from('a'));
    await replaceTimes(store, 2);
    expect(await keysOf(store)).toEqual([HEAD, 'raw/a']);
    expect(readFileSync(join(outside, 'raw/a'), 'utf8')).toBe('a');
  });
});

describe('a disk that refuses', () => {
  const index = fileURLToPath(new URL('index.ts', import.meta.url));
  /** Runs the calls in a process of its own, under the given shell commands, and gives what they threw. */
  const failuresUnder = (shell: string, folder: string): string[] => {
    const script = `
      const { openStore } = await import(${JSON.stringify(index)});
      const store = openStore(${JSON.stringify(folder)});
      const body = Buffer.alloc(3_000_000);
      for (const call of [() => store.put('raw/big', body), () => store.replace('heads/big.json', body, null)]) {
        await call().then(() => console.log('stored'), (e) => console.log([e.name, e.message, e.hint].join(' | ')));
      }`;
    const command = `${shell} exec "$0" --input-type=module -e "$1"`;
    return execFileSync('bash', ['-c', command, process.execPath, script], { encoding: 'utf8' })
      .trim()
      .split('\n');
  };

  test('a write that fails half-way leaves nothing, neither under the name nor beside it', async () => {
    const store = new FilesystemStore(root);
    await store.put('raw/big', Buffer.from('before'));
    await replaceTimes(store, 1);
    // A limit on the size of files: the write itself fails after its first part, as on a full disk.
    const failures = failuresUnder("ulimit -f 1000; trap '' XFSZ;", root);
    expect(failures).toEqual([
      expect.stringMatching(/^StoreError \| cannot store raw\/big: EFBIG \| /),
      expect.stringMatching(/^StoreError \| cannot store heads\/big.json: EFBIG \| /),
    ]);
    expect(await text(store, 'raw/big')).toBe('before');
    expect(readdirSync(join(root, 'raw'))).toEqual(['big']);
    expect(readdirSync(join(root, 'heads'))).toEqual(['scope.json@1']);
  });

  const canMount = spawnSync('unshare', ['-m', 'true']).status === 0;
  test.skipIf(!canMount)('a full disk is called that', () => {
    mkdirSync(root);
    const mount = `mount -t tmpfs -o size=1m tmpfs '${root}' &&`;
    const inside = `unshare -m bash -c '${mount.replaceAll("'", `'"'"'`)} exec "$0" "$@"'`;
    const failures = failuresUnder(`run() { ${inside} "$@"; }; exec() { run "$@"; };`, root);
    for (const failure of failures) {
      expect(failure).toMatch(/ENOSPC \| The disk is full: free some space, then run it again/);
    }
    expect(failures).toHaveLength(2);
  });

  test.skipIf(process.getuid?.() === 0)('a folder without permission is called that', async () => {
    mkdirSync(root);
    chmodSync(root, 0o500);
    await expect(new FilesystemStore(root).put('raw/a', Buffer.from('a'))).rejects.toMatchObject({
      message: 'cannot store raw/a: EACCES',
      hint: 'Give the user that runs this read and write permission on the folder.',
    });
  });

  test('a file where a folder belongs, and a folder where a file belongs, are called that', async () => {
    const store = new FilesystemStore(root);
    await store.put('raw/a', Buffer.from('a'));
    await expect(store.put('raw/a/b', Buffer.from('b'))).rejects.toMatchObject({
      hint: 'A file lies where a folder belongs: move it out of the store.',
    });
    await expect(store.put('raw', Buffer.from('b'))).rejects.toMatchObject({
      hint: 'A folder lies where a file belongs: move it out of the store.',
    });
    expect(await store.get('raw')).toBeUndefined();
    expect(await store.get('raw/a/b')).toBeUndefined();
    await store.remove(['raw', 'raw/a/b']);
    expect(await text(store, 'raw/a')).toBe('a');
    await expect(new FilesystemStore(join(root, 'raw/a')).put('x', Buffer.from('x'))).rejects.toThrow(
      /ENOTDIR|EEXIST/,
    );
  });

  test('a pipe in the place of an object is no object, and does not hang the reader', async () => {
    const store = new FilesystemStore(root);
    await store.put('raw/a', Buffer.from('a'));
    execFileSync('mkfifo', [join(root, 'raw/pipe')]);
    expect(await store.get('raw/pipe')).toBeUndefined();
    expect(await keysOf(store)).toEqual(['raw/a']);
  });
});
