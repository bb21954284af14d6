import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ReportError } from '../../collector/src/errors.ts';
import { readReport } from '../../collector/src/ingest/ingest.ts';
import { bufferInput } from '../../collector/src/sources/input/index.ts';
import { randomFrom } from '../support/random.ts';
import { mutate } from './mutate.ts';

const SOURCES = path.resolve(import.meta.dirname, '../../collector/src/sources');

/** A whole report of this size takes a second to mutate some hundred times; larger ones are cut down by their readers' own tests. */
const MAX_BYTES = 400_000;

export interface Fixture {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Every fixture of every source, decompressed; large ones by their beginning, which is then a truncated report to start from. */
export function fixtures(): Fixture[] {
  return readdirSync(SOURCES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.parentPath.includes(`${path.sep}fixtures`))
    .map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      const stored = readFileSync(file);
      const bytes = entry.name.endsWith('.gz') ? gunzipSync(stored) : stored;
      return { name: path.relative(SOURCES, file), bytes: bytes.subarray(0, MAX_BYTES) };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

export type Fate = 'read' | 'refused';

/** Reads bytes as a report. @returns how it went; throws what is neither a report nor a clear refusal */
export async function tryRead(name: string, bytes: Buffer): Promise<Fate> {
  try {
    const { reports } = await readReport({ name, input: bufferInput(name, bytes) });
    for (const report of reports) {
      const distinct = new Set(report.observations.map(({ fingerprint }) => fingerprint));
      if (distinct.size !== report.observations.length) throw new Error('a fingerprint twice in one report');
    }
    return 'read';
  } catch (error) {
    if (!(error instanceof ReportError)) throw error;
    if (error.hint === '' || error.message === '')
      throw new Error('an error without a next step', { cause: error });
    return 'refused';
  }
}

export interface FuzzResult {
  read: number;
  refused: number;
}

/** @throws with fixture, seed and mutations in the message, so that a failure can be done again */
export async function fuzzReports(seed: number, rounds: number): Promise<FuzzResult> {
  const result: FuzzResult = { read: 0, refused: 0 };
  for (const fixture of fixtures()) {
    for (let round = 0; round < rounds; round++) {
      const random = randomFrom(seed + round * 7919);
      const { bytes, names } = mutate(fixture.bytes, random);
      try {
        result[await tryRead(fixture.name, bytes)]++;
      } catch (error) {
        const how = `${fixture.name}, seed ${seed}, round ${round}: ${names.join(', ')}`;
        throw new Error(`a mutated report is neither read nor refused (${how})`, { cause: error });
      }
    }
  }
  return result;
}
