import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { EpochMs } from '../../findings/model.ts';
import { ReportError } from '../../errors.ts';
import type { Committer } from '../../lake/committer.ts';
import { falco } from '../../sources/falco/index.ts';
import type { ReportInput, SourceAdapter } from '../../sources/adapter.ts';
import { bufferInput, fileInput } from '../../sources/input/index.ts';
import { ingestReport, observedAtOf, readReport, type ScopeResult } from '../ingest.ts';
import { joined, linesOf, readBatch } from './batch-file.ts';
import { envelopeOf } from './eventbridge.ts';
import { batchNameOf, type Feed } from './keys.ts';
import type { SpoolRun } from './ledger.ts';
import { withoutSecretsIn } from './secrets.ts';
import { type ReadEvent, waves } from './waves.ts';

/** What can't be read is set aside, and stops nothing else. */
export interface SetAside {
  /** Of a batch that is damaged as a whole. */
  batch(key: string, reason: string): Promise<void>;
  /** Of single events. */
  lines(lines: readonly Buffer[], reason: string): Promise<void>;
}

export interface Taken {
  readonly scopes: readonly ScopeResult[];
  /** Events that are in the lake now. */
  readonly events: number;
}

const NOTHING_TAKEN: Taken = { scopes: [], events: 0 };

/** The same run gives the same reports in the same order, however often it is done. @throws StoreError */
export function takeRun(committer: Committer, feed: Feed, run: SpoolRun, aside: SetAside): Promise<Taken> {
  return feed === 'falco' ? takeFalco(committer, run, aside) : takeEventBridge(committer, run, aside);
}

/** Where a batch lies in the file that holds all of a run. */
interface Part {
  readonly at: number;
  readonly bytes: number;
  readonly events: number;
}

/** All batches as one report, in a file: its size does not matter to memory. */
async function takeFalco(committer: Committer, run: SpoolRun, aside: SetAside): Promise<Taken> {
  const file = temporaryFile();
  try {
    const parts: Part[] = [];
    let at = 0;
    for (const key of run.batches) {
      const lines = await readOrSetAside(committer, key, aside);
      writeAll(file, lines);
      parts.push({ at, bytes: lines.length, events: batchNameOf(key)?.events ?? 0 });
      at += lines.length;
    }
    if (at === 0) return NOTHING_TAKEN;
    try {
      const scopes = await ingest(committer, falco, inputOf(run, file, at), run);
      return { scopes, events: parts.reduce((sum, { events }) => sum + events, 0) };
    } catch (error) {
      if (!(error instanceof ReportError)) throw error;
      return await takeSifted(committer, file, parts, run, aside);
    }
  } finally {
    fs.closeSync(file);
  }
}

/** What the server let in and the adapter can't read after all (another version let it in) is found by halving, batch by batch. */
async function takeSifted(
  committer: Committer,
  all: number,
  parts: readonly Part[],
  run: SpoolRun,
  aside: SetAside,
): Promise<Taken> {
  const file = temporaryFile();
  try {
    let bytes = 0;
    let events = 0;
    for (const part of parts) {
      const text = Buffer.alloc(part.bytes);
      fs.readSync(all, text, 0, part.bytes, part.at);
      const bad: Buffer[] = [];
      const good = await sift(linesOf(text), run, committer.now(), bad);
      if (bad[0] !== undefined) {
        const clean = await Promise.all(bad.map(withoutSecretsIn));
        await aside.lines(clean, (await problemWith(falco, bad.slice(0, 1), run, committer.now())) ?? '');
      }
      const kept = joined(good);
      writeAll(file, kept);
      bytes += kept.length;
      events += good.length;
    }
    if (bytes === 0) return NOTHING_TAKEN;
    return { scopes: await ingest(committer, falco, inputOf(run, file, bytes), run), events };
  } finally {
    fs.closeSync(file);
  }
}

/** @returns the lines that can be read; the others go to `bad` */
async function sift(lines: readonly Buffer[], run: SpoolRun, now: EpochMs, bad: Buffer[]): Promise<Buffer[]> {
  if (lines.length === 0 || (await problemWith(falco, lines, run, now)) === null) return [...lines];
  if (lines.length === 1) {
    bad.push(...lines);
    return [];
  }
  const half = lines.length >> 1;
  const first = await sift(lines.slice(0, half), run, now, bad);
  return [...first, ...(await sift(lines.slice(half), run, now, bad))];
}

