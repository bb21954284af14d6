import * as fs from 'node:fs';
import * as path from 'node:path';
import * as zlib from 'node:zlib';
import type { Observation, ScopeReport } from '../../findings/model.ts';
import { bufferInput } from '../input/index.ts';
import { prowler } from './index.ts';

const FOLDER = path.join(import.meta.dirname, 'fixtures');

/** For tests: the names of all fixtures. */
export function fixtureNames(): string[] {
  return fs.readdirSync(FOLDER).sort();
}

export function fixture(name: string): Buffer {
  const bytes = fs.readFileSync(path.join(FOLDER, name));
  return name.endsWith('.gz') ? zlib.gunzipSync(bytes) : bytes;
}

export function readBytes(bytes: Uint8Array | string, name = 'report'): Promise<readonly ScopeReport[]> {
  return prowler.read(bufferInput(name, Buffer.from(bytes)), {});
}

export function readFixture(name: string): Promise<readonly ScopeReport[]> {
  return readBytes(fixture(name), name);
}

/** The one report of the file; more or none is a failed test. */
export async function only(name: string): Promise<ScopeReport> {
  const [report, ...more] = await readFixture(name);
  if (report === undefined || more.length > 0) throw new Error(`${name} does not hold one scope`);
  return report;
}

export function bySeverity(observations: readonly Observation[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { severity } of observations) counts[severity] = (counts[severity] ?? 0) + 1;
  return counts;
}

/** The finding whose sentence holds `part`. */
export function withText(report: ScopeReport, part: string): Observation {
  const found = report.observations.find(({ description }) => description?.includes(part));
  if (found === undefined) throw new Error(`no finding says "${part}"`);
  return found;
}
