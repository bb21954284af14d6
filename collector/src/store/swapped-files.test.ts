import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type * as FsPromises from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FilesystemStore } from './filesystem.ts';
import { PreconditionFailedError, UnknownOutcomeError, type ObjectStore } from './object-store.ts';

// What needs a file system without links, a network drive or a process that was stopped is brought about around link(2) itself;
// all else here is the real disk.
const hook = vi.hoisted(() => ({
  link: undefined as ((real: () => Promise<void>) => Promise<void>) | undefined,
}));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof FsPromises>();
  const link: typeof real.link = (from, to) => hook.link?.(() => real.link(from, to)) ?? real.link(from, to);
  return { ...real, link };
});

const HEAD = 'heads/scope.json';
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sightline-swapped-'));
});

afterEach(() => {
  hook.link = undefined;
  rmSync(root, { recursive: true, force: true });
});

const failure = (code: string) => Object.assign(new Error(`${code}: link`), { code });
const text = async (store: ObjectStore) => (await store.get(HEAD))?.body.toString();
const files = () => readdirSync(join(root, 'heads'));

async function add(store: ObjectStore): Promise<void> {
  const found = await store.get(HEAD);
  await store.replace(HEAD, Buffer.from(`${Number(found?.body ?? 0) + 1}`), found?.etag ?? null);
}

describe('a conditional write on files', () => {
  test.each(['EPERM', 'EXDEV', 'ENOTSUP'])(
    'says that a file system without hard links (%s) holds no store',
    async (code) => {
      hook.link = () => Promise.reject(failure(code));
      await expect(new FilesystemStore(root).replace(HEAD, Buffer.from('1'), null)).rejects.toMatchObject({
        name: 'StoreError',
        code: 'unsupported',
        hint: expect.stringContaining('It can hold no store') as string,
      });
      expect(files()).toEqual([]);
    },
  );

  test('knows its own success though a network drive answers the repeated request with EEXIST', async () => {
    hook.link = async (real) => {
      await real();
      throw failure('EEXIST');
    };
    const store = new FilesystemStore(root);
    const etag = await store.replace(HEAD, Buffer.from('1'), null);
    expect(await store.get(HEAD)).toMatchObject({ body: Buffer.from('1'), etag });
    expect(files()).toEqual(['scope.json@1']);
  });

  test('loses against a writer who links first, and leaves nothing behind', async () => {
    const [late, early] = [new FilesystemStore(root), new FilesystemStore(root)];
    hook.link = async (real) => {
      hook.link = undefined;
      await early.replace(HEAD, Buffer.from('early'), null);
      await real();
    };
    await expect(late.replace(HEAD, Buffer.from('late'), null)).rejects.toThrow(PreconditionFailedError);
    expect(await text(late)).toBe('early');
    expect(files()).toEqual(['scope.json@1']);
  });

  test('is not acknowledged by a process that stood still while its version came and went', async () => {
    // A write of which a step takes half of this is given up: the others here must not be.
    const keepMs = 2_000;
    const [stopped, other] = [new FilesystemStore(root, { keepMs }), new FilesystemStore(root, { keepMs })];
    await add(stopped);
    const seen = await stopped.get(HEAD);
    hook.link = async (real) => {
      hook.link = undefined;
      await add(other);
      await add(other);
      await sleep(keepMs + 50);
      await add(other);
      await add(other);
      // Version 2 existed and is gone, so that its name is free again.
      expect(files()).not.toContain('scope.json@2');
      await real();
    };
    await expect(stopped.replace(HEAD, Buffer.from('stale'), seen?.etag ?? null)).rejects.toThrow(
      UnknownOutcomeError,
    );
    expect(files()).not.toContain('scope.json@2');
    expect(await text(stopped)).toBe('5');
    expect(await text(new FilesystemStore(root))).toBe('5');
  });
});
