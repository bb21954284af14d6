import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Observation, ScopeReport } from '../../findings/model.ts';
import type { ReadOptions, SourceAdapter } from '../adapter.ts';
import { bufferInput } from '../input/basic.ts';

const SOURCES = path.resolve(import.meta.dirname, '..');

export function fixture(source: string, name: string): Buffer {
  return fs.readFileSync(path.join(SOURCES, source, 'fixtures', name));
}

export function readText(
  adapter: SourceAdapter,
  text: Uint8Array | string,
  options: ReadOptions = {},
): Promise<readonly ScopeReport[]> {
  return adapter.read(bufferInput('report', Buffer.from(text as string)), options);
}

export function readFixture(
  adapter: SourceAdapter,
  name: string,
  options: ReadOptions = {},
): Promise<readonly ScopeReport[]> {
  return readText(adapter, fixture(adapter.id, name), options);
}

/** The one scope of a report; more or none is a failed test. */
export function only(reports: readonly ScopeReport[]): ScopeReport {
  const [report, ...more] = reports;
  if (report === undefined || more.length > 0) throw new Error(`there are ${reports.length} scopes, not one`);
  return report;
}

export function scopeNames(reports: readonly ScopeReport[]): string[] {
  return reports.map(({ cloud, account }) => `${cloud}/${account}`);
}

export function ruled(report: ScopeReport, rule: string): Observation {
  const found = report.observations.filter(({ ruleId }) => ruleId === rule);
  const [first] = found;
  if (first === undefined || found.length > 1)
    throw new Error(`${rule} has ${found.length} findings, not one`);
  return first;
}

export function rulesIn(report: ScopeReport): string[] {
  return report.observations.map(({ ruleId }) => ruleId).sort();
}

export function prints(reports: readonly ScopeReport[]): string[] {
  return reports.flatMap(({ observations }) => observations.map(({ fingerprint }) => fingerprint)).sort();
}
