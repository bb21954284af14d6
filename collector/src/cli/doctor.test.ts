import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FilesystemStore } from '../store/index.ts';
import type { ETag, PutOptions } from '../store/object-store.ts';
import { checkWrites, clockCheck, probeAddress } from './doctor-store.ts';
import { nodeCheck } from './doctor.ts';

/** Stores that break the promise commits rest on, as some S3-compatible ones do. */
class ForgetfulStore extends FilesystemStore {
  readonly #forgets: (expected: ETag | null) => boolean;

  constructor(root: string, forgets: (expected: ETag | null) => boolean) {
    super(root);
    this.#forgets = forgets;
  }

  override async replace(
    key: string,
    body: Uint8Array,
    expected: ETag | null,
    _options?: PutOptions,
  ): Promise<ETag> {
    if (!this.#forgets(expected)) return super.replace(key, body, expected);
    return super.replace(key, body, (await this.get(key))?.etag ?? null);
  }
}

describe('doctor', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sightline-doctor-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it.each<[string, (expected: ETag | null) => boolean, string]>([
    ['creates over what is there', (expected) => expected === null, 'created again'],
    ['ignores ETags', (expected) => expected !== null, 'a write with an old ETag was taken'],
  ])('finds a store that %s', async (_what, forgets, said) => {
    const check = await checkWrites(new ForgetfulStore(join(folder, said), forgets));
    expect(check).toMatchObject({ status: 'fail' });
    expect(check.detail).toContain(said);
  });

  it('takes its probe away', async () => {
    const root = join(folder, 'clean');
    expect(await checkWrites(new FilesystemStore(root))).toMatchObject({ status: 'ok' });
    expect(await readdir(join(root, 'heads'))).toEqual([]);
  });

  it('probes in a place of its own', () => {
    expect(probeAddress('./data')).toMatch(/^data\/doctor-[0-9a-f]{12}$/);
    expect(probeAddress('s3://bucket/team/x?region=eu-west-1')).toMatch(
      /^s3:\/\/bucket\/team\/x\/doctor-[0-9a-f]{12}\?region=eu-west-1$/,
    );
    expect(probeAddress('s3://bucket')).toMatch(/^s3:\/\/bucket\/doctor-[0-9a-f]{12}$/);
    expect(probeAddress('file:///var/lib/sightline/')).toMatch(/^file:\/\/\/var\/lib\/sightline\/doctor-/);
  });

  it('judges clocks and versions of Node.js', () => {
    expect(clockCheck('clock', 30_000).status).toBe('ok');
    expect(clockCheck('clock', -90_000)).toMatchObject({
      status: 'warn',
      detail: 'the store is 90 s behind this machine',
    });
    expect(clockCheck('clock', 3_600_000).status).toBe('fail');
    expect([nodeCheck('22.11.0').status, nodeCheck('22.12.0').status, nodeCheck('24.1.0').status]).toEqual([
      'fail',
      'ok',
      'ok',
    ]);
  });
});