async function takeEventBridge(committer: Committer, run: SpoolRun, aside: SetAside): Promise<Taken> {
  const events = new Map<SourceAdapter, ReadEvent[]>();
  const bad: Buffer[] = [];
  let reason = '';
  for (const key of run.batches) {
    for (const line of linesOf(await readOrSetAside(committer, key, aside))) {
      const read = await readEvent(line, run, committer.now());
      if (typeof read === 'string') {
        bad.push(line);
        reason = read;
        continue;
      }
      const others = events.get(read.adapter);
      if (others === undefined) events.set(read.adapter, [read]);
      else others.push(read);
    }
  }
  if (bad.length > 0) await aside.lines(bad, reason);
  const scopes: ScopeResult[] = [];
  let taken = 0;
  for (const [adapter, own] of events) {
    let notBefore = -Infinity;
    for (const wave of waves(own)) {
      const input = bufferInput(nameOf(run), joined(wave.map(({ line }) => line)));
      const results = await ingest(committer, adapter, input, run, notBefore);
      notBefore = Math.max(notBefore, ...results.map(({ observedAt }) => observedAt));
      scopes.push(...results);
      taken += wave.length;
    }
  }
  return { scopes, events: taken };
}

/** @returns why it can't be read, where it can't */
async function readEvent(
  line: Buffer,
  run: SpoolRun,
  now: EpochMs,
): Promise<(ReadEvent & { readonly adapter: SourceAdapter }) | string> {
  try {
    const envelope = envelopeOf(JSON.parse(line.toString('utf8')));
    if (typeof envelope === 'string') return envelope;
    const { adapter, at, type } = envelope;
    if (adapter === null) return `there is no source for events of type ${type}`;
    const input = bufferInput(nameOf(run), line);
    const { reports } = await readReport({ name: input.name, input }, { source: adapter.id });
    for (const report of reports) observedAtOf(input.name, report, { observedAt: run.claimedAt }, now);
    const findings = reports.flatMap(({ observations, closed }) => [
      ...observations.map(({ fingerprint }) => fingerprint),
      ...closed,
    ]);
    return { line, at, findings, adapter };
  } catch (error) {
    if (error instanceof ReportError || error instanceof SyntaxError) return error.message;
    throw error;
  }
}

async function problemWith(
  adapter: SourceAdapter,
  lines: readonly Buffer[],
  run: SpoolRun,
  now: EpochMs,
): Promise<string | null> {
  const input = bufferInput(nameOf(run), joined(lines));
  try {
    const { reports } = await readReport({ name: input.name, input }, { source: adapter.id });
    for (const report of reports) observedAtOf(input.name, report, { observedAt: run.claimedAt }, now);
    return null;
  } catch (error) {
    if (error instanceof ReportError) return error.message;
    throw error;
  }
}

function ingest(
  committer: Committer,
  adapter: SourceAdapter,
  input: ReportInput,
  run: SpoolRun,
  notBefore?: EpochMs,
): Promise<readonly ScopeResult[]> {
  return ingestReport(
    committer,
    { name: input.name, input },
    {
      source: adapter.id,
      // Not the clock: a run that is done again has to be the same run.
      observedAt: run.claimedAt,
      ...(notBefore === undefined ? {} : { notBefore }),
    },
  );
}

/** @returns nothing of a batch that is damaged, or that something else removed */
async function readOrSetAside(committer: Committer, key: string, aside: SetAside): Promise<Buffer> {
  try {
    const lines = await readBatch(committer.store, key);
    if (lines === null) await aside.batch(key, 'something else removed it');
    return lines ?? Buffer.alloc(0);
  } catch (error) {
    if (!(error instanceof ReportError)) throw error;
    await aside.batch(key, error.message);
    return Buffer.alloc(0);
  }
}

function nameOf({ id }: SpoolRun): string {
  return `pushed events ${id}`;
}

/** The file is closed by who opened it. */
function inputOf(run: SpoolRun, file: number, bytes: number): ReportInput {
  return { ...fileInput(nameOf(run), file, bytes), close: () => undefined };
}

function writeAll(file: number, text: Buffer): void {
  for (let done = 0; done < text.length;) done += fs.writeSync(file, text, done);
}

/** Gone with the process, whatever ends it. */
function temporaryFile(): number {
  const file = path.join(tmpdir(), `sightline-events-${crypto.randomBytes(12).toString('hex')}`);
  const fd = fs.openSync(file, 'wx+', 0o600);
  try {
    fs.unlinkSync(file);
  } catch {
    // Windows keeps what is open: the folder of temporary files is cleaned by others.
  }
  return fd;
}
