import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ingestReport } from '../../collector/src/ingest/ingest.ts';
import { inputReader } from '../../collector/src/ingest/stored-input.ts';
import { Committer } from '../../collector/src/lake/committer.ts';
import { readHeads } from '../../collector/src/lake/lake.ts';
import { bufferInput } from '../../collector/src/sources/input/index.ts';
import { fixture } from '../../collector/src/sources/testing/reports.ts';
import { FilesystemStore } from '../../collector/src/store/index.ts';
import { checkScope } from '../support/invariants.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sightline-secrets-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const REPORTS = [
  ['trivy', 'image.json'],
  ['trivy', 'operator.json'],
  ['trivy', 'repository.json'],
  ['sarif', 'secrets.sarif'],
  ['falco', 'events.ndjson'],
  ['zap', 'full.json'],
  ['zap', 'baseline.xml'],
] as const;
const SECRET = /ghp_[0A]|hunter2|wJalrXUtnFEMI|correct-horse|token123|SESSION=|Bearer 0123|c5rf-t0ken/;

/** Everything in the bucket, decompressed where it is compressed. */
function objects(): { name: string; bytes: Buffer }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => {
      const bytes = readFileSync(join(folder, name));
      if (bytes.readUInt32LE(0) === 0xfd2fb528) return { name, bytes: zlib.zstdDecompressSync(bytes) };
      return { name, bytes: bytes[0] === 0x1f && bytes[1] === 0x8b ? zlib.gunzipSync(bytes) : bytes };
    });
}

it('no secret of a report reaches the bucket in clear, and what is there can be read again', async () => {
  const committer = new Committer({ store: new FilesystemStore(folder), now: () => Date.UTC(2026, 8, 8) });
  for (const [source, name] of REPORTS) {
    const bytes = fixture(source, name);
    expect(bytes.toString('utf8'), name).toMatch(SECRET);
    await ingestReport(committer, { name, input: bufferInput(name, bytes) });
  }
  const stored = objects();
  expect(stored.filter(({ name }) => name.startsWith('raw'))).toHaveLength(REPORTS.length);
  for (const { name, bytes } of stored) expect(bytes.toString('latin1'), name).not.toMatch(SECRET);
  for (const head of await readHeads(committer)) {
    const { findings } = await committer.stateFor(head);
    expect(JSON.stringify([...findings.values()])).not.toMatch(SECRET);
    await checkScope(committer, head.scopeId, inputReader(committer.store), head.scope);
  }
});
