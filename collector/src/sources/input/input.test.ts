import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ReportError } from '../../errors.ts';
import type { ReportInput } from '../adapter.ts';
import { bufferInput, expandPaths, openInput, openStream } from './index.ts';

const MIB = 1024 ** 2;
const REPORT = '{"a": "ü", "b": [1, 2, 3]}';

let dir: string;
beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'input-test-'));
  // Nobody else's: what is left in it was left by this test.
  vi.stubEnv('TMPDIR', fs.mkdtempSync(path.join(dir, 'spooled-')));
});
afterEach(() => {
  vi.unstubAllEnvs();
  fs.rmSync(dir, { recursive: true, force: true });
});

function write(name: string, data: string | Uint8Array): string {
  const file = path.join(dir, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, data);
  return file;
}

function content(input: ReportInput | undefined): string {
  if (input === undefined) return '(none)';
  const bytes = Buffer.alloc(input.size + 10);
  let length = 0;
  for (;;) {
    const read = input.readAt(bytes.subarray(length, length + 7000), length);
    if (read === 0) break;
    length += read;
  }
  expect(length).toBe(input.size);
  return bytes.toString('utf8', 0, length);
}

async function failure(action: Promise<unknown>): Promise<ReportError> {
  try {
    await action;
  } catch (error) {
    if (error instanceof ReportError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

function spooledFiles(): string[] {
  return fs.readdirSync(os.tmpdir()).filter((name) => /^sightline-[0-9a-f]{24}$/.test(name));
}

describe('openInput', () => {
  it('opens files, bytes and streams, and reads them from any place', async () => {
    for (const source of [write('a.json', REPORT), Buffer.from(REPORT), Readable.from([REPORT])]) {
      const input = await openInput(source);
      expect(content(input)).toBe(REPORT);
      const part = Buffer.alloc(4);
      expect(input.readAt(part, 1)).toBe(4);
      expect(part.toString()).toBe('"a":');
      expect(input.readAt(part, 10_000)).toBe(0);
      input.close();
      input.close();
    }
    expect(content(bufferInput('x', Buffer.from(REPORT)))).toBe(REPORT);
  });

  it('unpacks gzip and zstd, known by their first bytes, also in several members', async () => {
    const half = Buffer.from(REPORT).subarray(0, 10);
    const rest = Buffer.from(REPORT).subarray(10);
    const packed = {
      gzip: zlib.gzipSync(REPORT),
      gzips: Buffer.concat([zlib.gzipSync(half), zlib.gzipSync(rest)]),
      zstd: zlib.zstdCompressSync(Buffer.from(REPORT)),
      zstds: Buffer.concat([zlib.zstdCompressSync(half), zlib.zstdCompressSync(rest)]),
      both: zlib.gzipSync(zlib.zstdCompressSync(Buffer.from(REPORT))),
    };
    for (const [name, bytes] of Object.entries(packed)) {
      expect(content(await openInput(write(`${name}.json`, bytes))), name).toBe(REPORT);
      expect(content(await openStream(Readable.from([bytes]), name)), name).toBe(REPORT);
    }
  });

  it('tells a packed file that was cut off, damaged, or goes on with something else', async () => {
    const text = Buffer.from(REPORT.repeat(1000));
    for (const bytes of [zlib.gzipSync(text), zlib.zstdCompressSync(text)]) {
      expect((await failure(openInput(bytes.subarray(0, -4)))).code).toBe('truncated');
      expect((await failure(openInput(Buffer.concat([bytes, Buffer.from('junkjunk')])))).code).toBe(
        'archive',
      );
      const damaged = Buffer.from(bytes);
      damaged.fill(0xff, 4, 14);
      expect((await failure(openInput(damaged))).code).toMatch(/archive|truncated/);
    }
    let layers: Buffer = Buffer.from(REPORT);
    for (let layer = 0; layer < 4; layer++) layers = zlib.gzipSync(layers);
    expect((await failure(openInput(layers))).message).toContain('inside an archive');
  });

  it('keeps what is large in a file of its own, which nobody else sees and which is gone afterwards', async () => {
    const before = spooledFiles();
    const limits = { memoryBytes: 1000 };
    const text = REPORT.repeat(5000);
    const chunks = text.match(/.{1,700}/gs) ?? [];
    const streamed = await openInput(Readable.from(chunks), { limits });
    const unpacked = await openInput(zlib.gzipSync(text), { limits });
    expect(streamed.fd).toBeDefined();
    expect(content(streamed)).toBe(text);
    expect(content(unpacked)).toBe(text);
    streamed.close();
    unpacked.close();
    expect(spooledFiles()).toEqual(before);
  });

  it('holds every limit', async () => {
    const bomb = zlib.gzipSync(Buffer.alloc(3 * MIB, 0x20));
    expect((await failure(openInput(bomb, { limits: { maxBytes: MIB } }))).code).toBe('too_large');
    const ratio = await failure(openInput(bomb, { limits: { ratioFromBytes: MIB } }));
    expect(ratio.code).toBe('archive');
    expect(ratio.message).toContain('200 times');
    expect(content(await openInput(bomb, { limits: { ratioFromBytes: 4 * MIB } }))).toHaveLength(3 * MIB);
    const zstd = zlib.zstdCompressSync(Buffer.alloc(3 * MIB));
    expect((await failure(openInput(zstd, { limits: { ratioFromBytes: MIB } }))).code).toBe('archive');
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(64 * 1024, 0x20);
      })(),
    );
    expect((await failure(openInput(endless, { limits: { maxBytes: MIB } }))).code).toBe('too_large');
    expect(endless.destroyed).toBe(true);
    expect(
      (await failure(openInput(write('big', 'x'.repeat(2000)), { limits: { maxBytes: 1000 } }))).code,
    ).toBe('too_large');
  });

  it('refuses what can be no report, and says what to do', async () => {
    expect(await failure(openInput(path.join(dir, 'missing.json')))).toMatchObject({
      code: 'not_found',
      exitCode: 3,
    });
    expect((await failure(openInput(path.join(dir, 'missing.json')))).message).toContain('missing.json');
    expect(await failure(openInput(dir))).toMatchObject({ code: 'unreadable' });
    expect(await failure(openInput(write('empty', '')))).toMatchObject({ code: 'empty' });
    expect(await failure(openInput(zlib.gzipSync('')))).toMatchObject({ code: 'empty' });
    expect((await failure(openInput(Buffer.alloc(5000)))).message).toContain('NUL');
    const utf16 = await failure(openInput(Buffer.from('\ufeff{"a": 1}', 'utf16le')));
    expect(utf16.message).toContain('UTF-16');
    expect(utf16.hint).toContain('UTF-8');
    expect((await failure(openInput(Buffer.from('PK\x03\x04 and so on', 'latin1')))).hint).toContain(
      'Unpack',
    );
    const broken = new Readable({ read: () => undefined });
    setImmediate(() => broken.destroy(new Error('the pipe broke')));
    expect((await failure(openInput(broken))).message).toContain('the pipe broke');
  });

  it.skipIf(process.getuid?.() === 0)('names the file that it may not read', async () => {
    const file = write('secret.json', REPORT);
    fs.chmodSync(file, 0);
    expect((await failure(openInput(file))).message).toContain('no permission');
  });
});

