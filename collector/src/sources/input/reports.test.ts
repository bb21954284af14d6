import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReportInput } from '../adapter.ts';
import { closeReport, openReports, type InputLimits, type OpenedReport } from './index.ts';

const MIB = 1024 ** 2;
const REPORT = '{"a": "ü", "b": [1, 2, 3]}';

let dir: string;
beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'input-test-'));
});
afterEach(() => {
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

async function all(
  args: readonly string[],
  limits?: Partial<InputLimits>,
  stdin?: Readable,
): Promise<OpenedReport[]> {
  const reports: OpenedReport[] = [];
  const options = {
    cwd: dir,
    ...(limits === undefined ? {} : { limits }),
    ...(stdin === undefined ? {} : { stdin }),
  };
  for await (const report of openReports(args, options)) reports.push(report);
  return reports;
}

/** What was opened: the content, or the code of the error, by name. */
function outcomes(reports: readonly OpenedReport[]): [string, string][] {
  const seen = reports.map(({ name, input, error }): [string, string] => [
    name,
    error?.code ?? content(input),
  ]);
  for (const report of reports) closeReport(report);
  return seen;
}

interface ZipFixture {
  readonly name: string;
  readonly data: Uint8Array;
  /** Unix mode with type, such as 0o120777 for a symbolic link. */
  readonly mode?: number;
  readonly encrypted?: boolean;
}

/** Writes small zip archives for tests, also such as no packer would write. */
function zipOf(files: readonly ZipFixture[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, data, mode = 0o100644, encrypted = false } of files) {
    const bytes = Buffer.from(name);
    const packed = zlib.deflateRawSync(data);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x800 | (encrypted ? 1 : 0), 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(zlib.crc32(data), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(bytes.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, bytes, packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE((mode << 16) >>> 0, 6);
    rest.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), common, rest, bytes]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

describe('openReports', () => {
  it('goes on after what can not be opened', async () => {
    write('in/a.json', REPORT);
    write('in/b.json', '');
    write('in/c.json.gz', zlib.gzipSync(REPORT).subarray(0, 20));
    write('in/d.json.gz', zlib.gzipSync(REPORT));
    expect(outcomes(await all(['gone', 'in', '-'], undefined, Readable.from([REPORT])))).toEqual([
      ['gone', 'not_found'],
      ['in/a.json', REPORT],
      ['in/b.json', 'empty'],
      ['in/c.json.gz', 'truncated'],
      ['in/d.json.gz', REPORT],
      ['standard input', REPORT],
    ]);
  });

  it('gives every file of a zip archive, and refuses entries that lead out of it', async () => {
    const data = Buffer.from(REPORT);
    const archive = zipOf([
      { name: 'folder/', data: Buffer.alloc(0), mode: 0o040755 },
      { name: 'folder/b.json', data },
      { name: 'a.json.gz', data: zlib.gzipSync(REPORT) },
      { name: '../../etc/cron.d/x', data },
      { name: '/etc/passwd', data },
      { name: 'C:\\x', data },
      { name: 'link', data: Buffer.from('/etc/passwd'), mode: 0o120777 },
      { name: 'fifo', data, mode: 0o010644 },
      { name: 'locked', data, encrypted: true },
      { name: '__MACOSX/b.json', data },
      { name: '.DS_Store', data },
      { name: 'nested.zip', data: zipOf([{ name: 'x', data }]) },
    ]);
    write('all.zip', archive);
    const expected = [
      ['../../etc/cron.d/x', 'archive'],
      ['/etc/passwd', 'archive'],
      ['C:\\x', 'archive'],
      ['a.json.gz', REPORT],
      ['folder/b.json', REPORT],
      ['link', 'archive'],
      ['locked', 'archive'],
      ['nested.zip', 'archive'],
    ];
    expect(outcomes(await all(['all.zip']))).toEqual(
      expected.map(([name, what]) => [`all.zip:${name ?? ''}`, what]),
    );
    expect(outcomes(await all(['-'], undefined, Readable.from([archive])))).toHaveLength(expected.length);
    expect(fs.readdirSync(dir)).toEqual(['all.zip']);
  });

  it('stops zip archives that are bombs, or no archives', async () => {
    const spaces = (name: string): { name: string; data: Buffer } => ({
      name,
      data: Buffer.alloc(2 * MIB, 0x20),
    });
    write('bomb.zip', zipOf([spaces('a'), spaces('b')]));
    expect(outcomes(await all(['bomb.zip'], { ratioFromBytes: MIB })).map(([, what]) => what)).toEqual([
      'archive',
      'archive',
    ]);
    expect(outcomes(await all(['bomb.zip'], { maxEntries: 1 }))).toEqual([['bomb.zip', 'archive']]);
    expect(outcomes(await all(['bomb.zip'], { maxBytes: MIB })).map(([, what]) => what)).toEqual([
      'archive',
      'archive',
    ]);
    const [first, second] = outcomes(await all(['bomb.zip'], { maxTotalBytes: 3 * MIB }));
    expect(first?.[1]).toHaveLength(2 * MIB);
    expect(second?.[1]).toBe('archive');
    write('cut.zip', zipOf([spaces('a')]).subarray(0, -30));
    write('none.zip', zipOf([]));
    expect(outcomes(await all(['cut.zip', 'none.zip']))).toEqual([
      ['cut.zip', 'archive'],
      ['none.zip', 'empty'],
    ]);
    const overlapping = zipOf([spaces('a'), spaces('b')]);
    const directory = overlapping.indexOf('PK\x01\x02');
    overlapping.writeUInt32LE(1_000_000, directory + 20);
    write('overlap.zip', overlapping);
    expect(outcomes(await all(['overlap.zip']))).toEqual([['overlap.zip', 'archive']]);
  });

  it('is not led astray by damaged archives', async () => {
    const archive = zipOf([
      { name: 'a.json', data: Buffer.from(REPORT) },
      { name: 'b.json', data: Buffer.from(REPORT) },
    ]);
    for (let at = 4; at < archive.length; at += 3) {
      const damaged = Buffer.from(archive);
      damaged[at] = (damaged[at] ?? 0) ^ 0xff;
      write('damaged.zip', damaged);
      for (const report of await all(['damaged.zip'], { maxBytes: MIB })) {
        expect(report.error === undefined).toBe(report.input !== undefined);
        closeReport(report);
      }
    }
  });

  it('attaches the errors of a ScoutSuite scan to its report, and never takes them for one', async () => {
    const data = Buffer.from('scoutsuite_results =\n{}');
    const errors = Buffer.from('[{"file": "s3.py"}]');
    write('scan/scoutsuite_results_aws.js', data);
    write('scan/scoutsuite_errors_aws.json', errors);
    write('scan/scoutsuite_results_other.js', data);
    const seen = async (...args: string[]): Promise<[string, string][]> =>
      (await all(args)).map(({ name, companion, error }) => [name, error?.code ?? content(companion)]);
    const both: [string, string][] = [
      ['scan/scoutsuite_results_aws.js', errors.toString()],
      ['scan/scoutsuite_results_other.js', '(none)'],
    ];
    expect(await seen('scan')).toEqual(both);
    expect(await seen('scan/*')).toEqual(both);
    expect(await seen('scan/scoutsuite_results_aws.js')).toEqual(both.slice(0, 1));
    expect(await seen('scan/scoutsuite_errors_aws.json')).toEqual([
      ['scan/scoutsuite_errors_aws.json', 'wrong_shape'],
    ]);
    write(
      'scan.zip',
      zipOf([
        { name: 'x/scoutsuite_errors_aws.json', data: errors },
        { name: 'x/scoutsuite_results_aws.js', data },
      ]),
    );
    expect(await seen('scan.zip')).toEqual([['scan.zip:x/scoutsuite_results_aws.js', errors.toString()]]);
  });

  it('attaches the log of a Prowler scan to its report; any other log is a file of its own', async () => {
    write('scan/prowler.ocsf.json', '[]');
    write('scan/prowler.log', 'what failed');
    write('scan/other.log', 'something else');
    const seen = async (...args: string[]): Promise<[string, string][]> =>
      (await all(args)).map(({ name, companion, error }) => [name, error?.code ?? content(companion)]);
    const report: [string, string] = ['scan/prowler.ocsf.json', 'what failed'];
    expect(await seen('scan')).toEqual([['scan/other.log', '(none)'], report]);
    expect(await seen('scan/prowler.ocsf.json', 'scan/prowler.log')).toEqual([report]);
    expect(await seen('scan/prowler.log')).toEqual([['scan/prowler.log', '(none)']]);
    const entries = ['p.log', 'p.ocsf.json'].map((name) => ({ name, data: Buffer.from(name) }));
    write('scan.zip', zipOf(entries));
    expect(await seen('scan.zip')).toEqual([['scan.zip:p.ocsf.json', 'p.log']]);
  });

  it('takes an empty log for what it is: nothing failed', async () => {
    write('prowler.ocsf.json', '[]');
    write('prowler.log', '');
    const data = Buffer.from('[]');
    write(
      'p.zip',
      zipOf([
        { name: 'p.log', data: Buffer.of() },
        { name: 'p.ocsf.json', data },
      ]),
    );
    for (const file of ['prowler.ocsf.json', 'p.zip']) {
      const [report, ...more] = await all([file]);
      expect(more).toEqual([]);
      expect(report?.error).toBeUndefined();
      expect(report?.companion).toBeUndefined();
    }
  });

  it('does not read a report whose errors can not be read as if nothing had failed', async () => {
    write('scoutsuite_results_aws.js', 'scoutsuite_results =\n{}');
    write('scoutsuite_errors_aws.json', '');
    const [report] = await all(['scoutsuite_results_aws.js']);
    expect(report?.error?.message).toContain('scoutsuite_errors_aws.json');
  });
});
