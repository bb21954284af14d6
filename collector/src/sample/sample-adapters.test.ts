import { describe, expect, it } from 'vitest';
import { globMatches } from '../findings/settings.ts';
import type { ScopeReport } from '../findings/model.ts';
import type { ReportInput } from '../sources/adapter.ts';
import { prowler } from '../sources/prowler/index.ts';
import { scoutsuite } from '../sources/scoutsuite/index.ts';
import { SAMPLE_END, SAMPLE_STORY, sampleReports, sampleVerdicts, truncatedReport } from './index.ts';
import type { SampleReport } from './model.ts';

function input(report: SampleReport): ReportInput {
  const bytes = report.content();
  return {
    name: report.path,
    size: bytes.length,
    readAt: (target, position) => {
      const part = bytes.subarray(position, position + target.length);
      target.set(part);
      return part.length;
    },
    close: () => undefined,
  };
}

const reports = sampleReports({ end: SAMPLE_END });
const isErrors = (report: SampleReport | undefined): boolean =>
  report?.path.includes('scoutsuite_errors') === true;

async function read(report: SampleReport): Promise<ScopeReport> {
  const next = reports[reports.indexOf(report) + 1];
  const adapter = report.source === 'prowler' ? prowler : scoutsuite;
  const options = next !== undefined && isErrors(next) ? { companion: input(next) } : {};
  const [scope, ...others] = await adapter.read(input(report), options);
  if (scope === undefined || others.length > 0) throw new Error(`${report.path} is not about one scope`);
  return scope;
}

describe('the adapters', () => {
  it('read every report of four telling weeks as the scope, time and resources that it is about', async () => {
    for (const report of reports) {
      if (![1, 6, 8, 10].includes(report.week) || isErrors(report)) continue;
      const scope = await read(report);
      expect(scope).toMatchObject({
        source: report.source,
        cloud: report.cloud,
        account: report.account,
        observedAt: report.observedAt,
      });
      expect(scope.observations.length).toBeGreaterThan(15);
      for (const observation of scope.observations) {
        expect(observation.occurrences).toBe(1);
        expect(observation.resourceId).not.toMatch(/scoutid-/);
      }
    }
  });

  it('do not cover the services that the failed scan lost', async () => {
    const { week, gone, unevaluated } = SAMPLE_STORY.failedScan;
    const report = reports.find(
      (candidate, index) => candidate.week === week && isErrors(reports[index + 1]),
    );
    if (report === undefined) throw new Error('no failed scan');
    const { coverage } = await read(report);
    const covered = new Set([...coverage.keys()].map((cell) => cell.split('@')[0]));
    for (const service of [...gone, ...unevaluated]) expect(covered).not.toContain(service);
    expect(covered).toContain('ec2');
  });

  it('find something for every verdict', async () => {
    for (const { week, select } of sampleVerdicts) {
      const report = reports.find(
        (candidate) =>
          candidate.week === week &&
          candidate.account === select.account &&
          candidate.source === select.source,
      );
      if (report === undefined) throw new Error(`no report for the verdict on ${select.rule}`);
      const { observations } = await read(report);
      const selected = observations.filter(
        ({ ruleId, resourceId, resourceName }) =>
          ruleId === select.rule &&
          (select.resource === undefined ||
            globMatches(select.resource, resourceId) ||
            globMatches(select.resource, resourceName ?? '')),
      );
      expect(selected, select.rule).toHaveLength(1);
    }
  });

  it('refuse the report that breaks off', async () => {
    await expect(prowler.read(input(truncatedReport({ end: SAMPLE_END })), {})).rejects.toMatchObject({
      code: 'truncated',
    });
  });
});