describe('expandPaths', () => {
  it('walks folders in order, without hidden files, and each file once', async () => {
    for (const name of ['in/b.json', 'in/a.json', 'in/.hidden', 'in/.git/x', 'in/deep/er/c.json'])
      write(name, REPORT);
    const names = async (...args: string[]): Promise<string[]> =>
      (await expandPaths(args, { cwd: dir })).map((found) => found.path);
    expect(await names('in')).toEqual(['in/a.json', 'in/b.json', 'in/deep/er/c.json']);
    expect(await names('in/b.json', 'in')).toEqual(['in/b.json', 'in/a.json', 'in/deep/er/c.json']);
    expect(await names('in/**/*.json')).toEqual(['in/a.json', 'in/b.json', 'in/deep/er/c.json']);
    expect(await names(path.join(dir, 'in'))).toHaveLength(3);
  });

  it('takes a name with brackets for a file, if there is one', async () => {
    write('scan[1].json', REPORT);
    expect(await expandPaths(['scan[1].json'], { cwd: dir })).toEqual([
      { path: 'scan[1].json', named: true },
    ]);
  });

  it('does not take nothing for the folder one is in', async () => {
    write('in/a.json', REPORT);
    for (const argument of ['', ' '])
      expect((await failure(expandPaths([argument], { cwd: dir }))).message).toBe('a path is empty');
  });

  it('says when nothing is there', async () => {
    fs.mkdirSync(path.join(dir, 'none'));
    expect((await failure(expandPaths(['*.xml'], { cwd: dir }))).message).toContain('no file matches');
    expect((await failure(expandPaths(['none'], { cwd: dir }))).message).toContain('no file in this folder');
    expect((await failure(expandPaths(['gone.json'], { cwd: dir }))).message).toContain(
      'gone.json: there is no such file',
    );
  });
});
