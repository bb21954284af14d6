import { rm, rmdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf, SightlineError } from '../errors.ts';
import type { EpochMs } from '../findings/model.ts';
import { randomNonce } from '../lake/keys.ts';
import { FilesystemStore } from '../store/index.ts';
import { type ETag, type ObjectStore, PreconditionFailedError } from '../store/object-store.ts';
import { type Check, fail, ok, warn } from './doctor-check.ts';
import { byteText } from './output.ts';

/**
 * A place of its own inside the store: a head that is none would stop every reader of `heads/`, and what is tried here must
 * not be able to harm what is there, also in a store that does not keep its promises.
 */
export function probeAddress(url: string): string {
  const name = `doctor-${randomNonce()}`;
  if (!/^[a-z][a-z0-9+.-]+:/i.test(url)) return join(url, name);
  const address = new URL(url);
  address.pathname = `${address.pathname.replace(/\/+$/, '')}/${name}`;
  return address.href;
}

const KEY = 'heads/probe.json';
const WRITERS = 4;

/** Tries what commits rest on, in the probe's own place, and leaves nothing behind. */
export async function checkWrites(probe: ObjectStore): Promise<Check> {
  const name = 'conditional writes';
  try {
    const broken = await brokenPromise(probe);
    return broken === null
      ? ok(name, `work: of ${WRITERS} writers at once, one won`)
      : fail(
          name,
          broken,
          'Two collectors could undo each other here. Use a store with conditional writes (docs/cli.md).',
        );
  } catch (error) {
    return storeFailure(name, error);
  } finally {
    await probe.remove([KEY]).catch(() => undefined);
  }
}

/** What the store did that it must not do, null where it did all as it should. */
async function brokenPromise(probe: ObjectStore): Promise<string | null> {
  const first = await probe.replace(KEY, bytes('first'), null);
  if (!(await isRefused(probe, 'again', null))) return 'an object that was there was created again';
  const second = await probe.replace(KEY, bytes('second'), first);
  if (!(await isRefused(probe, 'stale', first))) return 'a write with an old ETag was taken';
  const outcomes = await Promise.all(
    Array.from({ length: WRITERS }, (_, writer) => isRefused(probe, `writer ${writer}`, second)),
  );
  const won = outcomes.filter((refused) => !refused).length;
  if (won !== 1) return `of ${WRITERS} writers at once, ${won} were told that they had won`;
  const winner = outcomes.indexOf(false);
  const stored = await probe.get(KEY);
  return stored?.body.toString() === `writer ${winner}` ? null : 'what was written last is not what is read';
}

async function isRefused(probe: ObjectStore, text: string, expected: ETag | null): Promise<boolean> {
  try {
    await probe.replace(KEY, bytes(text), expected);
    return false;
  } catch (error) {
    if (error instanceof PreconditionFailedError) return true;
    throw error;
  }
}

function bytes(text: string): Buffer {
  return Buffer.from(text);
}

const SKEW_WARN_MS = 60_000;
const SKEW_FAIL_MS = 10 * 60_000;

/** The store's clock against ours, by what it says of an object that was just written. Stores round to seconds. */
export async function checkClock(probe: ObjectStore, now: () => EpochMs): Promise<Check> {
  const name = 'clock';
  const key = 'reports/probe.json';
  try {
    const before = now();
    await probe.put(key, bytes('{}'));
    const after = now();
    for await (const { key: found, modifiedAt } of probe.list('reports/')) {
      if (found !== key) continue;
      const skew =
        modifiedAt < before - 2_000 ? modifiedAt - before : modifiedAt > after ? modifiedAt - after : 0;
      return clockCheck(name, skew);
    }
    return fail(
      name,
      'the store does not list what was just put',
      'Use a store whose listings are consistent.',
    );
  } catch (error) {
    return storeFailure(name, error);
  } finally {
    await probe.remove([key]).catch(() => undefined);
  }
}

export function clockCheck(name: string, skew: number): Check {
  const away = `${Math.round(Math.abs(skew) / 1000)} s ${skew < 0 ? 'behind' : 'ahead of'} this machine`;
  const next = 'Let both clocks be set by NTP: times of reports that say none come from this machine.';
  if (Math.abs(skew) <= SKEW_WARN_MS) return ok(name, `the store's agrees with this machine's`);
  return Math.abs(skew) <= SKEW_FAIL_MS
    ? warn(name, `the store is ${away}`, next)
    : fail(name, `the store is ${away}`, next);
}

export function storeFailure(name: string, error: unknown): Check {
  const next =
    error instanceof SightlineError
      ? error.hint
      : 'Check the address of the store and what this user may do.';
  return fail(name, messageOf(error), next);
}

const LOW_BYTES = 1e9;
const NONE_BYTES = 1e8;

/** Free space for a store in a folder; undefined for a bucket. */
export async function checkDisk(store: ObjectStore): Promise<Check | undefined> {
  if (!(store instanceof FilesystemStore)) return undefined;
  const name = 'free space';
  const { bavail, bsize } = await statfs(await existing(store.description));
  const free = bavail * bsize;
  const next = 'Make room, or move the folder.';
  if (free < NONE_BYTES) return fail(name, `${byteText(free)} left`, next);
  return free < LOW_BYTES ? warn(name, `${byteText(free)} left`, next) : ok(name, `${byteText(free)} left`);
}

export interface Probe {
  readonly store: ObjectStore;
  /** Takes away what the probe made. */
  dispose(): Promise<void>;
}

/** @param root of a store in a folder, which was perhaps never made */
export async function folderProbe(probe: ObjectStore, root: ObjectStore): Promise<Probe> {
  if (!(probe instanceof FilesystemStore)) return { store: probe, dispose: () => probe.close() };
  const made = !(await isThere(root.description));
  return {
    store: probe,
    async dispose() {
      await probe.close();
      await rm(probe.description, { recursive: true, force: true });
      if (made) await rmdir(root.description).catch(() => undefined);
    },
  };
}

async function existing(path: string): Promise<string> {
  return (await isThere(path)) || dirname(path) === path ? path : existing(dirname(path));
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
