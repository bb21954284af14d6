import { describe, expect, it } from 'vitest';
import { globMatches } from '../findings/settings.ts';
import type { ScopeReport } from '../findings/model.ts';
import type { ReportInput } from '../sources/adapter.ts';
import { detectSource } from '../sources/detect.ts';
import { prowler } from '../sources/prowler/index.ts';
import {
  SAMPLE_END,
  SAMPLE_PLACES,
  SAMPLE_STORY,
  sampleReports,
  sampleVerdicts,
  truncatedReport,
} from './index.ts';
import type { SampleReport } from './model.ts';
import { UNSCANNED } from './scans/assets.ts';
import { INTRUSION } from './scans/falco.ts';
import { SHARED } from './scans/packages.ts';
import { EXPOSURE, UNREACHABLE } from './scans/perimeter.ts';
import { EDGE } from './scans/places.ts';

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
  const adapter = detectSource(input(report));
  const options = next !== undefined && isErrors(next) ? { companion: input(next) } : {};
  const [scope, ...others] = await adapter.read(input(report), options);
  if (scope === undefined || others.length > 0) throw new Error(`${report.path} is not about one scope`);
  return scope;
}

function reportOn(source: string, account: string, week: number): SampleReport {
  const found = reports.find((one) => one.source === source && one.account === account && one.week === week);
  if (found === undefined) throw new Error(`no ${source} report of ${account} in week ${week}`);
  return found;
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
      const ofCloud = ['scoutsuite', 'prowler'].includes(report.source);
      if (!ofCloud) continue;
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

  it('see the remote desktop that was opened on the perimeter', async () => {
    const { host, port, week } = EXPOSURE;
    for (const [at, seen] of [
      [week - 1, false],
      [week, true],
      [12, true],
    ] as const) {
      const { observations } = await read(reportOn('nmap', 'perimeter', at));
      const found = observations.some(
        ({ resourceId, locator }) => resourceId === host && locator === `${port}/tcp`,
      );
      expect(found, `week ${at}`).toBe(seen);
    }
  });

  it('see the API that is in no scan, and the machine that is gone', async () => {
    const named = async (week: number, rule: string): Promise<(string | null)[]> => {
      const { observations } = await read(reportOn('perimeter', EDGE.account, week));
      return observations.filter(({ ruleId }) => ruleId === rule).map(({ resourceName }) => resourceName);
    };
    expect(await named(8, 'asset-not-scanned')).not.toContain(UNSCANNED);
    expect(await named(9, 'asset-not-scanned')).toContain(UNSCANNED);
    expect(await named(6, 'exposed-asset')).toContain('shop-test-loadgen');
    expect(await named(7, 'exposed-asset')).not.toContain('shop-test-loadgen');
  });

  it('do not cover the host that did not answer', async () => {
    const { coverage } = await read(reportOn('nmap', 'perimeter', UNREACHABLE.week));
    const hosts = [...coverage.keys()].map((cell) => cell.split('/')[0]);
    expect(hosts).not.toContain(UNREACHABLE.host);
    expect(hosts).toContain(EXPOSURE.host);
  });

  it('see one vulnerability in every image under one correlation key from the week it was published', async () => {
    const images = SAMPLE_PLACES.filter(({ cloud }) => cloud === 'container');
    expect(images).toHaveLength(3);
    const keys = new Set<string | null>();
    for (const { account } of images) {
      const before = await read(reportOn('trivy', account, SHARED.week - 1));
      expect(before.observations.map(({ ruleId }) => ruleId)).not.toContain(SHARED.id);
      const { observations } = await read(reportOn('trivy', account, SHARED.week));
      const seen = observations.filter(({ ruleId }) => ruleId === SHARED.id);
      expect(seen).toHaveLength(1);
      for (const { correlationKey, fixedVersion } of seen) {
        keys.add(correlationKey);
        expect(fixedVersion).not.toBeNull();
      }
      expect(observations.some(({ fixedVersion }) => fixedVersion === null)).toBe(true);
    }
    expect(keys.size).toBe(1);
  });

  it('see the intrusion into the cluster in its week, as critical events of one workload', async () => {
    const days = reports.filter(({ source, week }) => source === 'falco' && week === INTRUSION.week);
    expect(days).toHaveLength(7);
    for (const day of days) {
      const { mode, observations } = await read(day);
      expect(mode).toBe('stream');
      const found = observations.filter(({ ruleId }) => ruleId === INTRUSION.rule);
      expect(found.map(({ severity, region, resourceId }) => [severity, region, resourceId])).toEqual([
        ['CRITICAL', 'data', 'Pod/notebooks/jupyter'],
      ]);
    }
  });

  it('cover active rules of the site that is scanned in full, passive ones of the other', async () => {
    const [shop, partners] = SAMPLE_PLACES.filter(({ cloud }) => cloud === 'web').map(
      ({ account }) => account,
    );
    expect([...(await read(reportOn('zap', shop ?? '', 2))).coverage.keys()].sort()).toEqual([
      'active',
      'passive',
    ]);
    expect([...(await read(reportOn('zap', partners ?? '', 2))).coverage.keys()]).toEqual(['passive']);
  });

  it('refuse the report that breaks off', async () => {
    await expect(prowler.read(input(truncatedReport({ end: SAMPLE_END })), {})).rejects.toMatchObject({
      code: 'truncated',
    });
  });
});
