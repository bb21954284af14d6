import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const WORKER = fileURLToPath(new URL('full-disk-worker.ts', import.meta.url));

/** Runs a command in a mount namespace of its own, with a disk of `mib` at `disk`. */
function onDisk(disk: string, mib: number, command: readonly string[]): string {
  const script = 'mount -t tmpfs -o "size=$1m" none "$2" && shift 2 && exec "$@"';
  const args = ['-r', '-m', 'sh', '-c', script, 'sh', String(mib), disk, ...command];
  return execFileSync('unshare', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

const folder = mkdtempSync(join(tmpdir(), 'sightline-disk-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Not everywhere may a user make a disk. */
function canMount(): boolean {
  try {
    onDisk(folder, 1, ['true']);
    return true;
  } catch {
    console.warn('full-disk.test: skipped, no small disk can be made here');
    return false;
  }
}

describe.skipIf(!canMount())('a warehouse whose disk is full', () => {
  let told: Record<string, unknown>;
  beforeAll(() => {
    const bucket = mkdtempSync(join(folder, 'bucket-'));
    const disk = mkdtempSync(join(folder, 'disk-'));
    const lines = onDisk(disk, 32, [process.execPath, WORKER, bucket, disk]).trimEnd().split('\n');
    told = JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>;
  });

  it('says so, stays as it was, and answers', () => {
    expect(told['refused']).toContain('no room');
    expect(told['problem']).toContain('no room');
    expect(told['state']).toBe('ready');
    expect(told['meanwhile']).toEqual(told['before']);
    expect(told['left']).toEqual([]);
  });

  it('goes on by itself when there is room again', () => {
    expect(told['solved']).toBeNull();
    expect(told['after']).not.toEqual(told['before']);
  });
});
