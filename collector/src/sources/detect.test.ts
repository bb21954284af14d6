import * as fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ReportError, UsageError } from '../errors.ts';
import type { SourceAdapter } from './adapter.ts';
import { detectSource } from './detect.ts';
import { bufferInput } from './input/index.ts';
import { adapters } from './registry.ts';

function detect(content: string | Uint8Array, only?: string, all?: readonly SourceAdapter[]): SourceAdapter {
  return detectSource(bufferInput('evil.csv', Buffer.from(content as string)), only, all);
}

function failure(content: string, only?: string, all?: readonly SourceAdapter[]): ReportError {
  try {
    detect(content, only, all);
  } catch (error) {
    if (error instanceof ReportError) return error;
    throw error;
  }
  throw new Error('it was taken for a report');
}

const PROBE = fs.readFileSync(new URL('./scoutsuite/fixtures/scoutsuite_results_probe.js', import.meta.url));

describe('detectSource', () => {
  it('goes by the content, not by the name', () => {
    expect(detect(PROBE).id).toBe('scoutsuite');
    expect(detect(`\ufeff\r\n  ${PROBE.toString('utf8')}`).id).toBe('scoutsuite');
    expect(detect(PROBE.subarray(PROBE.indexOf('{'))).id).toBe('scoutsuite');
    for (const name of ['aws_unsorted_failing.json', 'gcp_two_projects.json', 'azure_two_subscriptions.js']) {
      const report = fs.readFileSync(new URL(`./scoutsuite/fixtures/${name}`, import.meta.url));
      expect(detect(report).id, name).toBe('scoutsuite');
    }
  });

  it('finds a report behind more blanks than fit into one read', () => {
    expect(detect(`${' \n'.repeat(50_000)}${PROBE.toString('utf8')}`).id).toBe('scoutsuite');
  });

  it('is claimed by one source only, for each of the fixtures', () => {
    for (const adapter of adapters) {
      const folder = new URL(`./${adapter.id}/fixtures/`, import.meta.url);
      for (const file of fs.readdirSync(folder)) {
        if (/errors|\.gz$/.test(file)) continue;
        const head = fs.readFileSync(new URL(file, folder)).subarray(0, 65_536).toString('utf8').trimStart();
        const others = adapters.filter((other) => other !== adapter && other.detect(head));
        expect(
          others.map(({ id }) => id),
          file,
        ).toEqual([]);
      }
    }
  });

  it('says what can be read when it is something else', () => {
    const error = failure('{"hello": "world"}');
    expect(error.code).toBe('unknown_format');
    expect(error.message).toContain('evil.csv');
    expect(error.hint).toContain('ScoutSuite');
    expect(error.hint).toContain('Prowler');
  });

  it('says that a web page is one', () => {
    expect(failure('\n<!DOCTYPE html><html><body>Sign in</body></html>').message).toContain('HTML page');
    expect(failure('<HTML lang="en">').message).toContain('HTML page');
  });

  it('takes nothing for an empty report', () => {
    expect(failure('').code).toBe('empty');
    expect(failure(' \r\n\ufeff\t').code).toBe('empty');
  });

  it('holds the user to the source that was named', () => {
    expect(detect(PROBE, 'scoutsuite').id).toBe('scoutsuite');
    expect(() => detect(PROBE, 'prowler')).toThrow(/no report of prowler/);
    expect(() => detect(PROBE, 'nessus')).toThrow(UsageError);
  });

  it('takes an empty list for a report of what is named, and asks where nothing is', () => {
    for (const list of ['{"findings": []}', '{"findings": [], "nextToken": null}'])
      expect(detect(list, 'inspector2').id, list).toBe('inspector2');
    expect(detect('{"Findings": []}', 'guardduty').id).toBe('guardduty');
    const error = failure('{"Findings": []}');
    expect(error.message).toContain('an empty list');
    expect(error.hint).toBe('Say which with --source: asff, guardduty.');
    for (const other of [
      '{"findings": [1]}',
      '{"findings": [], "error": "denied"}',
      '{"findings": {}}',
      '[]',
    ])
      expect(() => detect(other, 'inspector2'), other).toThrow(/no report of inspector2/);
    expect(() => detect('{"findings": []}', 'trivy')).toThrow(/no report of trivy/);
  });

  it('asks rather than guesses when two sources claim a report', () => {
    const [first] = adapters;
    if (first === undefined) throw new Error('no adapters');
    const twin: SourceAdapter = { ...first, id: 'twin', title: 'Twin' };
    const error = failure(PROBE.toString('utf8'), undefined, [first, twin]);
    expect(error.hint).toContain('--source twin');
    expect(detect(PROBE, 'twin', [first, twin]).id).toBe('twin');
  });
});
